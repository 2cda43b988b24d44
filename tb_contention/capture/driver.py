"""Ask the CUDA driver that this process has loaded for its GPUs by ordinal."""

import ctypes
import re
from pathlib import Path
from typing import Any

_LIBRARY = re.compile(r"\s(/\S*/libcuda\.so[.\d]*)$", re.MULTILINE)
_SUCCESS = 0


def uuids_at_work() -> tuple[str, ...] | None:
    """Return the UUIDs by ordinal if the process has initialised the driver already, else None; initialise nothing."""
    try:
        found = _LIBRARY.search(Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))
        return None if found is None else uuids_by_ordinal(ctypes.CDLL(found[1]))
    except (OSError, AttributeError):
        return None


def uuids_by_ordinal(cuda: Any) -> tuple[str, ...] | None:
    """Return the UUIDs of all visible devices, without their GPU- or MIG- prefix; None if the driver is not initialised."""
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
