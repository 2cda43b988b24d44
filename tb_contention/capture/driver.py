"""The CUDA driver that is at work in this process -> its GPUs by ordinal, which needs no guessing."""

import ctypes
import re
from pathlib import Path
from typing import Any

_LIBRARY = re.compile(r"\s(/\S*/libcuda\.so[.\d]*)$", re.MULTILINE)
_SUCCESS = 0


def uuids_at_work() -> tuple[str, ...] | None:
    """Ask the driver, where the process has loaded and started it already; None where it has not. Nothing is started."""
    try:
        found = _LIBRARY.search(Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))
        return None if found is None else uuids_by_ordinal(ctypes.CDLL(found[1]))
    except (OSError, AttributeError):
        return None


def uuids_by_ordinal(cuda: Any) -> tuple[str, ...] | None:
    """Return the hexadecimal UUIDs of all visible devices, without GPU- or MIG- in front; None when the driver is not started."""
    count = ctypes.c_int(0)
    if cuda.cuDeviceGetCount(ctypes.byref(count)) != _SUCCESS:
        return None
    ask = getattr(cuda, "cuDeviceGetUuid_v2", None) or cuda.cuDeviceGetUuid
    found = []
    for ordinal in range(count.value):
        device, uuid = ctypes.c_int(0), (ctypes.c_ubyte * 16)()
        if cuda.cuDeviceGet(ctypes.byref(device), ordinal) != _SUCCESS or ask(ctypes.byref(uuid), device) != _SUCCESS:
            return None
        digits = bytes(uuid).hex()
        found.append("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))
    return tuple(found)
