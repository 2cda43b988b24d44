"""Is what is recommended the best that could be done? `python tests/ground_truth/measure_advice.py` prints the table.

Random scenarios are played and recorded whole, and analysed like any other. Then the simulator plays the same work under every schedule
that the advice offers. What each brings in truth is the change of the sum of all sessions' times.
"""

import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from ground_truth.measure_whatif import MODES, Case, demands, scenario_of, with_cap
from ground_truth.spreading import spread

from tb_contention.advise.predicted import predicted_actions
from tb_contention.model.advice import Action, Standing
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import write_scenario
from tb_contention.simulate.engine import Program, StepRun, run
from tb_contention.simulate.scenarios import Scenario
from tb_contention.simulate.sharing import TimeSlices
from tb_contention.simulate.workload import program_of
from tb_contention.words.advice import again_of
from tb_contention.words.names import names_of

SEEDS = 8
TABLES: list[str] = []
#: Slices that a GPU shares by, ns, and what changing costs.
_SLICE, _SWITCH = 2e6, 0.05e6

Runs = tuple[tuple[StepRun, ...], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was recommended in a case, and what every action on offer brings in truth: the change of all sessions' times together.

    chosen: None where no schedule was recommended; low, high: what was said of it. brings: of what is on offer. on_this_gpu: moving a
    session to another GPU is not.
    """

    case: Case
    standing: Standing
    on_this_gpu: bool
    chosen: str | None
    certain: bool
    low: float
    high: float
    brings: dict[str, float]

    @property
    def truth(self) -> float:
        assert self.chosen is not None
        return self.brings[self.chosen]

    @property
    def regret(self) -> float:
        """Return how much more the best action on offer would bring; doing nothing is one, too."""
        return self.truth - min(0.0, *self.brings.values())


def cases(seeds: range | None = None) -> list[Case]:
    return [Case(mode, seed, True) for mode in MODES for seed in seeds or range(SEEDS)]


def measure(case: Case) -> list[Verdict]:
    """Record, ask for advice, and play all that is offered; nothing where the sessions did not meet on one device."""
    scenario = scenario_of(case)
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(scenario, folder, seed=case.seed, alone=False)
        report = analyse_logdir(Path(folder, "together")).report
    device = next((d for d in report.devices if len(d.sessions) > 1), None)
    if device is None or device.advice is None:
        return []
    names = names_of(report)
    played = _Played(case, scenario, {s: report.session(s).name for s in device.sessions})
    control = next(p for p in device.predictions if p.schedule is Schedule.AS_RECORDED)
    brings, labels = {}, {}
    for found in device.predictions:
        for action in predicted_actions(replace(device, predictions=(control, found)), names, again_of(report, device)):
            runs = played.under(found)
            if runs is not None:
                label = f"{found.schedule.value} {action.title}"
                brings[label], labels[_key(action)] = played.change(found, runs), label
    verdicts = []
    for on_this_gpu in (False, True):
        offered = {label for label in brings if not (on_this_gpu and label.startswith(Schedule.MOVED.value))}
        advice = device.advice
        ranked = advice.ranked if advice.recommendation.standing is Standing.ACT else ()
        first = next((each for each in ranked if not each.changes or labels.get(_key(each)) in offered), None)
        total = None if first is None else first.total
        verdicts.append(
            Verdict(
                case=case, standing=advice.recommendation.standing, on_this_gpu=on_this_gpu,
                chosen=None if first is None else labels.get(_key(first)),
                certain=first is not None and first.certain,
                low=total.low if total else 0.0, high=total.high if total else 0.0,
                brings={label: brings[label] for label in offered},
            )
        )  # fmt: skip
    return verdicts


def _key(action: Action) -> tuple[str, str]:
    return action.kind, action.title


class _Played:
    """Plays the work of a scenario under another schedule."""

    def __init__(self, case: Case, scenario: Scenario, names: dict[str, str]) -> None:
        self.case, self.scenario = case, scenario
        self.place = {
            session: next(k for k, spec in enumerate(scenario.sessions) if spec.name in f"{name} {session}")
            for session, name in names.items()
        }
        self.programs = tuple(program_of(s, case.seed) for s in scenario.sessions)
        self.now = self._times(run(self.programs, scenario.policy()))

    def under(self, found: Prediction) -> Runs | None:
        """Play the schedule of a prediction; None for one that the simulator does not know."""
        values = dict(found.parameters)
        place = self.place.get(str(values.get("session")))
        policy = self.scenario.policy
        if found.schedule is Schedule.SHIFTED and place is not None:
            return run(self._with(place, start=self.programs[place].start + float(values["shift_ns"])), policy())
        if found.schedule is Schedule.ONE_AFTER_ANOTHER:
            return tuple(self._alone(k) for k in range(len(self.programs)))
        if found.schedule is Schedule.MOVED and place is not None:
            rest = list(run(self._with(place, steps=()), policy()))
            rest[place] = self._alone(place)
            return tuple(rest)
        if found.schedule is Schedule.MPS:
            return run(self.programs, demands(self.scenario.sessions))
        if found.schedule is Schedule.TIME_SLICING:
            return run(self.programs, TimeSlices(_SLICE, _SWITCH))
        if found.schedule is Schedule.SM_CAP and place is not None:
            share = float(values["percent"]) / 100
            specs = tuple(with_cap(s, share) if k == place else s for k, s in enumerate(self.scenario.sessions))
            return run(tuple(program_of(s, self.case.seed) for s in specs), demands(specs))
        return None

    def change(self, found: Prediction, runs: Runs) -> float:
        """Return the change of the sum of all sessions' times; one after another, those who wait for others wait from the start."""
        then = self._times(runs)
        if found.schedule is Schedule.ONE_AFTER_ANOTHER:
            order = self._order(found)
            then = np.cumsum(then[order])
        return float(then.sum() / self.now.sum() - 1)

    def _order(self, found: Prediction) -> list[int]:
        """Return the order in which the prediction runs the sessions."""
        ends = [(row.end.low if row.end else 0.0, self.place[row.session]) for row in found.sessions]
        return [place for _, place in sorted(ends)]

    def _with(self, place: int, **changes: object) -> tuple[Program, ...]:
        return tuple(replace(p, **changes) if k == place else p for k, p in enumerate(self.programs))  # type: ignore[arg-type]

    def _alone(self, place: int) -> tuple[StepRun, ...]:
        programs = tuple(p if k == place else replace(p, steps=()) for k, p in enumerate(self.programs))
        return run(programs, self.scenario.policy())[place]

    @staticmethod
    def _times(runs: Runs) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([max(r[-1].end, r[-1].finish[-1]) - r[0].begin for r in runs])


def measure_all(chosen: list[Case] | None = None) -> list[Verdict]:
    return spread(measure, chosen or cases())


def table(found: list[Verdict]) -> str:
    """Print one line per way in which the sessions share, with another GPU at hand and without."""
    lines = [
        "| sharing | schedule recommended | it saves time | said to be certain, and saves | mean regret | largest |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    modes = (*dict.fromkeys(each.case.mode for each in found), "")
    for on_this_gpu, mode in ((where, mode) for where in (False, True) for mode in modes):
        here = [each for each in found if mode in ("", each.case.mode) and each.on_this_gpu is on_this_gpu]
        acts = [each for each in here if each.chosen is not None]
        sure = [each for each in acts if each.certain]
        regret = [each.regret for each in acts]
        label = (mode.replace("_", " ") or "all") + (", on this GPU" if on_this_gpu else "")
        saves = [f"{sum(each.truth < 0 for each in part)} of {len(part)}" for part in (acts, sure)]
        lines.append(
            f"| {label} | {len(acts)} of {len(here)} | {' | '.join(saves)} "
            f"| {np.mean(regret) if regret else 0:.1%} | {max(regret, default=0):.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    verdicts = measure_all()
    if "--rows" in sys.argv:
        for one in verdicts:
            sys.stdout.write(f"{one.case.mode} {one.case.seed} {one.standing.value} {one.chosen} {one.brings}\n")
    sys.stdout.write(table(verdicts) + "\n")
