"""Verdicts of limits against simulated truth: what is called certain is right, and what is not known is never let pass."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from ground_truth.spreading import spread

import tb_contention
from tb_contention.gate import judge
from tb_contention.model.gate import Gauge, Limits, Outcome, Verdict
from tb_contention.simulate import RANDOM_MODES, random_scenario, write_scenario

pytestmark = pytest.mark.slow
MODES = (*((mode, False) for mode in RANDOM_MODES), ("time_slicing", True), ("mps", True), ("single_stream", True))
SEEDS = (101, 102, 103)
SOME = SEEDS[:1]
LIMITS = tuple(1 + step / 50 for step in range(1, 60))


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict beside what is true."""

    verdict: Verdict
    limit: float
    truth: float

    @property
    def right(self) -> bool:
        return (self.verdict.outcome is Outcome.OVER) is (self.truth > self.limit)


def verdicts_of(case: tuple[str, bool, int]) -> list[tuple[bool, Judged]]:
    """Play a scenario and judge its slowdowns by many limits, with and without --confident, and its contended time."""
    mode, saturated, seed = case
    found: list[tuple[bool, Judged]] = []
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(random_scenario(seed, mode, saturated=saturated), folder, seed=seed, alone=False)
        truth = json.loads(Path(folder, "truth.json").read_text(encoding="utf-8"))
        report = tb_contention.analyse(Path(folder, "together"), cache_dir=None)
    share = truth["time"]["contended"] / truth["window"]["length"]
    for confident in (False, True):
        for limit in LIMITS:
            for verdict in judge(report, Limits(max_slowdown=limit, confident=confident)).verdicts:
                names = [name for name in truth["sessions"] if name in f"{verdict.subject} {verdict.session}"]
                slowdown = truth["sessions"][names[0]]["slowdown"] if names else None
                if slowdown is not None:
                    found.append((confident, Judged(verdict, limit, slowdown)))
        contended = judge(report, Limits(max_contended=0.3, confident=confident)).verdicts
        found += [(confident, Judged(verdict, 0.3, share)) for verdict in contended if verdict.figure is not None]
    return found


@pytest.fixture(scope="module")
def judged(full: bool) -> list[tuple[bool, Judged]]:
    cases = [(mode, saturated, seed) for mode, saturated in MODES for seed in (SEEDS if full else SOME)]
    return spread(verdicts_of, cases)


def slowdowns(judged: list[tuple[bool, Judged]], *, confident: bool) -> list[Judged]:
    found = [j for flag, j in judged if flag is confident and j.verdict.gauge is Gauge.MAX_SLOWDOWN]
    assert len(found) > 1000
    return found


def test_bounds_alone_are_never_wrong(judged: list[tuple[bool, Judged]], full: bool) -> None:
    decided = [
        j
        for j in slowdowns(judged, confident=False)
        if j.verdict.figure is None and j.verdict.outcome is not Outcome.NOT_KNOWN
    ]
    assert len(decided) > (100 if full else 40)
    assert [j for j in decided if not j.right] == []


def test_an_estimate_is_wrong_only_about_limits_near_the_truth(judged: list[tuple[bool, Judged]]) -> None:
    wrong = [j for j in slowdowns(judged, confident=False) if j.verdict.figure is not None and not j.right]
    assert [j for j in wrong if abs(j.truth / j.limit - 1) > 0.05] == []


def test_what_is_over_with_confidence_is_over(judged: list[tuple[bool, Judged]]) -> None:
    over = [j for j in slowdowns(judged, confident=True) if j.verdict.outcome is Outcome.OVER]
    assert len(over) > 100
    assert [j for j in over if not j.right] == []


def test_a_wrong_verdict_says_that_the_limit_lies_inside_the_interval(judged: list[tuple[bool, Judged]]) -> None:
    found = [j for j in slowdowns(judged, confident=False) if j.verdict.figure is not None and not j.right]
    assert [j for j in found if not j.verdict.straddles] == []


def test_nothing_passes_without_a_figure_or_bounds(judged: list[tuple[bool, Judged]]) -> None:
    passed = [j.verdict for _, j in judged if j.verdict.outcome is Outcome.WITHIN]
    assert [v for v in passed if v.figure is None and (v.high is None or v.bound is None or v.high > v.bound)] == []


def test_contended_time_lies_between_its_bounds(judged: list[tuple[bool, Judged]], full: bool) -> None:
    found = [j for _, j in judged if j.verdict.gauge is Gauge.MAX_CONTENDED]
    assert len(found) > (20 if full else 10)
    assert [j for j in found if not (j.verdict.low or 0) <= j.truth <= (j.verdict.high or 0)] == []
