"""`host:port`: what is one, who answers there, and which process of this machine that is."""

import os
import socket

import pytest

from tb_contention.capture.addresses import Address, is_local, listener, parse_address, unreachable


@pytest.mark.parametrize(
    ("word", "host", "port"),
    [
        ("localhost:9012", "localhost", 9012),
        (" grpc://gpu-1.example:80 ", "gpu-1.example", 80),
        ("10.0.0.1:65535", "10.0.0.1", 65535),
        ("[::1]:9012", "[::1]", 9012),
    ],
)
def test_an_address_is_a_host_and_a_port(word: str, host: str, port: int) -> None:
    assert parse_address(word) == Address(host=host, port=port)


@pytest.mark.parametrize(
    "word",
    [
        "localhost",
        "localhost:",
        ":9012",
        "localhost:0",
        "localhost:65536",
        "a b:1",
        "a,b:1",
        "::1:9012",
        "http://h:1",
        "h:٣",
    ],
)
def test_anything_else_is_none(word: str) -> None:
    assert parse_address(word) is None


def test_a_file_is_named_as_the_client_names_it() -> None:
    assert Address(host="gpu-1", port=9012).file == "gpu-1_9012"
    assert Address(host="[::1]", port=9012).file == "[__1]_9012"


def test_a_port_is_asked_and_the_listening_process_is_found() -> None:
    with socket.socket() as server, socket.socket() as other:
        server.bind(("127.0.0.1", 0))
        server.listen()
        other.bind(("127.0.0.1", 0))
        open_port, shut_port = (int(s.getsockname()[1]) for s in (server, other))
        there, nobody = (Address(host="127.0.0.1", port=port) for port in (open_port, shut_port))
        unknown = Address(host="no-such-machine.invalid", port=1)

        assert unreachable((there, nobody, unknown)) == {
            nobody: "connection refused",
            unknown: "unknown host name",
        }
        assert listener(open_port) == os.getpid()
        assert listener(shut_port) is None


def test_this_machine_is_known_by_its_names_and_addresses() -> None:
    assert is_local(Address(host="localhost", port=1))
    assert is_local(Address(host="127.0.0.1", port=1))
    assert is_local(Address(host=socket.gethostname(), port=1))
    assert not is_local(Address(host="192.0.2.7", port=1))
    assert not is_local(Address(host="no-such-machine.invalid", port=1))
