"""Context switches of the compute engine, by CUPTI, from a process beside the recorded ones: `record.py --switches` starts it.

Writes JSON: `records`, each [CUPTI's time in ns, context, operation (1: a change begins)], and the `processes` of contexts; or what was
`missing`. Needs cupti-python 13.2 or newer, a driver, and rights for it. It was never run on a GPU: only that it says what is missing.
"""

import ctypes
import json
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

_BUFFER = 8 << 20


class Switches:
    """Collects records until it is asked for them."""

    def __init__(self) -> None:
        """Raise ImportError, OSError or what CUPTI raises where there is nothing to collect."""
        self._cupti: Any = import_module("cupti.cupti")
        self._kind = self._cupti.ActivityKind.COMPUTE_ENGINE_CTX_SWITCH
        self._records: list[list[int]] = []
        self._processes: dict[int, int] = {}
        _own_context()
        self._cupti.activity_register_callbacks(lambda: (_BUFFER, 0), self._take)
        self._cupti.activity_enable(self._cupti.ActivityKind.CONTEXT)
        self._cupti.activity_enable(self._kind)

    def _take(self, activities: Iterable[Any]) -> None:
        for activity in activities:
            if activity.kind == self._kind:
                self._records.append([int(activity.timestamp), int(activity.context_id), int(activity.operation_type)])
            elif activity.kind == self._cupti.ActivityKind.CONTEXT:
                self._processes[int(activity.context_id)] = int(activity.process_id)

    def finish(self) -> dict[str, Any]:
        """Stop, and return all."""
        self._cupti.activity_flush_all(1)
        self._cupti.activity_disable(self._kind)
        return {"records": sorted(self._records), "processes": self._processes}


def _own_context() -> None:
    """Make a CUDA context, without which CUPTI records nothing. Raises OSError."""
    library = ctypes.CDLL("libcuda.so.1")
    device, context = ctypes.c_int(), ctypes.c_void_p()
    for code in (
        library.cuInit(0),
        library.cuDeviceGet(ctypes.byref(device), 0),
        library.cuDevicePrimaryCtxRetain(ctypes.byref(context), device),
        library.cuCtxSetCurrent(context),
    ):
        if code:
            raise OSError(f"the CUDA driver answers {code}")


def main(out: Path) -> int:
    """Collect until stdin ends."""
    found: dict[str, Any] = {}
    switches = None
    try:
        switches = Switches()
    except Exception as error:  # whatever CUPTI raises is an answer
        found["missing"] = f"{type(error).__name__}: {error}"
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    if switches is not None:
        found = switches.finish()
    out.write_text(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
