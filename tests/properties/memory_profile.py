"""xprof's memory profile of a capture, and its rules again over the snapshots that it read, so that each can be left out."""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, message_factory

from tb_contention.recorders.xspace.proto import file_descriptor

#: xprof's timeline has this many snapshots at most.
TIMELINE = 1000
#: The row of the bytes at the peak that no allocation of the peak's step explains.
UNUSED = "unused preallocated device memory"
#: DataType numbers behind xprof's names; another name is a KeyError, so that nothing is passed over.
DATA_TYPES = {"INVALID": 0, "float": 1, "double": 2, "int32": 3, "int64": 9, "bool": 10, "half": 19}

Held = tuple[int, int, str, str, str, str]  # size, requested, op, region, data type, shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An allocator event as xprof read it. time: ps from the start of its line, not of the capture; step: as xprof numbers them."""

    time: int
    in_use: int
    reserved: int
    free: int
    lifetime_peak: int
    fragmentation: float
    is_allocation: bool
    size: int
    requested: int
    address: int
    step: int
    op: str
    region: str
    data_type: str
    shape: str

    @property
    def used(self) -> int:
        """Return what xprof calls the usage."""
        return self.reserved + self.in_use

    @property
    def held(self) -> Held:
        """Return what must be equal for two allocations to share a row."""
        return self.size, self.requested, self.op, self.region, self.data_type, self.shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What xprof says of one allocator. unused: bytes of the row `UNUSED`."""

    timeline: tuple[Snapshot, ...]
    peak: int
    peak_at: int
    capacity: int
    lifetime_peak: int
    fragmentation: float
    active: Counter[Held]
    unused: int

    @property
    def peak_row(self) -> int:
        """Return the place of the peak's snapshot in the timeline."""
        (row,) = (k for k, s in enumerate(self.timeline) if s.time == self.peak_at)
        return row

    @property
    def peak_step(self) -> int:
        """Return the step whose events xprof replays: that of the last snapshot, by time, as high as the peak."""
        return [s.step for s in self.timeline if s.used == self.peak][-1]


def memory_profiles(capture: Path, folder: Path) -> dict[str, Profile]:
    """Let xprof read a copy of a capture, as it may write beside what it reads; one profile per allocator."""
    from xprof.convert import raw_to_tool_data

    folder.mkdir(parents=True)
    copy = Path(shutil.copy(capture, folder))
    text, _ = raw_to_tool_data.xspace_to_tool_data([str(copy)], "memory_profile", {"use_saved_result": False})
    said = json.loads(text)
    profiles = {name: _profile(part) for name, part in said["memoryProfilePerAllocator"].items()}
    assert sorted(profiles) == said["memoryIds"]
    return profiles


def _profile(part: Any) -> Profile:
    summary = part["profileSummary"]
    at_peak = summary["peakStats"]
    referred = [_snapshot(s) for s in part["memoryProfileSnapshots"]]
    active: Counter[Held] = Counter()
    special: dict[str, int] = {}
    for row in part["activeAllocations"]:
        if int(row["snapshotIndex"]) >= 0:
            active[referred[int(row["snapshotIndex"])].held] += int(row["numOccurrences"])
        else:
            said = part["specialAllocations"][int(row["specialIndex"])]
            special[said["tfOpName"]] = int(said["allocationBytes"])
    # Nothing else is special: no allocator here reserves memory for a stack.
    assert set(special) <= {UNUSED}
    return Profile(
        timeline=tuple(_snapshot(s) for s in part["sampledTimelineSnapshots"]),
        peak=int(at_peak["peakBytesInUse"]),
        peak_at=int(summary["peakStatsTimePs"]),
        capacity=int(summary["memoryCapacity"]),
        lifetime_peak=int(summary["peakBytesUsageLifetime"]),
        fragmentation=float(at_peak["fragmentation"]),
        active=active,
        unused=special.get(UNUSED, 0),
    )


