"""Device memory allocated from the driver -> events of the allocator named `ALLOCATOR`."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.trace import NONE
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.device_work import near
from tb_contention.recorders.nsight.processes import process_of
from tb_contention.units import I64, U8

#: The driver as an allocator of the GPU with this ordinal.
ALLOCATOR = "GPU_{}_cuda"
#: Usual values of ENUM_CUDA_DEV_MEM_EVENT_OPER and ENUM_CUDA_MEM_KIND, for reports without these lists.
_ALLOCATION, _DEALLOCATION, _DEVICE_MEMORY = 0, 1, (2, 3, 5)
#: Sizes above this exceed every GPU, so they are damage.
_MOST = 1 << 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    """Events by time; bytes > 0. in_use: of the process on the device since the recording began."""

    time: I64
    process: I64
    ordinal: I64
    is_allocation: U8
    address: I64
    bytes: I64
    in_use: I64

    def of(self, process: int) -> "Allocations":
        """Return those of one process."""
        rows = np.flatnonzero(self.process == process)
        columns = ("time", "process", "ordinal", "is_allocation", "address", "bytes", "in_use")
        return Allocations(**{name: getattr(self, name)[rows] for name in columns})


def read_allocations(database: Database) -> Allocations:
    """Read allocations and releases of memory that lies on a device."""
    table = "CUDA_GPU_MEMORY_USAGE_EVENTS"
    columns = ("start", "globalPid", "deviceId", "address", "bytes", "memKind", "memoryOperationType")
    time, pid, ordinal, address, size, kind, operation = database.integers(table, *columns)
    done = np.where(operation == _operation(database, "DEALLOC", _DEALLOCATION), 0, -1)
    done = np.where(operation == _operation(database, "ALLOCATION", _ALLOCATION), 1, done)
    fine = (near(time)) & (pid != NONE) & (size > 0) & (size < _MOST) & (done >= 0)
    fine &= (ordinal >= 0) & (ordinal < 1 << 20) & np.isin(kind, (*_DEVICE_MEMORY, NONE))
    rows = np.flatnonzero(fine)
    rows = rows[np.argsort(time[rows], kind="stable")]
    process = process_of(pid)[rows]
    change = np.where(done[rows] == 1, size[rows], -size[rows])
    return Allocations(
        time=time[rows], process=process, ordinal=ordinal[rows], is_allocation=done[rows].astype(np.uint8), address=address[rows],
        bytes=size[rows], in_use=_in_use(process, ordinal[rows], change),
    )  # fmt: skip


def _operation(database: Database, name: str, usual: int) -> int:
    """Look up an operation in the report's own list by its last word, since DEALLOCATION contains ALLOCATION."""
    for number, (text,) in database.texts("ENUM_CUDA_DEV_MEM_EVENT_OPER", "id", "name"):
        word = (text or "").rpartition("_")[2]
        if number != NONE and word.startswith(name):
            return number
    return usual


def _in_use(process: I64, ordinal: I64, change: I64) -> I64:
    """Sum the changes per process and device; memory allocated before the recording counts as 0, so the minimum is 0."""
    out = np.zeros(len(change), np.int64)
    for key in np.unique(np.column_stack([process, ordinal]), axis=0):
        mine = (process == key[0]) & (ordinal == key[1])
        level = np.cumsum(change[mine])
        out[mine] = level - min(0, int(level.min()))
    return out
