"""Allocator events written by hand -> a session whose capture holds them, and nothing else."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from lanes import group_of, session_of

from tb_contention.memory.highwater import combined_memory
from tb_contention.model.alignment import Session
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import NONE, AllocationTable, StepTable
from tb_contention.units import Bytes

US = 1_000_000


@dataclass(slots=True)
class Heap:
    """One process's allocators, in chunks of 256 bytes; times in us, the capture is `length` us long."""

    name: str = "a"
    length: int = 100
    before: int = 0
    limit: int = 500
    capacity: int = 1000
    events: list[dict[str, Any]] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    sizes: dict[tuple[str, int], int] = field(default_factory=dict)

    def give(
        self, time: int, address: int, size: int, op: str = "", *, allocator: str = "GPU_0_bfc", **more: Any
    ) -> None:
        """Allocate."""
        self.sizes[allocator, address] = size
        self._event(time, 1, address, size, allocator, {"op": op, **more})

    def take(self, time: int, address: int, *, allocator: str = "GPU_0_bfc", **more: Any) -> None:
        """Free; of what the capture did not see, `size` says how large it is."""
        size = more.pop("size", None) or self.sizes.pop((allocator, address))
        self._event(time, 0, address, size, allocator, more)

    def _event(self, time: int, kind: int, address: int, size: int, allocator: str, more: dict[str, Any]) -> None:
        used = self.used.get(allocator, self.before) + (size if kind else -size)
        self.used[allocator] = used
        self.events.append(
            {
                "time": time,
                "is_allocation": kind,
                "address": address,
                "size": size,
                "allocator": allocator,
                "in_use": used,
                **more,
            }
        )

    def session(self) -> Session:
        """Make the session."""
        drawn = session_of(self.name, "." * self.length)
        strings = [""]

        def text(value: str | None) -> int:
            if not value:
                return -1
            if value not in strings:
                strings.append(value)
            return strings.index(value)

        rows = [self.events[i] for i in np.argsort([e["time"] for e in self.events], kind="stable").tolist()]
        values: dict[str, list[Any]] = {c.name: [] for c in fields(AllocationTable)}
        for event in rows:
            known = {
                "start": event.get("ps", event["time"] * US), "is_allocation": event["is_allocation"], "thread": event.get("thread", 0),
                "allocator": text(event["allocator"]), "in_use": event["in_use"], "available": self.limit - event["in_use"],
                "reserved": 0, "size": event["size"], "requested": event.get("requested", event["size"]),
                "peak": event.get("peak", NONE), "address": event["address"], "step_id": event.get("step", 0),
                "data_type": event.get("data_type", 1), "fragmentation": event.get("fragmentation", 0.0),
                "op": text(event.get("op")), "region": text(event.get("region")), "shape": text(event.get("shape")),
            }  # fmt: skip
            for column, value in known.items():
                values[column].append(value)
        types = {"start": np.int64, "is_allocation": np.uint8, "fragmentation": np.float64}
        narrow = {"thread", "allocator", "op", "region", "shape"}
        columns = {
            name: np.array(column, types.get(name, np.int32 if name in narrow else np.int64))
            for name, column in values.items()
        }
        steps = StepTable(
            start=np.array([s * US for s, _ in self.steps], np.int64),
            duration=np.array([(e - s) * US for s, e in self.steps], np.int64),
            number=np.arange(len(self.steps)),
            name=np.zeros(len(self.steps), np.int32),
        )
        device = replace(drawn.trace.devices[0], memory_size=self.capacity)
        trace = replace(
            drawn.trace,
            allocations=AllocationTable(**columns),
            strings=StringTable.of(strings),
            steps=steps,
            devices=(device,),
        )
        return replace(drawn, trace=trace)


def memory_of(*heaps: Heap) -> CombinedMemory:
    """Analyse processes that share one GPU."""
    memory = combined_memory(*group_of([heap.session() for heap in heaps]))
    assert memory is not None
    return memory


def rows_of(memory: CombinedMemory) -> dict[str, Bytes]:
    """Name the holders of the combined peak; their bytes add up to it."""
    assert sum(row.bytes for row in memory.holders.rows) == memory.holders.total == memory.peak
    assert sum(row.bytes for row in memory.holders.scopes) == memory.peak
    return {row.op: row.bytes for row in memory.holders.rows}
