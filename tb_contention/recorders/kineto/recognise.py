"""Tell PyTorch's traces from other JSON by what is in them: servers and merging programs give them names of their own."""

import re
import zlib
from functools import lru_cache
from pathlib import Path

from tb_contention.units import U8

ENDINGS = (".json", ".json.gz")
#: Bytes of text that are looked at: the members before the events, and some events.
_HEAD = 1 << 18
_GZIP = b"\x1f\x8b"
_EVENTS = re.compile(rb'"traceEvents"\s*:\s*\[|^\s*\[\s*\{')
_PHASE = re.compile(rb'"ph"\s*:\s*"')
#: Members and arguments that libkineto alone writes, and its categories; those that other programs use too are left out.
_KINETO = re.compile(
    rb'"(?:deviceProperties|distributedInfo|[Ee]xternal id)"\s*:|"cat"\s*:\s*"(?:[Kk]ernel|gpu_memcpy|gpu_memset|Memcpy|Memset|Operator|'
    rb'Runtime|cpu_op|cpu_instant_event|user_annotation|(?:cuda|hip|xpu|privateuse1)_(?:runtime|driver)|mtia_\w+|hpu_op)"'
)
_SCHEMA = re.compile(rb'"schemaVersion"\s*:\s*\d')


def is_kineto(data: bytes | U8) -> bool:
    """Return whether the bytes of a file begin like a trace of PyTorch."""
    return _why_not(_head(bytes(data[:_HEAD]))) == ""


def why_not(path: str, size: int, mtime_ns: int) -> str | None:
    """Return "" for a trace of PyTorch, None for what is no trace at all, else why it is passed over; kept until the file changes."""
    return _looked_at(path, size, mtime_ns)


@lru_cache(maxsize=1 << 14)
def _looked_at(path: str, size: int, mtime_ns: int) -> str | None:
    del mtime_ns  # part of the key
    is_named_so = "trace" in Path(path).name.lower()
    try:
        with Path(path).open("rb") as stream:
            head = _head(stream.read(_HEAD))
    except OSError:
        return "cannot be read" if is_named_so else None
    if not size:
        return "empty" if is_named_so else None
    reason = _why_not(head)
    return "no trace events" if reason is None and is_named_so else reason


def _head(data: bytes) -> bytes:
    """Return the beginning of the text, unpacked; b"" where it is damaged."""
    if not data.startswith(_GZIP):
        return data
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _HEAD)
    except zlib.error:
        return b""


def _why_not(head: bytes) -> str | None:
    is_trace = _EVENTS.search(head) is not None
    if _KINETO.search(head) and (is_trace or _SCHEMA.search(head)):
        return ""
    if is_trace and _PHASE.search(head):
        return "a Chrome trace without events of PyTorch's profiler"
    return None
