"""A stand-in for nvidia-ml-py, for machines without a GPU: call shapes, structures and error classes as in its release 13, over GPUs
that a test lists in `GPUS`. What it cannot show is how a driver behaves.
"""

import ctypes
from dataclasses import dataclass, field

NVML_VALUE_NOT_AVAILABLE = None


class NVMLError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)


class NVMLError_NotSupported(NVMLError):  # noqa: N801, N818 (the library's name)
    def __init__(self) -> None:
        super().__init__("Not Supported")


class NVMLError_NotFound(NVMLError):  # noqa: N801, N818
    def __init__(self) -> None:
        super().__init__("Not Found")


class NVMLError_Uninitialized(NVMLError):  # noqa: N801, N818
    def __init__(self) -> None:
        super().__init__("Uninitialized")


class nvmlPciInfo_t(ctypes.Structure):  # noqa: N801
    _fields_ = [
        ("busIdLegacy", ctypes.c_char * 16),
        ("domain", ctypes.c_uint),
        ("bus", ctypes.c_uint),
        ("device", ctypes.c_uint),
        ("pciDeviceId", ctypes.c_uint),
        ("pciSubSystemId", ctypes.c_uint),
        ("busId", ctypes.c_char * 32),
    ]


class c_nvmlMemory_t(ctypes.Structure):  # noqa: N801
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class c_nvmlUtilization_t(ctypes.Structure):  # noqa: N801
    _fields_ = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


@dataclass
class nvmlFriendlyObject:  # noqa: N801
    pid: int
    usedGpuMemory: int | None  # noqa: N815
    gpuInstanceId: int = 0xFFFFFFFF  # noqa: N815
    computeInstanceId: int = 0xFFFFFFFF  # noqa: N815


@dataclass
class Card:
    """A GPU of the stand-in; `lacks` names the calls that answer Not Supported."""

    uuid: str
    bus: int
    name: str = "NVIDIA Stand-in"
    total: int = 80 << 30
    used: int = 0
    mode: int = 0
    mig: int = 0
    compute: dict[int, int | None] = field(default_factory=dict)
    mps: dict[int, int | None] = field(default_factory=dict)
    graphics: dict[int, int | None] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    whole: "Card | None" = None


GPUS: list[Card] = []
NAMES: dict[int, str] = {}
OPEN = 0


def nvmlInit() -> None:  # noqa: N802
    global OPEN
    OPEN += 1


def nvmlShutdown() -> None:  # noqa: N802
    global OPEN
    OPEN -= 1


def _asked(card: Card, what: str) -> Card:
    if OPEN <= 0:
        raise NVMLError_Uninitialized
    if what in card.lacks:
        raise NVMLError_NotSupported
    return card


def nvmlSystemGetDriverVersion() -> str:  # noqa: N802
    return "550.54.15"


def nvmlDeviceGetCount() -> int:  # noqa: N802
    return len(GPUS)


def nvmlDeviceGetHandleByIndex(index: int) -> Card:  # noqa: N802
    return GPUS[index]


def nvmlDeviceGetHandleByUUID(uuid: str) -> Card:  # noqa: N802
    for card in GPUS:
        if card.uuid == uuid:
            return card
    raise NVMLError_NotFound


def nvmlDeviceGetUUID(handle: Card) -> str:  # noqa: N802
    return _asked(handle, "uuid").uuid


def nvmlDeviceGetName(handle: Card) -> str:  # noqa: N802
    return _asked(handle, "name").name


def nvmlDeviceGetPciInfo(handle: Card) -> nvmlPciInfo_t:  # noqa: N802
    return nvmlPciInfo_t(domain=0, bus=_asked(handle, "pci").bus, device=0)


def nvmlDeviceGetMemoryInfo(handle: Card, version: int | None = None) -> c_nvmlMemory_t:  # noqa: N802
    card = _asked(handle, "memory")
    return c_nvmlMemory_t(total=card.total, free=card.total - card.used, used=card.used)


def nvmlDeviceGetComputeMode(handle: Card) -> int:  # noqa: N802
    return _asked(handle, "mode").mode


def nvmlDeviceGetMigMode(handle: Card) -> list[int]:  # noqa: N802
    return [_asked(handle, "mig").mig, 0]


def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(handle: Card) -> Card:  # noqa: N802
    if handle.whole is None:
        raise NVMLError_NotSupported
    return handle.whole


def nvmlDeviceGetClockInfo(handle: Card, type: int) -> int:  # noqa: A002, N802
    assert type == 1
    _asked(handle, "clock")
    return 1980


def nvmlDeviceGetPowerUsage(handle: Card) -> int:  # noqa: N802
    _asked(handle, "power")
    return 350_000


def nvmlDeviceGetUtilizationRates(handle: Card) -> c_nvmlUtilization_t:  # noqa: N802
    _asked(handle, "utilisation")
    return c_nvmlUtilization_t(gpu=97, memory=40)


def _listed(entries: dict[int, int | None]) -> list[nvmlFriendlyObject]:
    return [nvmlFriendlyObject(pid, used) for pid, used in entries.items()]


def nvmlDeviceGetComputeRunningProcesses(handle: Card) -> list[nvmlFriendlyObject]:  # noqa: N802
    return _listed(_asked(handle, "processes").compute)


def nvmlDeviceGetGraphicsRunningProcesses(handle: Card) -> list[nvmlFriendlyObject]:  # noqa: N802
    return _listed(_asked(handle, "graphics").graphics)


def nvmlDeviceGetMPSComputeRunningProcesses(handle: Card) -> list[nvmlFriendlyObject]:  # noqa: N802
    return _listed(_asked(handle, "mps").mps)


def nvmlSystemGetProcessName(pid: int) -> str:  # noqa: N802
    if pid not in NAMES:
        raise NVMLError_NotFound
    return NAMES[pid]
