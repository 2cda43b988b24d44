"""What a terminal gets: progress that NO_COLOR and TERM=dumb steer, and never a colour."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tb_contention.cli import terminal
from tb_contention.cli.terminal import Progress

ROOT = Path(__file__).resolve().parents[2]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """Return what a terminal gets from progress that has run for its second."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "20", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal, "_PATIENCE_S", 0.0)
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as progress:
        progress._timer.cancel()
        progress("Reading a name that is longer than the line", 0.5)
    return stream.getvalue()


@pytest.mark.parametrize("value", [None, ""])
def test_a_terminal_gets_a_line_that_is_replaced(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, **({} if value is None else {"NO_COLOR": value}))
    assert "\r\x1b[KReading a name that is longer than the line 50%" in text
    assert text.endswith("\r\x1b[K")


def test_no_color_means_no_escape_sequence_and_leaves_an_empty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, NO_COLOR="1")
    assert "\x1b" not in text
    assert "Reading a name that" in text
    assert max(map(len, text.split("\r"))) < 20  # a line that wraps could not be replaced
    assert text.endswith(f"\r{' ' * 19}\r")


def test_a_dumb_terminal_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, TERM="dumb") == ""


def test_the_log_of_a_long_job_gets_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Progress(every=60.0) as progress, Progress() as silent:
        for second in range(0, 200, 7):
            now[0] = float(second)
            progress(f"{second} s\x1b", second / 200)
            silent("nothing", None)
    assert capsys.readouterr().err.splitlines() == ["63 s\\x1b 32%", "126 s\\x1b 63%", "189 s\\x1b 94%"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    "words",
    [["--help"], ["report", "--help"], ["report"], ["explain", "demo_logs/simulated_time_slicing/together"]],
    ids=["help", "help of a command", "wrong usage", "an answer"],
)
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1", "TERM": "xterm-256color"}, {"TERM": "dumb"}])
def test_no_escape_sequence_reaches_a_real_terminal(words: list[str], environment: dict[str, str]) -> None:
    import pty

    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "FORCE_COLOR")}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tb_contention", *words],
        cwd=ROOT, env={**kept, **environment}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
    ):  # fmt: skip
        os.close(theirs)
        text = b""
        try:
            while more := os.read(ours, 65536):
                text += more
        except OSError:  # Linux ends a pseudo-terminal so
            pass
    os.close(ours)

    assert len(text) > 100
    assert b"\x1b" not in text
