"""Kernels, copies, memsets and whole CUDA graphs of all processes as columns, times ns since the report's start."""

from dataclasses import dataclass, fields

import numpy as np

from tb_contention.model.trace import NONE, KernelKind
from tb_contention.recorders.common.impossible import overlong
from tb_contention.recorders.nsight.database import Database
from tb_contention.recorders.nsight.processes import process_of
from tb_contention.units import I64, U8, Bool

#: Times further than 26 days from the report's start are damage.
FURTHEST_NS = 1 << 51
_TABLES = ("KERNEL", "GRAPH_TRACE", "MEMCPY", "MEMSET")
_LAUNCH = (
    "registersPerThread", "staticSharedMemory", "dynamicSharedMemory", "gridX", "gridY", "gridZ", "blockX", "blockY", "blockZ",
)  # fmt: skip
#: CUpti_ActivityMemcpyKind, as XSpace files name the same copies.
COPIES = {
    1: "MemcpyH2D", 2: "MemcpyD2H", 3: "MemcpyH2A", 4: "MemcpyA2H", 5: "MemcpyA2A", 6: "MemcpyA2D", 7: "MemcpyD2A",
    8: "MemcpyD2D", 9: "MemcpyH2H", 10: "MemcpyP2P", 11: "MemcpyUnifiedH2D", 12: "MemcpyUnifiedD2H", 13: "MemcpyUnifiedD2D",
}  # fmt: skip


def near(time: I64) -> Bool:
    """Mark plausible times; absent ones are not."""
    possible: Bool = (time > -FURTHEST_NS) & (time < FURTHEST_NS)
    return possible


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWork:
    """Device events in any order. process: global id of the process; ordinal: CUDA device of it. name: number of a text, or
    the kind of a copy, or the number of a graph, depending on `kind`. whole_graph: the row is a whole CUDA graph.
    launch: row of `launches`, -1 = none;
    launches: distinct (registers, static and dynamic shared memory, grid, block). bad: rows with impossible times, left out.
    """

    start: I64
    end: I64
    process: I64
    ordinal: I64
    context: I64
    stream: I64
    correlation: I64
    kind: U8
    whole_graph: Bool
    name: I64
    bytes: I64
    graph: I64
    launch: I64
    launches: I64
    bad: int

    def __len__(self) -> int:
        return len(self.start)

    def of(self, process: int) -> "DeviceWork":
        """Return the rows of one process, by (start, stream)."""
        rows = np.flatnonzero(self.process == process)
        rows = rows[np.lexsort((self.stream[rows], self.start[rows]))]
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        return DeviceWork(**{key: v if key in ("launches", "bad") else v[rows] for key, v in kept.items()})


def read_device_work(database: Database) -> DeviceWork:
    """Read kernels, graphs, copies and memsets."""
    kinds = (KernelKind.KERNEL, KernelKind.KERNEL, KernelKind.COPY, KernelKind.MEMSET)
    called = (_name_column(database), "graphId", "copyKind", "")
    tables = [
        _table(database, f"CUPTI_ACTIVITY_KIND_{table}", kind, name, "graphId")
        for table, kind, name in zip(_TABLES, kinds, called, strict=True)
    ]
    columns = {key: np.concatenate([table[key] for table in tables]) for key in tables[0]}
    counts = [len(table["start"]) for table in tables]
    start, end = columns["start"], columns["end"]
    process = _processes(database, columns["globalPid"])
    fine = (near(start)) & (near(end)) & (end >= start) & ((start != 0) | (end != 0))  # both 0: CUPTI gave no time
    placed = fine & (columns["graph"] <= 0) & (columns["streamId"] != NONE)
    long = _overlong(columns, process, np.flatnonzero(placed))
    if len(long):  # branches of one graph may run beside each other under the number of one stream
        nodes = np.concatenate(
            [database.integers(f"CUPTI_ACTIVITY_KIND_{table}", "graphNodeId")[0] for table in _TABLES]
        )
        fine[long[nodes[long] <= 0]] = False
    launch, launches = _launches(database, counts)
    return DeviceWork(
        start=start[fine], end=end[fine], process=process[fine],
        ordinal=np.clip(columns["deviceId"], 0, 1 << 20)[fine], context=columns["contextId"][fine],
        stream=columns["streamId"][fine], correlation=np.where(columns["correlationId"] > 0, columns["correlationId"], -1)[fine],
        kind=columns["kind"].astype(np.uint8)[fine], whole_graph=np.repeat(np.array([False, True, False, False]), counts)[fine],
        name=columns["name"][fine], bytes=np.where(columns["bytes"] >= 0, columns["bytes"], -1)[fine],
        graph=np.where(columns["graph"] >= 0, columns["graph"], -1)[fine], launch=launch[fine], launches=launches,
        bad=int((~fine).sum()),
    )  # fmt: skip


