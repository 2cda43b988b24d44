"""What really happened in a simulated scenario: step times alone and shared, who had the device when, and the combined memory peak."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.memory import MemoryChange, chunk
from tb_contention.simulate.recording import GPU, Window, recorded_spans, recorded_steps
from tb_contention.simulate.workload import SessionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A session after the simulation: as it went with the others, and as it goes alone."""

    spec: SessionSpec
    shared: "tuple[StepRun, ...]"
    alone: "tuple[StepRun, ...]"
    changes: "list[MemoryChange]"


def truth_of(played: "list[Played]", epoch_ns: int) -> "dict[str, Any]":
    """Put the figures together as JSON values. Times ns; the window is where all captures overlap, Unix ns."""
    windows = [Window.of(p.spec) for p in played]
    start, end = max(w.start for w in windows), min(w.end for w in windows)
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
        "sessions": {p.spec.name: _session(p, spans, contended) for p, spans in zip(played, busy, strict=True)},
        "memory": combined_peak(played, start, end, epoch_ns),
    }


def busy_of(spec: SessionSpec, runs: "tuple[StepRun, ...]") -> Intervals:
    """Unite the recorded spans of a session."""
    spans = np.array(recorded_spans(spec, runs), np.int64).reshape(-1, 2)
    return Intervals.union_of(spans[:, 0], spans[:, 1])


def slowdown(played: Played) -> float:
    """Return time together / time alone of the whole program (NTT), pauses included."""
    return _length(played.shared) / _length(played.alone)


def _length(runs: "tuple[StepRun, ...]") -> float:
    return runs[-1].end - runs[0].begin


def _session(played: Played, busy: Intervals, contended: Intervals) -> "dict[str, Any]":
    numbers = recorded_steps(played.spec, played.shared)
    shared, alone = ([runs[n].end - runs[n].begin for n in numbers] for runs in (played.shared, played.alone))
    both = (busy & contended).total
    return {
        "process_id": played.spec.process_id,
        "kernels_and_copies_in_file": len(recorded_spans(played.spec, played.shared)),
        "steps_in_file": numbers,
        "step_mean_alone": round(sum(alone) / len(alone)),
        "step_mean_shared": round(sum(shared) / len(shared)),
        "step_slowdown": round(sum(shared) / sum(alone), 6),
        "lost_in_these_steps": round(sum(shared) - sum(alone)),
        "whole_run_slowdown": round(slowdown(played), 6),
        "busy": busy.total,
        "exclusive": busy.total - both,
        "contended": both,
    }


def combined_peak(played: "list[Played]", start: int, end: int, epoch_ns: int) -> "dict[str, Any]":
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
