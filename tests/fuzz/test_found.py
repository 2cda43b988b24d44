"""Valid input at the edges of what is valid: each was once a traceback, a division by zero or a hang."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fuzz import campaign, inputs, product

from tb_contention.analysis import Analysis
from tb_contention.model.prediction import Schedule
from tb_contention.recorders.xspace.writer import Event, Line, Plane, Space, encode, task_environment
from tb_contention.whatif import predict
from tb_contention.whatif.question import Question

MS = 10**9
NEED_A_PLAN = (Schedule.PARTITION, Schedule.PRIORITY, Schedule.COMBINED)
QUESTIONS = tuple(Question(schedule=each) for each in Schedule if each not in NEED_A_PLAN)
START = 1_700_000_000_000_000_000


def whole(folder: Path) -> Analysis:
    """Analyse, predict every schedule and print."""
    analysis = product.analysed(folder)
    for device in analysis.report.devices:
        predict(device, analysis.aligned, QUESTIONS, analysis.report.devices)
    product.printed(analysis)
    return analysis


def write(
    folder: Path,
    count: int,
    kernels: Callable[[int], list[Event]],
    *,
    steps: int = 0,
    environment: bool = True,
    host: Sequence[Event] = (),
) -> None:
    """Write sessions of one GPU and host. kernels: those of a session; steps: how many it has in its 100 ms."""
    length = 100 * MS // max(1, steps)
    for k in range(count):
        train = [
            Event(name="train", start=length * n, duration=length, stats={"step_num": n, "_r": 1}) for n in range(steps)
        ]
        planes = [
            Plane(id=1, name="/device:GPU:0", lines=[Line(id=7, name=f"Stream #{k}(Compute)", events=kernels(k))]),
            Plane(id=2, name="/host:CPU", lines=[Line(id=1, name="python", events=[*train, *host])]),
        ]
        if environment:
            planes.append(task_environment(START, START + 100_000_000, 3))
        path = folder / f"run{k}" / inputs.PLACE / f"h{k}.xplane.pb"
        path.parent.mkdir(parents=True)
        path.write_bytes(encode(Space(planes=planes, hostnames=["h"])))


def kernels(count: int, duration: int, *, each: int = MS) -> list[Event]:
    return [Event(name=f"k{n % 3}", start=n * each, duration=duration) for n in range(count)]


@pytest.mark.parametrize(("count", "duration"), [(1, 0), (1, 10**18), (2, 1), (2, 50 * MS), (3, 999), (3, 10**18)])
def test_sessions_of_a_few_kernels(count: int, duration: int, tmp_path: Path) -> None:
    write(tmp_path, 2, lambda k: kernels(count, duration), steps=4)
    whole(tmp_path)


@pytest.mark.parametrize("environment", [True, False])
def test_steps_of_which_most_have_no_work(environment: bool, tmp_path: Path) -> None:
    write(tmp_path, 2, lambda k: kernels(12, MS // 2, each=MS // 2), steps=50, environment=environment)
    whole(tmp_path)


def test_kernels_that_mostly_have_no_length(tmp_path: Path) -> None:
    def some(k: int) -> list[Event]:
        return [Event(name="k", start=n * MS // 4, duration=0 if n % 5 else 1000 * (k + 1)) for n in range(400)]

    write(tmp_path, 2, some, steps=10)
    whole(tmp_path)


def test_sixty_sessions_that_are_nearly_equal(tmp_path: Path) -> None:
    write(tmp_path, 60, lambda k: kernels(90, MS // 100 + k), steps=10)
    report = whole(tmp_path).report

    assert len(report.devices[0].sessions) == 60


@pytest.mark.parametrize("name", ["extreme-two_kernels", "hang-whatif-play-min", "xspace-31-2", "same-gpu-60"])
def test_damaged_captures_that_were_found(name: str, real_traces: Path) -> None:
    whole(real_traces / "damaged" / name)


def test_allocator_events_of_which_none_has_an_address(tmp_path: Path) -> None:
    def event(number: int) -> Event:
        stats: dict[str, str | int | float | bytes] = {"allocator_name": "GPU_0_bfc", "allocation_bytes": 256}
        stats["bytes_allocated"] = 256 * (number + 1)
        return Event(name="MemoryAllocation", start=MS, stats=stats)

    write(tmp_path, 2, lambda k: kernels(12, MS // 2), host=[event(k) for k in range(5)])
    memory = whole(tmp_path).report.devices[0].memory

    assert memory is not None
    assert memory.peak == 2 * 5 * 256


def test_bounds_for_hosts_that_meet_are_no_narrower_than_those_of_the_gpu(tmp_path: Path) -> None:
    """The GPU alone slows a session here by more than the most that a host was taken to cost."""
    folder = tmp_path / "logs"
    inputs.make("fields", 857712874926, folder)
    losses = [loss for device in whole(folder).report.devices for loss in device.losses]

    assert max(loss.slowdown.low or 0.0 for loss in losses) > 10


@pytest.mark.parametrize("kind", sorted(inputs.KINDS))
def test_inputs_of_each_kind_go_through_the_whole_product(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    inputs.make(kind, 1, folder)
    product.through(folder, kind, 1)


@pytest.mark.parametrize("kind", sorted(inputs.KINDS))
def test_an_input_is_the_same_whenever_it_is_made(kind: str, tmp_path: Path) -> None:
    made = []
    for place in (tmp_path / "a" / "logs", tmp_path / "b" / "logs"):
        inputs.make(kind, 3, place)
        made.append({path.relative_to(place): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()})

    assert made[0] == made[1] != {}


def test_a_campaign_tells_what_broke_once_and_keeps_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        campaign, "_in_child", lambda *_: {"fault": "ZeroDivisionError", "trace": "line 7", "seconds": 2.0, "bytes": 5}
    )
    tally = campaign.Tally()
    for number in (4, 5):
        campaign.attempt("valid", number, tmp_path / "input", tally, tmp_path / "out")

    assert tally.faults == {"ZeroDivisionError": ["valid 4", "valid 5"]}
    assert "line 7" in (tmp_path / "out" / "valid-4" / "fault.txt").read_text()
    assert list((tmp_path / "out" / "valid-4" / "logs").rglob("*.xplane.pb"))
    assert not (tmp_path / "out" / "valid-5").exists()
    assert "faults            1" in tally.text(60)


@pytest.mark.full
def test_the_command_of_the_campaign_ends_without_a_fault(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--minutes", "0.02", "--kind", "legacy", "-o", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)

    assert (done.returncode, "faults            0" in done.stdout) == (0, True), done.stdout + done.stderr
