"""From a kernel to the run that asked for it, in every form that profilers have written."""

from typing import Any

import numpy as np
import pytest
from unit.attribution.programs import US, Program

from tb_contention.attribution.chains import chains_of
from tb_contention.attribution.walk import nest
from tb_contention.model.trace import NONE, HostKind


def run_of_kernel(program: Program, row: int = 0) -> tuple[str, int] | None:
    """Name the outermost run of a kernel and its start, us."""
    trace = program.trace()
    chains = chains_of(trace)
    run = int(chains.of_kernels(chains.run)[row])
    if run < 0:
        return None
    return trace.strings[int(trace.host_events.name[run])], int(trace.host_events.start[run]) // US


@pytest.mark.parametrize(
    ("run", "producer", "context"),
    [
        pytest.param(7, 7, 1, id="2.3: the id is the producer, context type 1"),
        pytest.param(7, 7, 2, id="2.5: context type 2"),
        pytest.param(-3134493441036902616, -6407894872972074901, 2, id="2.12: a trace id of its own"),
    ],
)
def test_executor_work_is_joined_by_type_and_id(run: int, producer: int, context: int) -> None:
    program = Program()
    for number in range(2):
        ids = {"id": run + number, "producer": producer + number, "producer_type": context, "root": 1}
        program.event(HostKind.FUNCTION_RUN, "FunctionRun", "main", number * 100, 10, **ids)
        program.executor(number * 100 + 20, 40, producer + number, kind=context, id=run + number)
        program.kernel(number * 100 + 60, 8, "a:MatMul", launch=number * 100 + 25)
    assert [run_of_kernel(program, row) for row in (0, 1)] == [("FunctionRun", 0), ("FunctionRun", 100)]


def test_an_equal_id_of_another_type_is_not_the_producer() -> None:
    program = Program()
    program.event(HostKind.OTHER, "ThreadpoolListener::Record", "other", 5, 1, producer=7, producer_type=15)
    program.session_run("main", 0, 90, 7)
    program.executor(20, 40, 7)
    program.kernel(60, 8, "a:MatMul", launch=25)
    assert run_of_kernel(program) == ("SessionRun", 0)


def test_where_the_producer_is_missing_the_id_of_the_run_tells() -> None:
    program = Program()
    program.event(HostKind.FUNCTION_RUN, "FunctionRun", "main", 0, 10, id=42)
    program.executor(20, 40, 99, id=42)
    program.kernel(60, 8, "a:MatMul", launch=25)
    assert run_of_kernel(program) == ("FunctionRun", 0)


def test_of_runs_with_the_same_id_the_latest_before_counts() -> None:
    program = Program()
    for start in (0, 100, 200):
        program.session_run("main", start, 90, 7)
    program.executor(120, 40, 7)
    program.kernel(160, 8, "a:MatMul", launch=125)
    assert run_of_kernel(program) == ("SessionRun", 100)


def test_a_launch_on_the_calling_thread_needs_no_executor() -> None:
    program = Program()
    program.session_run("main", 0, 90, 7)
    program.kernel(60, 8, "a:MatMul", thread="main", launch=25)
    assert run_of_kernel(program) == ("SessionRun", 0)


def test_a_chain_of_threads_is_followed_to_its_end() -> None:
    program = Program()
    program.session_run("main", 0, 90, 7)
    program.event(HostKind.OTHER, "Record", "main", 5, 1, producer=70, producer_type=15)
    program.event(HostKind.OTHER, "Start", "other", 10, 30, consumer=70, consumer_type=15)
    program.event(HostKind.OTHER, "Record", "other", 15, 1, producer=71, producer_type=15)
    program.event(HostKind.OTHER, "Start", "pool", 20, 30, consumer=71, consumer_type=15)
    program.kernel(60, 8, "a:MatMul", launch=25)
    assert run_of_kernel(program) == ("SessionRun", 0)


