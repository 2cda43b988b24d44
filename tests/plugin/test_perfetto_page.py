"""Which page of Perfetto the tab hands traces to is up to whoever starts the server, and to nobody else."""

import logging

import pytest

from tb_contention.plugin.perfetto_page import VARIABLE, perfetto_page


@pytest.mark.parametrize(
    "address",
    ["https://perfetto.example.com/", "https://host:8443/ui", "http://localhost:10000", "http://[::1]:10000/"],
)
def test_the_environment_names_another_page(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f" {address} ")
    assert perfetto_page() == address


@pytest.mark.parametrize(
    "address",
    [
        "http://perfetto.example.com/",
        "javascript:alert(1)",
        "//host",
        "https://",
        "https://me@host/",
        "https://[::1",
        "https://h\n/",
    ],
)
def test_an_address_that_is_no_safe_page_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(VARIABLE, address)
    with caplog.at_level(logging.WARNING):
        assert perfetto_page() == ""
    assert "must begin with https://" in caplog.text
