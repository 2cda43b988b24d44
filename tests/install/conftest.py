"""Distributions as a user gets them: built without Node, without git, from a copy of the checkout."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from install.building import Distributions, succeeded

NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".*_cache", ".hypothesis", ".benchmarks", ".venv", "venv", "__pycache__", "*.pyc", "*.egg-info",
    "build", "dist", "node_modules", "actual",
    ".cached_tools.json", "cache_version.txt", "*.SSTABLE", "*.op_stats*.pb", "*.hlo_proto.pb",
)  # fmt: skip


@pytest.fixture(scope="session")
def distributions(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Build the source distribution, and the wheel from it."""
    folder = tmp_path_factory.mktemp("distributions")
    source = folder / "source"
    shutil.copytree(repo_root, source, ignore=NOT_SOURCE)
    without_node = {"PATH": str(folder), "HOME": str(Path.home())}
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder / "out"), str(source)],
        env=inherited() | without_node,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    succeeded(done)
    (sdist,) = (folder / "out").glob("*.tar.gz")
    (wheel,) = (folder / "out").glob("*.whl")
    return Distributions(source=source, sdist=sdist, wheel=wheel)


def inherited() -> dict[str, str]:
    """Pass on what pip needs to reach a package index, and nothing else."""
    wanted = ("PIP_", "SSL_", "REQUESTS_", "http", "HTTP", "no_proxy", "NO_PROXY", "LANG", "LC_")
    return {name: value for name, value in os.environ.items() if name.startswith(wanted)}
