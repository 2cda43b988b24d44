"""The folder in which `run` and its commands agree."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tb_contention.capture.coordinator import Coordinator, Settings
from tb_contention.capture.rendezvous import Done, Order, Rendezvous, is_alive

SECOND = 1_000_000_000


def settings(wait: int = 0, timeout: int = 60 * SECOND, *, stop: bool = False) -> Settings:
    return Settings(wait_ns=wait, duration_ns=SECOND, timeout_ns=timeout, stop=stop)


def test_what_is_left_is_found(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    order = Order(number=1, name="a", logdir="/l", package="/p", runner=5, run="0f", command=1, alone=False)
    done = Done(directories=("/l/1",), problems=("none",))
    assert (meeting.order(1), meeting.window(), meeting.done(1), meeting.claimed_by(1)) == (None, None, None, None)

    meeting.give_order(order)
    meeting.report(1, done)

    assert (meeting.order(1), meeting.done(1)) == (order, done)


def test_a_command_is_claimed_once(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    assert meeting.claim(0)
    assert not meeting.claim(0)
    assert meeting.claimed_by(0) == os.getpid()
    meeting.release(0)
    assert meeting.claim(0)


def test_the_window_opens_when_all_have_been_ready_for_a_while(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(wait=SECOND // 2))
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0, 1}))
    meeting.mark(1, "ready")
    assert meeting.window() is None
    ready = time.time_ns()
    coordinator.update(frozenset({0, 1}))

    window = meeting.window()
    assert window is not None
    assert window.open_ns >= ready + SECOND // 2
    assert window.close_ns - window.open_ns == SECOND


def test_the_wait_begins_anew_when_one_is_not_ready_any_more(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(wait=SECOND // 5))
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    first = meeting.window()
    meeting.release(0)
    coordinator.update(frozenset({0}))
    assert meeting.window() is None
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    second = meeting.window()
    assert first is not None
    assert second is not None
    assert second.open_ns > first.open_ns


def test_a_window_that_opens_stays_as_it_is(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(wait=0))
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    window = meeting.window()
    assert window is not None
    meeting.release(0)
    time.sleep(max(window.open_ns - time.time_ns(), 0) / 1e9)
    coordinator.update(frozenset({0}))
    assert meeting.window() == window


def test_a_program_beyond_its_shell_has_its_window(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(wait=10 * SECOND))
    meeting.claim(0)
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    coordinator.update(frozenset())
    assert meeting.window() is not None
    assert coordinator.awaits_a_trace()


def test_one_that_has_ended_keeps_nobody_waiting(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    meeting.mark(0, "ready")
    Coordinator(meeting, settings()).update(frozenset({0}))
    assert meeting.window() is not None


def test_after_the_timeout_the_window_is_of_those_that_are_ready(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(timeout=0))
    coordinator.update(frozenset({0, 1}))
    assert meeting.window() is None
    meeting.mark(1, "ready")
    coordinator.update(frozenset({0, 1}))
    assert meeting.window() is not None


def test_a_command_whose_recording_process_ended_is_free_again(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    (tmp_path / "0.claim").symlink_to(f"{gone.pid} ")
    meeting.mark(0, "ready")

    Coordinator(meeting, settings()).update(frozenset({0}))

    assert meeting.claim(0)
    assert meeting.window() is None


def test_who_leaves_before_the_window_lets_another_one_record(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings(wait=10 * SECOND))
    assert meeting.claim(0)
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    meeting.leave(0, Done(problems=("too early",)))
    coordinator.update(frozenset({0}))

    assert meeting.window() is None
    assert not meeting.is_marked(0, "done")
    assert meeting.done(0) == Done(problems=("too early",))
    assert meeting.claim(0)
    assert meeting.done(0) is None
    meeting.report(0, Done(directories=("here",)))
    assert meeting.done(0) == Done(directories=("here",))


def test_only_a_living_process_is_waited_for(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings())
    meeting.claim(0)
    coordinator.update(frozenset({0}))
    assert not coordinator.awaits_a_trace()
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    assert coordinator.awaits_a_trace()
    meeting.report(0, Done())
    assert not coordinator.awaits_a_trace()


def test_the_dead_are_not_waited_for(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    coordinator = Coordinator(meeting, settings())
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    meeting.mark(0, "ready")
    coordinator.update(frozenset({0}))
    (tmp_path / "0.claim").symlink_to(f"{gone.pid} ")
    gone.wait()
    assert not coordinator.awaits_a_trace()


def test_commands_are_stopped_when_they_never_become_ready(tmp_path: Path) -> None:
    assert not Coordinator(Rendezvous(tmp_path), settings(stop=True)).is_time_to_stop()
    assert Coordinator(Rendezvous(tmp_path), settings(timeout=-1, stop=True)).is_time_to_stop()
    assert not Coordinator(Rendezvous(tmp_path), settings(timeout=-1)).is_time_to_stop()


def test_the_dead_are_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    if Path("/proc/self/stat").exists():
        deadline = time.monotonic() + 30
        while is_alive(child.pid) and time.monotonic() < deadline:  # it has ended, and is not collected
            time.sleep(0.01)
        assert not is_alive(child.pid)
    child.wait()
    assert not is_alive(child.pid)
    assert is_alive(os.getpid())


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_half_a_file_is_not_there_yet(text: str, tmp_path: Path) -> None:
    (tmp_path / "window").write_text(text)
    assert Rendezvous(tmp_path).window() is None


def test_a_number_that_another_process_got_since_is_not_the_holder(tmp_path: Path) -> None:
    meeting = Rendezvous(tmp_path)
    assert not meeting.is_held(0)
    assert meeting.claim(0)
    assert meeting.is_held(0)
    (tmp_path / "0.claim").unlink()
    (tmp_path / "0.claim").symlink_to(f"{os.getpid()} 1")  # born with the machine, as this process was not
    assert meeting.claimed_by(0) == os.getpid()
    assert not meeting.is_held(0)