def _overlong(columns: dict[str, I64], process: I64, rows: I64) -> I64:
    """Return which rows cover work that their stream did only later; streams are numbered within a context."""
    context = columns["contextId"][rows] << 32
    device, stream = process[rows] + columns["deviceId"][rows], context + columns["streamId"][rows]
    start = columns["start"][rows]
    return rows[overlong(device, stream, start, columns["end"][rows] - start)]


def _table(database: Database, table: str, kind: KernelKind, name: str, graph: str) -> dict[str, I64]:
    names = ("start", "end", "globalPid", "deviceId", "contextId", "streamId", "correlationId", "bytes")
    columns = dict(zip((*names, "name", "graph"), database.integers(table, *names, name, graph), strict=True))
    return {**columns, "kind": np.full(len(columns["start"]), int(kind))}


def _name_column(database: Database) -> str:
    """Choose the column of kernel names; prefer names with template arguments, as in XSpace files."""
    for column in ("demangledName", "shortName"):
        (values,) = database.integers("CUPTI_ACTIVITY_KIND_KERNEL", column)
        if (values != NONE).any():
            return column
    return "mangledName"


def _processes(database: Database, global_pid: I64) -> I64:
    """Return the process of each row; for releases before 2021, which do not record it, the only process that called CUDA."""
    if (global_pid != NONE).any() or not len(global_pid):
        return process_of(global_pid)
    (caller,) = database.integers("CUPTI_ACTIVITY_KIND_RUNTIME", "globalTid")
    callers = np.unique(process_of(caller[caller != NONE]))
    return np.full(len(global_pid), int(callers[0]) if len(callers) == 1 else NONE)


def _launches(database: Database, counts: list[int]) -> tuple[I64, I64]:
    """Number the distinct launch configurations of kernels; the other tables have none."""
    columns = database.integers("CUPTI_ACTIVITY_KIND_KERNEL", *_LAUNCH)
    rest = np.full(sum(counts[1:]), -1)
    if not counts[0] or all((column == NONE).all() for column in columns):
        return np.concatenate([np.full(counts[0], -1), rest]), np.empty((0, len(_LAUNCH)), np.int64)
    code, count = numbered(*columns)
    first = np.empty(count, np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return np.concatenate([code, rest]), np.column_stack([column[first] for column in columns])


def numbered(*columns: I64) -> tuple[I64, int]:
    """Number the distinct rows of columns in their order: (number of each row, how many)."""
    code, count = np.zeros(len(columns[0]), np.int64), min(1, len(columns[0]))
    for column in columns:
        ranks, distinct = _ranked(column)
        # Both numbers stay below the count of rows, so their product stays far below 2**63.
        code, count = _ranked(code * distinct + ranks) if distinct > 1 else (code, count)
    return code, count


def _ranked(values: I64) -> tuple[I64, int]:
    """Replace values by their rank among the distinct ones; without sorting where they lie close together."""
    if not len(values):
        return values, 0
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + 1024:
        distinct, ranks = np.unique(values, return_inverse=True)
        return ranks.reshape(-1), len(distinct)
    seen = np.zeros(high - low + 1, np.bool_)
    seen[values - low] = True
    rank = np.cumsum(seen) - 1
    return rank[values - low], int(rank[-1]) + 1


def launch_text(row: list[int]) -> str:
    """Write a launch configuration in the form of XSpace files."""
    registers, static, dynamic, *places = (max(0, value) for value in row)
    grid, block = ",".join(map(str, places[:3])), ",".join(map(str, places[3:]))
    return f"regs:{registers} static_shared:{static} dynamic_shared:{dynamic} grid:{grid} block:{block}"
