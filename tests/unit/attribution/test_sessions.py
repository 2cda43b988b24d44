"""The sessions inside a process: every rule, and the programs that are one session."""

from dataclasses import replace

import numpy as np
import pytest
from unit.attribution.programs import Program, two_sessions

from tb_contention.attribution import attribute
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.attribution import Rule
from tb_contention.model.trace import HostKind
from tb_contention.units import SessionId


def found(program: Program) -> dict[str, int]:
    """Name the sessions in the process with their kernels."""
    return {s.name: len(s.trace.kernels) for s in attribute(program.aligned()).sessions if s.kind == "in_process"}


def rules(aligned: AlignedTraces) -> set[Rule]:
    return {s.attribution.rule for s in aligned.sessions if s.attribution is not None}


@pytest.mark.parametrize("on_host", [False, True])
def test_model_ids_tell_sessions_apart(on_host: bool) -> None:
    program = two_sessions(on_host=on_host, models=True)
    assert found(program) == {"model_a": 4, "model_b": 4}
    assert rules(attribute(program.aligned())) == {Rule.MODEL_ID}


@pytest.mark.parametrize("on_host", [False, True])
def test_threads_with_graphs_of_their_own_are_sessions(on_host: bool) -> None:
    program = two_sessions(on_host=on_host)
    assert found(program) == {"model_a": 4, "model_b": 4}
    assert rules(attribute(program.aligned())) == {Rule.THREAD_AND_SCOPE}


def test_two_versions_of_one_model_keep_their_versions() -> None:
    program = Program()
    for step in range(4):
        program.session_run("main", step * 100, 90, step, model=f"m:{step % 2}")
        program.kernel(step * 100 + 20, 8, "x:MatMul", thread="main", launch=step * 100 + 10)
    assert found(program) == {"m:0": 2, "m:1": 2}


def test_the_parts_follow_their_process_and_take_its_place_on_the_device() -> None:
    aligned = attribute(two_sessions(models=True).aligned())
    assert [s.id for s in aligned.sessions] == ["p", "p#model_a", "p#model_b"]
    assert [s.process for s in aligned.sessions] == [None, "p", "p"]
    (group,) = aligned.groups
    assert [(p.session, p.device) for p in group.planes] == [("p#model_a", 0), ("p#model_b", 0)]
    assert group.max_error == 0


