"""`tb-contention run` with programs that import no framework: output, exit codes, signals. Recordings are in `live/test_run.py`."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tb_contention.capture.rendezvous import is_alive
from tb_contention.cli.main import main
from tb_contention.cli.run import refuse_windows
from tb_contention.errors import OptionError

PYTHON = sys.executable
MAIN = "import sys; from tb_contention.cli.main import main; sys.exit(main(sys.argv[1:]))"


def run(logdir: Path, *words: str) -> int:
    return main(["run", "--logdir", str(logdir), "--wait", "0s", "--duration", "100ms", *words])


def started(logdir: Path, *words: str) -> subprocess.Popen[str]:
    """Start it as a program, since signals are sent to one."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    command = [PYTHON, "-c", MAIN, "run", "--logdir", str(logdir), *words]
    return subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_output_passes_through(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(
        tmp_path, "--", PYTHON, "-c", "print('out')", "--", PYTHON, "-c", "import sys; print('err', file=sys.stderr)"
    )
    out, err = capfd.readouterr()
    assert (code, out) == (4, "out\n")
    assert "\nerr\n" in err


def test_a_command_without_a_framework_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--name", "plain", "--", PYTHON, "-c", "pass") == 4
    told = capfd.readouterr().err
    assert (
        "plain recorded nothing: it did not import TensorFlow or JAX, or did so where PYTHONPATH does not reach" in told
    )
    assert told.endswith(f"tb-contention: nothing was recorded, so there is nothing new to analyse in {tmp_path}.\n")
    assert "analyse with" not in told


def test_a_command_that_fails_is_not_told_what_else_may_be_wrong(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--name", "broken", "--", PYTHON, "-c", "import no_such_module") == 1
    told = capfd.readouterr().err
    assert (
        "broken recorded nothing: it failed with exit code 1 before TensorFlow or JAX was imported; its own output says"
        in told
    )
    assert "PYTHONPATH" not in told


def test_the_code_is_the_first_that_is_not_zero_in_the_order_of_commands(tmp_path: Path) -> None:
    slow, fast = "import time; time.sleep(0.5); raise SystemExit(3)", "raise SystemExit(4)"
    assert run(tmp_path, "--", PYTHON, "-c", "pass", "--", PYTHON, "-c", slow, "--", PYTHON, "-c", fast) == 3


def test_a_command_that_a_signal_ends_counts_as_in_a_shell(tmp_path: Path) -> None:
    assert run(tmp_path, "--", PYTHON, "-c", "import os; os.kill(os.getpid(), 9)") == 137


def test_a_command_that_is_not_there_is_said_and_the_others_go_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "mark"
    code = run(tmp_path, "--", str(tmp_path / "none"), "--", PYTHON, "-c", f"open({str(mark)!r}, 'w')")
    assert code == 127
    assert mark.exists()
    assert "/none (No such file or directory); the other commands continue." in capfd.readouterr().err


def test_alone_runs_each_before_all(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    write = f"import sys; open({str(log)!r}, 'a').write(sys.argv[1])"
    assert run(tmp_path, "--alone", "--", PYTHON, "-c", write, "a", "--", PYTHON, "-c", write, "b") == 4
    assert log.read_text() in ("abab", "abba")
    assert f"alone: running {Path(PYTHON).name}; traces go to " in capfd.readouterr().err


def test_commands_read_no_input_and_see_no_change_but_theirs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = "import os, sys; print(repr(sys.stdin.read()), os.environ['TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL'])"
    assert run(tmp_path, "--", PYTHON, "-c", program) == 4
    assert capfd.readouterr().out == "'' 1\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "No command is given"),
        (("--",), "No command is given"),
        (("--name", "a", "--name", "b", "--", "true"), "more --name options (2) than commands (1)"),
        (("--name", "../up", "--", "true"), "cannot be used as a directory name"),
        (("--name", "a", "--name", "a", "--", "true", "--", "true"), "Two --name are equal"),
        (("--duration", "0s", "--", "true"), "must be above zero"),
        (("--wait=-1s", "--", "true"), "must not be negative"),
    ],
)
def test_wrong_usage_is_said_before_anything_starts(
    words: tuple[str, ...], told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logdir = tmp_path / "new"
    assert main(["run", "--logdir", str(logdir), *words]) == 2
    assert told in capfd.readouterr().err
    assert not logdir.exists()


def test_a_system_without_process_groups_is_refused() -> None:
    with pytest.raises(OptionError, match="Linux and macOS only"):
        refuse_windows("win32")
    refuse_windows("linux")


def test_a_log_directory_elsewhere_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--logdir", "gs://bucket/logs", "--", "true"]) == 2
    assert "--logdir gs://bucket/logs is a URL" in capfd.readouterr().err


def test_a_log_directory_that_cannot_be_made_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file" / "logs", "--", "true") == 1
    assert "Cannot create the directory" in capfd.readouterr().err


READY = "import pathlib, time; pathlib.Path({mark!r}).touch(); time.sleep(60)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_every_command(number: signal.Signals, tmp_path: Path) -> None:
    marks = [tmp_path / "one", tmp_path / "two"]
    words = [word for mark in marks for word in ("--", PYTHON, "-c", READY.format(mark=str(mark)))]
    process = started(tmp_path / "logs", *words)
    for mark in marks:
        wait_for(mark)

    process.send_signal(number)
    process.communicate(timeout=30)

    assert process.returncode == 128 + number


def test_a_signal_reaches_what_a_shell_has_started(tmp_path: Path) -> None:
    program = "import os, pathlib, time; pathlib.Path(f'{os.getpid()}.pid').touch(); time.sleep(60)"
    process = started(tmp_path / "logs", "--", "sh", "-c", f'cd {tmp_path}; {PYTHON} -c "{program}"; true')
    deadline = time.monotonic() + 60
    while not (found := list(tmp_path.glob("*.pid"))):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    while is_alive(int(found[0].stem)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_interrupt_kills_what_ignores_the_first(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); " + READY.format(mark=str(mark))
    process = started(tmp_path / "logs", "--", PYTHON, "-c", program)
    wait_for(mark)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 137


def test_an_interrupt_while_one_runs_alone_starts_no_other(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    words = [word for mark in (one, two) for word in ("--", PYTHON, "-c", READY.format(mark=str(mark)))]
    process = started(tmp_path / "logs", "--alone", *words)
    wait_for(one)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert not two.exists()


def test_stop_ends_commands_that_record_nothing(tmp_path: Path) -> None:
    began = time.monotonic()
    program = "import time; time.sleep(60)"
    assert run(tmp_path, "--stop", "--timeout", "300ms", "--", PYTHON, "-c", program) == 4
    assert time.monotonic() - began < 30
