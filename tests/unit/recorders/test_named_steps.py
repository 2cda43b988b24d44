"""What the user calls a step: the same steps in the report, the list of captures and the checks, whatever recorded them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tb_contention.analysis import Options
from tb_contention.cache import TraceCache
from tb_contention.cli.main import main
from tb_contention.errors import OptionError
from tb_contention.model.sketch import sketch_of
from tb_contention.model.trace import Trace
from tb_contention.pipeline import analyse, analyse_logdir
from tb_contention.recorders.common.step_names import STEPS_VARIABLE, step_of
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.skim import skim_parts
from tb_contention.simulate.nsight_tables import SCHEMA, global_id


def span(name: str, start: float, length: float, *, thread: int = 1, kind: str = "user_annotation") -> dict[str, Any]:
    return {"ph": "X", "cat": kind, "name": name, "pid": 1, "tid": thread, "ts": start, "dur": length}


def pytorch(place: Path, *events: dict[str, Any]) -> Path:
    """Write a trace with work in every one of its ten rounds."""
    work = [
        {**span("gemm", 10.0 * row + 1, 8.0, kind="kernel"), "tid": 7, "args": {"device": 0, "stream": 7}}
        for row in range(10)
    ]
    place.mkdir(parents=True, exist_ok=True)
    (place / "a.pt.trace.json").write_text(json.dumps({"host_name": "h", "traceEvents": [*events, *work]}))
    return place


def read(place: Path, steps: str) -> Trace:
    """Read the only capture, which is skimmed to what it is decoded to."""
    (file,) = discover(str(place), steps=steps).files
    ((_, trace),), ((_, sketch),) = load_parts(file), skim_parts(file)
    assert sketch.steps == sketch_of(trace).steps
    return trace


def names_of(trace: Trace) -> list[str]:
    return [trace.strings[row] for row in trace.steps.name]


ROUNDS = [span(f"round of request {row + 40}", 10.0 * row, 9.0) for row in range(10)]
INSIDE = [span("round of request part", 10.0 * row + 1, 3.0) for row in range(10)]


def test_what_the_user_calls_a_step_is_one_with_the_number_in_its_name(tmp_path: Path) -> None:
    steps = [span(f"ProfilerStep#{row}", 50.0 * row, 49.0) for row in range(2)]

    trace = read(pytorch(tmp_path, *ROUNDS, *INSIDE, *steps), "^round of")

    assert names_of(trace) == [f"round of request {row + 40}" for row in range(10)]
    assert trace.steps.number.tolist() == list(range(40, 50))
    assert len(read(tmp_path, "").steps) == 2


def test_a_group_of_the_expression_is_the_number_and_without_any_the_place_is(tmp_path: Path) -> None:
    events = [span(f"r{7 + row}: decode {row % 2}", 10.0 * row, 9.0) for row in range(4)]

    assert read(pytorch(tmp_path, *events), r"^r(\d+): decode").steps.number.tolist() == [7, 8, 9, 10]
    assert read(pytorch(tmp_path, *ROUNDS, *INSIDE[:4]), r"part$").steps.number.tolist() == [0, 1, 2, 3]


def test_operations_are_steps_where_no_annotation_is_called_so(tmp_path: Path) -> None:
    operations = [span("mine::round", 10.0 * row, 9.0, kind="cpu_op") for row in range(5)]

    assert len(read(pytorch(tmp_path, *operations), "round").steps) == 5
    assert len(read(pytorch(tmp_path, *operations, *ROUNDS[:3]), "round").steps) == 3


def test_steps_of_several_threads_count_together_only_in_turn(tmp_path: Path) -> None:
    in_turn = [span("turn", 10.0 * row, 9.0, thread=row % 2) for row in range(6)]
    beside = [*in_turn, span("turn", 55.0, 2.0, thread=5)]

    assert len(read(pytorch(tmp_path, *in_turn), "turn").steps) == 6
    assert len(read(pytorch(tmp_path, *beside), "turn").steps) == 3


def test_ranges_of_nvtx_that_the_user_calls_steps_are_steps(tmp_path: Path) -> None:
    thread = global_id(100, 1)
    with closing(sqlite3.connect(tmp_path / "r.sqlite")) as connection:
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO StringIds VALUES (1, 'k'), (2, 'k'), (3, 'k')")
        row = (5, 20, 0, 1, 7, 5, global_id(100), 1, 2, 3, 32, 4, 5, 6, 128, 1, 1, 0, 1024, None)
        connection.execute(f"INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES ({','.join('?' * 20)}, NULL)", row)
        for at, end, name in ((0, 90, "round 3"), (10, 20, "round inside"), (100, 190, "round 4"), (0, 300, "step 1")):
            connection.execute(
                "INSERT INTO NVTX_EVENTS VALUES (?, ?, 59, NULL, ?, ?, NULL, NULL, 0)", (at, end, name, thread)
            )
        connection.commit()

    trace = read(tmp_path, "^round")

    assert (names_of(trace), trace.steps.number.tolist()) == (["round 3", "round 4"], [3, 4])
    assert read(tmp_path, "no such range").steps.number.tolist() == []


def test_host_events_of_an_xspace_file_that_the_user_calls_steps_are_steps(demo_logs: Path) -> None:
    place = demo_logs / "simulated_time_slicing" / "together"
    (file, *_) = discover(str(place), steps="EagerExecute|FunctionRun|SessionRun").files
    ((_, named),), ((_, sketch),) = load_parts(file), skim_parts(file)
    ((_, usual),) = load_parts(discover(str(place)).files[0])

    assert 0 < sketch.steps == len(named.steps)
    assert set(names_of(named)) != set(names_of(usual))
    assert len(named.kernels) == len(usual.kernels)


def test_report_list_and_doctor_agree_on_steps_that_the_user_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = str(pytorch(tmp_path / "logs", *ROUNDS))
    listed: dict[str, int | None] = {}
    for steps in ("", "^round", "request 4[0-4]"):
        assert main(["runs", logs, "--json", "--steps", steps]) == 0
        ((capture,),) = [json.loads(capsys.readouterr().out)["captures"]]
        listed[steps] = capture["steps"]
        report = analyse(logs, options=Options(steps=steps), cache_dir=tmp_path / "cache")
        assert len(report.sessions) == 1
        main(["doctor", logs, "--steps", steps])
        assert ("marks no steps" in capsys.readouterr().out) == (steps == "")

    assert listed == {"": 0, "^round": 10, "request 4[0-4]": 5}


def test_the_cache_keeps_what_is_called_otherwise_apart(tmp_path: Path) -> None:
    place, cache = str(pytorch(tmp_path / "logs", *ROUNDS)), TraceCache.at(tmp_path / "cache")

    def steps(called: str) -> int:
        (session,) = analyse_logdir(place, Options(steps=called), cache=cache).aligned.sessions
        return len(session.trace.steps)

    assert [steps(called) for called in ("^round", "", "4[0-4]$", "^round", "")] == [10, 0, 5, 10, 0]


def test_the_variable_says_it_for_programs_without_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(pytorch(tmp_path, *ROUNDS))
    monkeypatch.setenv(STEPS_VARIABLE, "^round")

    assert len(analyse_logdir(place).aligned.sessions[0].trace.steps) == 10
    assert len(analyse_logdir(place, Options(steps="4[0-4]$")).aligned.sessions[0].trace.steps) == 5


@pytest.mark.parametrize(
    ("steps", "said"),
    [("round(", "--steps: 'round(' is not a regular expression"), ("lap", "--steps: no event is called like 'lap'")],
)
def test_what_is_no_expression_and_what_fits_nothing_is_refused(tmp_path: Path, steps: str, said: str) -> None:
    place = str(pytorch(tmp_path, *ROUNDS))

    with pytest.raises(OptionError) as error:
        analyse_logdir(place, Options(steps=steps))

    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("train_step, seq = 4, op_id = 17, sizes = [[]]", "train_step"),
        ("ProfilerStep#12", "ProfilerStep"),
        ("[pl][profile]run_training_batch", "[pl][profile]run_training_batch"),
        ("execute_new_2_cached_7", "execute"),
        ("execute_context_0(0)_generation_31(31)", "execute"),
        ("[Executor] _forward_step 7: 1 ctx reqs, 31 gen reqs", "_forward_step"),
        ("Scheduler.run_batch", "Scheduler.run_batch"),
        ("megatron/iteration 9", "megatron/iteration"),
        ("Scheduler.step", None),
        ("LRScheduler_step", None),
        ("optimizer_step, op_id = 3", None),
        ("gpu_model_runner: forward", None),
        ("aten::mm, seq = 4, op_id = 17", None),
    ],
)
def test_servers_and_trainers_steps_are_recognised(name: str, found: str | None) -> None:
    step = step_of(name)

    assert (step and step[0]) == found
