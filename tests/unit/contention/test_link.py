"""Copies over the bus: what disturbs them, and what they take alone where they always met others."""

from dataclasses import replace

import numpy as np
import pytest
from unit.contention.works import exposed, works_of

from tb_contention.contention.alone import learned
from tb_contention.contention.exposure import expose
from tb_contention.contention.link import links_between, on_bus, part_lost, with_copies
from tb_contention.contention.work import SessionWork
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import KernelKind
from tb_contention.units import SessionId

#: C are copies, K kernels: the kernel of `two` meets no work but a copy of `one`, whose second copy meets a copy.
DRAWING = "one |CCCC.CCCC.......|\ntwo |KKKK..CC....KK.C|"

WINDOW = (0, 16_000)


def copying(work: SessionWork, name: str = "MemcpyH2D") -> SessionWork:
    """Let the kernels named C be copies of this name."""
    trace = work.session.trace
    texts = [trace.strings[row] for row in range(len(trace.strings))]
    strings = StringTable.of([name if text == "C" else text for text in texts])
    kind = np.where(
        np.array([strings[int(n)] == name for n in trace.kernels.name]), KernelKind.COPY, KernelKind.KERNEL
    ).astype(np.uint8)
    session = replace(work.session, trace=replace(trace, strings=strings, kernels=replace(trace.kernels, kind=kind)))
    return replace(work, session=session, copy=kind == KernelKind.COPY)


def both(process: str | None = None, second: str = "MemcpyH2D") -> list[SessionWork]:
    one, two = works_of(DRAWING, process=None if process is None else SessionId(process))
    return [copying(one), copying(two, second)]


def test_a_copy_is_disturbed_by_copies_of_its_direction_only() -> None:
    one, two = both()
    link = links_between([one, two], WINDOW, 0)[one.id]
    assert expose(one, link.apart[0], 0, 16_000, 0, link).touched.tolist() == [False, True]
    other = links_between([one, *both(second="MemcpyD2H")[1:]], WINDOW, 0)[one.id]
    assert not expose(one, other.apart[0], 0, 16_000, 0, other).touched.any()


def test_a_kernel_is_not_disturbed_by_copies() -> None:
    one, two = both()
    link = links_between([one, two], WINDOW, 0)[two.id]
    # The last one is a copy at the end of the captures, where one of the other may have begun that is not recorded.
    assert expose(two, link.apart[0], 0, 16_000, 0, link).touched.tolist() == [False, True, False, True]


def test_sessions_of_one_process_may_queue_behind_each_others_copies() -> None:
    one, two = both(process="both")
    assert links_between([one, two], WINDOW, 0) == {}


@pytest.mark.parametrize("name", ["MemcpyH2D", "Memcpy HtoD (Pageable -> Device)", "[CUDA memcpy Host-to-Device]"])
def test_names_of_all_recorders_tell_the_direction(name: str) -> None:
    assert on_bus(copying(works_of(DRAWING)[0], name)).direction.tolist() == [0, 0]


def test_the_part_lost_is_what_leaves_equal_copies_equally_long() -> None:
    rng = np.random.default_rng(1)
    met = rng.uniform(0.5, 1.0, 60)
    for true in (0.0, 0.3, 0.5):
        taken = 1e6 * rng.lognormal(0, 0.02, 60) / (1.0 - true * met)
        lost, error = part_lost(np.zeros(60, np.int64), 1, taken, met, 0.5)
        assert lost == pytest.approx(true, abs=0.05)
        assert error < 0.05


def test_copies_that_show_nothing_share_the_bus_equally_but_unsurely() -> None:
    lost, error = part_lost(np.zeros(20, np.int64), 1, np.full(20, 1e6), np.ones(20), 0.5)
    assert lost == pytest.approx(0.5, abs=0.01)
    assert error == pytest.approx(0.04)


def test_a_copy_that_always_met_others_gets_a_baseline() -> None:
    one, two = both()
    link = links_between([one, two], WINDOW, 0)[one.id]
    exposure = expose(one, link.apart[0], 0, 16_000, 0, link)
    own = with_copies(one, exposure, learned(one, exposure), link)
    # The second copy takes 4 us, 2 of them beside another at half the rate.
    assert own.alone[1] == pytest.approx(3_000)
    assert own.error[1] > 0
    assert not np.isfinite(learned(one, exposed(one, (0, 16))).alone[1])
