"""The facts about one recorded session, as the manifest states them. Any may be missing; `not_known` says why, in sentences."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """Two clocks at one instant, in ns. gap_ns: how long it took to read the pair."""

    realtime_ns: int
    monotonic_raw_ns: int
    gap_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A physical GPU, or a MIG instance of one. pci_bus_id: like 0000:17:00.0; compute_mode: as in the manifest; mig_of: its whole GPU."""

    uuid: str | None = None
    pci_bus_id: str | None = None
    model: str | None = None
    memory_bytes: int | None = None
    compute_mode: str | None = None
    mig: bool | None = None
    mig_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Readings of one GPU over time, as columns of equal length. time_ns: Unix time."""

    time_ns: tuple[int, ...]
    sm_clock_mhz: tuple[int | None, ...]
    power_mw: tuple[int | None, ...]
    utilisation_percent: tuple[int | None, ...]
    memory_used_bytes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMemory:
    """A process that the driver lists on a GPU. memory_bytes: one per sample, None if the process is not listed or its use is unknown."""

    process_id: int
    name: str | None
    memory_bytes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The GPU behind a CUDA ordinal of the process, with its readings during the recording."""

    gpu: Gpu
    samples: Samples | None = None
    processes: tuple[ProcessMemory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mps:
    """NVIDIA's Multi-Process Service as the process sees it. state: on, off or unknown; the rest comes from the environment."""

    state: str
    active_thread_percentage: float | None = None
    pinned_memory_limit: str | None = None
    sm_partition: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Which command of which `run` was recorded. run: drawn for each `run`; alone: no other command ran."""

    run: str
    command: int
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubernetes:
    """Where in a cluster a process runs."""

    pod: str | None = None
    namespace: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How the device plugin hands out the GPU. strategy: time-slicing or mps, as its node label spells it; replicas: into how many."""

    strategy: str | None = None
    replicas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One recorded process. profiler: the framework whose profiler recorded; boot_id: shared by all containers of a machine."""

    name: str
    process_id: int | None
    host: str | None = None
    boot_id: str | None = None
    container: str | None = None
    kubernetes: Kubernetes = field(default_factory=Kubernetes)
    profiler: str | None = None
    recorded: Recorded | None = None
    clock_readings: tuple[ClockReading, ...] = ()
    driver: str | None = None
    mps: Mps | None = None
    sharing: Sharing = field(default_factory=Sharing)
    kernel_mode: str = "unknown"
    environment: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    not_known: tuple[str, ...] = ()
    devices: dict[int, Device] = field(default_factory=dict)
