"""Distributions as a user gets them: built without Node, without git, from a copy of the checkout."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from install.building import Distributions, inherited, succeeded

#: What is no source in a checkout that git does not manage; environments are left out by what they hold, whatever their name.
NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".*_cache", ".hypothesis", ".benchmarks", "__pycache__", "*.pyc", "*.egg-info", "build", "dist", "node_modules", "actual",
    ".cached_tools.json", "cache_version.txt", "*.SSTABLE", "*.op_stats*.pb", "*.hlo_proto.pb",
)  # fmt: skip


def copy_source(checkout: Path, target: Path) -> None:
    """Copy the files that git tracks, as they are now; in a checkout without git, all that is source."""
    listed = (
        subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=False)
        if shutil.which("git")
        else None
    )
    if listed is None or listed.returncode != 0 or not (checkout / ".git").exists():
        shutil.copytree(checkout, target, ignore=_no_source)
        return
    for name in listed.stdout.decode().split("\0"):
        # A tracked file that was deleted is no part of the checkout.
        if name and (checkout / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, target / name)


def _no_source(folder: str, names: list[str]) -> set[str]:
    environments = {name for name in names if Path(folder, name, "pyvenv.cfg").is_file()}
    return set(NOT_SOURCE(folder, names)) | environments


@pytest.fixture(scope="session")
def distributions(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Build the source distribution, and the wheel from it."""
    folder = tmp_path_factory.mktemp("distributions")
    source = folder / "source"
    copy_source(repo_root, source)
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
