import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tb_contention.cli import main
from tb_contention.cli.parsing import parse_headroom, parse_share, parse_size, parse_slowdown, parse_step_limit
from tb_contention.simulate import write_scenario

Captured = pytest.CaptureFixture[str]
GPU = "simulated-host/GPU:0"
TOGETHER = ["--device", f"{GPU}#3"]


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--max-slowdown", "1.6"], 0),
        (["--max-slowdown", "1.5x"], 3),
        (["--max-slowdown", "1.5", "--confident"], 0),
        (["--max-slowdown", "1.3", "--confident"], 3),
        (["--max-slowdown", "1.5", "--session", "trainer"], 0),
        (["--max-contended", "50%"], 0),
        (["--max-contended", "49%"], 3),
        (["--max-contended", "45%", "--confident"], 0),
        (["--min-headroom", "8%", *TOGETHER], 0),
        (["--min-headroom", "9%", *TOGETHER], 3),
        (["--min-headroom", "6GiB"], 0),
        (["--min-headroom", "6.5GiB"], 3),
        (["--max-lost", "28%"], 0),
        (["--max-lost", "27%"], 3),
        (["--max-step", "53ms"], 0),
        (["--max-step", "52ms"], 3),
        (["--max-step", "52ms", "--max-step", "trainer=53ms"], 0),
        (["--max-step", "evaluator=22ms", *TOGETHER], 3),
        (["--max-clock-error", "10us"], 0),
        (["--max-clock-error", "9us"], 3),
        (["--min-evidence", "C"], 0),
        (["--min-evidence", "A"], 0),
        (["--min-evidence", "B", "--no-baseline"], 3),
        (["--fail-on", "critical"], 0),
        (["--no-problems"], 0),
        (["--max-slowdown", "1.6", "--max-lost", "5%"], 3),
    ],
)
def test_the_exit_code_is_3_over_a_limit_and_0_within(words: list[str], code: int, logs: str, capsys: Captured) -> None:
    assert main(["check", logs, *words]) == code
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Passed: " if code == 0 else "Failed: ")


@pytest.mark.parametrize(
    ("logdir", "words"),
    [
        ("recorded_two_processes", ["--max-slowdown", "1.2"]),
        ("recorded_two_processes", ["--max-lost", "5%"]),
        ("recorded_two_processes", ["--min-headroom", "10%"]),
        ("recorded_queue_threads", ["--max-slowdown", "1.2"]),
        ("recorded_queue_threads", ["--max-contended", "30%"]),
        ("recorded_queue_threads", ["--min-evidence", "D"]),
    ],
)
def test_a_limit_on_what_is_not_known_fails_unless_the_user_lets_it_through(
    logdir: str, words: list[str], demo_logs: Path, capsys: Captured
) -> None:
    assert main(["check", str(demo_logs / logdir), *words]) == 3
    assert "unknown" in capsys.readouterr().out
    assert main(["check", str(demo_logs / logdir), *words, "--unknown", "pass"]) == 0
    assert "(unknown passes)" in capsys.readouterr().out


def test_a_line_tells_the_figure_its_interval_the_limit_and_the_excess(logs: str, capsys: Captured) -> None:
    assert main(["check", logs, "--max-slowdown", "1.5", "--session", "evaluator", *TOGETHER]) == 3
    assert capsys.readouterr().out == (
        "over            max-slowdown  together/evaluator on GPU 0 on simulated-host (5 Mar 2026 10:00 UTC): "
        "1.55× (1.35 to 1.83, class A), limit 1.50×, over it by 0.045; the limit lies inside the interval\n"
        "Failed: 1 over. The limit lies inside 1 interval.\n"
    )


def test_bounds_alone_decide_where_both_are_on_one_side(demo_logs: Path, capsys: Captured) -> None:
    words = ["check", str(demo_logs / "recorded_two_processes"), "--max-slowdown", "3"]
    assert main(words) == 0
    assert "between 1.00× and 2.85×, class D, limit 3.00×" in capsys.readouterr().out


