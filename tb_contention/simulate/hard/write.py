"""A hard scenario -> a log directory in TensorBoard's layout, with the truth beside it."""

import json
from pathlib import Path

import numpy as np

from tb_contention.recorders.xspace.writer import Event, Line
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.hard.clock import Changes, samples
from tb_contention.simulate.hard.sessions import HardScenario, script_of
from tb_contention.simulate.hard.truth import Hard, alone_of, played_of, truth_of_hard
from tb_contention.simulate.recording import HOST_BASE_NS, Recorded, Window, record_process, spans
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.simulate.workload import SessionSpec
from tb_contention.simulate.write import write_session
from tb_contention.units import NS_PER_S, PS_PER_NS

#: Seconds between the runs of the sessions alone, and before they run together.
_APART_S = 300
#: Added to the seed for the captures alone: the same program, other noise.
_OTHER_NOISE = 1000


def write_hard(chosen: HardScenario, out: Path | str, *, seed: int = 0, alone: bool = True) -> Path:
    """Write `out/together/<process>` of captured sessions, with `alone` also `out/alone/<session>`, and `out/truth.json`; return out."""
    out = Path(out)
    hard = played_of(chosen, seed)
    files: dict[str, list[Hard]] = {}
    for one in hard:
        if one.session.captured:
            files.setdefault(one.session.spec.process or one.session.spec.name, []).append(one)
    for process, parts in files.items():
        recorded = [_recorded(h, h.played.shared, h.fetched) for h in parts]
        seen = _samples(chosen, parts[0].clock, [h.played.shared for h in hard], recorded[0].spec, EPOCH_NS)
        _write(chosen, out / "together" / process, recorded, EPOCH_NS, seen)
    for number, one in enumerate(hard) if alone else ():
        if one.session.captured:
            before = EPOCH_NS - (number + 1) * _APART_S * NS_PER_S
            clock: Changes = []
            host = alone_of(chosen, number, script_of(one.session, seed + _OTHER_NOISE), clock)
            recorded = [_recorded(one, tuple(host.runs), tuple(host.fetched))]
            seen = _samples(chosen, clock, [tuple(host.runs)], one.session.spec, before)
            _write(chosen, out / "alone" / one.session.spec.name, recorded, before, seen)
    truth = {
        "scenario": chosen.name,
        "kind": chosen.kind,
        "summary": chosen.summary,
        "seed": seed,
        "mechanism": chosen.mechanisms[0],
        "mechanisms": list(chosen.mechanisms),
        "slice": None if chosen.slice_ns is None else round(chosen.slice_ns),
        **chosen.facts,
        **truth_of_hard(chosen, hard, EPOCH_NS),
    }
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return out


def _samples(
    chosen: HardScenario, clock: Changes, runs: list[tuple[StepRun, ...]], spec: SessionSpec, epoch_ns: int
) -> dict[str, list[int]] | None:
    """Ask the driver while a session is recorded."""
    if not chosen.sampled:
        return None
    busy = np.array([pair for run in runs for step in run for pair in zip(step.start, step.finish, strict=True)])
    window = (spec.window[0] * 1e6, spec.window[1] * 1e6)
    return samples(clock, busy.reshape(-1, 2), window, epoch_ns, spec.process_id)


def _write(
    chosen: HardScenario, folder: Path, parts: list[Recorded], epoch_ns: int, seen: dict[str, list[int]] | None
) -> None:
    spec = parts[0].spec
    clock = epoch_ns + round(spec.window[0] * 1e6 + spec.recorder.offset) if chosen.stated_clocks else None
    write_session(
        folder,
        spec,
        record_process(parts, epoch_ns),
        epoch_ns,
        clock_ns=clock,
        manifest=chosen.manifest,
        samples=seen,
    )


def _recorded(one: Hard, runs: tuple[StepRun, ...], fetched: tuple[tuple[float, float], ...]) -> Recorded:
    spec = one.session.spec
    kept = tuple(run for run in runs if run.end)
    works = spans(spec, kept, one.script.streams)
    return Recorded(spec=spec, runs=kept, changes=[], works=works, lines=_fetches(spec, fetched))


def _fetches(spec: SessionSpec, fetched: tuple[tuple[float, float], ...]) -> tuple[Line, ...]:
    """Write the host's fetches of input as TensorFlow 2 does: the op, and in it the call that waits, if only for a moment."""
    window = Window.of(spec)
    line = Line(id=spec.process_id + 37, name=f"tf_Compute/{spec.process_id + 37}", timestamp_ns=HOST_BASE_NS)
    for start, end in ((round(a), round(b)) for a, b in fetched):
        if window.holds(start, end, HOST_BASE_NS):
            at, length = (start - window.start) * PS_PER_NS, max(end - start, 1_000) * PS_PER_NS
            line.events.append(
                Event(
                    name="IteratorGetNext",
                    start=at,
                    duration=length + 2_000_000,
                    stats={"tf_op": "IteratorGetNext:IteratorGetNext"},
                )
            )
            line.events.append(
                Event(
                    name="IteratorGetNextOp::DoCompute",
                    start=at + 500_000,
                    duration=length,
                    stats={"iter_num": 0, "step_num": 0},
                )
            )
    return (line,) if line.events else ()