def test_of_nested_runs_the_outermost_is_the_run() -> None:
    program = Program()
    program.session_run("main", 0, 90, 7)
    program.event(HostKind.FUNCTION_RUN, "FunctionRun", "main", 10, 60, id=8, producer=8, producer_type=2)
    program.kernel(60, 8, "a:MatMul", thread="main", launch=25)
    assert run_of_kernel(program) == ("SessionRun", 0)


def test_without_a_launch_the_group_tells() -> None:
    program = Program()
    program.event(HostKind.USER_STEP, "train", "main", 0, 95, root=1, step=3, group=5)
    program.session_run("main", 1, 90, 7, group=5)
    program.kernel(60, 8, "a:MatMul", group=5)
    assert run_of_kernel(program) == ("SessionRun", 1)


def test_without_launch_and_group_nobody_is_named() -> None:
    program = Program()
    program.session_run("main", 0, 90, 7)
    program.kernel(60, 8, "a:MatMul")
    assert run_of_kernel(program) is None


def test_a_host_operation_is_in_the_executor_event_around_it() -> None:
    program = Program(on_host=True)
    program.session_run("main", 0, 90, 7)
    program.executor(20, 40, 7)
    program.kernel(30, 8, "a:MatMul")
    program.kernel(70, 8, "b:MatMul")
    assert [run_of_kernel(program, row) for row in (0, 1)] == [("SessionRun", 0), None]


def test_launches_out_of_order_are_found_by_their_number() -> None:
    program = Program()
    program.session_run("main", 0, 40, 1)
    program.session_run("main", 50, 40, 2)
    program.kernel(100, 8, "a:MatMul", thread="main", launch=60)
    program.kernel(110, 8, "b:MatMul", thread="main", launch=10)
    assert [run_of_kernel(program, row) for row in (0, 1)] == [("SessionRun", 50), ("SessionRun", 0)]


def brute_force(start: list[int], duration: list[int], thread: list[int], at: int, line: int, before: int) -> int:
    """Return the latest event among the first `before` on a line that holds an instant, or -1."""
    held = [i for i in range(before) if thread[i] == line and start[i] <= at < start[i] + duration[i]]
    return held[-1] if held else -1


def read_only(column: list[int], dtype: type) -> np.ndarray[Any, Any]:
    made: np.ndarray[Any, Any] = np.array(column, dtype)
    made.flags.writeable = False
    return made


def test_nesting_equals_brute_force_on_nested_events() -> None:
    rng = np.random.default_rng(1)
    spans: list[tuple[int, int, int]] = []

    def split(low: int, high: int, line: int) -> None:
        if high - low < 4:
            return
        spans.append((low, high - low, line))
        middle = int(rng.integers(low + 1, high - 1))
        split(low + 1, middle, line)
        split(middle, high - 1, line)

    for line in range(3):
        split(0, 120, line)
    spans.sort(key=lambda s: (s[0], -s[1]))
    start, duration, thread = (list(column) for column in zip(*spans, strict=True))
    at = sorted(rng.integers(0, 130, 200).tolist())
    lines = rng.integers(0, 3, 200).tolist()
    parent, inside = np.full(len(spans), -1, np.int64), np.full(200, -1, np.int64)
    begin, length, instants = (read_only(column, np.int64) for column in (start, duration, at))
    line_of_event, line_of_instant = (read_only(column, np.int32) for column in (thread, lines))
    nest(begin, length, line_of_event, instants, line_of_instant, np.full(3, -1), parent, inside)  # type: ignore[no-untyped-call]
    assert inside.tolist() == [
        brute_force(start, duration, thread, t, n, len(spans)) for t, n in zip(at, lines, strict=True)
    ]
    assert parent.tolist() == [
        brute_force(start, duration, thread, t, n, row) for row, (t, n) in enumerate(zip(start, thread, strict=True))
    ]


def test_an_absent_producer_is_none() -> None:
    program = Program()
    program.executor(20, 40, 7)
    program.kernel(60, 8, "a:MatMul", launch=25)
    assert run_of_kernel(program) is None
    assert program.trace().host_events.producer.tolist() == [NONE]
