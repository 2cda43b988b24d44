import json
import re
from pathlib import Path

import pytest

from tb_contention.cli import main

Captured = pytest.CaptureFixture[str]
GPU = "simulated-host/GPU:0"


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing" / "together")


@pytest.fixture
def measured(demo_logs: Path) -> list[str]:
    """The same sessions, with the captures of each alone."""
    return [str(demo_logs / "simulated_time_slicing"), "--run", "*together*"]


def test_without_a_question_all_standard_ones_are_predicted(logs: str, capsys: Captured) -> None:
    assert main(["whatif", logs, "--format", "json"]) == 0
    caught = capsys.readouterr()
    found = json.loads(caught.out)
    assert caught.err == ""
    assert found["device"] == GPU
    assert sorted(s["name"] for s in found["sessions"]) == ["evaluator", "trainer"]
    assert [p["schedule"] for p in found["what_if"]] == [
        "as_recorded",
        "shifted",
        "one_after_another",
        "mps",
        "sm_cap",
        "moved",
        "memory_limits",
    ]


def test_text_tells_a_range_with_every_slowdown(measured: list[str], capsys: Captured) -> None:
    assert main(["whatif", *measured]) == 0
    text = capsys.readouterr().out
    head = r"GPU 0 on simulated-host: predictions for other schedules\nSlowdown now: evaluator \d\.\d\d× \("
    assert re.match(head, text)
    assert "\nMove evaluator to another GPU\n  evaluator: slowdown then 1.00×, step then " in text
    assert "  assumes: The sessions keep their recorded pace" in text


