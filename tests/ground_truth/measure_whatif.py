"""How far predictions are from what really happens then: `python tests/ground_truth/measure_whatif.py` prints the table.

Random scenarios are played and recorded one way, read and analysed like any other, and predicted another way; then the simulator plays the
same work that other way. The predictions' own device model shares nothing with the simulator that makes the truth.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from ground_truth.spreading import spread

from tb_contention.analysis import Analysis, Options
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import random_scenario, write_scenario
from tb_contention.simulate.engine import Program, StepRun, run
from tb_contention.simulate.scenarios import Scenario
from tb_contention.simulate.sharing import Demands, Policy, TimeSlices
from tb_contention.simulate.workload import Item, ItemKind, SessionSpec, demand_of, program_of
from tb_contention.units import SessionId
from tb_contention.whatif import predict
from tb_contention.whatif.question import Question

SEEDS = 8
#: Two sessions on one GPU, and a third one on another.
TWO_GPUS = "two_gpus"
MODES = (
    "time_slicing", "whole_kernel_slices", "three_sessions", "host_bound", "single_stream", "in_process_stream",
    "processor_sharing", "mps", "mps_demand", "asynchronous",
)  # fmt: skip
#: Multiprocessors of the simulated GPU, and the cap that is tried, percent.
_SMS, _CAP = 132, 40

TABLES: list[str] = []


@dataclass(frozen=True, slots=True)
class Case:
    """whole: everything that the sessions do is captured, so that they meet as recorded; else the window begins in the middle."""

    mode: str
    seed: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One predicted figure of one session ("" = all) and the truth."""

    case: Case
    schedule: str
    figure: str
    session: str
    found: Bounds | None
    truth: float
    unknown: str

    @property
    def error(self) -> float | None:
        return None if self.found is None or self.found.estimate is None else self.found.estimate / self.truth - 1

    @property
    def contained(self) -> bool:
        assert self.found is not None
        return self.found.low * 0.999 <= self.truth <= self.found.high * 1.001


def cases(seeds: range | None = None) -> list[Case]:
    modes = (*MODES, TWO_GPUS)
    return [Case(mode, seed, whole) for mode in modes for seed in seeds or range(SEEDS) for whole in (True, False)]


def scenario_of(case: Case) -> Scenario:
    """Draw a scenario whose kernels' launch configurations say what they ask for."""
    drawn = random_scenario(case.seed, case.mode)
    rng = np.random.default_rng([case.seed, 7])
    vague = case.seed % 4 == 3
    specs = tuple(replace(s, items=tuple(_telling(i, rng, vague=vague) for i in s.items)) for s in drawn.sessions)
    policy = drawn.policy
    if case.mode == "mps_demand":

        def policy() -> Policy:
            return Demands(tuple(map(demand_of, specs)), 0.05)

    if case.whole:
        runs = run(tuple(program_of(s, case.seed) for s in specs), policy())
        last = max(r[-1].end for r in runs) / 1e6
        specs = tuple(replace(s, window=(0.0, last + 3.0), start=s.start + 1.0) for s in specs)
    return replace(drawn, sessions=specs, policy=policy)


def _telling(item: Item, rng: np.random.Generator, *, vague: bool) -> Item:
    """Give a kernel a grid of one block per multiprocessor that it asks for; vague: of one to eight, of which eight find place."""
    if vague:
        return replace(item, grid=(max(1, round(item.sm * _SMS * rng.uniform(1, 8))), 1, 1), registers=32)
    return replace(item, grid=(max(1, round(item.sm * _SMS)), 1, 1), block=(512, 1, 1), registers=168)


