"""Sessions rich in memory on one simulated GPU -> profiler files, whole or damaged, and the truth beside them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tb_contention.recorders.xspace.writer import Line
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.heaps import Change, Life, Move, changes_of
from tb_contention.simulate.memory_lines import memory_lines
from tb_contention.simulate.memory_truth import Kept, Stated, memory_truth
from tb_contention.simulate.recording import HOST_BASE_NS, Recorded, Window, Works, record_process, space_of
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.simulate.workload import Era, SessionSpec
from tb_contention.simulate.write import write_session
from tb_contention.units import MAX_TRACE_PS, PS_PER_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What the recorder does to allocator events: the share that it loses, and the share that it reports twice, exactly equal."""

    lose: float = 0.0
    repeat: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySession:
    """A session with its steps as they went and all that its allocators did.

    limits, reserved: bytes by allocator. silent: its device allocators write no events. leaks: bytes per step by operation. works: device
    work other than the specification's items. calls: host events with a correlation id, on the thread of that id.
    """

    spec: SessionSpec
    runs: tuple[StepRun, ...]
    lives: tuple[Life, ...]
    moves: tuple[Move, ...]
    limits: dict[str, int]
    reserved: dict[str, int] = field(default_factory=dict)
    silent: bool = False
    leaks: dict[str, int] = field(default_factory=dict)
    works: Works | None = None
    calls: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryScenario:
    """Sessions on one GPU; facts: more truth, by key."""

    name: str
    sessions: tuple[MemorySession, ...]
    facts: dict[str, Any] = field(default_factory=dict)


def write_memory(scenario: MemoryScenario, out: Path | str, *, damage: Damage | None = None, seed: int = 0) -> Path:
    """Write `out/together/<session>` and `out/truth.json`; return out. Equal arguments give equal bytes; seed: of the damage.

    truth.json, `memory`: what a perfect reader of the undamaged files finds. With damage also `memory_as_recorded`: the peaks of the bytes
    in use that the remaining events state.
    """
    out, damage = Path(out), damage or Damage()
    rng = np.random.default_rng(np.random.SeedSequence([seed, 77]))
    whole, damaged = [], []
    for session in scenario.sessions:
        spec, changes = session.spec, recorded_changes(session)
        kept, twice = _damaged(changes, damage, rng)
        whole.append(_kept(session, changes))
        damaged.append(_kept(session, kept))
        data = record_process([_recorded(session, kept, twice)], EPOCH_NS)
        write_session(out / "together" / spec.name, spec, data, EPOCH_NS, clock_ns=_manifest_clock(spec))
    truth: dict[str, Any] = {
        "scenario": scenario.name,
        "simulated": True,
        "times": "Unix ns by the clocks that the files state",
        "damage": {"lose": damage.lose, "repeat": damage.repeat, "seed": seed},
        "memory": memory_truth(whole),
        "memory_as_recorded": memory_truth(damaged),
        **scenario.facts,
    }
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return out


def recorded_changes(session: MemorySession) -> list[Change]:
    """List what the profiler sees of a session's allocators."""
    window = Window.of(session.spec)
    return [
        change
        for change in changes_of(session.lives, session.moves)
        if window.holds(change.move.time, change.move.time, HOST_BASE_NS)
        and not (session.silent and change.life.allocator.startswith("GPU_"))
    ]


def _damaged(changes: list[Change], damage: Damage, rng: np.random.Generator) -> tuple[list[Change], frozenset[int]]:
    """Return what is left, and the rows of it that are reported twice."""
    lost = rng.random(len(changes)) < damage.lose
    kept = [change for change, gone in zip(changes, lost.tolist(), strict=True) if not gone]
    twice = np.flatnonzero(rng.random(len(kept)) < damage.repeat)
    return kept, frozenset(twice.tolist())


def _recorded(session: MemorySession, changes: list[Change], twice: frozenset[int]) -> Recorded:
    spec = session.spec
    lines = memory_lines(changes, twice, spec, session.limits, session.reserved)
    return Recorded(spec=spec, runs=session.runs, changes=[], lines=(*lines, *session.calls), works=session.works)


def stated_start(spec: SessionSpec) -> int:
    """Return the Unix ns of a file's time 0, as it states it."""
    return EPOCH_NS + Window.of(spec).start + round(spec.recorder.offset)


def stated_clock(spec: SessionSpec) -> Stated:
    """Return the clock of a session's file."""
    return Stated(origin=stated_start(spec), window=Window.of(spec).start, drift=spec.recorder.drift)


def _manifest_clock(spec: SessionSpec) -> int | None:
    """Return what a manifest must state, since the file does not: the Unix ns of its time 0."""
    return stated_start(spec) if spec.recorder.era in (Era.TF_2_6, Era.TF_2_14) else None


def _window(session: MemorySession, changes: list[Change]) -> tuple[int, int]:
    """Return the window that a file states, Unix ns: from start to stop, or from the first to the last of its events."""
    spec = session.spec
    start = stated_start(spec)
    if _manifest_clock(spec) is None:
        window = Window.of(spec)
        return start, start + window.end - window.start
    planes = space_of([_recorded(session, changes, frozenset())], EPOCH_NS).planes
    times = [line.times() for plane in planes for line in plane.lines if line.events or line.rows]
    first = min(int(begin.min(initial=MAX_TRACE_PS)) for begin, _ in times)
    last = max(int((begin + duration).max(initial=-MAX_TRACE_PS)) for begin, duration in times)
    return start + first // PS_PER_NS, start - (-last // PS_PER_NS)


def _kept(session: MemorySession, changes: list[Change]) -> Kept:
    spec, holds = session.spec, Window.of(session.spec).holds
    stated = stated_clock(spec)
    spans = [(round(run.begin), max(round(run.end), round(run.begin) + 1)) for run in session.runs]
    return Kept(
        name=spec.name,
        changes=changes,
        stated=stated,
        window=_window(session, changes),
        limits=session.limits,
        step_ends=[stated.end(*span) for span in spans if holds(*span, HOST_BASE_NS)],
        leaks=session.leaks,
    )
