"""How far the estimates are from simulated truth: `python tests/ground_truth/measure.py` prints the tables of docs/accuracy.md.

`--kinds a,b` measures hard kinds alone, `--kinds plain` the plain ways of sharing; `--seeds N` of each hard kind; `--rows` lists sessions.

Random scenarios of every way of sharing are played, written as XSpace files, and read and analysed like any other; what comes out is
compared with what happened in the simulation.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from ground_truth import hard
from ground_truth.spreading import spread

import tb_contention
from tb_contention.model.report import DeviceReport, Report
from tb_contention.simulate import HARD_KINDS, RANDOM_MODES, random_scenario, write_scenario

#: Seeds per way of sharing, with pauses (most sessions then have undisturbed kernels) and without.
SEEDS, SATURATED = 14, 6
SATURATED_MODES = ("time_slicing", "single_stream", "processor_sharing", "mps")
#: The mechanism is judged where sessions overlap for more of the window than this, or one of them is slower than that.
OVERLAP, SLOWER = 0.10, 1.10

#: What the tests measured, for the summary of their run.
TABLES: list[str] = []


@dataclass(frozen=True, slots=True)
class Case:
    mode: str
    seed: int
    saturated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One session of one scenario: estimate and truth; overlap: contended share of the window."""

    case: Case
    session: str
    evidence: str
    estimate: float | None
    low: float
    high: float
    truth: float
    mechanism: str
    true_mechanism: str
    overlap: float

    @property
    def error(self) -> float:
        assert self.estimate is not None
        return self.estimate / self.truth - 1

    @property
    def judged(self) -> bool:
        return self.overlap > OVERLAP or self.truth > SLOWER

    @property
    def contained(self) -> bool:
        return self.low <= self.truth <= self.high


def cases() -> list[Case]:
    with_pauses = [Case(mode, seed) for mode in RANDOM_MODES for seed in range(SEEDS)]
    return with_pauses + [Case(mode, seed, saturated=True) for mode in SATURATED_MODES for seed in range(SATURATED)]


def measure(case: Case) -> list[Row]:
    """Play, write, read, analyse and compare one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = random_scenario(case.seed, case.mode, saturated=case.saturated)
        write_scenario(scenario, folder, seed=case.seed, alone=False)
        truth = json.loads(Path(folder, "truth.json").read_text())
        report = tb_contention.analyse(Path(folder, "together"), cache_dir=None)
    shared = [device for device in report.devices if len(device.sessions) > 1]
    return [row for device in shared for row in _rows(case, report, device, truth)]


def _rows(case: Case, report: Report, device: DeviceReport, truth: dict) -> list[Row]:  # type: ignore[type-arg]
    rows = []
    for loss in device.cost.losses:
        label = f"{report.session(loss.session).name} {loss.session}"
        names = [name for name in truth["sessions"] if name in label]
        known = names and truth["sessions"][names[0]]["slowdown"] is not None
        if not known or loss.slowdown.low is None or loss.slowdown.high is None:
            continue
        rows.append(
            Row(
                case=case, session=names[0], evidence=loss.slowdown.evidence.value, estimate=loss.slowdown.estimate,
                low=loss.slowdown.low, high=loss.slowdown.high, truth=truth["sessions"][names[0]]["slowdown"],
                mechanism=device.cost.mechanism.value, true_mechanism=truth["mechanism"],
                overlap=truth["time"]["contended"] / truth["window"]["length"],
            )
        )  # fmt: skip
    return rows


def measure_all(chosen: Sequence[Case] | None = None) -> list[Row]:
    return spread(measure, cases() if chosen is None else chosen)


def table(rows: list[Row]) -> str:
    """Print one line per way of sharing and class of evidence."""
    lines = [
        "| sharing | class | sessions | mean error | largest | 90 % interval holds the truth | mechanism right |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    groups = sorted({(r.case.mode + (", always contended" if r.case.saturated else ""), r.evidence) for r in rows})
    for mode, evidence in groups:
        here = [
            r
            for r in rows
            if (r.case.mode + (", always contended" if r.case.saturated else ""), r.evidence) == (mode, evidence)
        ]
        errors = np.abs([r.error for r in here if r.estimate is not None])
        mean, largest = (f"{errors.mean():.2%}", f"{errors.max():.2%}") if len(errors) else ("bounds only", "")
        judged = [r for r in here if r.judged]
        right = f"{sum(r.mechanism == r.true_mechanism for r in judged)} of {len(judged)}" if judged else ""
        lines.append(
            f"| {mode.replace('_', ' ')} | {evidence} | {len(here)} | {mean} | {largest} "
            f"| {sum(r.contained for r in here)} of {len(here)} | {right} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--kinds", default="plain," + ",".join(HARD_KINDS), help="comma-separated; plain = the ways of sharing"
    )
    parser.add_argument("--seeds", type=int, default=hard.SEEDS, help="of each hard kind")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--brief", action="store_true", help="print one line per hard kind")
    parser.add_argument(
        "--rows", action="store_true", help="print one line per session instead of the table of hard kinds"
    )
    options = parser.parse_args(arguments)
    kinds = options.kinds.split(",")
    if "plain" in kinds:
        sys.stdout.write(table(measure_all()) + "\n")
    if chosen := hard.cases([kind for kind in kinds if kind != "plain"], options.seeds, first=options.first):
        rows = hard.measure_all(chosen)
        sys.stdout.write((hard.listed if options.rows else hard.brief if options.brief else hard.table)(rows) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