def test_captures_without_a_wall_clock_are_not_known_to_be_alone(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, capsys: Captured
) -> None:
    # Under MPS no kernel shows by itself that others ran.
    together = write_scenario("mps", tmp_path_factory.mktemp("mps"), alone=False) / "together"
    for run in ("trainer", "evaluator"):
        (source,) = (together / run).rglob("*.xplane.pb")
        folder = tmp_path / run / "plugins" / "profile" / "2026_03_05_10_00_00"
        folder.mkdir(parents=True)
        data = source.read_bytes()
        # A capture without its start time: the field's name is another one, of the same length.
        (folder / source.name).write_bytes(data.replace(b"profile_start_time", b"profile_stxxx_time"))
    assert main(["check", str(tmp_path), "--max-clock-error", "1ms"]) == 3
    assert "over" in capsys.readouterr().out
    assert main(["check", str(tmp_path), "--max-slowdown", "9"]) == 3
    assert "the clocks are too coarse to show whether other sessions ran" in capsys.readouterr().out


def test_an_unreadable_capture_beside_good_ones_is_told_and_fails(
    demo_logs: Path, tmp_path: Path, capsys: Captured
) -> None:
    (source,) = (demo_logs / "simulated_time_slicing" / "together" / "trainer").rglob("*.xplane.pb")
    for run, data in (("good", source.read_bytes()), ("bad", b"<html></html>")):
        folder = tmp_path / run / "plugins" / "profile" / "2026_03_05_10_00_00"
        folder.mkdir(parents=True)
        (folder / source.name).write_bytes(data)
    assert main(["check", str(tmp_path), "--max-clock-error", "1s"]) == 3
    assert "captures" in capsys.readouterr().out
    assert main(["check", str(tmp_path), "--no-problems"]) == 3
    assert "bad/plugins/profile" in capsys.readouterr().out


