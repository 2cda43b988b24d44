"""Sessions that share nothing, or never run at the same time, get no finding on time above information."""

import tempfile
from pathlib import Path

import pytest
from ground_truth.spreading import spread

import tb_contention
from tb_contention.model.findings import Severity
from tb_contention.simulate import random_scenario, write_scenario

#: Rules on memory speak of what is held, whoever contends.
MEMORY = {
    "limits-exceed-capacity",
    "reserved-unused",
    "little-headroom",
    "peaks-may-meet",
    "fragmentation",
    "memory-growth",
}


MODES = ("unshared", "disjoint")


def loud_in(case: tuple[str, int]) -> list[tuple[str, int, str]]:
    """Analyse a scenario, and return what is said of time that is more than information."""
    mode, seed = case
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(random_scenario(500 + seed, mode), folder, seed=seed, alone=False)
        report = tb_contention.analyse(Path(folder, "together"), cache_dir=None)
    found = [f.rule for f in report.findings if f.severity is not Severity.INFO and f.rule not in MEMORY]
    return [(mode, seed, rule) for rule in found]


@pytest.mark.slow
def test_no_finding_on_time_where_nobody_contends(full: bool) -> None:
    seeds = range(50) if full else range(5)
    assert spread(loud_in, [(mode, seed) for mode in MODES for seed in seeds]) == []
