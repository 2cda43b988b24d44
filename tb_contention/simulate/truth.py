"""What really happened in a simulated scenario: step times alone and shared, who had the device when, and the combined memory peak."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.memory import MemoryChange, chunk
from tb_contention.simulate.recording import GPU, Window, recorded_spans, recorded_steps
from tb_contention.simulate.workload import SessionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A session after the simulation: as it went with the others, and as it goes alone.

    waits: ns for which its work was held up while each session (in the scenario's order) had the device.
    """

    spec: SessionSpec
    shared: tuple[StepRun, ...]
    alone: tuple[StepRun, ...]
    changes: list[MemoryChange]
    waits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Step periods, from the end of one step to the end of the next, that lie in the common window; summed, ns.

    steps: the numbers of the steps that end them.
    """

    steps: tuple[int, ...]
    shared: float
    alone: float

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.steps)

    @property
    def slowdown(self) -> float | None:
        """Return shared / alone (NTT), None without a period."""
        return self.shared / self.alone if self.count else None


def common_window(played: list[Played]) -> tuple[int, int]:
    """Return the intersection of the capture windows, ns of the simulation."""
    windows = [Window.of(p.spec) for p in played]
    return max(w.start for w in windows), min(w.end for w in windows)


def periods(played: Played, start: int, end: int) -> Periods:
    """Sum a session's periods between steps that are whole in its file and end in [start, end]."""
    numbers = [n for n in recorded_steps(played.spec, played.shared) if start <= played.shared[n].end <= end]
    pairs = [(a, b) for a, b in pairwise(numbers) if b == a + 1]
    shared, alone = (sum(runs[b].end - runs[a].end for a, b in pairs) for runs in (played.shared, played.alone))
    return Periods(steps=tuple(b for _, b in pairs), shared=shared, alone=alone)


def stretch(played: Played, steps: tuple[int, ...]) -> float:
    """Sum by how much longer than alone the device work of these steps lasted from its start to its end, ns."""

    def lasted(runs: tuple[StepRun, ...]) -> float:
        return sum(sum(runs[n].finish) - sum(runs[n].start) for n in steps)

    return lasted(played.shared) - lasted(played.alone)


def stall(played: Played, steps: tuple[int, ...]) -> float:
    """Sum how long the device work of these steps waited for its start when the host and the work in front of it were done, ns."""
    cost = played.spec.launch_cost * 1000
    total = 0.0
    for n in steps:
        run = played.shared[n]
        before = played.shared[n - 1].finish[-1] if n else 0.0
        for launch, start, finish in zip(run.launch, run.start, run.finish, strict=True):
            total += start - max(before, launch + cost)
            before = finish
    return total


def truth_of(played: list[Played], epoch_ns: int) -> dict[str, Any]:
    """Put the figures together as JSON values. Times ns; the window is where all captures overlap, Unix ns."""
    start, end = common_window(played)
    busy = [busy_of(p.spec, p.shared).clip(start, end) for p in played]
    contended = at_depth(busy, 2)
    any_busy = at_depth(busy, 1)
    return {
        "simulated": True,
        "window": {"start_unix_ns": epoch_ns + start, "end_unix_ns": epoch_ns + end, "length": end - start},
        "time": {
            "idle": end - start - any_busy.total,
            "exclusive": any_busy.total - contended.total,
            "contended": contended.total,
        },
        "sessions": {
            p.spec.name: {**_session(p, spans, contended), **_loss(p, played, start, end)}
            for p, spans in zip(played, busy, strict=True)
        },
        "memory": combined_peak(played, start, end, epoch_ns),
    }


def busy_of(spec: SessionSpec, runs: tuple[StepRun, ...]) -> Intervals:
    """Unite the recorded spans of a session."""
    spans = recorded_spans(spec, runs)
    return Intervals.union_of(spans[:, 0], spans[:, 1])


def slowdown(played: Played) -> float:
    """Return time together / time alone of the whole program (NTT), pauses included."""
    return _length(played.shared) / _length(played.alone)


def _length(runs: tuple[StepRun, ...]) -> float:
    return runs[-1].end - runs[0].begin


def _session(played: Played, busy: Intervals, contended: Intervals) -> dict[str, Any]:
    numbers = recorded_steps(played.spec, played.shared)
    shared, alone = ([runs[n].end - runs[n].begin for n in numbers] for runs in (played.shared, played.alone))
    count = max(1, len(numbers))
    both = (busy & contended).total
    return {
        "process_id": played.spec.process_id,
        "kernels_and_copies_in_file": len(recorded_spans(played.spec, played.shared)),
        "steps_in_file": numbers,
        "step_mean_alone": round(sum(alone) / count),
        "step_mean_shared": round(sum(shared) / count),
        "step_slowdown": round(sum(shared) / sum(alone), 6) if alone else None,
        "lost_in_these_steps": round(sum(shared) - sum(alone)),
        "whole_run_slowdown": round(slowdown(played), 6),
        "busy": busy.total,
        "exclusive": busy.total - both,
        "contended": both,
    }


def _loss(played: Played, everybody: list[Played], start: int, end: int) -> dict[str, Any]:
    """What sharing cost: periods of the common window, whom the session waited for in them, and over the whole run."""
    found = periods(played, start, end)
    names = [p.spec.name for p in everybody]
    others = [(k, name) for k, name in enumerate(names) if name != played.spec.name]
    return {
        "periods": found.count,
        "period_mean_alone": round(found.alone / found.count) if found.count else None,
        "period_mean_shared": round(found.shared / found.count) if found.count else None,
        "slowdown": None if found.slowdown is None else round(found.slowdown, 6),
        "lost": round(found.shared - found.alone),
        "lost_to": {name: round(sum(played.shared[n].waited.get(k, 0.0) for n in found.steps)) for k, name in others},
        "stretch": round(stretch(played, found.steps)),
        "stall": round(stall(played, found.steps)),
        "waited_for": {n: round(w) for n, w in zip(names, played.waits, strict=False) if n != played.spec.name},
    }


def combined_peak(played: list[Played], start: int, end: int, epoch_ns: int) -> dict[str, Any]:
    """Find the highest sum of all allocators in [start, end)."""
    level = {p.spec.name: chunk(p.spec.weights) for p in played}
    changes = sorted(((c.time, p.spec.name, c.in_use) for p in played for c in p.changes), key=lambda c: c[0])
    peak, peak_at, holders = -1, start, dict(level)
    for time, name, in_use in changes:
        if time >= end:
            break
        if time > start and peak < 0:
            peak, holders = sum(level.values()), dict(level)
        level[name] = in_use
        if time >= start and sum(level.values()) > peak:
            peak, peak_at, holders = sum(level.values()), time, dict(level)
    peak = max(peak, sum(holders.values()))
    return {
        "capacity": GPU.memory_size,
        "combined_peak": peak,
        "combined_peak_at_unix_ns": epoch_ns + peak_at,
        "held_at_peak": holders,
        "headroom": GPU.memory_size - peak,
    }
