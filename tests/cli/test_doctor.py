import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.cli import main

Captured = pytest.CaptureFixture[str]


def checks_of(text: str) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(text)["checks"]}


def test_this_environment_has_no_fault(capsys: Captured) -> None:
    assert main(["doctor"]) == 0
    caught = capsys.readouterr()
    assert caught.out.splitlines()[-1].startswith("0 faults, ")
    assert caught.err == ""
    for name in (
        "versions",
        "requirements",
        "imports",
        "entry-point",
        "loads",
        "bundle",
        "trace-cache",
        "compiled-cache",
    ):
        assert f" {name} " in caught.out


def test_the_traces_of_a_log_directory_are_looked_at(demo_logs: Path, capsys: Captured) -> None:
    assert main(["doctor", str(demo_logs / "simulated_time_slicing"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["healthy"] is True
    assert sum(found["counts"].values()) == len(found["checks"])
    assert [check["about"].rpartition("/")[0][:8] for check in found["checks"] if check["name"] == "clock"]


def test_a_fault_makes_the_exit_code_3(demo_logs: Path, tmp_path: Path, capsys: Captured) -> None:
    (source,) = (demo_logs / "simulated_time_slicing" / "together" / "trainer").rglob("*.xplane.pb")
    folder = tmp_path / "run" / "plugins" / "profile" / "2026_03_05_10_00_00"
    folder.mkdir(parents=True)
    message = b"CUPTI_ERROR_INSUFFICIENT_PRIVILEGES\x1b[31m"
    (folder / source.name).write_bytes(source.read_bytes() + bytes([0x12, len(message)]) + message)
    assert main(["doctor", str(tmp_path)]) == 3
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "fault  cupti-no-rights" in out
    assert "-> Allow GPU profiling: load the driver with NVreg_RestrictProfilingToAdminUsers=0" in out
    assert out.splitlines()[-1].startswith("1 fault, ")


def test_a_directory_without_captures_is_1(tmp_path: Path, capsys: Captured) -> None:
    assert main(["doctor", str(tmp_path)]) == 1
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "contains no profiler captures" in caught.err


@pytest.mark.parametrize("words", [["--latest", "--group", "x", "."], ["--format", "xml"]])
def test_wrong_usage_is_2(words: list[str], capsys: Captured) -> None:
    assert main(["doctor", *words]) == 2
    assert capsys.readouterr().out == ""


def run_doctor(words: list[str], *folders: Path, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run it in a process that looks for modules and metadata in these folders first, and runs `code` before."""
    program = f"import sys; {code}\nfrom tb_contention.cli import main; sys.exit(main(['doctor', *sys.argv[1:]]))"
    path = os.pathsep.join(str(folder) for folder in folders)
    return subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=folders[0], check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def doctor(*folders: Path, code: str = "") -> tuple[int, dict[str, dict[str, str]]]:
    done = run_doctor(["--format", "json"], *folders, code=code)
    assert "Traceback" not in done.stderr
    return done.returncode, checks_of(done.stdout)


def test_a_copy_with_a_broken_page_is_a_fault(repo_root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tb_contention"
    shutil.copytree(repo_root / "tb_contention", copy)
    (copy / "static" / "index.js").unlink()
    code, found = doctor(tmp_path)
    assert code == 3
    assert found["bundle"]["status"] == "fault"
    assert found["imports"]["status"] == "ok"


@pytest.mark.parametrize("module", ["numpy", "numba"])
def test_a_package_that_cannot_be_imported_is_told_and_not_raised(
    module: str, repo_root: Path, demo_logs: Path, tmp_path: Path
) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise ImportError('{module} needs another release')", encoding="utf-8")
    for words in ([], [str(demo_logs)], ["--format", "json"]):
        done = run_doctor(words, tmp_path, repo_root)
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        assert f"{module} needs another release" in done.stdout
    found = checks_of(done.stdout)
    assert found["imports"]["status"] == "fault"
    assert found["loads"]["status"] == "fault"
    assert "trace-cache" not in found


def test_an_environment_where_this_package_is_not_installed_is_a_fault(repo_root: Path) -> None:
    hide = (
        "import importlib.metadata as m; real = m.MetadataPathFinder.find_distributions; "
        "m.MetadataPathFinder.find_distributions = classmethod(lambda cls, context=m.DistributionFinder.Context(): "
        "(d for d in real(context) if d.metadata['Name'] != 'tb_contention'))"
    )
    code, found = doctor(repo_root, code=hide)
    assert code == 3
    assert found["entry-point"]["status"] == "fault"
    assert found["requirements"]["status"] == "note"
    assert "loads" not in found


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for nvidia-smi is a shell script")
@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("echo 'NVIDIA H100 80GB HBM3, 550.54.15'", "ok", "NVIDIA H100 80GB HBM3, 550.54.15"),
        ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", "note", "version mismatch"),
    ],
)
def test_the_driver_is_asked_and_its_failure_told(
    script: str, status: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert main(["doctor", "--format", "json"]) == 0
    check = checks_of(capsys.readouterr().out)["gpu"]
    assert check["status"] == status
    assert told in check["message"]
