"""A session's name as shown works in every option that takes one, in a directory with captures of the same program alone."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tb_contention import listing
from tb_contention.cli.main import main
from tb_contention.simulate import write_scenario

Captured = pytest.CaptureFixture[str]

DAY_NS = 86_400_000_000_000


@pytest.fixture(scope="module")
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


@pytest.mark.parametrize(
    "words",
    [
        ["report", "--for", "trainer"],
        ["report", "--shift", "trainer=1ms"],
        ["report", "--gpu", "trainer:0=left"],
        ["report", "--baseline", "trainer=alone/trainer"],
        ["report", "--mute", "latency-tail:trainer"],
        ["runs", "--shift", "trainer=1ms"],
        ["runs", "--gpu", "trainer:0=left"],
        ["whatif", "--shift", "trainer=1ms"],
        ["whatif", "--cap", "trainer=40"],
        ["whatif", "--move", "trainer"],
        ["whatif", "--memory-limit", "trainer=40GiB"],
        ["whatif", "--for", "trainer"],
        ["whatif", "--baseline", "trainer=alone/trainer"],
        ["check", "--unknown", "pass", "--max-slowdown", "2", "--session", "trainer"],
        ["check", "--max-step", "trainer=1s"],
        ["check", "--max-step", "1s", "--shift", "trainer=1ns"],
        ["check", "--max-step", "1s", "--baseline", "trainer=alone/trainer"],
    ],
    ids=" ".join,
)
def test_the_name_that_reports_show_is_known(words: list[str], logs: str, capsys: Captured) -> None:
    assert main([words[0], logs, *words[1:]]) == 0, capsys.readouterr().err


def test_a_pair_of_sessions_is_named_so_too(logs: str, capsys: Captured) -> None:
    assert main(["diff", logs, logs, "--pair", "trainer=trainer", "--format", "json"]) == 0
    (match,) = {s["match"] for s in json.loads(capsys.readouterr().out)["sessions"] if "trainer" in s["before_name"]}
    assert match == "user"


def test_a_shift_moves_the_session_that_had_company_not_the_one_alone(logs: str, capsys: Captured) -> None:
    assert main(["report", logs, "--shift", "trainer=100ms", "--format", "json"]) == 0
    sources = {s["label"]: s["clock"]["source"] for s in json.loads(capsys.readouterr().out)["sessions"]}
    assert {label for label, source in sources.items() if source == "user"} == {"together/trainer"}


@pytest.mark.parametrize(
    "words",
    [
        ["report", "--for", "trainr"],
        ["report", "--shift", "trainr=1ms"],
        ["report", "--gpu", "trainr:0=left"],
        ["report", "--baseline", "trainr=alone/trainer"],
        ["report", "--baseline", "alone/trainr"],
        ["report", "--mute", "latency-tail:trainr"],
        ["runs", "--shift", "trainr=1ms"],
        ["whatif", "--move", "trainr"],
        ["whatif", "--memory-limit", "trainr=4GiB"],
        ["check", "--max-slowdown", "2", "--session", "trainr"],
        ["check", "--max-step", "trainr=1s"],
    ],
    ids=" ".join,
)
def test_an_unknown_one_is_refused_in_one_sentence_with_the_nearest(
    words: list[str], logs: str, capsys: Captured
) -> None:
    assert main([words[0], logs, *words[1:]]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    (line,) = caught.err.splitlines()
    assert line.startswith(f"tb-contention: error: {words[-2]}: no session")
    assert "trainr'; the nearest are " in line
    assert "trainer" in line.partition("the nearest are ")[2].split(" and ")[0]


@pytest.fixture(scope="module")
def two_jobs(logs: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a directory in which two pairs of a trainer and an evaluator shared one GPU, on two days."""
    place = tmp_path_factory.mktemp("jobs")
    shutil.copytree(Path(logs) / "together", place / "job1")
    mps = write_scenario("mps", tmp_path_factory.mktemp("mps"), alone=False)
    shutil.copytree(mps / "together", place / "job2")
    for capture in listing(str(place / "job2"), cache_dir=None).captures:
        manifest = (place / "job2" / capture.file).parent / "tb_contention.json"
        stated = json.loads(manifest.read_text(encoding="utf-8"))
        assert capture.start_ns is not None
        stated["sessions"]["*"]["clock"] = {"origin_ns": capture.start_ns + DAY_NS, "error_ns": 10_000}
        manifest.write_text(json.dumps(stated), encoding="utf-8")
    return str(place)


def group_of(logs: str, job: str, capsys: Captured) -> str:
    assert main(["runs", logs, "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    return next(str(group["id"]) for group in groups if group["names"][0].startswith(job))


def test_one_that_is_in_two_groups_is_refused_with_both_and_known_in_one(two_jobs: str, capsys: Captured) -> None:
    words = ["report", two_jobs, "--format", "json", "--shift", "trainer=1ms"]
    assert main(words) == 2
    assert capsys.readouterr().err == (
        "tb-contention: error: --shift: 'trainer' names 2 sessions; write job1/trainer or job2/trainer.\n"
    )
    group = group_of(two_jobs, "job2", capsys)
    assert main([*words, "--group", group]) == 0
    moved = [s["run"] for s in json.loads(capsys.readouterr().out)["sessions"] if s["clock"]["source"] == "user"]
    assert [run.split("/")[:2] for run in moved] == [["job2", "trainer"]]
    assert main(["runs", two_jobs, "--group", group, "--shift", "trainer=1ms"]) == 0


def test_options_that_may_be_about_several_take_the_one_of_each_group(two_jobs: str, capsys: Captured) -> None:
    assert main(["check", two_jobs, "--max-step", "trainer=1ms"]) == 3
    lines = [line for line in capsys.readouterr().out.splitlines() if " max-step " in line]
    assert [
        re.findall(r"job\d/trainer on GPU 0 on simulated-host \(\d Mar 2026 10:00 UTC\)", line) for line in lines
    ] == [
        ["job1/trainer on GPU 0 on simulated-host (5 Mar 2026 10:00 UTC)"],
        ["job2/trainer on GPU 0 on simulated-host (6 Mar 2026 10:00 UTC)"],
    ]
    assert main(["report", two_jobs, "--for", "trainer"]) == 0
    out = capsys.readouterr().out
    assert "What to do first for job1/trainer" in out
    assert "What to do first for job2/trainer" in out
    assert "(group " not in out


def test_whatif_is_about_the_device_that_has_the_session(two_jobs: str, capsys: Captured) -> None:
    for job, day in (("job1", 5), ("job2", 6)):
        assert main(["whatif", two_jobs, "--move", f"{job}/trainer"]) == 0
        caught = capsys.readouterr()
        assert caught.out.startswith(f"GPU 0 on simulated-host ({day} Mar 2026 10:00 UTC): ")
        assert caught.err.startswith(
            f"Predicting for GPU 0 on simulated-host ({day} Mar 2026 10:00 UTC). Others for --device: "
        )
