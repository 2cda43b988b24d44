import json
from pathlib import Path

import pytest

from tb_contention.cli import main

Captured = pytest.CaptureFixture[str]
GPU = "simulated-host/GPU:0"


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


def test_two_log_directories_are_compared_as_markdown(logs: str, capsys: Captured) -> None:
    assert main(["diff", f"{logs}/alone", f"{logs}/together"]) == 0
    caught = capsys.readouterr()
    assert caught.out.startswith("# A typical step of evaluator takes 1.87× as long as before")
    assert "; A typical step of trainer takes 1.38× as long as before" in caught.out.splitlines()[0]
    assert [line for line in caught.out.splitlines() if line.startswith("## ")] == [
        "## 1 of 2: A typical step of evaluator takes 1.87× as long as before (1.74 to 1.89), 22.1 ms instead of 11.8 ms",
        "## 2 of 2: A typical step of trainer takes 1.38× as long as before (1.01 to 1.77), 52.7 ms instead of 38.2 ms",
    ]
    assert "Only after: trainer." in caught.out
    assert caught.err == ""


def test_every_group_is_compared_with_the_one_that_holds_its_programs(logs: str, capsys: Captured) -> None:
    assert main(["diff", logs, logs, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    pairs = [(each["before"]["device"], each["after"]["device"]) for each in (found, *found["more"])]
    assert pairs == [(f"{GPU}#3", f"{GPU}#3"), (f"{GPU}#2", f"{GPU}#2"), (GPU, GPU)]
    assert [len(each["sessions"]) for each in (found, *found["more"])] == [2, 1, 1]
    assert (found["groups_gone"], found["groups_appeared"]) == ([], [])


def test_groups_without_a_counterpart_are_named_once(logs: str, capsys: Captured) -> None:
    assert main(["diff", logs, f"{logs}/together", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["more"] == []
    assert (found["groups_gone"], found["groups_appeared"]) == ([f"{GPU}#2", GPU], [])
    assert main(["diff", f"{logs}/together", logs]) == 0
    told = "Groups only after, whose programs are in no group on the other side: GPU 0 on simulated-host (alone/evaluator, "
    assert told in capsys.readouterr().out


def test_a_pair_by_hand_holds_in_the_groups_that_have_both(logs: str, capsys: Captured) -> None:
    assert main(["diff", f"{logs}/alone", f"{logs}/together", "--pair", "trainer=evaluator", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    matches = {(s["before_name"], s["after_name"]): s["match"] for e in (found, *found["more"]) for s in e["sessions"]}
    assert matches["trainer", "evaluator"] == "user"


def test_two_devices_of_one_directory_are_compared(logs: str, capsys: Captured) -> None:
    words = ["diff", logs, logs, "--before-device", GPU, "--after-device", f"{GPU}#3", "--format", "json"]
    assert main(words) == 0
    caught = capsys.readouterr()
    found = json.loads(caught.out)
    assert caught.err == ""
    assert (found["before"]["device"], found["after"]["device"]) == (GPU, f"{GPU}#3")
    assert found["before"]["logdir"] == found["after"]["logdir"] == logs
    assert [(s["before_name"], s["match"]) for s in found["sessions"]] == [("alone/trainer", "last_part")]
    assert found["sessions"][0]["step_ns"]["verdict"] == "worse"


def test_swapping_the_sides_turns_the_verdicts_round(logs: str, capsys: Captured) -> None:
    verdicts = []
    for sides in (["alone", "together"], ["together", "alone"]):
        ids = {"alone": f"{GPU}", "together": GPU}
        words = [f"{logs}/{side}" for side in sides]
        devices = ["--before-device", ids[sides[0]], "--after-device", ids[sides[1]]]
        assert main(["diff", *words, *devices, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        figures = {**found["device"], **found["sessions"][0]}
        verdicts.append({k: v["verdict"] for k, v in figures.items() if isinstance(v, dict) and "verdict" in v})
    turned = {"better": "worse", "worse": "better", "same": "same", "unclear": "unclear"}
    assert {k: turned[v] for k, v in verdicts[0].items()} == verdicts[1]
    assert "worse" in verdicts[0].values()


def test_a_directory_against_itself_is_no_change(logs: str, capsys: Captured) -> None:
    assert main(["diff", logs, logs, "--format", "json"]) == 0
    text = capsys.readouterr().out
    assert '"verdict": "same"' in text
    assert '"verdict": "better"' not in text
    assert '"verdict": "worse"' not in text


def test_the_default_is_the_most_contended_gpu_and_a_host_only_where_there_is_none(
    demo_logs: Path, logs: str, capsys: Captured
) -> None:
    assert main(["diff", logs, str(demo_logs / "recorded_two_processes"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"]["device"], found["after"]["device"]) == (f"{GPU}#3", "demo-host/CPU")
    assert found["sessions"] == []
    assert found["notes"][0].startswith("One side is a GPU and the other a host's processor")


def test_sessions_are_paired_by_hand(logs: str, capsys: Captured) -> None:
    words = ["diff", f"{logs}/together", f"{logs}/together", "--pair", "trainer=evaluator", "--format", "json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(s["before_name"], s["after_name"], s["match"]) for s in found["sessions"]] == [
        ("trainer", "evaluator", "user")
    ]
    assert [s["name"] for s in found["gone"]] == ["evaluator"]
    assert [s["name"] for s in found["appeared"]] == ["trainer"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--before-device", "none"], "--before-device: no device of "),
        (["--pair", "trainer"], "is not BEFORE=AFTER"),
        (["--pair", "nobody=trainer"], "--pair: no session on the side before is called 'nobody'; the nearest are "),
        (["--pair", "trainer=a", "--pair", "trainer=b"], "--pair is given twice for 'trainer'"),
        (["--format", "html"], "invalid choice"),
        (
            ["-o", "comparison.txt"],
            "Cannot infer the format from the file name 'comparison.txt'. Add --format markdown or json.",
        ),
    ],
)
def test_wrong_usage_is_2_and_says_why(words: list[str], says: str, logs: str, capsys: Captured) -> None:
    assert main(["diff", f"{logs}/together", f"{logs}/together", *words]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert says in caught.err
    assert "Traceback" not in caught.err


def test_a_directory_without_captures_is_1(logs: str, tmp_path: Path, capsys: Captured) -> None:
    for words in ([str(tmp_path), logs], [logs, str(tmp_path)]):
        assert main(["diff", *words]) == 1
        caught = capsys.readouterr()
        assert caught.out == ""
        assert "contains no profiler captures" in caught.err


@pytest.mark.parametrize(("suffix", "starts"), [("json", "{"), ("md", "# ")])
def test_the_suffix_tells_the_format(suffix: str, starts: str, logs: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / f"comparison.{suffix}"
    words = ["diff", f"{logs}/alone", f"{logs}/together", "-o", str(path)]
    assert main(words) == 0
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.splitlines()[-1] == f"Wrote {path}"
    assert path.read_text(encoding="utf-8").startswith(starts)
    assert main(words) == 1
    assert "--force" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0
