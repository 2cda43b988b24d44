"""`tb-contention run` records real programs: together and alone, and to the end of an interrupt."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from live.capturing import JAX, TENSORFLOW, environment, line, manifests, program, recorded, run

import tb_contention
from tb_contention.cli.main import main
from tb_contention.model.baseline import Use
from tb_contention.model.contention import Evidence
from tb_contention.model.report import Report

BOTH = ["alone/one", "alone/two", "together/one", "together/two"]


class Recorded:
    """Two programs of TensorFlow, recorded alone and together in one go."""

    def __init__(self, folder: Path) -> None:
        script = program(folder, "train.py", TENSORFLOW)
        command = ("--", sys.executable, script, "60")
        window = ("--wait", "2s", "--duration", "1s")
        names = ("--name", "one", "--name", "two")
        self.logs = folder / "logs"
        self.done = run("--logdir", "logs", "--alone", "--stop", *window, *names, *command, *command, cwd=folder)
        self.report: Report = tb_contention.analyse(self.logs)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("run"))


def name(session: str) -> str:
    """Which program of which phase a session is of."""
    return session.rpartition("/2")[0]


def test_every_phase_leaves_a_trace_and_a_manifest(both: Recorded) -> None:
    assert both.done.returncode == 0, both.done.stderr
    assert recorded(both.logs) == BOTH
    assert {place: entry["name"] for place, entry in manifests(both.logs).items()} == {
        place: place.rpartition("/")[2] for place in BOTH
    }


def test_programs_are_stopped_once_they_are_recorded(both: Recorded) -> None:
    assert "finished" not in both.done.stdout


def test_the_windows_together_are_one_and_those_alone_are_apart(both: Recorded) -> None:
    groups = [set(map(name, device.sessions)) for device in both.report.devices]
    assert sorted(map(sorted, groups)) == [["alone/one"], ["alone/two"], ["together/one", "together/two"]]


def test_the_window_is_as_long_as_asked_for_and_common(both: Recorded) -> None:
    (device,) = (device for device in both.report.devices if len(device.sessions) == 2)
    common = (device.group.end - device.group.start) / 1e9
    assert 0.7 < common < 2.0


def test_the_manifest_is_read(both: Recorded) -> None:
    stated = manifests(both.logs)
    for entry in both.report.sessions:
        place = entry.session.run.rpartition("/")[0]
        assert entry.session.process_id == stated[place]["process_id"]
        assert len(stated[place]["clock_readings"]) == 2
        assert stated[place]["profiler"] == "TensorFlow"


def test_the_command_that_is_printed_at_the_end_fits(both: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = (text for text in both.done.stderr.splitlines() if "analyse with: " in text)
    words = shlex.split(told.partition("analyse with: ")[2])
    assert words[:3] == ["tb-contention", "report", "logs"]
    # What was recorded alone is the candidate of the same command, with no option for it. Whether it serves is measured: where
    # somebody else keeps the processors busy, the same work alone may be the slower one, and is refused with that reason.
    (device,) = (device for device in both.report.devices if len(device.sessions) == 2)
    notes = {note.session: note for note in device.cost.baselines if note.use is not Use.OFFERED}
    assert {(name(note.session), name(note.baseline)) for note in notes.values()} == {
        ("together/one", "alone/one"),
        ("together/two", "alone/two"),
    }
    for loss in device.cost.losses:
        note = notes[loss.session]
        assert note.use is Use.USED or loss.slowdown.evidence is not Evidence.A
        assert note.use is Use.USED or " as long " in note.reason

    assert main(["report", str(both.logs), *words[3:]]) == 0
    assert "together/one" in capsys.readouterr().out.replace("\\", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_recorded(number: signal.Signals, tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", TENSORFLOW)
    words = line("--logdir", "logs", "--wait", "0s", "--duration", "10min", "--", sys.executable, script, "600")
    process = subprocess.Popen(words, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    wait_until_recording(process)

    process.send_signal(number)
    _, told = process.communicate(timeout=150)

    assert process.returncode == 128 + number, told
    assert recorded(tmp_path / "logs") == ["together/train"]
    assert manifests(tmp_path / "logs")["together/train"]["name"] == "train"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_program_itself_keeps_what_was_recorded(number: signal.Signals, tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", "import os; open('pid', 'w').write(str(os.getpid()))\n" + TENSORFLOW)
    words = line("--logdir", "logs", "--wait", "0s", "--duration", "10min", "--", sys.executable, script, "600")
    process = subprocess.Popen(words, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    wait_until_recording(process)

    os.kill(int((tmp_path / "pid").read_text()), number)
    _, told = process.communicate(timeout=150)

    assert process.returncode == 128 + number
    assert recorded(tmp_path / "logs") == ["together/train"], told


def wait_until_recording(process: subprocess.Popen[str]) -> None:
    """Wait for the mark in the folder that the program's order names, and half a second more."""
    deadline = time.monotonic() + 120
    folders: set[Path] = set()
    while time.monotonic() < deadline:
        assert process.poll() is None
        folders |= orders_of(process.pid)
        if any((folder / "0.recording").exists() for folder in folders):
            time.sleep(0.5)
            return
        time.sleep(0.05)
    raise AssertionError("nothing was recorded")


