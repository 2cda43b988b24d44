"""The tab's background threads end with the test that started them: they would read files beside the next one, with its patches."""

import threading
from collections.abc import Iterator

import pytest

from tb_contention.plugin import workspace


@pytest.fixture(autouse=True)
def no_thread_goes_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for what a test's workspaces still do."""
    monkeypatch.setattr(workspace, "IDLE", 0.05)
    yield
    for thread in threading.enumerate():
        if thread.name == "tb_contention-workspace":
            thread.join(60)
            assert not thread.is_alive(), "a workspace never comes to rest"
