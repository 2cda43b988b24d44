"""A scenario -> a log directory in TensorBoard's layout, with the truth beside it."""

import json
from datetime import datetime, timezone
from pathlib import Path

from tb_contention.simulate.engine import Policy, Program, StepRun, run
from tb_contention.simulate.memory import memory_changes
from tb_contention.simulate.recording import GPU, HOST, record
from tb_contention.simulate.scenarios import EPOCH_NS, Scenario, scenario
from tb_contention.simulate.truth import Played, truth_of
from tb_contention.simulate.workload import SessionSpec, program_of
from tb_contention.units import NS_PER_S

#: The sessions run alone before they run together, so many seconds apart.
_APART_S = 300
_UUID = "SIM-00000000-0000-4000-8000-000000000001"


def play(chosen: Scenario, seed: int) -> "list[Played]":
    """Simulate the sessions together and each alone, with the same work."""
    programs = tuple(program_of(spec, seed) for spec in chosen.sessions)
    shared = run(programs, chosen.policy())
    return [
        Played(
            spec=spec, shared=together, alone=_alone(chosen.policy(), program), changes=memory_changes(spec, together)
        )
        for spec, program, together in zip(chosen.sessions, programs, shared, strict=True)
    ]


def _alone(policy: Policy, program: Program) -> "tuple[StepRun, ...]":
    return run((program,), policy)[0]


def write_scenario(name: str, out: "Path | str", *, seed: int = 0) -> Path:
    """Write `out/together/<session>`, `out/alone/<session>` and `out/truth.json`; return out.

    Equal name and seed give equal bytes. KeyError for an unknown name.
    """
    out = Path(out)
    played = play(scenario(name), seed)
    for number, one in enumerate(reversed(played)):
        _write_session(
            out / "together" / one.spec.name, one.spec, record(one.spec, one.shared, one.changes, EPOCH_NS), EPOCH_NS
        )
        before = EPOCH_NS - (number + 1) * _APART_S * NS_PER_S
        alone = record(one.spec, one.alone, memory_changes(one.spec, one.alone), before)
        _write_session(out / "alone" / one.spec.name, one.spec, alone, before)
    truth = {"scenario": name, "summary": scenario(name).summary, "seed": seed, **truth_of(played, EPOCH_NS)}
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return out


def _write_session(folder: Path, spec: SessionSpec, data: bytes, epoch_ns: int) -> None:
    stop = datetime.fromtimestamp((epoch_ns + spec.window[1] * 1e6) // NS_PER_S, timezone.utc)
    target = folder / "plugins" / "profile" / stop.strftime("%Y_%m_%d_%H_%M_%S")
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{HOST}.xplane.pb").write_bytes(data)
    device = {"uuid": _UUID, "model": GPU.model, "memory_bytes": GPU.memory_size}
    session = {"host": HOST, "simulated": True, "process_id": spec.process_id, "devices": {"0": device}}
    manifest = {"format_version": 1, "sessions": {"*": session}}
    (target / "tb_contention.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
