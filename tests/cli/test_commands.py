import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import jsonschema
import pytest

from tb_contention import __version__
from tb_contention.cli import main
from tb_contention.cli.output import write_file
from tb_contention.cli.parsing import parse_baseline, parse_duration, parse_gpu, parse_shift
from tb_contention.cli.terminal import printable
from tb_contention.errors import OutputError
from tb_contention.tables.catalogue import TABLES

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from tb_contention.cli import main; main(['--help']); "
        "print({'numpy', 'numba', 'google.protobuf', 'tensorboard'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_version_is_printed(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tb-contention {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["report"],
        ["report", "x", "--format", "pdf"],
        ["report", "x", "--shift", "a"],
        ["report", "x", "--shift", "a=3"],
        ["report", "x", "--gpu", "a=b"],
        ["report", "x", "--baseline", "=b"],
        ["report", "x", "-o", "no_suffix"],
        ["report", "x", "--shift", "a=1ms", "--shift", "a=2ms"],
        ["report", "x", "--device", "host/GPU:0"],
        ["simulate", "nothing", "-o", "x"],
        ["demo", "--port", "70000"],
    ],
)
def test_wrong_usage_is_2_and_says_why(words: list[str], capsys: Captured) -> None:
    assert main(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "error:" in caught.err
    assert "Traceback" not in caught.err


@pytest.mark.parametrize(
    ("word", "nanoseconds"),
    [("12ms", 12_000_000), ("-3us", -3_000), ("1.5s", 1_500_000_000), ("250ns", 250), ("+2 µs", 2_000), ("0s", 0)],
)
def test_durations_are_whole_nanoseconds(word: str, nanoseconds: int) -> None:
    assert parse_duration(word) == nanoseconds


@pytest.mark.parametrize("word", ["", "12", "ms", "1e3ms", "0.5ns", "nan s", "1" * 60 + "s", "99999999999999h", "1ms;"])
def test_other_words_are_no_durations(word: str) -> None:
    with pytest.raises(Exception, match=r"duration|too long|whole number"):
        parse_duration(word)


def test_session_ids_may_hold_separators() -> None:
    assert parse_shift("a=b/c:0=-3us") == ("a=b/c:0", -3_000)
    assert parse_baseline("a=b=run") == ("a=b", "run")
    assert parse_gpu("a:1=b/c:0=left") == (("a:1=b/c", 0), "left")


def test_terminal_escapes_are_shown_not_sent() -> None:
    assert printable("a\x1b[31m\x07\u202eb\n") == "a\\x1b[31m\\x07\\u202eb\n"


def test_an_error_names_no_raw_control_character(capsys: Captured, tmp_path: Path) -> None:
    assert main(["report", f"{tmp_path}/\x1b[31m"]) == 1
    caught = capsys.readouterr()
    assert "\x1b" not in caught.err
    assert caught.err.startswith("tb-contention: error: ")
    assert caught.err.count("\n") == 1


def test_an_empty_folder_is_1_and_says_what_was_looked_for(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert main(["report", str(tmp_path)]) == 1
    assert "plugins/profile" in capsys.readouterr().err


def test_only_unreadable_traces_are_1(capsys: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "profile" / "run"
    folder.mkdir(parents=True)
    (folder / "host.xplane.pb").write_bytes(b"<html>not a trace</html>")
    assert main(["report", str(tmp_path), "--no-cache"]) == 1
    caught = capsys.readouterr()
    assert "host.xplane.pb" in caught.err
    assert caught.out == ""


def test_a_report_is_markdown_on_stdout(logs: str, capsys: Captured) -> None:
    assert main(["report", logs]) == 0
    caught = capsys.readouterr()
    assert caught.out.startswith("# ")
    assert "simulated" in caught.out
    assert caught.err == ""


def test_json_validates_against_the_schema(logs: str, capsys: Captured) -> None:
    schema = json.loads((Path(__file__).parents[2] / "tb_contention/report/report.schema.json").read_text())
    assert main(["report", logs, "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema).validate(report)
    assert report["devices"][0]["time"]["contended_ns"] > 0
    assert all(session["simulated"] for session in report["sessions"])


@pytest.mark.parametrize("suffix", ["json", "html", "md", "csv", "pftrace"])
def test_the_suffix_tells_the_format_and_the_last_line_what_was_written(
    suffix: str, logs: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / f"report.{suffix}"
    assert main(["report", logs, "-o", str(path)]) == 0
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.splitlines()[-1] == f"Wrote {path}"
    assert path.stat().st_size > 100
    assert main(["report", logs, "-o", str(path)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["report", logs, "-o", str(path), "--force"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_perfetto_trace_is_of_the_device_that_is_named(
    logs: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "first.pftrace"
    assert main(["report", logs, "-o", str(path)]) == 0
    capfdbinary.readouterr()
    assert main(["report", logs, "--format", "perfetto"]) == 0
    assert capfdbinary.readouterr().out == path.read_bytes()
    assert main(["report", logs, "--format", "json"]) == 0
    devices = [device["id"] for device in json.loads(capfdbinary.readouterr().out)["devices"]]
    for device in devices:
        assert main(["report", logs, "--format", "perfetto", "--device", device]) == 0
        written = capfdbinary.readouterr().out
        minute = {"": "09:50", "2": "09:55", "3": "10:00"}[device.partition("#")[2]]
        assert f"GPU 0 on simulated-host (5 Mar 2026 {minute} UTC)".encode() in written
        assert (written == path.read_bytes()) == (device == devices[0])
    assert main(["report", logs, "--format", "perfetto", "--device", "\x1b[31m"]) == 2
    caught = capfdbinary.readouterr()
    assert caught.out == b""
    assert rb"no device is called '\x1b[31m'; the nearest are GPU 0 on simulated-host (" in caught.err
    assert b"\x1b" not in caught.err


def test_an_archive_for_perfetto_says_what_is_left_out(tmp_path: Path, repo_root: Path, capsys: Captured) -> None:
    path, logs = tmp_path / "all.tar", repo_root / "tests" / "data" / "kineto"
    assert main(["report", str(logs), "-o", str(path)]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"Wrote {path}"
    with tarfile.open(path) as tar:
        names = tar.getnames()
    assert (names[0], names[-1], len(names)) == ("contention.pftrace", "perfetto_manifest.json", 4)
    demo = repo_root / "demo_logs" / "recorded_two_processes"
    assert main(["report", str(demo), "-o", str(tmp_path / "none.tar")]) == 1
    assert "Perfetto reads none of the original files" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_perfetto_trace_is_not_written_to_a_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["report", str(tmp_path), "--format", "perfetto"]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "-o NAME.pftrace" in caught.err


def test_csv_to_a_folder_is_one_file_per_table(logs: str, tmp_path: Path) -> None:
    assert main(["report", logs, "--format", "csv", "-o", str(tmp_path / "tables")]) == 0
    assert sorted(p.stem for p in (tmp_path / "tables").iterdir()) == sorted(spec.slug for spec in TABLES)


@pytest.mark.parametrize("option", [["--shift", "nobody=1ms"], ["--gpu", "nobody:0=a"], ["--baseline", "nobody=x"]])
def test_an_unknown_session_is_2(option: list[str], logs: str, capsys: Captured) -> None:
    assert main(["report", logs, *option]) == 2
    assert "nobody" in capsys.readouterr().err


def test_the_real_workers_share_two_gpus(real_traces: Path, capsys: Captured) -> None:
    logs = next(real_traces.rglob("gpu_multi_worker"))
    assert main(["report", str(logs), "--format", "json"]) == 0
    devices = json.loads(capsys.readouterr().out)["devices"]
    counts = {d["id"].rsplit("/", 1)[-1]: sum(s["kernels"] for s in d["per_session"]) for d in devices}
    assert counts["GPU:4"] == 665
    assert counts["GPU:6"] == 665


def test_demo_tells_where_its_logs_are(demo_logs: Path, capsys: Captured) -> None:
    assert main(["demo", "--logdir-only"]) == 0
    assert capsys.readouterr().out.strip() == str(demo_logs)


def test_simulate_writes_a_log_directory_once(tmp_path: Path, capsys: Captured) -> None:
    out = str(tmp_path / "made")
    assert main(["simulate", "unshared", "-o", out]) == 0
    assert capsys.readouterr().err == f"Wrote {out}\n"
    assert (tmp_path / "made" / "truth.json").is_file()
    assert main(["simulate", "unshared", "-o", out]) == 1


def test_written_files_keep_to_the_umask_and_leave_nothing_beside(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "a", "x", force=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_links_folders_and_missing_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder", "missing/a", "a" * 300, "nul\0byte"):
        with pytest.raises(OutputError):
            write_file(tmp_path / name, "x", force=True)
    assert not (tmp_path / "elsewhere").exists()


def test_a_reader_that_went_away_is_no_error(logs: str) -> None:
    command = [sys.executable, "-c", "import sys; from tb_contention.cli import main; sys.exit(main())"]
    with subprocess.Popen(
        [*command, "report", logs, "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_interruption_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tb_contention.cli.report.run", interrupted)
    assert main(["report", "x"]) == 130


def test_names_a_terminal_cannot_show_do_not_stop_the_report(logs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    assert main(["report", logs]) == 0
