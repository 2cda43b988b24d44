"""What hosts cost each other, on sessions whose hosts are drawn; one character is one microsecond."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.contention.works import ns, works_of

import tb_contention
from tb_contention.contention.host_part import HostEffect, host_effects, host_work
from tb_contention.contention.work import LAUNCH, STEP_END, SYNC, HostInstants, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.simulate import hard_scenario, write_hard
from tb_contention.units import Nanoseconds, SessionId

US = 1_000
#: A step: the host works, launches one kernel of 20 us and waits for it.
KERNEL = 20


def stepping(name: str, hosts_us: list[float], start_us: float = 0.0) -> SessionWork:
    """Make a session of steps whose host works for so long each."""
    (work,) = works_of(f"{name} |A|")
    launch = start_us + np.cumsum(hosts_us) + KERNEL * np.arange(len(hosts_us))
    end = launch + KERNEL
    time = np.stack([launch, end, end], 1).ravel()
    count = len(hosts_us)
    host = HostInstants(
        time=ns(start_us, *time),
        kind=np.array([STEP_END, *([LAUNCH, SYNC, STEP_END] * count)], np.uint8),
        step=np.array([0, *(s for k in range(count) for s in (-1, -1, k + 1))], np.int64),
    )
    spans = Intervals.union_of(ns(*launch), ns(*end))
    session = replace(work.session, id=SessionId(name), start=Nanoseconds(0), end=Nanoseconds(int(end[-1] * US)))
    return replace(
        work, session=session, start=ns(*launch), end=ns(*end), launch=1 + 3 * np.arange(count), host=host,
        pending=spans, running=spans,
    )  # fmt: skip


def lengths(mean: float, count: int = 60, noise: float = 0.05, seed: int = 0) -> list[float]:
    return [mean * float(each) for each in np.random.default_rng(seed).lognormal(0, noise, count)]


def effects(*works: SessionWork, alone: list[SessionWork] | None = None) -> dict[SessionId, HostEffect]:
    end = min(int(w.end.max()) for w in works)
    return host_effects(list(works), {} if alone is None else {works[0].id: alone}, 0, end)


def test_a_host_that_waits_for_the_gpu_does_not_work() -> None:
    host = host_work(stepping("a", lengths(500, 20)))
    assert host.working.total == pytest.approx(20 * 500 * US, rel=0.05)
    assert (host.exposed & host.work.pending).total == 0


def test_hosts_that_always_meet_are_unmeasured_and_bounded_by_equal_shares() -> None:
    found = effects(stepping("a", lengths(500, seed=1)), stepping("b", lengths(530, seed=2)))
    for effect in found.values():
        assert effect.unmeasured
        assert effect.gap is None
        assert 0.5 < effect.bound < 0.7
    assert found[SessionId("a")].beside[SessionId("b")] > 0


def test_sessions_that_keep_the_gpu_busy_hide_their_hosts() -> None:
    assert effects(stepping("a", lengths(10)), stepping("b", lengths(12))) == {}


def test_a_capture_alone_tells_how_much_longer_the_host_takes() -> None:
    solo = stepping("solo", lengths(330, seed=3))
    found = effects(stepping("a", lengths(500, seed=1)), stepping("b", lengths(530, seed=2)), alone=[solo])
    effect = found[SessionId("a")]
    assert effect.sure
    assert effect.factor == pytest.approx(500 / 330, rel=0.03)
    assert effect.gap is not None
    assert not effect.unmeasured


def test_host_work_that_never_ran_by_itself_is_taken_to_lose_as_much_as_what_did(tmp_path: Path) -> None:
    write_hard(hard_scenario(9001, "host_meets"), tmp_path, seed=9001, alone=False)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["sessions"]["beta"]
    (device,) = tb_contention.analyse(tmp_path / "together", cache_dir=None).devices
    (found,) = (loss.slowdown for loss in device.cost.losses if "beta" in loss.session)
    assert found.low is not None
    assert found.high is not None
    # A third of its host's work tells nothing, and the interval says so.
    assert found.low < truth["slowdown"] < found.high
    assert found.high - found.low > 0.2 * truth["slowdown"]


def test_a_capture_alone_that_is_as_slow_settles_that_nothing_is_lost() -> None:
    solo = stepping("solo", lengths(500, seed=3))
    effect = effects(stepping("a", lengths(500, seed=1)), stepping("b", lengths(530, seed=2)), alone=[solo])
    assert effect[SessionId("a")].gap is None
    assert not effect[SessionId("a")].unmeasured
    assert not effect[SessionId("a")].sure


def resting(slower: float) -> tuple[SessionWork, SessionWork]:
    """`b` pauses for a third of the time; the host of `a` takes `slower` times as long while `b` works."""
    b_hosts = np.array(lengths(300, 120, seed=4))
    b_hosts[10::30] = 12_000.0
    b = stepping("b", b_hosts.tolist())
    busy = host_work(b).working
    hosts, now = [], 0.0
    for own in lengths(300, 400, seed=5):
        beside = bool((busy & Intervals.one(int(now * US), int((now + 100) * US))).total > 50 * US)
        hosts.append(own * (slower if beside else 1.0))
        now += hosts[-1] + KERNEL
    return stepping("a", hosts), b


@pytest.mark.parametrize("slower", [1.0, 1.6])
def test_stretches_that_began_while_the_other_paused_tell_the_own_pace(slower: float) -> None:
    effect = effects(*resting(slower))[SessionId("a")]
    assert effect.gap is not None
    assert effect.factor is not None
    if slower == 1.0:
        assert effect.factor == pytest.approx(1.0, abs=0.03)
    else:
        assert effect.sure
        assert effect.factor == pytest.approx(1.6, rel=0.06)
