"""What recorded context switches are worth: `python tests/ground_truth/measure_switches.py` prints the table.

Random scenarios of time slices are written as exports of Nsight Systems (synthetic ones), once with and once without context switches;
slowdown and blame of both are compared with what happened in the simulation.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from ground_truth.spreading import spread

import tb_contention
from tb_contention.model.contention import Blame, SessionLoss
from tb_contention.model.report import DeviceReport
from tb_contention.simulate import random_scenario
from tb_contention.simulate.nsight import write_report

SEEDS, SATURATED = 10, 8


@dataclass(frozen=True, slots=True)
class Row:
    """One session: estimate (None in class D) and truth; blame_error: largest error of a row of its blame, as part of its loss."""

    saturated: bool
    switches: bool
    session: str
    evidence: str
    estimate: float | None
    low: float
    high: float
    truth: float
    blame_error: float | None
    mechanism: str

    @property
    def error(self) -> float:
        return float("nan") if self.estimate is None else abs(self.estimate / self.truth - 1)


def measure(case: tuple[int, bool]) -> list[Row]:
    seed, saturated = case
    scenario = random_scenario(seed, "time_slicing", saturated=saturated)
    return [
        row for switches in (False, True) for row in measured(scenario, seed, switches=switches, saturated=saturated)
    ]


def measured(scenario, seed: int, *, switches: bool, saturated: bool = False) -> list[Row]:  # type: ignore[no-untyped-def]
    """Play, write, read, analyse and compare one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        write_report(scenario, folder, seed=seed, switches=switches)
        truth = json.loads(Path(folder, "truth.json").read_text())
        report = tb_contention.analyse(folder, cache_dir=None)
    pids = {s.session.id: s.session.process_id for s in report.sessions}
    names = {facts["process_id"]: name for name, facts in truth["sessions"].items()}
    found = []
    for device in (d for d in report.devices if len(d.sessions) > 1):
        for loss in device.cost.losses:
            name = names[pids[loss.session]]
            facts = truth["sessions"][name]
            if loss.slowdown.low is None or loss.slowdown.high is None or facts["slowdown"] is None:
                continue
            culprits = {
                names[pids[b.culprit]]: b for b in device.cost.blame if b.victim == loss.session and b.culprit in pids
            }
            found.append(_row(device, loss, name, facts, culprits, switches, saturated))
    return found


def _row(
    device: DeviceReport, loss: SessionLoss, name: str, facts: dict, culprits: dict[str, Blame], switches: bool, saturated: bool  # type: ignore[type-arg]
) -> Row:  # fmt: skip
    wrong = None
    if culprits and facts["lost"] > 0:
        wrong = (
            max(abs(culprits[c].lost - lost) for c, lost in facts["lost_to"].items() if c in culprits) / facts["lost"]
        )
    slowdown = loss.slowdown
    assert slowdown.low is not None
    assert slowdown.high is not None
    return Row(
        saturated=saturated, switches=switches, session=name, evidence=slowdown.evidence.value, estimate=slowdown.estimate,
        low=slowdown.low, high=slowdown.high, truth=facts["slowdown"], blame_error=wrong, mechanism=device.cost.mechanism.value,
    )  # fmt: skip


def cases(seeds: int = SEEDS, saturated: int = SATURATED) -> list[tuple[int, bool]]:
    return [(seed, False) for seed in range(seeds)] + [(seed, True) for seed in range(saturated)]


def measure_all(chosen: list[tuple[int, bool]] | None = None) -> list[Row]:
    return spread(measure, chosen or cases())


def table(rows: list[Row]) -> str:
    """Print one line per kind of scenario, class of evidence and kind of recording."""
    lines = [
        "| time slices | recorded | class | sessions | mean error | largest | interval holds the truth | blame, mean error | largest |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for saturated, switches, evidence in sorted({(r.saturated, r.switches, r.evidence) for r in rows}):
        here = [r for r in rows if (r.saturated, r.switches, r.evidence) == (saturated, switches, evidence)]
        errors = [r.error for r in here if r.estimate is not None]
        blames = [r.blame_error for r in here if r.blame_error is not None]
        told = f"{np.mean(errors):.3%} | {np.max(errors):.3%}" if errors else "bounds only |"
        blamed = f"{np.mean(blames):.3%} | {np.max(blames):.3%}" if blames else "|"
        held = sum(r.low <= r.truth <= r.high for r in here)
        lines.append(
            f"| {'always contended' if saturated else 'with pauses'} | {'with switches' if switches else 'without'} | {evidence} "
            f"| {len(here)} | {told} | {held} of {len(here)} | {blamed} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(measure_all()) + "\n")
