"""What the writer writes the reader reads back."""

import json
from pathlib import Path

import numpy as np
import pytest

from tb_contention.model.trace import KernelKind
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.writer import (
    Event,
    Line,
    Plane,
    Rows,
    Space,
    StatValue,
    Unsigned,
    encode,
    task_environment,
)
from tb_contention.simulate import write_large

DEMO = "simulated_time_slicing"


def test_a_simulated_file_is_read_back_as_its_truth_says(demo_logs: Path) -> None:
    truth = json.loads((demo_logs / DEMO / "truth.json").read_text())
    for name, wanted in truth["sessions"].items():
        (path,) = (demo_logs / DEMO / "together" / name).rglob("*.xplane.pb")
        trace = decode_xspace(path.read_bytes(), file=path.name)
        assert trace.hostnames == ("simulated-host",)
        assert trace.process_id == wanted["process_id"]
        assert len(trace.kernels) == wanted["kernels_and_copies_in_file"]
        assert trace.steps.number.tolist() == wanted["steps_in_file"]
        assert trace.devices[0].memory_size == truth["memory"]["capacity"]
        assert trace.devices[0].model == "Simulated GPU 80 GB"
        assert trace.clock.negative_lag_ps == 0
        assert trace.complete
        assert trace.problems == ()


def test_allocator_events_keep_their_order_and_their_limit(demo_logs: Path) -> None:
    for path in (demo_logs / DEMO).rglob("*.xplane.pb"):
        table = decode_xspace(path.read_bytes(), file=path.name).allocations
        assert len(table)
        change = np.where(table.is_allocation == 1, table.size, -table.size)
        assert (np.diff(table.in_use) == change[1:]).all()
        assert len(np.unique(table.in_use + table.available + table.reserved)) == 1


@pytest.mark.parametrize("thread", [7, 2**31 + 5, -3618755764477217582])
def test_events_of_a_thread_are_read_whatever_its_id(thread: int) -> None:
    step = Event(name="train", start=5_000, duration=9_000, stats={"step_num": 3, "_r": 1})
    host = Plane(id=1, name="/host:CPU", lines=[Line(id=thread, name="python", events=[step])])
    trace = decode_xspace(encode(Space(planes=[host, task_environment(10**18, 10**18 + 10**9)])), file="x")
    assert trace.steps.number.tolist() == [3]


def test_a_kernel_and_its_launch_are_joined_by_their_correlation() -> None:
    stats = {"correlation_id": Unsigned(2**32 - 1)}
    kernel = Event(name="gemm", start=9_000_000, duration=4_000_000, stats={**stats, "tf_op": "a/MatMul:MatMul"})
    launch = Event(name="gemm", start=2_000_000, duration=1_000_000, stats={**stats, "device_id": 0})
    planes = [
        Plane(id=0, name="/device:GPU:0", lines=[Line(id=20, name="Stream #20(Compute)", events=[kernel])]),
        Plane(id=1, name="/host:CPU", lines=[Line(id=1, name="python", events=[launch])]),
    ]
    trace = decode_xspace(encode(Space(planes=planes)), file="x")
    assert trace.kernels.kind.tolist() == [KernelKind.KERNEL]
    assert trace.kernels.correlation.tolist() == trace.launches.correlation.tolist() == [2**32 - 1]
    assert (trace.kernels.start - trace.launches.start).tolist() == [7_000_000]
    assert trace.strings[int(trace.kernels.op[0])] == "a/MatMul:MatMul"


def test_a_large_file_is_read_whole(tmp_path: Path) -> None:
    path = write_large(tmp_path / "large.xplane.pb", 5_000)
    trace = decode_xspace(path.read_bytes(), file=path.name)
    assert (len(trace.kernels), len(trace.launches)) == (5_000, 500)
    assert (trace.kernels.start[1:] >= (trace.kernels.start + trace.kernels.duration)[:-1]).all()
    assert len(np.unique(trace.kernels.name)) == 120


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_written_as_the_same_events_one_by_one(seed: int) -> None:
    rng, count = np.random.default_rng(seed), 300
    kinds: list[tuple[str, dict[str, StatValue]]] = [
        (name, {"correlation_id": Unsigned(0), "context_id": f"$${k}", **stats, "group_id": 0, "occupancy": 0.5 * k})
        for k, (name, stats) in enumerate([("gemm", {}), ("a" * 200, {"tf_op": "x:Y"}), ("gemm", {"tf_op": "late"})])
    ]
    kind, place = rng.integers(0, 3, count), 40
    # Many begin and end together; some take no time, and some begin before the line does.
    start, duration = rng.integers(0, 60, (2, count)) * 1000, rng.choice([0, 0, 700, 2**33], (2, count))
    changing = {"correlation_id": rng.integers(0, 2**40, count), "group_id": rng.integers(0, 200, count)}
    mixed = [
        Event(name=str(rng.choice(["gemm", "step"])), start=at, duration=long, stats={"tf_op": "late", "n": at % 7})
        for at, long in zip(start[1, : 2 * place].tolist(), duration[1].tolist(), strict=False)
    ]
    alike = [
        Event(name=kinds[k][0], start=at, duration=long, stats=kinds[k][1] | {"correlation_id": Unsigned(one), "group_id": group})
        for k, at, long, one, group in zip(*(c.tolist() for c in (kind, start[0], duration[0], *changing.values())), strict=True)
    ]  # fmt: skip
    rows = Rows(kinds=kinds, kind=kind, start=start[0], duration=duration[0], changing=changing, place=place)

    def written(events: list[Event], rows: list[Rows]) -> bytes:
        line = Line(id=3, name="both", events=events, timestamp_ns=2, rows=rows)
        return encode(Space(planes=[Plane(id=1, name="/host:CPU", lines=[line])]))

    assert written(mixed, [rows]) == written([*mixed[:place], *alike, *mixed[place:]], [])