def _snapshot(said: Any) -> Snapshot:
    stats, activity = said["aggregationStats"], said["activityMetadata"]
    return Snapshot(
        time=int(said["timeOffsetPs"]),
        in_use=int(stats["heapAllocatedBytes"]),
        reserved=int(stats["stackReservedBytes"]),
        free=int(stats["freeMemoryBytes"]),
        lifetime_peak=int(stats["peakBytesInUse"]),
        fragmentation=float(stats["fragmentation"]),
        is_allocation=activity["memoryActivity"] == "ALLOCATION",
        size=int(activity["allocationBytes"]),
        requested=int(activity["requestedBytes"]),
        address=int(activity["address"]),
        step=int(activity["stepId"]),
        op=activity["tfOpName"],
        region=activity["regionType"],
        data_type=activity["dataType"],
        shape=activity["tensorShape"],
    )


def replay(snapshots: Sequence[Snapshot], step: int | None = None) -> set[int]:
    """Replay events, or as xprof does those of one step: the rows of the allocations that are live after them."""
    live: dict[int, int] = {}
    for row, s in enumerate(snapshots):
        if step is None or s.step == step:
            if s.is_allocation:
                live[s.address] = row
            else:
                live.pop(s.address, None)
    return set(live.values())


def paired(snapshots: Sequence[Snapshot]) -> list[int]:
    """Return for each event, in this order, the row of the allocation that it makes or ends; of a free without one, its own.

    Of two allocations at one address without a free between, xprof keeps the first; in the order of time there are none.
    """
    live: dict[int, int] = {}
    made = list(range(len(snapshots)))
    for row, s in enumerate(snapshots):
        if s.is_allocation:
            live.setdefault(s.address, row)
        else:
            made[row] = live.pop(s.address, row)
    return made


def breaks(snapshots: Sequence[Snapshot]) -> int:
    """Count the events that do not change the bytes in use by their size."""
    return sum(
        after.in_use - before.in_use != (after.size if after.is_allocation else -after.size)
        for before, after in pairwise(snapshots)
    )


def change(snapshots: Sequence[Snapshot], step: int) -> int:
    """Return by how much xprof takes the events of a step to have changed the bytes in use: frees without an allocation by nothing."""
    live: set[int] = set()
    total = 0
    for s in snapshots:
        if s.step == step and s.is_allocation:
            live.add(s.address)
            total += s.size
        elif s.step == step and s.address in live:
            live.remove(s.address)
            total -= s.size
    return total


def box_maxima(used: Sequence[int], most: int = TIMELINE) -> list[int]:
    """Return the rows that xprof's timeline keeps: of equal boxes, the last ones one wider, the first highest of each."""
    if len(used) <= most:
        return list(range(len(used)))
    width, wider = divmod(len(used), most)
    rows, start = [], 0
    for box in range(most):
        end = start + width + (box >= most - wider)
        rows.append(max(range(start, end), key=lambda k: used[k]))
        start = end
    return rows


def parsed(data: bytes) -> Any:
    """Parse an XSpace the plain way, texts as bytes: real files hold some that are not UTF-8."""
    proto = file_descriptor()
    for field in (f for message in proto.message_type for f in message.field if f.type == 9):
        field.type = 12
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    space = message_factory.GetMessageClass(pool.FindMessageTypeByName("tb_contention.xplane.XSpace"))()
    space.ParseFromString(data)
    return space


def allocator_events(space: Any) -> list[tuple[Any, list[Any]]]:
    """Return the lines of an XSpace that hold allocator events, with these, in the file's order."""
    found = []
    for plane in space.planes:
        wanted = {k for k, m in plane.event_metadata.items() if m.name in (b"MemoryAllocation", b"MemoryDeallocation")}
        for line in plane.lines:
            events = [e for e in line.events if e.metadata_id in wanted]
            if events:
                assert plane.name == b"/host:CPU"
                found.append((line, events))
    return found
