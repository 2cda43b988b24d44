"""The processes, GPUs and threads that a report names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tb_contention.model.trace import NONE, Device
from tb_contention.recorders.nsight.database import Database
from tb_contention.units import I64

#: A global id consists of, from the top: 8 bits hardware, 8 bits virtual machine, 24 bits process, 24 bits thread.
_PROCESS_BITS = ~((1 << 24) - 1)
_PID = (1 << 24) - 1
#: Larger numbers are damage.
_MOST_MEMORY, _MOST_RATE, _MOST_CORES = 1 << 44, 1 << 50, 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A physical GPU as the report states it, by its number there."""

    number: int
    model: str | None
    uuid: str | None
    pci_bus_id: str | None
    memory_size: int | None
    memory_bandwidth: int | None
    clock_rate_khz: int | None
    core_count: int | None
    compute_capability: tuple[int, int] | None

    def device(self, ordinal: int) -> Device:
        """Return it as the device that a process sees under a CUDA ordinal."""
        return Device(
            name=f"/device:GPU:{ordinal}", ordinal=ordinal, model=self.model, vendor="Nvidia", clock_rate_khz=self.clock_rate_khz,
            core_count=self.core_count, memory_size=self.memory_size, memory_bandwidth=self.memory_bandwidth,
            compute_capability=self.compute_capability, uuid=self.uuid, pci_bus_id=self.pci_bus_id,
        )  # fmt: skip


def process_of(global_id: I64) -> I64:
    """Return the part of global ids that names the process; NONE stays."""
    return np.where(global_id == NONE, NONE, global_id & _PROCESS_BITS)


def pid_of(process: int) -> int | None:
    """Return the process id in a global id, None where there is none."""
    return None if process == NONE else (process >> 24) & _PID


def pids_of(processes: I64) -> I64:
    """Return the process ids in global ids; NONE stays."""
    return np.where(processes == NONE, NONE, (processes >> 24) & _PID)


def read_gpus(database: Database) -> dict[int, Gpu]:
    """Read the GPUs of the machine by their number in the report."""
    columns = ("id", "totalMemory", "memoryBandwidth", "clockRate", "smCount", "computeMajor", "computeMinor")
    numbers = np.column_stack(database.integers("TARGET_INFO_GPU", *columns)).tolist()
    names = database.texts("TARGET_INFO_GPU", "id", "name", "uuid", "busLocation")
    found: dict[int, Gpu] = {}
    for (number, memory, bandwidth, clock, cores, major, minor), (_, (model, uuid, bus)) in zip(
        numbers, names, strict=True
    ):
        if number == NONE or number in found:
            continue
        found[number] = Gpu(
            number=number,
            model=model or None,
            uuid=_uuid(uuid),
            pci_bus_id=bus or None,
            memory_size=_within(memory, _MOST_MEMORY),
            memory_bandwidth=_within(bandwidth, _MOST_RATE),
            clock_rate_khz=_khz(clock),
            core_count=_within(cores, _MOST_CORES),
            compute_capability=(major, minor) if 0 < major < 1000 and 0 <= minor < 1000 else None,
        )
    return found


def _uuid(text: str | None) -> str | None:
    """Write a UUID as the driver's own tools do: the report omits the prefix."""
    if not text:
        return None
    return f"GPU-{text}" if re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) else text


def _within(value: int, most: int) -> int | None:
    return value if 0 < value < most else None


def _khz(hertz: int) -> int | None:
    known = _within(hertz, _MOST_RATE)
    return None if known is None else known // 1000


def ordinals(database: Database, gpus: dict[int, Gpu], used: set[tuple[int, int]]) -> dict[tuple[int, int], Gpu]:
    """Map (process id, CUDA ordinal) to the GPU, as far as the report states it: for each process, or else for all that are used."""
    gpu, cuda, pid = database.integers("TARGET_INFO_CUDA_DEVICE", "gpuId", "cudaId", "pid")
    by_uuid: dict[str | None, Gpu] = {g.uuid: g for g in gpus.values() if g.uuid is not None}
    uuids = [texts[0] for _, texts in database.texts("TARGET_INFO_CUDA_DEVICE", "cudaId", "uuid")]
    found: dict[tuple[int, int], Gpu] = {}
    for number, ordinal, process, uuid in zip(gpu.tolist(), cuda.tolist(), pid.tolist(), uuids, strict=True):
        known = gpus.get(number) or by_uuid.get(_uuid(uuid))
        if known is not None and NONE not in (ordinal, process):
            found.setdefault((process, ordinal), known)
    if not found and len(gpus) > 1:
        seen = visible_to_all(database, used)
        found = {(pid, ordinal): gpus[seen[ordinal]] for pid, ordinal in used if ordinal in seen}
    return found


def used_ordinals(process: I64, ordinal: I64) -> set[tuple[int, int]]:
    """List (process id, CUDA ordinal) of what used a GPU; processes without an id are left out."""
    pairs = np.unique(np.column_stack([pids_of(process), ordinal]), axis=0).tolist()
    return {(pid, number) for pid, number in pairs if pid != NONE}


def visible_to_all(database: Database, used: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Map CUDA ordinals to the numbers of GPUs by `cuDevice`, which the recorder saw; {} where that need not hold for each process.

    used: the processes and their ordinals. Where two processes use one ordinal, each may have a CUDA_VISIBLE_DEVICES of its own.
    """
    ordinals = [ordinal for _, ordinal in used]
    number, ordinal = (column.tolist() for column in database.integers("TARGET_INFO_GPU", "id", "cuDevice"))
    stated = {o: n for o, n in zip(ordinal, number, strict=True) if o >= 0 and n != NONE}
    whole = len(stated) == len(number) == len(set(stated.values()))
    return stated if whole and len(set(ordinals)) == len(ordinals) else {}


def gpu_of(mapped: dict[tuple[int, int], Gpu], gpus: dict[int, Gpu], pid: int | None, ordinal: int) -> Gpu | None:
    """Return the GPU that a process sees under an ordinal: as stated in the report, or else the only GPU."""
    if pid is not None and (pid, ordinal) in mapped:
        return mapped[pid, ordinal]
    return next(iter(gpus.values())) if len(gpus) == 1 else None


def green_contexts(database: Database) -> dict[tuple[int, int], int | None]:
    """Map (process id, context) of green contexts to their multiprocessors; None where the export has no such column."""
    columns = ("processId", "contextId", "isGreenContext", "numMultiprocessors")
    rows = np.column_stack(database.integers("TARGET_INFO_CUDA_CONTEXT_INFO", *columns)).tolist()
    return {(pid, context): _within(cores, _MOST_CORES) for pid, context, is_green, cores in rows if is_green == 1}


def process_names(database: Database) -> dict[int, str]:
    """Read the names of processes, without their folders, by global id."""
    named = database.texts("PROCESSES", "globalPid", "name")
    return {
        key & _PROCESS_BITS: re.split(r"[/\\]", name)[-1] for key, (name,) in named if key != NONE and name is not None
    }


def hostname(database: Database) -> str | None:
    """Read the name of the machine."""
    for _, (name, value) in database.texts("TARGET_INFO_SYSTEM_ENV", "globalVid", "name", "value"):
        if name == "Hostname" and value:
            return value
    return None
