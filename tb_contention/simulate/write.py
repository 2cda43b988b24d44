"""A scenario -> a log directory in TensorBoard's layout, with the truth beside it."""

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tb_contention.simulate.engine import Program, StepRun, run, simulate
from tb_contention.simulate.memory import memory_changes
from tb_contention.simulate.named import named
from tb_contention.simulate.recording import GPU, HOST, Recorded, record, record_process
from tb_contention.simulate.scenarios import EPOCH_NS, Scenario
from tb_contention.simulate.sharing import TimeSlices
from tb_contention.simulate.truth import Played, truth_of
from tb_contention.simulate.workload import SessionSpec, program_of
from tb_contention.units import NS_PER_S

#: Seconds between the runs of the sessions alone, and before they run together.
_APART_S = 300
_UUID = "SIM-00000000-0000-4000-8000-000000000001"


def play(chosen: Scenario, seed: int) -> list[Played]:
    """Simulate the sessions together and each alone, with the same work."""
    programs = tuple(program_of(spec, seed) for spec in chosen.sessions)
    together = simulate(programs, chosen.policy(), chosen.clock)
    return [
        Played(
            spec=spec,
            shared=shared,
            alone=_alone(chosen, program, number, len(programs)),
            changes=memory_changes(spec, shared),
            waits=together.waits[number],
        )
        for number, (spec, program, shared) in enumerate(zip(chosen.sessions, programs, together.runs, strict=True))
    ]


def _alone(chosen: Scenario, program: Program, number: int, sessions: int) -> tuple[StepRun, ...]:
    """Play one program; the others are there without work, so that the policy sees the same numbers."""
    idle = replace(program, steps=())
    programs = tuple(program if k == number else idle for k in range(sessions))
    return run(programs, chosen.policy(), chosen.clock)[number]


def write_scenario(name: str | Scenario, out: Path | str, *, seed: int = 0, alone: bool = True) -> Path:
    """Write `out/together/<session>`, with `alone` also `out/alone/<session>`, and `out/truth.json`; return out.

    name: one of NAMES, or a scenario. Equal name and seed give equal bytes. KeyError for an unknown name.
    """
    out = Path(out)
    chosen = named(name) if isinstance(name, str) else name
    played = play(chosen, seed)
    for process, parts in _processes(played).items():
        recorded = [Recorded(spec=p.spec, runs=p.shared, changes=p.changes) for p in parts]
        write_session(out / "together" / process, parts[0].spec, record_process(recorded, EPOCH_NS), EPOCH_NS)
    for number, one in enumerate(reversed(played)) if alone else ():
        before = EPOCH_NS - (number + 1) * _APART_S * NS_PER_S
        data = record(one.spec, one.alone, memory_changes(one.spec, one.alone), before)
        write_session(out / "alone" / one.spec.name, one.spec, data, before)
    policy = chosen.policy()
    truth = {
        "scenario": chosen.name,
        "summary": chosen.summary,
        "seed": seed,
        "mechanism": chosen.mechanism,
        "slice": None if chosen.slice_ns is None else round(chosen.slice_ns),
        "switch": round(policy.switch) if chosen.slice_ns is not None and isinstance(policy, TimeSlices) else None,
        **truth_of(played, EPOCH_NS),
    }
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return out


def _processes(played: list[Played]) -> dict[str, list[Played]]:
    """Group sessions by the file that they are recorded in."""
    files: dict[str, list[Played]] = {}
    for one in played:
        files.setdefault(one.spec.process or one.spec.name, []).append(one)
    return files


def write_session(
    folder: Path, spec: SessionSpec, data: bytes, epoch_ns: int, *, clock_ns: int | None = None, manifest: bool = True,
    samples: dict[str, list[int]] | None = None,
) -> None:  # fmt: skip
    """Write a file and its manifest in TensorBoard's layout.

    clock_ns: what the manifest states as Unix ns of trace time 0. samples: what it holds of the driver's samples.
    """
    written = epoch_ns + spec.window[1] * 1e6 + spec.recorder.collection
    stop = datetime.fromtimestamp(written // NS_PER_S, timezone.utc)
    target = folder / "plugins" / "profile" / stop.strftime("%Y_%m_%d_%H_%M_%S")
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{HOST}.xplane.pb").write_bytes(data)
    if not manifest:
        return
    device: dict[str, Any] = {"uuid": _UUID, "model": GPU.model, "memory_bytes": GPU.memory_size}
    if samples is not None:
        device["samples"] = samples
    session = {"host": HOST, "simulated": True, "process_id": spec.process_id, "devices": {"0": device}}
    if clock_ns is not None:
        session["clock"] = {"origin_ns": clock_ns, "error_ns": 5_000}
    facts = {"format_version": 1, "sessions": {"*": session}}
    (target / "tb_contention.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
