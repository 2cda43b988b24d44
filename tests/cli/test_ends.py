"""Where output goes wrong, homes are read-only or somebody interrupts: one sentence and the documented exit code, never a traceback."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing" / "together")


def ended(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a shell in which `program` is tb-contention."""
    program = f'program() {{ "{sys.executable}" -m tb_contention "$@"; }}; '
    return subprocess.run(
        ["sh", "-c", program + command],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", ["markdown", "perfetto"])
def test_a_full_stdout_is_1_and_one_sentence(logs: str, form: str) -> None:
    done = ended(f"program report {logs} --format {form} -o - > /dev/full")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Cannot write to stdout: No space left on device." in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_closed_stdout_is_1_and_one_sentence(logs: str) -> None:
    done = ended(f"program runs {logs} >&-")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Cannot write to stdout: it is closed." in done.stderr
    assert ended("program report missing 2>&-").returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_it_runs_without_docstrings_and_assertions(logs: str) -> None:
    plain, without = ended(f"program runs {logs}"), ended(f"program runs {logs}", PYTHONOPTIMIZE="2")

    assert (without.returncode, without.stdout) == (0, plain.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupt_during_imports_is_130_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    paths = os.pathsep.join((str(tmp_path), str(ROOT)))
    with subprocess.Popen(
        [sys.executable, "-m", "tb_contention", "--version"],
        env={**os.environ, "PYTHONPATH": paths}, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (130, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="the caches of a user are elsewhere")
def test_without_a_writable_home_machine_code_is_cached_among_the_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    code = "from tb_contention._user_cache import machine_code; print(machine_code())"
    inherited = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    places = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**inherited, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.strip()
        for _ in range(2)
    ]  # fmt: skip

    assert places == [str(tmp_path / f"tb_contention-{os.getuid()}" / "compiled")] * 2
    assert Path(places[0]).stat().st_mode & 0o077 == 0