class Apart:
    """The first two sessions share a GPU, and the last one has another to itself."""

    def __init__(self, shared: Policy) -> None:
        self.shared = shared

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Ask for the shared GPU only."""
        here = {i: launch for i, launch in runnable.items() if i < 2}
        given, until = self.shared.rates(time, here, {i: items[i] for i in here}) if here else ({}, np.inf)
        return given | {i: 1.0 for i in runnable if i >= 2}, until

    def finished(self, session: int) -> None:
        """Tell the shared GPU."""
        self.shared.finished(session)


def measure_company(case: Case) -> list[Row]:
    """Record two GPUs, move a session of the first to that of the second, and play that."""
    scenario = scenario_of(replace(case, mode="three_sessions"))
    recorded = replace(scenario, policy=lambda: Apart(scenario.policy()))
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(recorded, folder, seed=case.seed, alone=False)
        truth = json.loads(Path(folder, "truth.json").read_text())
        found = next(p for p in Path(folder, "together").iterdir() if scenario.sessions[2].name in p.name)
        analysis = analyse_logdir(Path(folder, "together"), Options(gpus={(found.name, 0): "other"}))
    (device,) = (d for d in analysis.report.devices if len(d.sessions) == 2)
    (target,) = (d for d in analysis.report.devices if len(d.sessions) == 1 and not d.group.device.device.is_host)
    judge = _Judge(case, recorded, analysis, device, truth, sessions=(*device.sessions, *target.sessions))
    return judge.company(target)


def measure(case: Case) -> list[Row]:
    """Record one way, predict others, and play them."""
    if case.mode == TWO_GPUS:
        return measure_company(case)
    scenario = scenario_of(case)
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(scenario, folder, seed=case.seed, alone=False)
        truth = json.loads(Path(folder, "truth.json").read_text())
        analysis = analyse_logdir(Path(folder, "together"))
    shared = [d for d in analysis.report.devices if len(d.sessions) > 1]
    return [row for device in shared for row in _Judge(case, scenario, analysis, device, truth).rows()]


class _Judge:
    """Asks for predictions of one device and plays each."""

    def __init__(
        self,
        case: Case,
        scenario: Scenario,
        analysis: Analysis,
        device: DeviceReport,
        truth: dict[str, Any],
        sessions: tuple[SessionId, ...] = (),
    ) -> None:
        self.case, self.scenario, self.device = case, scenario, device
        self.devices = analysis.report.devices
        self.aligned = analysis.aligned
        #: Of the steps that were recorded: a prediction is about these, alone and then.
        self.steps_alone = {name: found["period_mean_alone"] or np.nan for name, found in truth["sessions"].items()}
        names = {s: f"{analysis.report.session(s).name} {s}" for s in sessions or device.sessions}
        self.ids = {
            spec.name: session for spec in scenario.sessions for session, text in names.items() if spec.name in text
        }
        self.programs = tuple(program_of(s, case.seed) for s in scenario.sessions)
        self.recorded = run(self.programs, scenario.policy())
        idle = [replace(p, steps=()) for p in self.programs]
        self.alone = tuple(
            run(tuple(p if k == j else idle[k] for k in range(len(idle))), scenario.policy())[j]
            for j, p in enumerate(self.programs)
        )
        self.rng = np.random.default_rng([case.seed, *case.mode.encode()])

    def rows(self) -> list[Row]:
        if len(self.ids) < len(self.scenario.sessions):
            return []
        first = self.scenario.sessions[0].name
        shift = round(self.rng.uniform(0.02, 0.2) * self.device.time.window)
        mechanism = self.scenario.mechanism
        rows = self._compare(self._ask(Question(schedule=Schedule.AS_RECORDED)), Schedule.AS_RECORDED, self.recorded)
        rows += self._shifted(
            Schedule.SHIFTED, Question(schedule=Schedule.SHIFTED, session=self.ids[first], value=shift)
        )
        rows += self._shifted(Schedule.SHIFTED, Question(schedule=Schedule.SHIFTED))
        rows += self._one_after_another()
        rows += self._moved(first)
        if mechanism != "time_slicing":
            rows += self._other(Question(schedule=Schedule.TIME_SLICING), self._slices(), self.scenario.sessions)
        if mechanism != "concurrent":
            rows += self._other(
                Question(schedule=Schedule.MPS), demands(self.scenario.sessions), self.scenario.sessions
            )
        if self.case.mode in ("mps_demand", "time_slicing"):
            rows += self._capped(first)
        return rows + self._at_once_changed() + self._staying_changed()

    def _plan(self, label: str, plan: Plan, runs: tuple[tuple[StepRun, ...], ...], shift: float = 0.0) -> list[Row]:
        question = Question.of(plan)
        return self._compare(self._ask(question), question.schedule, runs, label=label, shift=shift)

    def _at_once_changed(self) -> list[Row]:
        """Change several things of sessions that run at once then: caps, a partition, a priority, a shift with a cap."""
        if self.case.mode not in ("mps_demand", "time_slicing"):
            return []
        specs, ids = self.scenario.sessions, [self.ids[s.name] for s in self.scenario.sessions]
        percents = (round(self.rng.uniform(30, 70)), _CAP)
        parts = (percents[0], 100 - percents[0])
        by = round(self.rng.uniform(0.02, 0.1) * self.device.time.window)
        capped, divided = (
            [with_cap(s, p / 100) for s, p in zip(specs, each, strict=False)] for each in (percents, parts)
        )
        later = tuple(replace(p, start=p.start + (by if k == 0 else 0)) for k, p in enumerate(self._programs(capped)))
        order = Demands(
            tuple(map(demand_of, specs)), 0.05, first=frozenset({0}), block=float(self.rng.uniform(0.0, 2e5))
        )
        caps = tuple(zip(ids, percents, strict=False))
        return [
            *self._plan("two caps", Plan(caps=caps), run(self._programs(capped), demands(tuple(capped)))),
            *self._plan(
                "partition",
                Plan(partition=((ids[0], parts[0]),)),
                run(self._programs(divided), demands(tuple(divided))),
            ),
            *self._plan(
                "caps and a shift", Plan(caps=caps, shifts=((ids[0], by),)), run(later, demands(tuple(capped))), by
            ),
            *self._plan("priority under MPS", Plan(policy=Schedule.MPS, first=(ids[0],)), run(self.programs, order)),
        ]

    def _staying_changed(self) -> list[Row]:
        """Shift two sessions, as recorded; where a third is there, move it away and shift one that stays, or run the others under MPS."""
        first, second = self.scenario.sessions[:2]
        by = [round(self.rng.uniform(0.02, 0.1) * self.device.time.window) for _ in range(2)]
        plan = Plan(shifts=((self.ids[first.name], by[0]), (self.ids[second.name], by[1])))
        runs = run(self._started(by), self.scenario.policy())
        rows = self._plan("two shifts", plan, runs, max(by))
        if len(self.scenario.sessions) < 3:
            return rows
        third = self.scenario.sessions[2]
        idle = [replace(p, steps=()) if k == 2 else p for k, p in enumerate(self._started(by[:1]))]
        shared = (*run(tuple(idle), self.scenario.policy())[:2], self.alone[2])
        moves = ((self.ids[third.name], None),)
        rows += self._plan(
            "one leaves, one is shifted", Plan(moves=moves, shifts=((self.ids[first.name], by[0]),)), shared, by[0]
        )
        idle = [replace(p, steps=()) if k == 2 else p for k, p in enumerate(self.programs)]
        shared = (*run(tuple(idle), demands(self.scenario.sessions))[:2], self.alone[2])
        return rows + self._plan("one leaves, others under MPS", Plan(moves=moves, policy=Schedule.MPS), shared)

    def _programs(self, specs: Sequence[SessionSpec]) -> tuple[Program, ...]:
        return tuple(program_of(s, self.case.seed) for s in specs)

    def _started(self, by: list[int]) -> tuple[Program, ...]:
        """Start the first sessions later."""
        later = [*by, *([0] * (len(self.programs) - len(by)))]
        return tuple(replace(p, start=p.start + more) for p, more in zip(self.programs, later, strict=True))

    def _slices(self) -> Policy:
        return TimeSlices(float(self.rng.choice([1.0, 2.3, 5.0])) * 1e6, float(self.rng.uniform(0.03, 0.15)) * 1e6)

    def _ask(self, question: Question) -> Prediction:
        (found,) = predict(self.device, self.aligned, (question,), self.devices)
        return found

    def company(self, target: DeviceReport) -> list[Row]:
        """Move the first session to the GPU of the last, as the simulator shares the GPU of the first two."""
        names = [s.name for s in self.scenario.sessions]
        policy = self.scenario.policy()
        assert isinstance(policy, Apart)
        idle = replace(self.programs[1], steps=())
        runs = run((self.programs[0], idle, self.programs[2]), policy.shared)
        plan = Plan(moves=((self.ids[names[0]], target.id),))
        return self._plan("to a GPU with a session", plan, (runs[0], self.alone[1], runs[2]))

    def _shifted(self, schedule: Schedule, question: Question) -> list[Row]:
        found = self._ask(question)
        values = dict(found.parameters)
        if "shift_ns" not in values:
            return self._compare(found, schedule, None)
        names = {session: name for name, session in self.ids.items()}
        shifted = names.get(SessionId(str(values["session"])))
        by = {shifted: float(values["shift_ns"])}
        programs = tuple(
            replace(p, start=p.start + by.get(s.name, 0.0))
            for s, p in zip(self.scenario.sessions, self.programs, strict=True)
        )
        label = "shifted" if question.value is not None else "shifted, the best one"
        return self._compare(
            found, schedule, run(programs, self.scenario.policy()), label=label, shift=max(by.values())
        )

    def _one_after_another(self) -> list[Row]:
        found = self._ask(Question(schedule=Schedule.ONE_AFTER_ANOTHER))
        rows = [
            self._row(found, "slowdown", s.name, self._bounds(found, s.name, "slowdown"), 1.0)
            for s in self.scenario.sessions
        ]
        if self.case.whole:
            truth = sum(max(r[-1].end, r[-1].finish[-1]) for r in self.alone)
            rows.append(self._row(found, "makespan", "", found.makespan, truth))
        return rows

    def _moved(self, first: str) -> list[Row]:
        found = self._ask(Question(schedule=Schedule.MOVED, session=self.ids[first]))
        programs = tuple(
            replace(p, steps=()) if s.name == first else p
            for s, p in zip(self.scenario.sessions, self.programs, strict=True)
        )
        shared = list(run(programs, self.scenario.policy()))
        shared[0] = self.alone[0]
        return self._compare(found, Schedule.MOVED, tuple(shared))

    def _other(self, question: Question, policy: Policy, specs: tuple[SessionSpec, ...]) -> list[Row]:
        programs = tuple(program_of(s, self.case.seed) for s in specs)
        return self._compare(self._ask(question), question.schedule, run(programs, policy))

    def _capped(self, first: str) -> list[Row]:
        share = _CAP / 100
        specs = tuple(with_cap(s, share) if s.name == first else s for s in self.scenario.sessions)
        question = Question(schedule=Schedule.SM_CAP, session=self.ids[first], value=_CAP)
        return self._other(question, demands(specs), specs)

    def _compare(
        self,
        found: Prediction,
        schedule: Schedule,
        runs: tuple[tuple[StepRun, ...], ...] | None,
        *,
        label: str = "",
        shift: float = 0.0,
    ) -> list[Row]:
        """Compare slowdowns and steps over the time in which all have work, and makespans where everything was captured."""
        if runs is None:
            return [Row(self.case, label or schedule.value, "slowdown", "", None, 1.0, found.unknown)]
        windows = [s.window for s in self.scenario.sessions]
        low = max(w[0] for w in windows) * 1e6 + shift
        # A session is there as long after its last step as it was when it was recorded.
        rest = [min(w[1] for w in windows) * 1e6 - r[-1].end for r in self.recorded]
        high = min(
            min(w[1] for w in windows) * 1e6 + shift if not self.case.whole else np.inf,
            *(r[-1].end + max(0.0, left) for r, left in zip(runs, rest, strict=True) if r),
        )
        rows = []
        for k, spec in enumerate(self.scenario.sessions):
            ends = [r.end for r in runs[k]]
            picked = [(a, b) for a, b in pairwise(range(len(ends))) if ends[a] >= low and ends[b] <= high]
            if len(picked) < 3:
                continue
            shared = sum(ends[b] - ends[a] for a, b in picked)
            alone = sum(self.alone[k][b].end - self.alone[k][a].end for a, b in picked)
            for figure, truth in (("slowdown", shared / alone), ("step", shared / alone * self.steps_alone[spec.name])):
                rows.append(self._row(found, figure, spec.name, self._bounds(found, spec.name, figure), truth, label))
        if self.case.whole:
            truth = max(max(r[-1].end, r[-1].finish[-1]) for r in runs if r)
            rows.append(self._row(found, "makespan", "", found.makespan, truth, label))
        return rows

    def _bounds(self, found: Prediction, name: str, figure: str) -> Bounds | None:
        for row in found.sessions:
            if row.session == self.ids[name]:
                bounds: Bounds | None = getattr(row, figure)
                return bounds
        return None

    def _row(
        self, found: Prediction, figure: str, session: str, bounds: Bounds | None, truth: float, label: str = ""
    ) -> Row:
        return Row(self.case, label or found.schedule.value, figure, session, bounds, truth, found.unknown)


def with_cap(spec: SessionSpec, share: float) -> SessionSpec:
    """Cap a session: a kernel that asks for more than its share takes longer alone, too."""
    items = tuple(
        replace(i, mean=i.mean * max(1.0, i.sm / share)) if i.kind is ItemKind.KERNEL else i for i in spec.items
    )
    return replace(spec, cap=share, items=items)


def demands(specs: tuple[SessionSpec, ...]) -> Policy:
    return Demands(tuple(map(demand_of, specs)), 0.05)


def measure_all(chosen: list[Case] | None = None) -> list[Row]:
    return spread(measure, chosen or cases())


def table(rows: list[Row], *, by_mode: bool = False) -> str:
    """Print one line per schedule and figure."""
    lines = [
        "| schedule | figure | told | median error | mean | largest | interval holds the truth | its width, median | p90 |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]

    def key(row: Row) -> tuple[str, str]:
        mode = f" ({row.case.mode}{', whole' if row.case.whole else ''})" if by_mode else ""
        return row.schedule + mode, row.figure

    for schedule, figure in sorted({key(r) for r in rows}):
        here = [r for r in rows if key(r) == (schedule, figure)]
        errors = np.abs([r.error for r in here if r.error is not None])
        ranged = [r for r in here if r.found is not None]
        texts = [f"{v:.1%}" for v in (np.median(errors), errors.mean(), errors.max())] if len(errors) else ["", "", ""]
        wide = [(r.found.high - r.found.low) / r.truth for r in ranged if r.found is not None]
        spread = [f"{np.percentile(wide, p):.0%}" for p in (50, 90)] if wide else ["", ""]
        lines.append(
            f"| {schedule.replace('_', ' ')} | {figure} | {len(errors)} of {len(here)} | {' | '.join(texts)} "
            f"| {sum(r.contained for r in ranged)} of {len(ranged)} | {' | '.join(spread)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table(measure_all()) + "\n")
