"""Files that are made to become much memory or many seconds, and large ones that are not, at full size."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

from fuzz.inputs import PLACE
from fuzz.mutation import varint

from tb_contention.simulate import write_large


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


_EVENT = b"\x08\x01\x10\x05\x18\x05"
_LINE = _field(3, _field(4, _EVENT))
_GPU, _HOST = _field(2, b"/device:GPU:0"), _field(2, b"/host:CPU")


def _named(count: int) -> bytes:
    """Write as many events as names, each of one of its own."""
    events = b"".join(_field(4, b"\x08" + varint(k + 1) + b"\x10" + varint(k * 10) + b"\x18\x05") for k in range(count))
    names = b"".join(
        _field(4, b"\x08" + varint(k + 1) + _field(2, b"\x08" + varint(k + 1) + _field(2, b"n%d" % k)))
        for k in range(count)
    )
    return _field(1, _GPU + _field(3, events) + names)


def _lines(count: int) -> bytes:
    return _field(1, _GPU + b"".join(_field(3, b"\x08" + varint(k) + _field(4, _EVENT)) for k in range(count)))


def _chrome(event: Callable[[int], bytes], count: int) -> bytes:
    return gzip.compress(b'{"traceEvents":[' + b",".join(map(event, range(count))) + b"]}", 6)


def _old(k: int) -> bytes:
    return b'{"ph":"X","ts":%d,"dur":2,"pid":1,"tid":1,"name":"kernel_%d"}' % (k, k % 9)


def _torch(k: int) -> bytes:
    return b'{"ph":"X","cat":"kernel","name":"k%d","pid":0,"tid":7,"ts":%d,"dur":1,"args":{"device":0}}' % (k, 2 * k)


_XPLANE, _JSON, _TRACE = f"{PLACE}/h.xplane.pb", f"{PLACE}/h.trace.json.gz", f"{PLACE}/h.trace"
_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "10 million empty events of a GPU": (_XPLANE, lambda: _field(1, _GPU + _field(3, b"\x22\x00" * 10_000_000))),
    "4 million events of 14 bytes, host": (
        _XPLANE,
        lambda: _field(1, _HOST + _field(3, _field(4, _EVENT + b"\x7a\x04abcd") * 4_000_000)),
    ),
    "5 million empty lines": (_XPLANE, lambda: _field(1, _GPU + b"\x1a\x00" * 5_000_000)),
    "300,000 lines": (_XPLANE, lambda: _lines(300_000)),
    "32,000 lines": (_XPLANE, lambda: _lines(32_000)),
    "700,000 names": (_XPLANE, lambda: _named(700_000)),
    "130,000 names": (_XPLANE, lambda: _named(130_000)),
    "5 million planes": (_XPLANE, lambda: b"\x0a\x00" * 5_000_000),
    "a million events, TensorFlow 2.2": (_JSON, lambda: _chrome(_old, 1_000_000)),
    "30 million lists, TensorFlow 2.2": (_JSON, lambda: _chrome(lambda _: b"[]", 30_000_000)),
    "10 million empty events, TensorFlow 1": (_TRACE, lambda: b"\x22\x00" * 10_000_000),
    "700,000 names, PyTorch": ("job/h_1.170.pt.trace.json.gz", lambda: _chrome(_torch, 700_000)),
}  # fmt: skip


def _write(place: str, make: Callable[[], bytes]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        path = folder / place
        path.parent.mkdir(parents=True)
        path.write_bytes(make())

    return write


def _hollow(folder: Path) -> None:
    """Write a database of 100 GiB of holes."""
    path = folder / "r.sqlite"
    path.write_bytes(b"SQLite format 3\0CUPTI_ACTIVITY_KIND_KERNEL")
    os.truncate(path, 100 << 30)


def _link(folder: Path) -> None:
    """Link what has no end."""
    for number, place in enumerate(("/usr", "/proc/self", "/")):
        (folder / f"link{number}").symlink_to(place)


def _valid(folder: Path) -> None:
    for seed in range(2):
        write_large(folder / f"run{seed}" / PLACE / "simulated-host.xplane.pb", seed=seed)


#: What writes each folder.
LARGE: dict[str, Callable[[Path], object]] = {
    **{name: _write(*made) for name, made in _FILES.items()},
    "a database of 100 GiB of holes": _hollow,
    "links to /usr, /proc/self and /": _link,
    "valid: two sessions of a million kernels": _valid,
}
