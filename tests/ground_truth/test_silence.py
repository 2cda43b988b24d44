"""Where nobody contends, nothing is said that calls for an act: random sessions that share nothing, or never meet."""

from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["unshared", "disjoint"])
@pytest.mark.parametrize("block", range(5))
def test_no_finding_on_time_where_nobody_contends(mode: str, block: int, tmp_path: Path) -> None:
    spoken = {}
    for seed in range(10 * block, 10 * block + 10):
        folder = tmp_path / str(seed)
        write_scenario(random_scenario(500 + seed, mode), folder, seed=seed, alone=False)
        report = tb_contention.analyse(folder / "together", cache_dir=None)
        loud = [f.rule for f in report.findings if f.severity is not Severity.INFO and f.rule not in MEMORY]
        if loud:
            spoken[seed] = loud

    assert spoken == {}
