"""Plays of uneven work return the values that they returned before: every way of sharing, several sessions, streams and units.

`played.json` was written once from these scenes; it changes only where the device model is meant to change.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from unit.whatif.works import US, uneven_work, work_of

from tb_contention.model.workload import Workload
from tb_contention.units import F64
from tb_contention.whatif.merged_work import merge
from tb_contention.whatif.play import play
from tb_contention.whatif.policy import Policy, Way

VALUES = Path(__file__).with_name("played.json")
MS = 1e6

SCENES: dict[str, tuple[Workload, ...]] = {
    "two uneven": (uneven_work("a", 1), uneven_work("b", 2)),
    "three uneven": (uneven_work("a", 3), uneven_work("b", 4, kernels=7), uneven_work("c", 5, steps=3)),
    "uneven and steady": (uneven_work("a", 6), work_of("b", steps=8, kernels=9, pause=150 * US)),
    "long and short": (work_of("a", steps=30, kernels=2, length=700 * US), uneven_work("b", 7, steps=20)),
}


def shares(works: tuple[Workload, ...], least: float) -> F64:
    """Return uneven parts of the multiprocessors, one per kernel."""
    count = sum(len(work.duration) for work in works)
    return least + (1 - least) * (np.arange(count) * 7 % 11) / 10


def policies(works: tuple[Workload, ...]) -> dict[str, Policy]:
    sessions = len(works)
    return {
        "undisturbed": Policy(way=Way.UNDISTURBED),
        "turns": Policy(way=Way.TURNS, slice=0.4 * MS, switch=0.03 * MS),
        "whole turns": Policy(way=Way.TURNS, slice=0.1 * MS, switch=0.03 * MS, whole=True, copies=True),
        "queue": Policy(way=Way.QUEUE),
        "measured": Policy(way=Way.MEASURED, rates=np.linspace(0.4, 0.9, sessions)),
        "concurrent": Policy(
            way=Way.CONCURRENT,
            sm_demand=shares(works, 0.2),
            bandwidth_demand=shares(works, 0.0),
            caps=np.linspace(0.5, 1.0, sessions),
            friction=0.05,
        ),
    }


def values_of(works: tuple[Workload, ...], policy: Policy, delay: float, stop: float) -> dict[str, list[float]]:
    """Return sums and last instants per session; inf stands for what was not reached and is counted."""
    merged = merge(works)
    found = play(merged, policy, delay * np.arange(len(works), dtype=np.float64), stop)
    values: dict[str, list[float]] = {}
    for name, times, begin in (("host", found.host, merged.host_begin), ("end", found.end, merged.kernel_begin)):
        parts = [times[a:b] for a, b in pairwise(begin.tolist())]
        reached = [part[np.isfinite(part)] for part in parts]
        values[f"{name} reached"] = [float(len(part)) for part in reached]
        values[f"{name} last"] = [float(part.max(initial=0.0)) for part in reached]
        values[f"{name} weighted"] = [float(part @ np.arange(1, len(part) + 1)) for part in reached]
    return {**values, "stuck": [float(found.stuck)]}


CASES = [
    (scene, policy, delay, stop)
    for scene, works in SCENES.items()
    for policy in policies(works)
    for delay, stop in ((0.0, np.inf), (0.7 * MS, 4 * MS))
]


@pytest.mark.parametrize(("scene", "policy", "delay", "stop"), CASES)
def test_a_play_returns_the_values_of_before(scene: str, policy: str, delay: float, stop: float) -> None:
    works = SCENES[scene]
    expected = json.loads(VALUES.read_text())[f"{scene}, {policy}, {delay:g}"]
    found = values_of(works, policies(works)[policy], delay, stop)

    assert found.keys() == expected.keys()
    for name, values in found.items():
        assert values == pytest.approx(expected[name], rel=1e-12), name