def orders_of(runner: int) -> set[Path]:
    """Find the folders of orders whose runner is a process."""
    orders = Path(tempfile.gettempdir()).glob("tb_contention_run_*/0.order")
    return {path.parent for path in orders if f'"runner": {runner}' in text_of(path)}


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_a_program_that_ends_within_the_window_leaves_its_trace(tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", TENSORFLOW)
    done = run(
        "--logdir", "logs", "--wait", "0s", "--duration", "10min", "--", sys.executable, script, "8", cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (0, "finished\n")
    assert recorded(tmp_path / "logs") == ["together/train"]


def test_a_program_that_ends_before_the_window_is_told_so(tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", TENSORFLOW)
    done = run("--logdir", "logs", "--wait", "5min", "--", sys.executable, script, "0.1", cwd=tmp_path)
    assert done.returncode == 4
    assert "train recorded nothing: it exited before the window opened; use a shorter --wait." in done.stderr


def test_the_first_process_that_imports_a_framework_records_and_the_next_when_it_has_ended(tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", TENSORFLOW)
    launcher = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", "import tensorflow"])
subprocess.run([sys.executable, "-c", "import tensorflow, os; os._exit(0)"])
workers = [subprocess.Popen([sys.executable, {script!r}, "120"]) for _ in range(2)]
sys.exit(max(w.wait() for w in workers))
"""
    # Longer than the rest of an import takes once the framework is there to be profiled, which neither probe survives.
    words = ("--stop", "--wait", "8s", "--duration", "2s", "--name", "both", "--", sys.executable, "-c", launcher)
    done = run("--logdir", "logs", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "logs").glob("**/*.xplane.pb"))) == 1, done.stderr


def test_a_program_that_outlives_the_shell_that_started_it_is_waited_for(tmp_path: Path) -> None:
    script = program(tmp_path, "train.py", TENSORFLOW.replace("end =", "open('imported', 'w').close()\nend ="))
    shell = f"{sys.executable} {script} 8 & while [ ! -e imported ]; do sleep 0.1; done; sleep 1"
    done = run(
        "--logdir", "logs", "--wait", "0s", "--duration", "5s", "--name", "x", "--", "sh", "-c", shell, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert recorded(tmp_path / "logs") == ["together/x"], done.stderr
    assert manifests(tmp_path / "logs")["together/x"]["name"] == "x"


@pytest.mark.parametrize("how", ["-c", "-m", "script", "sitecustomize"])
def test_a_program_is_recorded_however_it_is_started(how: str, tmp_path: Path) -> None:
    script = Path(program(tmp_path, "train.py", f"#!{sys.executable}\n{TENSORFLOW}"))
    script.chmod(0o755)
    if how == "sitecustomize":
        (tmp_path / "sitecustomize.py").write_text("print('theirs', flush=True)\n")
    words = {"-c": [sys.executable, "-c", TENSORFLOW], "-m": [sys.executable, "-m", "train"]}.get(how, [str(script)])
    path = os.pathsep.join([environment()["PYTHONPATH"], str(tmp_path)])
    done = subprocess.run(
        line("--logdir", "logs", "--stop", "--wait", "0s", "--duration", "2s", "--name", "x", "--", *words, "120"),
        cwd=tmp_path, env={**environment(), "PYTHONPATH": path}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert recorded(tmp_path / "logs") == ["together/x"], done.stderr
    assert ("theirs" in done.stdout) == (how == "sitecustomize")


def test_a_program_keeps_the_tb_contention_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "tb_contention").mkdir()
    (tmp_path / "tb_contention" / "__init__.py").write_text("MINE = 'theirs'\n")
    text = (
        TENSORFLOW
        + "import tb_contention; print(tb_contention.MINE, [m for m in sys.modules if 'tb_contention.' in m])\n"
    )
    script = program(tmp_path, "train.py", text)
    done = subprocess.run(
        line("--logdir", "logs", "--wait", "0s", "--duration", "2s", "--", sys.executable, script, "8"),
        cwd=tmp_path.parent, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "finished\ntheirs []\n"), done.stderr
    assert recorded(tmp_path.parent / "logs") == ["together/train"], done.stderr


@pytest.mark.jax
def test_jax_is_recorded_on_the_cpu_and_stays_there(tmp_path: Path) -> None:
    script = program(tmp_path, "serve.py", JAX)
    command = ("--", sys.executable, script, "60")
    done = run("--logdir", "logs", "--stop", "--wait", "2s", "--duration", "1s", *command, *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert recorded(tmp_path / "logs") == ["together/serve", "together/serve_2"]
    assert {entry["profiler"] for entry in manifests(tmp_path / "logs").values()} == {"JAX"}

    (device,) = tb_contention.analyse(tmp_path / "logs").devices
    assert len(device.sessions) == 2
    assert device.group.device.device.is_host
    assert "CPU" in device.id
    assert "GPU" not in device.id


@pytest.mark.jax
def test_jax_that_opens_no_device_is_not_made_to(tmp_path: Path) -> None:
    text = (
        "import jax, time\nfrom jax._src import xla_bridge\ntime.sleep(1)\n"
        "print(xla_bridge.backends_are_initialized())\n"
    )
    script = program(tmp_path, "idle.py", text)
    done = run("--logdir", "logs", "--wait", "0s", "--", sys.executable, script, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "False\n")
    assert "idle recorded nothing: JAX was imported but opened no device." in done.stderr
