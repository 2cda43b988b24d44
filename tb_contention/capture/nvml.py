"""Query NVML through nvidia-ml-py (the module `pynvml`), if installed; what fails is None, and its reason is noted once."""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

from tb_contention.capture.facts import Gpu
from tb_contention.capture.messages import reason

_COMPUTE_MODES = {0: "default", 1: "exclusive_thread", 2: "prohibited", 3: "exclusive_process"}
_CLOCK_SM = 1
_MIG_ENABLED = 1


class Nvml:
    """The opened library. Nothing here raises; `not_known` collects a sentence for each query that failed."""

    def __init__(self) -> None:
        self.not_known: dict[str, None] = {}
        self._library: Any = None
        self._open()

    def _open(self) -> None:
        try:
            library = importlib.import_module("pynvml")
        except ImportError:
            self._miss("GPU identity and memory: nvidia-ml-py is not installed")
            return
        except Exception as error:
            self._miss(f"GPU identity and memory: pynvml cannot be imported ({reason(error)})")
            return
        try:
            library.nvmlInit()
        except Exception as error:
            self._miss(f"GPU identity and memory: {reason(error)}")
        else:
            self._library = library

    @property
    def is_open(self) -> bool:
        """Return whether NVML is open."""
        return self._library is not None

    def close(self) -> None:
        """Close NVML; other users in this process keep it open."""
        library, self._library = self._library, None
        if library is not None:
            with contextlib.suppress(Exception):
                library.nvmlShutdown()

    def _miss(self, sentence: str) -> None:
        self.not_known.setdefault(sentence)

    def _ask(self, what: str, function: str, *words: Any) -> Any:
        """Call one function of the library; return None if it is absent or fails."""
        call = getattr(self._library, function, None)
        if call is None:
            self._miss(f"{what}: this release of nvidia-ml-py has no {function}")
            return None
        try:
            return call(*words)
        except Exception as error:
            self._miss(f"{what}: {reason(error)}")
            return None

    def driver(self) -> str | None:
        """Return the driver version."""
        return _text(self._ask("driver", "nvmlSystemGetDriverVersion"))

    def handles(self) -> Iterator[Any]:
        """Yield the handles of the GPUs in PCI bus order; stop at one that fails."""
        count = self._ask("number of GPUs", "nvmlDeviceGetCount") if self.is_open else None
        for index in range(count or 0):
            handle = self._ask(f"GPU {index}", "nvmlDeviceGetHandleByIndex", index)
            if handle is None:
                return
            yield handle

    def handle(self, uuid: str) -> Any:
        """Return the handle of a GPU or MIG instance."""
        return None if not self.is_open else self._ask(f"GPU {uuid[:50]}", "nvmlDeviceGetHandleByUUID", uuid)

    def gpu(self, handle: Any) -> Gpu:
        """Return the identity of the GPU behind a handle."""
        memory = self._ask("memory of the GPU", "nvmlDeviceGetMemoryInfo", handle)
        mode = self._ask("compute mode", "nvmlDeviceGetComputeMode", handle)
        return Gpu(
            uuid=_text(self._ask("UUID of the GPU", "nvmlDeviceGetUUID", handle)),
            pci_bus_id=_bus(self._ask("PCI bus of the GPU", "nvmlDeviceGetPciInfo", handle)),
            model=_text(self._ask("model of the GPU", "nvmlDeviceGetName", handle)),
            memory_bytes=_whole(getattr(memory, "total", None)),
            compute_mode=None if mode is None else _COMPUTE_MODES.get(int(mode)),
            mig=self._mig(handle),
            mig_of=self._mig_of(handle),
        )

    def _mig_of(self, handle: Any) -> str | None:
        """Return the UUID of the whole GPU that a MIG instance is a part of; a whole GPU answers InvalidArgument."""
        calls = [
            getattr(self._library, f"nvmlDevice{name}", None)
            for name in ("GetDeviceHandleFromMigDeviceHandle", "GetUUID")
        ]
        parent, uuid = calls
        try:
            return None if parent is None or uuid is None else _text(uuid(parent(handle)))
        except Exception:
            return None

    def _mig(self, handle: Any) -> bool | None:
        """Return whether MIG is on; a GPU without MIG answers NotSupported."""
        call = getattr(self._library, "nvmlDeviceGetMigMode", None)
        if call is None:
            return None
        try:
            return int(call(handle)[0]) == _MIG_ENABLED
        except Exception as error:
            return False if type(error).__name__ == "NVMLError_NotSupported" else None

    def sm_clock(self, handle: Any) -> int | None:
        """Return the SM clock in MHz."""
        return _whole(self._ask("SM clock", "nvmlDeviceGetClockInfo", handle, _CLOCK_SM))

    def power(self, handle: Any) -> int | None:
        """Return the power in mW."""
        return _whole(self._ask("power", "nvmlDeviceGetPowerUsage", handle))

    def utilisation(self, handle: Any) -> int | None:
        """Return the percentage of the driver's last period, up to one second, in which any kernel ran."""
        return _whole(getattr(self._ask("utilisation", "nvmlDeviceGetUtilizationRates", handle), "gpu", None))

    def memory_used(self, handle: Any) -> int | None:
        """Return the bytes in use by all processes."""
        return _whole(getattr(self._ask("memory of the GPU", "nvmlDeviceGetMemoryInfo", handle), "used", None))

    def processes(self, handle: Any) -> dict[int, int | None]:
        """Return the bytes used by each process on a GPU, by process id."""
        found: dict[int, int | None] = {}
        for function in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
            for entry in self._ask("processes on the GPU", function, handle) or ():
                pid, used = _whole(getattr(entry, "pid", None)), _whole(getattr(entry, "usedGpuMemory", None))
                if pid is not None:
                    found[pid] = used if found.get(pid) is None else max(found[pid] or 0, used or 0)
        return found

    def mps_clients(self, handle: Any) -> frozenset[int] | None:
        """Return the ids of MPS clients; None if the library cannot list them."""
        listed = self._ask("clients of MPS", "nvmlDeviceGetMPSComputeRunningProcesses", handle)
        return None if listed is None else frozenset(int(entry.pid) for entry in listed)

    def process_name(self, process_id: int) -> str | None:
        """Return the program name of a process, without path and arguments."""
        call = getattr(self._library, "nvmlSystemGetProcessName", None)
        try:
            words = (_text(call(process_id)) or "").split() if call is not None else []
        except Exception:
            return None  # it has exited, or belongs to another user
        return (words[0].replace("\\", "/").rpartition("/")[2][:100] or None) if words else None


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value[:200] or None if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    """Return a non-negative integer, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else None


def _bus(info: Any) -> str | None:
    """Format a PCI address as CUDA does."""
    domain, bus, device = (_whole(getattr(info, name, None)) for name in ("domain", "bus", "device"))
    return None if domain is None or bus is None or device is None else f"{domain:04x}:{bus:02x}:{device:02x}.0"
