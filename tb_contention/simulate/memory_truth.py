"""What a perfect reader finds in the files of a memory scenario: peaks to the byte and the nanosecond, and who held them.

Plain loops over every change, on purpose: nothing here is shared with the analysis that is measured by it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from tb_contention.simulate.heaps import Change
from tb_contention.simulate.recording import GPU

_TYPES = {1: "float32", 3: "int32", 9: "int64", 10: "bool", 14: "bfloat16", 19: "float16"}
_PINNED = ("gpu_host_bfc", "xla_gpu_host_bfc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The clock that a file states. origin: Unix ns of trace time 0; window: ns of the simulation there; drift: ns per ms."""

    origin: int
    window: int
    drift: float

    def ps(self, length: int) -> int:
        """Return the ps that the recorder writes for an instant in ns since its start, or for a duration."""
        return length * 1000 + round(length * 1000 * self.drift * 1e-6)

    def at(self, time: int) -> int:
        """Return the Unix ns that a reader finds for an instant of the simulation (ns)."""
        return self.origin + self.ps(time - self.window) // 1000

    def end(self, start: int, end: int) -> int:
        """Return the Unix ns that a reader finds for the end of a span of the simulation (ns)."""
        return self.origin + (self.ps(start - self.window) + self.ps(end - start)) // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The allocator events of a session that are in its file, in order. window: Unix ns; step_ends: of steps whole in the file."""

    name: str
    changes: list[Change]
    stated: Stated
    window: tuple[int, int]
    limits: dict[str, int]
    step_ends: list[int]
    leaks: dict[str, int]

    def allocators(self) -> "dict[str, Series]":
        """Split the events by allocator."""
        found: dict[str, Series] = {}
        for change in self.changes:
            series = found.setdefault(
                change.life.allocator, Series(session=self.name, allocator=change.life.allocator, time=[], changes=[])
            )
            series.time.append(self.stated.at(change.move.time))
            series.changes.append(change)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The events of one allocator and their Unix ns."""

    session: str
    allocator: str
    time: list[int]
    changes: list[Change]

    @property
    def kind(self) -> str:
        """Say what memory it is: device, pinned or host."""
        if self.allocator.startswith("GPU_"):
            return "device"
        return "pinned" if self.allocator in _PINNED else "host"

    def level(self, events: int) -> int:
        """Return the bytes in use after a number of events, as the events state them."""
        if events:
            return self.changes[events - 1].in_use
        first = self.changes[0]
        return first.in_use - (first.life.size if first.move.gives else -first.life.size)

    def live(self, events: int) -> list[tuple[int, Change]]:
        """List (time, change) of the allocations among the first events that are still held after them."""
        held: dict[int, tuple[int, Change]] = {}
        for time, change in zip(self.time[:events], self.changes[:events], strict=True):
            if change.move.gives:
                held[change.move.life] = time, change
            else:
                held.pop(change.move.life, None)
        return list(held.values())


def memory_truth(sessions: list[Kept]) -> dict[str, Any]:
    """Put the figures together as JSON values. Times: Unix ns by the clocks of the files; the window is where all captures overlap."""
    start, end = max(s.window[0] for s in sessions), min(s.window[1] for s in sessions)
    series = [one for s in sessions for one in s.allocators().values()]
    device = [one for one in series if one.kind == "device"]
    peak, at, events = combined_peak(device, start, end)
    rows = [_allocator(one, start, end, s.limits[one.allocator]) for s in sessions for one in s.allocators().values()]
    return {
        "capacity_bytes": GPU.memory_size,
        "window_start_ns": start,
        "window_end_ns": end,
        "allocators": rows,
        "combined_peak_bytes": peak,
        "combined_peak_at_ns": at,
        "sum_of_peaks_bytes": sum(row["peak_bytes"] for row in rows if row["kind"] == "device"),
        "sum_of_limits_bytes": sum(row["limit_bytes"] for row in rows if row["kind"] == "device"),
        "sessions_without_data": [s.name for s in sessions if s.name not in {one.session for one in device}],
        "holders": [row for one, n in zip(device, events, strict=True) for row in holders(one, n, at)],
        "before_capture": [_unexplained(one, n) for one, n in zip(device, events, strict=True)],
        "growth": [{"session": s.name, "op": op, "bytes_per_step": size} for s in sessions for op, size in s.leaks.items()],
        "steps": [row for s in sessions for one in s.allocators().values() for row in _steps(one, s.step_ends, start, end)],
    }  # fmt: skip


def combined_peak(series: list[Series], start: int, end: int) -> tuple[int, int, list[int]]:
    """Find the highest sum in [start, end], when it is first reached, and after how many events of each."""
    events = [bisect_right(one.time, start) for one in series]
    level = [one.level(n) for one, n in zip(series, events, strict=True)]
    best, best_at, best_events = sum(level), start, list(events)
    following = sorted(
        (time, k, row) for k, one in enumerate(series) for row, time in enumerate(one.time) if start < time <= end
    )
    for time, k, row in following:
        level[k] = series[k].level(row + 1)
        events[k] = row + 1
        if sum(level) > best:
            best, best_at, best_events = sum(level), time, list(events)
    return best, best_at, best_events


def holders(series: Series, events: int, at: int) -> list[dict[str, Any]]:
    """Sum up what is held after a number of events, by everything that is stated of it."""
    rows: dict[tuple[str, str, str, int], dict[str, Any]] = {}
    for time, change in series.live(events):
        life = change.life
        row = rows.setdefault(
            (life.op, life.region, life.shape, life.data_type),
            {
                "session": series.session, "allocator": series.allocator, "op": life.op, "region": life.region or None,
                "shape": life.shape or None, "data_type": _TYPES.get(life.data_type), "bytes": 0, "requested_bytes": 0, "count": 0,
                "age_ns": at - time,
            },
        )  # fmt: skip
        row["bytes"] += life.size
        row["requested_bytes"] += life.requested
        row["count"] += 1
        row["age_ns"] = max(row["age_ns"], at - time)
    return list(rows.values())


def _unexplained(series: Series, events: int) -> dict[str, Any]:
    """Return what is held that the capture did not see allocated."""
    explained = sum(change.life.size for _, change in series.live(events))
    return {"session": series.session, "allocator": series.allocator, "bytes": series.level(events) - explained}


def _allocator(series: Series, start: int, end: int, limit: int) -> dict[str, Any]:
    peak, at, (events,) = combined_peak([series], start, end)
    live = [change.life for _, change in series.live(events)]
    made = [change for change in series.changes if change.move.gives]
    inside = [
        change.fragmentation
        for time, change in zip(series.time, series.changes, strict=True)
        if start < time <= end and change.fragmentation is not None
    ]
    return {
        "session": series.session,
        "allocator": series.allocator,
        "kind": series.kind,
        "peak_bytes": peak,
        "peak_at_ns": at,
        "before_capture_bytes": series.level(0),
        "lifetime_peak_bytes": max(change.peak for change in series.changes),
        "limit_bytes": limit,
        "rounding_at_peak_bytes": sum(life.size - life.requested for life in live) if live else None,
        "fragmentation_at_peak": series.changes[events - 1].fragmentation if events else None,
        "fragmentation_most": max(inside, default=None),
        "events": len(series.changes),
        "frees_without_allocation": len(series.changes) - 2 * len(made) + len(series.live(len(series.changes))),
    }


def _steps(series: Series, step_ends: list[int], start: int, end: int) -> list[dict[str, Any]]:
    """Count what happens per step, over whole steps: from the end of one in the window to the end of the next."""
    ends = [time for time in sorted(step_ends) if start <= time <= end]
    if len(ends) < 2:
        return []
    step = [bisect_right(ends, time - 1) for time in series.time]
    inside = [row for row, number in enumerate(step) if 0 < number < len(ends)]
    if not inside:
        return []
    freed = {c.move.life: row for row, c in enumerate(series.changes) if not c.move.gives}
    made = [row for row in inside if series.changes[row].move.gives]
    own = [row for row in made if step[freed.get(series.changes[row].move.life, row)] == step[row]]
    own = [row for row in own if series.changes[row].move.life in freed]
    largest = max(own, key=lambda row: (series.changes[row].life.size, -row), default=None)
    return [
        {
            "session": series.session, "allocator": series.allocator, "steps": len(ends) - 1,
            "allocations_per_step": len(made) / (len(ends) - 1),
            "temporary_bytes": None if largest is None else series.changes[largest].life.size,
            "temporary_op": None if largest is None else series.changes[largest].life.op,
        }
    ]  # fmt: skip