def test_each_part_has_its_own_events_and_steps_and_no_memory() -> None:
    program = two_sessions(models=True)
    program.allocation(5, 100, 1, "model_a/op_0")
    process, first, second = attribute(program.aligned()).sessions
    assert len(process.trace.allocations) == 1
    for part, begins in ((first, [0, 200]), (second, [100, 300])):
        assert len(part.trace.allocations) == 0
        assert len(part.trace.launches) == 4
        assert (part.trace.steps.start // 1_000_000).tolist() == begins
    assert first.trace.devices == process.trace.devices
    assert first.trace.strings is process.trace.strings


def test_kernels_of_no_session_become_one_and_are_counted() -> None:
    program = two_sessions(models=True)
    program.kernel(950, 5, "stray:Add")
    aligned = attribute(program.aligned())
    stray = aligned.sessions[-1]
    assert (stray.name, len(stray.trace.kernels)) == ("program (unattributed)", 1)
    assert {s.attribution.unattributed for s in aligned.sessions if s.attribution is not None} == {1}
    assert sum(len(s.trace.kernels) for s in aligned.sessions[1:]) == len(aligned.sessions[0].trace.kernels)


def test_a_model_called_unattributed_keeps_its_own_id() -> None:
    program = Program()
    for step, model in enumerate(("a:1", "(unattributed):1")):
        program.session_run("main", step * 100, 90, step, model=model)
        program.kernel(step * 100 + 20, 8, "x:MatMul", thread="main", launch=step * 100 + 10)
    program.kernel(950, 5, "stray:Add")
    ids = [s.id for s in attribute(program.aligned()).sessions]
    assert len(set(ids)) == len(ids) == 4


def test_a_run_that_the_capture_cut_belongs_to_who_alone_runs_its_operation() -> None:
    program = two_sessions(models=True)
    program.executor(910, 20, step=77)
    program.kernel(940, 5, "model_b/op_0:MatMul", launch=915)
    assert found(program) == {"model_a": 4, "model_b": 5}


def test_annotations_tell_sessions_apart_and_the_innermost_counts() -> None:
    program = Program()
    for step in range(4):
        name = ("reader", "writer")[step % 2]
        program.event(HostKind.ANNOTATION, "tb_contention.session:all", "main", step * 100, 95)
        program.event(HostKind.ANNOTATION, f"tb_contention.session:{name}#x=1#", "main", step * 100 + 1, 92)
        ids = {"id": -5 - step, "producer": 9000 + step, "producer_type": 2, "root": 1}
        program.event(HostKind.FUNCTION_RUN, "FunctionRun", "main", step * 100 + 2, 10, **ids)
        program.executor(step * 100 + 20, 40, 9000 + step, id=-5 - step)
        program.kernel(step * 100 + 60, 8, "MatMul:MatMul", launch=step * 100 + 25)
    assert found(program) == {"reader": 2, "writer": 2}
    assert rules(attribute(program.aligned())) == {Rule.ANNOTATION}


def test_a_user_step_goes_with_the_runs_inside_it() -> None:
    program = two_sessions(models=True)
    for step in range(4):
        thread = ("main", "other")[step % 2]
        program.event(HostKind.USER_STEP, "train", thread, step * 100, 95, root=1, step=10 + step)
    _, first, second = attribute(program.aligned()).sessions
    assert first.trace.steps.number.tolist() == [10, 12]
    assert second.trace.steps.number.tolist() == [11, 13]


def test_threads_that_run_one_graph_are_one_session() -> None:
    program = Program()
    for step in range(4):
        program.session_run(("main", "other")[step % 2], step * 100, 90, step)
        program.kernel(step * 100 + 20, 8, "dense/MatMul:MatMul", ("main", "other")[step % 2], launch=step * 100 + 10)
    assert found(program) == {}


def feeding(program: Program) -> None:
    """Add a thread that fills a queue from which the main thread trains, 3 runs to each of the training."""
    for step in range(2):
        program.session_run("main", step * 300, 280, step)
        program.executor(step * 300 + 100, 100, step)
        program.event(HostKind.TF_OP, "in/queue:FIFOQueueV2", "pool", step * 300 + 101, 1)
        program.kernel(step * 300 + 150, 90, "dense/MatMul:MatMul", launch=step * 300 + 110)
        for turn in range(3):
            number, at = 100 + 3 * step + turn, step * 300 + 30 * turn
            program.session_run("other", at, 25, number)
            program.executor(at + 2, 20, number)
            program.event(HostKind.TF_OP, "in/queue:FIFOQueueV2", "pool", at + 3, 1)
            program.kernel(at + 12, 6, "in/random/Normal:RandomNormal", launch=at + 5)


def test_a_thread_that_feeds_a_queue_is_no_session_and_its_runs_are_no_steps() -> None:
    program = Program()
    feeding(program)
    (session,) = attribute(program.aligned()).sessions
    assert session.kind == "process"
    assert (session.trace.steps.start // 1_000_000).tolist() == [0, 300]


def test_names_numbered_apart_are_of_one_graph() -> None:
    program = Program()
    for step in range(4):
        suffix = ("", "_1")[step % 2]
        thread = ("main", "other")[step % 2]
        program.session_run(thread, step * 100, 90, step)
        program.kernel(step * 100 + 20, 8, f"MatMul{suffix}:MatMul", thread, launch=step * 100 + 10)
    assert found(program) == {}


def test_a_small_helper_thread_is_no_session() -> None:
    program = two_sessions()
    for event in program.events:
        event["thread"] = 0 if event["thread"] == 1 else event["thread"]
    for step in range(2):
        program.session_run("other", 500 + step * 10, 9, 50 + step)
        program.kernel(502 + step * 10, 0, "global_step:Identity", thread="other", launch=501 + step * 10)
    assert found(program) == {}


def test_functions_on_several_threads_are_one_session() -> None:
    program = Program()
    for step in range(4):
        ids = {"id": step + 5, "producer": step + 5, "producer_type": 2, "root": 1}
        program.event(HostKind.FUNCTION_RUN, "FunctionRun", ("main", "other")[step % 2], step * 100, 90, **ids)
        op = ("a/MatMul:MatMul", "b/Conv:Conv2D")[step % 2]
        program.kernel(step * 100 + 20, 8, op, ("main", "other")[step % 2], launch=step * 100 + 10)
    assert found(program) == {}


def test_two_processes_on_a_device_keep_their_clock_error() -> None:
    aligned = two_sessions(models=True).aligned()
    (group,) = aligned.groups
    other = replace(aligned.sessions[0], id=SessionId("q"))
    planes = (*group.planes, replace(group.planes[0], session=SessionId("q")))
    both = replace(aligned, sessions=(*aligned.sessions, other), groups=(replace(group, planes=planes),))
    (split,) = attribute(both).groups
    assert [p.session for p in split.planes] == ["p#model_a", "p#model_b", "q#model_a", "q#model_b"]
    assert split.max_error == group.max_error


def test_a_process_without_host_events_stays_as_it_is() -> None:
    program = Program()
    program.kernel(10, 5, "x:MatMul")
    aligned = program.aligned()
    assert attribute(aligned).sessions[0] is aligned.sessions[0]


def test_a_ring_of_producers_ends() -> None:
    program = two_sessions(models=True)
    for step in (500, 501):
        link = {"producer": step, "producer_type": 1, "consumer": 1001 - step, "consumer_type": 1}
        program.event(HostKind.OTHER, "ring", "pool", step, 400 - step // 2, **link)
    program.kernel(700, 5, "r:MatMul", launch=510)
    assert sum(found(program).values()) == len(program.kernels)


def test_all_kernels_are_somewhere_whatever_the_file_says() -> None:
    rng = np.random.default_rng(3)
    program = Program()
    for number in range(300):
        kind = HostKind(int(rng.integers(0, 14)))
        start, length = int(rng.integers(0, 900)), int(rng.integers(0, 60))
        stats = {name: int(rng.integers(0, 6)) for name in ("id", "producer", "consumer", "root", "step")}
        stats |= {"producer_type": 1, "consumer_type": 1}
        program.event(
            kind, f"e{number % 5}", str(rng.choice(program.threads)), start, length, model=f"m{number % 3}:1", **stats
        )
        program.kernel(start, length, f"op{number % 7}:Add", launch=start)
    aligned = attribute(program.aligned())
    assert sum(len(s.trace.kernels) for s in aligned.sessions[1:]) in (0, 300)
