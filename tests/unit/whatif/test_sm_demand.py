"""What kernels take of the multiprocessors, from their launch configurations."""

from dataclasses import replace

import numpy as np
import pytest
from lanes import empty, session_of
from unit.whatif.works import work_of

from tb_contention.model.tables import StringTable
from tb_contention.model.trace import Device, KernelTable
from tb_contention.whatif.sm_demand import SmDemand, sm_demand_of

GPU = Device(name="/device:GPU:0", ordinal=0, core_count=100, compute_capability=(9, 0))


def sm_demand(texts: list[str | None], device: Device = GPU) -> SmDemand:
    """Read the demand of kernels with these details."""
    work = work_of("a", steps=1, kernels=len(texts))
    known = [text for text in texts if text is not None]
    rows = np.array([-1 if text is None else known.index(text) for text in texts], np.int32)
    table = empty(KernelTable, len(texts), details=rows)
    assert isinstance(table, KernelTable)
    trace = replace(session_of("a", "A").trace, kernels=table, strings=StringTable.of(known))
    return sm_demand_of(work, trace, device)


@pytest.mark.parametrize(
    ("details", "low", "high"),
    [
        ("grid:50,1,1 block:1024,1,1 occ_pct:50", 0.5, 0.5),
        ("grid:50,1,1 block:1024,1,1 occ_pct:100", 0.25, 0.5),
        ("grid:200,1,1 block:1024,1,1 occ_pct:50", 1.0, 1.0),
        ("grid:200,1,1 block:256,1,1 occ_pct:100", 0.25, 1.0),
        ("grid:10,10,10 block:256,1,1 occ_pct:100", 1.0, 1.0),
        ("grid:1,1,1 block:32,1,1 occ_pct:100", 0.01 / 32, 0.01),
    ],
)
def test_blocks_and_places_bound_the_demand(details: str, low: float, high: float) -> None:
    found = sm_demand([details])

    assert (found.low[0], found.high[0]) == (pytest.approx(low), pytest.approx(high))
    assert found.vague == pytest.approx(high - low)


@pytest.mark.parametrize("details", [None, "grid:0,1,1 block:1,1,1", "grid:a block:b", "occ_pct:100"])
def test_what_is_not_recorded_may_be_anything(details: str | None) -> None:
    found = sm_demand([details])

    assert (found.low[0], found.high[0]) == (0.05, 1.0)


def test_a_gpu_whose_multiprocessors_are_not_known_tells_nothing() -> None:
    found = sm_demand(["grid:50,1,1 block:1024,1,1 occ_pct:50"], Device(name="/device:GPU:0", ordinal=0))

    assert (found.low[0], found.high[0]) == (0.05, 1.0)


def test_vagueness_is_the_mean_by_time() -> None:
    found = sm_demand(["grid:50,1,1 block:1024,1,1 occ_pct:50", None])

    assert found.vague == pytest.approx(0.95 / 2)
