"""What is stated of one recorded session. Every value may be missing; why is a sentence in `not_known`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """Two clocks at one instant, in ns; gap_ns: how long reading the pair took."""

    realtime_ns: int
    monotonic_raw_ns: int
    gap_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A physical GPU, or a MIG instance of one. pci_bus_id: like 0000:17:00.0; compute_mode: as in the manifest."""

    uuid: str | None = None
    pci_bus_id: str | None = None
    model: str | None = None
    memory_bytes: int | None = None
    compute_mode: str | None = None
    mig: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Figures of one GPU by time, all of one length. time_ns: Unix time; power in mW, memory in bytes, clock in MHz."""

    time_ns: tuple[int, ...]
    sm_clock_mhz: tuple[int | None, ...]
    power_mw: tuple[int | None, ...]
    utilisation_percent: tuple[int | None, ...]
    memory_used_bytes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMemory:
    """A process that the driver lists on a GPU. memory_bytes: by the samples' times, None where it is not listed or not told."""

    process_id: int
    name: str | None
    memory_bytes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a CUDA ordinal of the process is, and how it fared during the recording."""

    gpu: Gpu
    samples: Samples | None = None
    processes: tuple[ProcessMemory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mps:
    """NVIDIA's Multi-Process Service as the process finds it. state: on, off or unknown; caps as the environment gives them."""

    state: str
    active_thread_percentage: float | None = None
    pinned_memory_limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One recorded process. profiler: the framework whose profiler recorded; boot_id: what containers of a machine share."""

    name: str
    process_id: int | None
    host: str | None = None
    boot_id: str | None = None
    container: str | None = None
    profiler: str | None = None
    clock_readings: tuple[ClockReading, ...] = ()
    driver: str | None = None
    mps: Mps | None = None
    kernel_mode: str = "unknown"
    environment: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    not_known: tuple[str, ...] = ()
    devices: dict[int, Device] = field(default_factory=dict)
