"""What building gives, and when a failure is only a missing network."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

# What pip says when no package index answers.
OFFLINE = re.compile(r"NewConnectionError|NameResolutionError|Temporary failure in name|ConnectTimeout|Max retries")


def succeeded(done: subprocess.CompletedProcess[str]) -> None:
    """Fail with what the command said; skip where it could not reach a package index."""
    said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    if done.returncode != 0 and OFFLINE.search(done.stdout + done.stderr):
        pytest.skip("needs a package index")
    assert done.returncode == 0, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """The copy that was built from, and what came out."""

    source: Path
    sdist: Path
    wheel: Path


def inherited() -> dict[str, str]:
    """Pass on what pip needs to reach a package index, and nothing else."""
    wanted = ("PIP_", "SSL_", "REQUESTS_", "http", "HTTP", "no_proxy", "NO_PROXY", "LANG", "LC_")
    return {name: value for name, value in os.environ.items() if name.startswith(wanted)}


def run_apart(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without the variables that would let Python import the checkout instead of what is installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(list(map(str, words)), cwd=cwd, env=environment, capture_output=True, text=True, check=False)
