"""`demo` with a stand-in for TensorBoard, so that only the command itself is under test."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from unittest.mock import Mock

import pytest

from tb_contention.cli.demo import _usable_port, own_copy
from tb_contention.cli.main import main

SERVES = """
import sys, time
port = sys.argv[sys.argv.index("--port") + 1]
print("TensorBoard 0.0 at http://localhost:%s/ (Press CTRL+C to quit)" % port, file=sys.stderr, flush=True)
time.sleep(60)
"""
FAILS = "import sys; print('no luck', file=sys.stderr); sys.exit(3)"


def start(tmp_path: Path, stand_in: str, *words: str) -> subprocess.Popen[str]:
    package = tmp_path / "tensorboard"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "main.py").write_text(stand_in)
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-c", "import sys; from tb_contention.cli import main; sys.exit(main())", "demo", *words],
        env=os.environ | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_prints_the_address_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, SERVES, "--port", "4711") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "Contention demo: http://localhost:4711/#tb_contention (press Ctrl-C to stop)\n"
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == "\nStopped.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_standalone_serves_the_panel_without_tensorboard(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, FAILS, "--standalone", "--port", "0") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Contention demo: (http://localhost:\d+/) \(press Ctrl-C to stop\)\n", line)
        assert found is not None, process.communicate(timeout=30)
        with urllib.request.urlopen(found[1], timeout=60) as page:
            assert 'import("./index.js")' in page.read().decode()
        with urllib.request.urlopen(f"{found[1]}api/summary", timeout=60) as answer:
            assert Path(json.load(answer)["logdir"]).name == "demo_logs"
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == "\nStopped.\n"


def test_standalone_asks_other_machines_for_a_token(tmp_path: Path) -> None:
    with start(tmp_path, FAILS, "--standalone", "--port", "0", "--host", "0.0.0.0") as process:
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+)/\?token=\S{32} ", process.stdout.readline())
            assert found is not None
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/", timeout=60)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_standalone_has_the_default_port_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served = Mock(return_value=0)
    monkeypatch.setattr("tb_contention.cli.serve.serve", served)
    assert main(["demo", "--standalone"]) == 0
    assert served.call_args.kwargs == {
        "name": "Contention demo", "host": "localhost", "port": None, "default_port": 6006,
    }  # fmt: skip
    assert main(["demo", "--standalone", "--logdir-only"]) == 2
    assert "not allowed with argument --standalone" in capsys.readouterr().err


def test_standalone_without_the_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    assert main(["demo", "--standalone"]) == 1
    assert 'pip install "tb_contention[serve]"' in capsys.readouterr().err


@pytest.mark.parametrize("standalone", [True, False])
@pytest.mark.parametrize("listens", [True, False])
def test_a_taken_port_that_was_named_is_an_error(tmp_path: Path, listens: bool, standalone: bool) -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        if listens:
            taken.listen()
        port = taken.getsockname()[1]
        with start(tmp_path, SERVES, *(["--standalone"] if standalone else []), "--port", str(port)) as process:
            out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert error == (
        f"tb-contention: error: Port {port} on localhost is taken. "
        "Name another one with --port, or leave it out to take any free port.\n"
    )


def test_the_default_port_is_avoided_when_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("localhost", 0)) as taken:
        monkeypatch.setattr("tb_contention.cli.demo._DEFAULT_PORT", taken.getsockname()[1])
        assert _usable_port("localhost", None) == 0
    assert _usable_port("localhost", 0) == 0


def test_the_last_words_of_a_failing_tensorboard_are_told(tmp_path: Path) -> None:
    with start(tmp_path, FAILS) as process:
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "tb-contention: error: TensorBoard exited with code 3: no luck. Run tb-contention doctor" in error


def test_logs_in_the_package_are_shown_from_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(tmp_path / "cache"))
    packaged = tmp_path / "package" / "_demo_logs"
    (packaged / "run").mkdir(parents=True)
    (packaged / "run" / "trace").write_text("one")

    place = own_copy(packaged)
    (place / "run" / "written by the profile tab").touch()

    assert place.is_relative_to(tmp_path / "cache")
    assert (place / "run" / "trace").read_text() == "one"
    assert own_copy(packaged) == place
    assert [path.name for path in packaged.rglob("*")] == ["run", "trace"]
    (packaged / "run" / "trace").write_text("another")
    assert (own_copy(packaged) / "run" / "trace").read_text() == "another"
    assert len(list(place.parent.iterdir())) == 2


def test_without_a_cache_the_logs_themselves_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(tmp_path / "file" / "cache"))
    (tmp_path / "_demo_logs").mkdir()

    assert own_copy(tmp_path / "_demo_logs") == tmp_path / "_demo_logs"
