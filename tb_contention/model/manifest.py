"""What `tb_contention.json` says of a recording: its clock, the physical GPUs and their sharing, what the driver saw meanwhile."""

from dataclasses import dataclass, field
from typing import Annotated

from tb_contention.model.trace import Device
from tb_contention.units import F64, I64
from tb_contention.wire import Choice, Wire, wired


class KernelMode(Choice):
    """Whether the tracer lets kernels of one process run at once (CUPTI's CONCURRENT_KERNEL)."""

    CONCURRENT = "concurrent", "kernels of one process may run at once"
    SERIALISED = "serialised", "the tracer runs them one after another"
    UNKNOWN = "unknown", "it is not recorded"


class MpsState(Choice):
    """Whether the process was a client of NVIDIA's Multi-Process Service."""

    ON = "on", "it was a client"
    OFF = "off", "it was not"
    UNKNOWN = "unknown", "it is not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mps:
    """Sharing by MPS, its caps and its static partition; None = no such thing. A partition is exclusive, a cap is not."""

    state: Annotated[MpsState, Wire("whether the process was a client")] = MpsState.UNKNOWN
    active_thread_percentage: Annotated[float | None, Wire("cap on the GPU's threads in percent; null = none")] = None
    pinned_memory_limit: Annotated[str | None, Wire("cap on device memory, as the variable spells it; null = none")] = (
        None
    )
    sm_partition: Annotated[
        str | None,
        Wire("static partition of the multiprocessors that only its clients use, `GPU/PARTITION`; null = none"),
    ] = None

    @property
    def exclusive(self) -> str | None:
        """Return the static partition that the process had; None where it may have run without MPS, which leaves the setting unread."""
        return self.sm_partition if self.state is MpsState.ON else None

    @property
    def cap(self) -> float | None:
        """Return the cap in percent that held; a server with static partitions ignores it, and so does a process without MPS."""
        return None if self.sm_partition or self.state is MpsState.OFF else self.active_thread_percentage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How the device plugin of Kubernetes hands out the GPU."""

    strategy: Annotated[
        str | None, Wire("`time-slicing` or `mps`, as the node's label spells it; null when nothing states it")
    ] = None
    replicas: Annotated[
        int | None, Wire("how many the node offers of its GPUs together; null when nothing states it")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """CLOCK_REALTIME and CLOCK_MONOTONIC_RAW at one moment, ns; gap: how long reading the pair took."""

    realtime_ns: int
    monotonic_raw_ns: int
    gap_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that the driver listed on a GPU. memory: bytes at each sample, NONE where it was not listed or its memory is unknown."""

    process_id: int
    name: str
    memory: I64


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSamples:
    """What the driver said of one GPU while the recording ran. time: Unix ns, rising; all columns have its length.

    sm_clock: MHz; power: W; utilisation: percent of the sampling period with a kernel; NaN where unknown. memory_used: bytes of all
    processes and the system, NONE where unknown.
    """

    time: I64
    sm_clock: F64
    power: F64
    utilisation: F64
    memory_used: I64
    processes: tuple[GpuProcess, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestDevice:
    """What a manifest says of one GPU ordinal of one session. mig_of: of a MIG instance, the UUID of the whole GPU."""

    uuid: str | None = None
    pci_bus_id: str | None = None
    model: str | None = None
    memory_bytes: int | None = None
    compute_mode: str | None = None
    mig: bool | None = None
    mig_of: str | None = None
    samples: GpuSamples | None = None

    @property
    def is_mig_instance(self) -> bool:
        """Return whether it is a part of a GPU in MIG mode."""
        return self.mig_of is not None or (self.uuid or "").startswith("MIG-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Which command of which `tb-contention run` a capture is of: the same command in company and alone is the same work."""

    run: Annotated[str, Wire("drawn for each `tb-contention run`")]
    command: Annotated[int, Wire("number of the command, from 0")]
    alone: Annotated[bool, Wire("the command ran alone")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSession:
    """What a manifest says of one session. origin_ns: Unix ns of trace time 0; error_ns its bound. devices: by CUDA ordinal.

    boot_id: shared by all containers of a machine, until it starts anew.
    """

    host: str | None = None
    name: str | None = None
    process_id: int | None = None
    boot_id: str | None = None
    container: Annotated[str | None, Wire("id of the container; null outside one")] = None
    pod: Annotated[str | None, Wire("name of the Kubernetes pod; null outside one")] = None
    namespace: Annotated[str | None, Wire("its namespace")] = None
    node: Annotated[str | None, Wire("name of its Kubernetes node; null where the pod does not know it")] = None
    origin_ns: int | None = None
    error_ns: int | None = None
    simulated: bool = False
    recorded: Annotated[
        Recorded | None, Wire("which command of which `tb-contention run` it is; null for other recordings")
    ] = None
    driver: Annotated[str | None, Wire("version of the GPU's driver; null when unknown")] = None
    mps: Annotated[Mps, Wire("sharing by NVIDIA's Multi-Process Service")] = field(default_factory=Mps)
    sharing: Annotated[Sharing, Wire("sharing by the device plugin of Kubernetes")] = field(default_factory=Sharing)
    kernel_mode: Annotated[KernelMode, Wire("whether the tracer lets kernels of one process run at once")] = (
        KernelMode.UNKNOWN
    )
    clock_readings: tuple[ClockReading, ...] = ()
    environment: Annotated[dict[str, str], Wire("variables of the environment that change how a GPU is used")] = field(
        default_factory=dict
    )
    versions: Annotated[dict[str, str], Wire("versions by package")] = field(default_factory=dict)
    not_known: Annotated[tuple[str, ...], Wire("what could not be recorded, a sentence each")] = ()
    devices: dict[int, ManifestDevice] = field(default_factory=dict)

    @property
    @wired(
        "what it may use of the GPU: a MIG instance and a static partition of MPS are its own, a cap and a replica reserve nothing; null "
        "when nothing restricts it"
    )
    def part(self) -> str | None:
        """Return what the process may use of its GPU, in words; None for all of it."""
        sharing = self.sharing
        words = [
            *("MIG instance, its own" for device in self.devices.values() if device.is_mig_instance),
            *(["static partition of MPS, its own"] if self.mps.exclusive else []),
            *([] if self.mps.cap is None else [f"at most {self.mps.cap:g} % of the threads, not reserved"]),
            *([f"replica of {sharing.strategy}, not reserved"] if sharing.strategy else []),
        ]
        return "; ".join(dict.fromkeys(words)) or None

    @property
    @wired(
        "by how much the wall clock moved against a steady one over the recording; null without readings", signed=True
    )
    def clock_change_ns(self) -> int | None:
        """Return by how much the wall clock moved against the steady one over the recording; None without two readings."""
        if len(self.clock_readings) < 2:
            return None
        first, last = self.clock_readings[0], self.clock_readings[-1]
        return (last.realtime_ns - first.realtime_ns) - (last.monotonic_raw_ns - first.monotonic_raw_ns)

    @property
    def clock_step_ns(self) -> int:
        """Return by how much the wall clock was set during the recording, 0 if it was only steered (adjtime moves it 500 ppm at most)."""
        change = self.clock_change_ns
        if change is None:
            return 0
        first, last = self.clock_readings[0], self.clock_readings[-1]
        steered = abs(last.monotonic_raw_ns - first.monotonic_raw_ns) * _STEERING // 1_000_000
        return change if abs(change) > steered + first.gap_ns + last.gap_ns + _LEAST_STEP else 0


#: What NTP may steer, in parts per million, with as much again for a crystal that is off; and the least that is called a step, ns.
_STEERING, _LEAST_STEP = 1_000, 20_000


def model_of(device: Device, manifest: ManifestSession | None) -> str | None:
    """Return the model of a device, as the trace or else the manifest states it."""
    stated = None if manifest is None else manifest.devices.get(device.ordinal)
    return device.model or (None if stated is None else stated.model)