@pytest.mark.parametrize(
    ("words", "schedule", "setting"),
    [
        (["--shift", "trainer=41ms"], "shifted", "start trainer 41.0 ms later"),
        (["--policy", "one-after-another"], "one_after_another", "run the sessions one after another"),
        (
            ["--cap", "evaluator=30%"],
            "sm_cap",
            "cap evaluator at 30 % of the multiprocessors under MPS (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=30)",
        ),
        (["--move", "trainer"], "moved", "move trainer to another GPU"),
        (
            ["--partition", "trainer=60"],
            "partition",
            "give evaluator 40 % and trainer 60 % of the multiprocessors, each to itself (MIG or MPS partitions)",
        ),
        (
            ["--policy", "mps", "--priority", "trainer"],
            "priority",
            "run the processes under MPS, let the kernels of trainer go first (CUDA_MPS_CLIENT_PRIORITY)",
        ),
        (
            ["--shift", "trainer=41ms", "--shift", "evaluator=-2ms"],
            "combined",
            "start trainer 41.0 ms later, start evaluator 2.00 ms earlier",
        ),
        (
            ["--move", "trainer", "--cap", "evaluator=30"],
            "combined",
            "move trainer to another GPU, "
            "cap evaluator at 30 % of the multiprocessors under MPS (CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=30)",
        ),
    ],
)
def test_options_together_are_one_schedule(
    words: list[str], schedule: str, setting: str, measured: list[str], capsys: Captured
) -> None:
    assert main(["whatif", *measured, *words, "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["what_if"]
    assert (found["schedule"], found["setting"], found["unknown"]) == (schedule, setting, "")
    assert len(found["sessions"]) == 2
    assert all(row["slowdown"]["low"] <= row["slowdown"]["high"] for row in found["sessions"])


def test_limits_together_are_one_sum(logs: str, capsys: Captured) -> None:
    words = ["--memory-limit", "trainer=52GiB", "--memory-limit", "evaluator=20.5", "--format", "json"]
    assert main(["whatif", logs, *words]) == 0
    (limits,) = json.loads(capsys.readouterr().out)["what_if"]
    assert (limits["schedule"], limits["fits"]) == ("memory_limits", False)
    assert limits["combined_peak_most_bytes"] == round(72.5 * (1 << 30))
    assert main(["whatif", logs, *words, "--policy", "mps"]) == 0
    (combined,) = json.loads(capsys.readouterr().out)["what_if"]
    assert (combined["schedule"], combined["fits"]) == ("combined", False)
    assert combined["combined_peak_most_bytes"] == limits["combined_peak_most_bytes"]


def test_a_session_is_named_by_its_id_too(logs: str, capsys: Captured) -> None:
    assert main(["whatif", logs, "--format", "json", "--move", "trainer"]) == 0
    first = capsys.readouterr().out
    (session,) = (s["id"] for s in json.loads(first)["sessions"] if s["name"] == "trainer")
    assert main(["whatif", logs, "--format", "json", "--move", session]) == 0
    assert capsys.readouterr().out == first


def test_what_is_so_already_is_said(measured: list[str], capsys: Captured) -> None:
    assert main(["whatif", *measured, "--policy", "time-slicing"]) == 0
    assert "unknown because: The sessions already take turns." in capsys.readouterr().out


def test_a_device_that_nobody_shared_is_not_offered(demo_logs: Path, capsys: Captured) -> None:
    logs = str(demo_logs / "simulated_time_slicing")
    assert main(["whatif", logs, "--move", "together/trainer"]) == 0
    caught = capsys.readouterr()
    assert caught.out.startswith("GPU 0 on simulated-host (5 Mar 2026 10:00 UTC): ")
    assert caught.err == ""
    for device in (f"{GPU}#3", "GPU 0 on simulated-host (5 Mar 2026 10:00 UTC)", "GPU 0 on simulated-host"):
        assert main(["whatif", logs, "--device", device, "--move", "trainer"]) == 0
        again = capsys.readouterr()
        assert (again.out, again.err) == (caught.out, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--move", "nobody"], "--move: no session of this device is called 'nobody'; the nearest are "),
        (["--shift", "nobody=3ms"], "--shift: no session of this device is called 'nobody'"),
        (["--shift", "trainer=3"], "is not a duration"),
        (["--cap", "trainer=0"], "is not SESSION=PERCENT from 1 to 100"),
        (["--cap", "trainer=101"], "is not SESSION=PERCENT from 1 to 100"),
        (["--cap", "50"], "is not SESSION=PERCENT from 1 to 100"),
        (["--memory-limit", "trainer=-1"], "is not SESSION=SIZE"),
        (["--memory-limit", "trainer=0"], "is not SESSION=SIZE"),
        (["--memory-limit", "trainer=1e9"], "is not SESSION=SIZE"),
        (["--memory-limit", "trainer=1", "--memory-limit", "trainer=2"], "--memory-limit is given twice for 'trainer'"),
        (["--memory-limit", "nobody=1"], "--memory-limit: no session of this device is called 'nobody'"),
        (["--policy", "mig"], "invalid choice"),
        (
            ["--policy", "mps", "--policy", "time-slicing"],
            "--policy is given twice; a schedule has one way of sharing.",
        ),
        (["--partition", "trainer=0"], "is not SESSION=PERCENT from 1 to 100"),
        (["--priority", "nobody"], "--priority: no session of this device is called 'nobody'"),
        (["--move", "trainer=GPU 7"], "--move: there is no other GPU at all, so none is called 'GPU 7'."),
        (
            ["--device", "none"],
            "--device: no GPU that several sessions used at the same time is called 'none'; the nearest is GPU 0",
        ),
        (["--format", "html"], "invalid choice"),
    ],
)
def test_wrong_usage_is_2_and_says_why(words: list[str], says: str, logs: str, capsys: Captured) -> None:
    assert main(["whatif", logs, *words]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert says in caught.err
    assert "Traceback" not in caught.err


def test_nothing_is_predicted_for_a_session_alone_or_for_a_processor(demo_logs: Path, capsys: Captured) -> None:
    for logs in (demo_logs / "simulated_time_slicing" / "alone", demo_logs / "recorded_two_processes"):
        assert main(["whatif", str(logs)]) == 1
        assert "was used by several sessions at the same time" in capsys.readouterr().err


def test_predictions_are_written_to_a_file(logs: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "what_if.json"
    words = ["whatif", logs, "--move", "trainer", "-o", str(path)]
    assert main(words) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"Wrote {path}"
    assert json.loads(path.read_text(encoding="utf-8"))["what_if"][0]["schedule"] == "moved"
    assert main(words) == 1
    assert "--force" in capsys.readouterr().err
    assert main([*words, "--force"]) == 0


def test_what_to_do_first_is_said_for_all_or_for_the_session_that_matters(logs: str, capsys: Captured) -> None:
    assert main(["whatif", logs]) == 0
    assert "\nWhat to do first: Move evaluator to another GPU. " in capsys.readouterr().out
    assert main(["whatif", logs, "--for", "trainer"]) == 0
    text = capsys.readouterr().out
    assert "\nWhat to do first for trainer: " in text
    assert "tb-contention diff " in text


def test_a_preferred_session_that_is_not_there_is_refused_with_those_that_are(logs: str, capsys: Captured) -> None:
    assert main(["whatif", logs, "--for", "nobody"]) == 2
    told = "--for: no session that shares a device is called 'nobody'; the nearest are trainer and evaluator."
    assert told in capsys.readouterr().err
