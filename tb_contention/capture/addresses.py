"""Parse the addresses of profiler servers, check that they answer, and find the process behind a local one."""

import contextlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(r"(?:grpc://)?(\[[0-9A-Fa-f:.]+\]|[^\s:/,\[\]]+):(\d{1,5})", re.ASCII)
_PATIENCE_S = 3.0
_LISTENING = "0A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a profiler server; host as given, an IPv6 address in brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def file(self) -> str:
        """Return the file name that TensorFlow's client gives to the trace, without suffix."""
        return str(self).replace(":", "_")


def parse_address(word: str) -> Address | None:
    """Read `host:port`, `[::1]:port` or `grpc://host:port`; return None for anything else."""
    match = _ADDRESS.fullmatch(word.strip())
    if match is None or not 0 < int(match[2]) < 65536:
        return None
    return Address(host=match[1], port=int(match[2]))


def unreachable(addresses: tuple[Address, ...]) -> dict[Address, str]:
    """Connect to all addresses at once; return the reason for each one that fails."""
    with ThreadPoolExecutor(max(1, min(32, len(addresses)))) as pool:
        return {a: why for a, why in zip(addresses, pool.map(_why_not, addresses), strict=True) if why}


def _why_not(address: Address) -> str:
    try:
        with socket.create_connection((address.host.strip("[]"), address.port), timeout=_PATIENCE_S):
            return ""
    except socket.gaierror:
        return "unknown host name"
    except TimeoutError:
        return f"no answer within {_PATIENCE_S:g} s"
    except OSError as error:
        return (error.strerror or str(error)).lower()


def is_local(address: Address) -> bool:
    """Return whether an address belongs to this machine."""
    name = address.host.strip("[]")
    if name in ("localhost", socket.gethostname()):
        return True
    with contextlib.suppress(OSError, UnicodeError):
        for family, _, _, _, place in socket.getaddrinfo(name, address.port, type=socket.SOCK_STREAM):
            if _is_own(family, str(place[0])):
                return True
    return False


def _is_own(family: int, host: str) -> bool:
    """Return whether a socket can be bound to an address, which only works for addresses of this machine."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except (OSError, UnicodeError):
        return False
    return True


def listener(port: int) -> int | None:
    """Return the id of the local process that listens on a port; None if unknown (another user's process, or not Linux)."""
    sockets = _listening(port)
    if not sockets:
        return None
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if str(descriptor.readlink()) in sockets:
                        return int(folder.name)
    return None


def _listening(port: int) -> set[str]:
    """Return the sockets that listen on a port, by their names in /proc."""
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{fields[9]}]")
    return found
