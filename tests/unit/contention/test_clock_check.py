"""Clocks that are wrong are found from the kernels, and moved where one place alone fits; right ones are left alone."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tb_contention.align import AlignOptions, align
from tb_contention.contention.clock_check import check_clocks
from tb_contention.model.alignment import AlignedTraces, ClockCheck, ClockOffset, ClockSource, Session
from tb_contention.model.capture import Capture
from tb_contention.model.faults import Faults
from tb_contention.pipeline import decode
from tb_contention.recorders.discover import discover
from tb_contention.simulate import hard_scenario, random_scenario, write_hard, write_scenario
from tb_contention.stages import checked_clocks
from tb_contention.units import Nanoseconds, SessionId

MS = 1_000_000
#: Scenarios of each way of sharing in which sessions hold each other up often enough to show the lag.
TELLING = [("time_slicing", 8), ("processor_sharing", 4), ("mps", 11), ("whole_kernel_slices", 4)]


@cache
def captures_of(mode: str, seed: int) -> tuple[Capture, ...]:
    with TemporaryDirectory() as folder:
        write_scenario(random_scenario(seed, mode), folder, seed=seed, alone=False)
        return decode(discover(str(Path(folder, "together")))).captures


def stated_late(captures: tuple[Capture, ...], by: int, **clock: Any) -> tuple[AlignedTraces, SessionId]:
    """Align captures of which the last states a clock that is late by some ns; clock: what else it states."""
    right = align(captures, AlignOptions())
    last = right.sessions[-1]
    assert last.clock.origin_ns is not None
    wrong = replace(last.clock, origin_ns=last.clock.origin_ns + by, **clock)
    return align(captures, AlignOptions(checked={last.id: wrong})), last.id


def moved(aligned: AlignedTraces, clocks: dict[SessionId, ClockOffset], session: SessionId) -> int:
    """Return by how much a session moves against the others."""

    def by(one: Session) -> int:
        return (clocks.get(one.id, one.clock).origin_ns or 0) - (one.clock.origin_ns or 0)

    others = [by(s) for s in aligned.sessions if s.id != session]
    return by(aligned.session(session)) - others[0]


@pytest.mark.parametrize("late_ms", [-7, 5, 20])
@pytest.mark.parametrize(("mode", "seed"), TELLING)
def test_a_clock_that_is_off_is_moved_to_where_the_kernels_fit(mode: str, seed: int, late_ms: int) -> None:
    aligned, late = stated_late(captures_of(mode, seed), late_ms * MS)
    clocks = check_clocks(aligned)
    corrected = [clock for clock in clocks.values() if clock.check is ClockCheck.CORRECTED]
    assert [clock.source for clock in corrected] == [ClockSource.KERNELS]
    error = corrected[0].error
    assert error is not None
    assert abs(moved(aligned, clocks, late) + late_ms * MS) <= 2 * error < MS


@pytest.mark.parametrize("seed", [1, 8])
@pytest.mark.parametrize("mode", ["time_slicing", "mps", "single_stream", "unshared", "three_sessions", "host_bound"])
def test_a_clock_that_is_right_is_left_alone(mode: str, seed: int) -> None:
    aligned = align(captures_of(mode, seed), AlignOptions())
    clocks = check_clocks(aligned)
    assert {c.check for c in clocks.values()} <= {ClockCheck.CONFIRMED}
    assert all(clocks[s.id].origin_ns == s.clock.origin_ns for s in aligned.sessions if s.id in clocks)


@pytest.mark.parametrize("seed", [76, 83])
def test_a_clock_that_explains_losses_little_better_than_chance_is_doubted(seed: int, tmp_path: Path) -> None:
    write_hard(hard_scenario(seed, "clock_offset"), tmp_path, seed=seed, alone=False)
    clocks = check_clocks(align(decode(discover(str(tmp_path / "together"))).captures, AlignOptions()))
    (clock,) = clocks.values()
    assert clock.check is ClockCheck.DOUBTED
    assert clock.error is not None
    assert clock.error > MS


def test_a_few_slow_kernels_put_no_clock_in_doubt() -> None:
    assert check_clocks(align(captures_of("unshared", 504), AlignOptions())) == {}


def test_a_coarse_clock_is_narrowed() -> None:
    coarse = {"error": Nanoseconds(20 * MS), "absolute_error": Nanoseconds(20 * MS), "source": ClockSource.FILE_TIME}
    aligned, late = stated_late(captures_of("mps", 11), 13 * MS, **coarse)
    clocks = check_clocks(aligned)
    error = clocks[late].error
    assert error is not None
    assert abs(moved(aligned, clocks, late) + 13 * MS) <= 2 * error < MS


def test_the_session_with_the_worse_clock_is_moved() -> None:
    aligned, late = stated_late(captures_of("mps", 11), 5 * MS, source=ClockSource.TF_DATA)
    assert [s for s, c in check_clocks(aligned).items() if c.source is ClockSource.KERNELS] == [late]


def test_a_place_that_the_user_states_is_left_alone() -> None:
    captures = captures_of("mps", 11)
    last = align(captures, AlignOptions()).sessions[-1]
    shifted = align(captures, AlignOptions(shifts={last.id: 5 * MS}))
    assert check_clocks(shifted) == {}


def test_traces_are_aligned_again_with_the_corrected_clock(tmp_path: Path) -> None:
    *first, last = captures_of("mps", 11)
    clock = last.trace.clock
    late = replace(clock, start_ns=(clock.start_ns or 0) + 5 * MS, stop_ns=(clock.stop_ns or 0) + 5 * MS)
    captures = (*first, replace(last, trace=replace(last.trace, clock=late)))
    faults = Faults(logdir=str(tmp_path))
    right, wrong = align((*first, last), AlignOptions()), align(captures, AlignOptions())
    found = checked_clocks(captures, AlignOptions(), wrong, faults)
    apart = [each.sessions[-1].offset - each.sessions[0].offset for each in (right, wrong, found)]
    assert (apart[1] - apart[0], faults.problems) == (5 * MS, [])
    assert abs(apart[2] - apart[0]) < MS / 4