def test_json_and_junit_tell_the_same(logs: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "check.xml"
    words = ["check", logs, "--max-slowdown", "1.5", "--max-contended", "60%", "--format", "json", "--junit", str(path)]
    assert main(words) == 3
    caught = capsys.readouterr()
    found = json.loads(caught.out)
    assert caught.err.splitlines()[-1] == f"Wrote {path}"
    assert found["passed"] is False
    failing = [(v["limit"], v["subject"]) for v in found["verdicts"] if v["fails"]]
    assert failing == [("max-slowdown", "together/evaluator")]
    root = ET.parse(path).getroot()
    assert [c.get("name") for c in root.iter("testcase") if c.find("failure") is not None] == [
        "max-slowdown: together/evaluator"
    ]
    assert len(list(root.iter("testcase"))) == len(found["verdicts"])


def test_a_junit_file_that_is_there_is_not_overwritten_without_force(
    logs: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "check.xml"
    path.write_text("kept", encoding="utf-8")
    words = ["check", logs, "--max-clock-error", "1s", "--junit", str(path)]
    assert main(words) == 1
    assert "--force" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "kept"
    assert main([*words, "--force"]) == 0
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_a_baseline_changes_what_a_slowdown_rests_on(logs: str, capsys: Captured) -> None:
    words = ["check", logs, "--min-evidence", "A", "--no-baseline", *TOGETHER]
    assert main(words) == 3
    baselines = [f"--baseline=together/{name}=alone/{name}" for name in ("trainer", "evaluator")]
    assert main([*words, *baselines]) == 0
    assert "class A, limit at least class A" in capsys.readouterr().out


def test_a_reader_that_goes_away_does_not_open_the_gate(logs: str) -> None:
    words = [sys.executable, "-c", "import sys; from tb_contention.cli import main; sys.exit(main())"]
    words += ["check", logs, "--max-slowdown", "1.2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
        assert running.wait() == 3
    assert said == b""


def test_a_directory_without_captures_is_1(tmp_path: Path, capsys: Captured) -> None:
    assert main(["check", str(tmp_path), "--no-problems"]) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "contains no profiler captures" in caught.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "No limit is given, so the check could never fail."),
        (["--confident"], "No limit is given, so the check could never fail."),
        (["--max-slowdown", "0.9"], "is not a slowdown of 1 or more"),
        (["--max-slowdown", "20%"], "is not a slowdown of 1 or more"),
        (["--max-contended", "0.3"], "is not a percentage from 0% to 100%; write it like 30%"),
        (["--max-contended", "130%"], "is not a percentage from 0% to 100%"),
        (["--min-headroom", "2"], "is neither a percentage nor a memory size; write it like 10% or 2GiB"),
        (["--max-step", "12"], "is not a duration; write it like 12ms"),
        (["--max-step", "=12ms"], "is not DURATION or SESSION=DURATION"),
        (["--max-step", "0ms"], "must be above zero"),
        (
            ["--max-step", "12ms", "--max-step", "13ms"],
            "--max-step is given twice for 'every session', with different values",
        ),
        (["--max-step", "nobody=12ms"], "--max-step: no session is called 'nobody'; the nearest are "),
        (["--max-slowdown", "2", "--session", "nobody"], "--session: no session is called 'nobody'; the nearest are "),
        (
            ["--max-slowdown", "2", "--device", "none"],
            "--device: no device is called 'none'; the nearest are GPU 0 on ",
        ),
        (["--max-clock-error=-1ms"], "must be above zero"),
        (["--min-evidence", "E"], "invalid choice"),
        (["--no-problems", "--junit", "-"], "--junit cannot write to stdout"),
        (["--no-problems", "--shift", "nobody=1ms"], "--shift: no session is called 'nobody'; the nearest are "),
    ],
)
def test_wrong_usage_is_2_and_says_why(words: list[str], says: str, logs: str, capsys: Captured) -> None:
    assert main(["check", logs, *words]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert says in caught.err
    assert "Traceback" not in caught.err


@pytest.mark.parametrize(
    ("word", "value"), [("10%", 0.1), ("2.5 %", 0.025), ("2GiB", 2 << 30), ("1.5MB", 1_500_000), ("7 B", 7)]
)
def test_headroom_is_a_share_or_an_amount(word: str, value: float | int) -> None:
    found = parse_headroom(word)
    assert found == value
    assert type(found) is type(value)


def test_steps_may_name_a_session_with_an_equals_sign() -> None:
    assert parse_step_limit("a=b=12ms") == ("a=b", 12_000_000)
    assert parse_step_limit("12ms") == ("", 12_000_000)


@pytest.mark.parametrize("parse", [parse_size, parse_share, parse_slowdown])
@pytest.mark.parametrize("word", ["", "nan", "inf", "1e9", "-1", "9" * 80 + "%", "١%", "0x10"])
def test_words_that_are_no_numbers_are_refused(parse: object, word: str) -> None:
    with pytest.raises(Exception, match=r"is not a|write it like"):
        parse(word)  # type: ignore[operator]


def test_a_muted_finding_does_not_fail_the_check(logs: str, capsys: Captured) -> None:
    rules = ("saturation", "time-slice-waiting", "peaks-may-meet")
    mutes = [word for rule in rules for word in ("--mute", rule)]

    assert main(["check", logs, "--fail-on", "warning"]) == 3
    assert main(["check", logs, "--fail-on", "warning", *mutes]) == 0
    assert "3 muted" in capsys.readouterr().out
    assert main(["check", logs, "--fail-on", "warning", "--mute", "saturated"]) == 2
    assert "saturation" in capsys.readouterr().err


def test_a_refused_baseline_is_said_and_changes_no_verdict(logs: str, capsys: Captured) -> None:
    words = ["check", logs, "--max-slowdown", "9", *TOGETHER]
    assert main(words) == 0
    plain = capsys.readouterr().out
    assert main([*words, "--baseline", "together/evaluator=alone/trainer"]) == 0
    said = capsys.readouterr()
    assert said.out == plain
    assert "alone/trainer is not used as the baseline of" in said.err
