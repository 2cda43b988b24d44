"""Where machine code is cached: with the user, never in the package, which an uninstallation must be able to remove."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
from tb_contention._compiled import compiled

@compiled("int64(int64)")
def twice(n):
    return 2 * n
"""
PROGRAM = "import numba, some; print(some.twice(21), some.twice.stats.cache_path, repr(numba.config.CACHE_DIR))"


def run(package: Path, **environment: str) -> list[str]:
    (package / "some.py").write_text(MODULE)
    paths = os.pathsep.join((str(package), str(ROOT)))
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**inherited, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    return folder


def machine_code(folder: Path) -> list[Path]:
    return [*folder.rglob("*.nbi"), *folder.rglob("*.nbc")]


@pytest.mark.skipif(sys.platform != "linux", reason="the caches of a user are elsewhere")
def test_it_is_in_the_users_cache_and_numbas_own_setting_stays(package: Path, tmp_path: Path) -> None:
    number, place, setting = run(package, XDG_CACHE_HOME=str(tmp_path / "caches"))

    assert (number, setting) == ("42", "''")
    assert Path(place).parent == tmp_path / "caches" / "tb_contention" / "compiled"
    assert len(machine_code(Path(place))) == 2
    assert not machine_code(package)


def test_it_is_where_numba_is_told(package: Path, tmp_path: Path) -> None:
    number, place, setting = run(package, NUMBA_CACHE_DIR=str(tmp_path / "mine"))

    assert (number, setting) == ("42", repr(str(tmp_path / "mine")))
    assert Path(place).parent == tmp_path / "mine"
    assert not machine_code(package)


@pytest.mark.skipif(sys.platform != "linux", reason="the caches of a user are elsewhere")
def test_a_linked_cache_directory_is_not_trusted(package: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "caches").mkdir()
    (tmp_path / "caches" / "tb_contention").symlink_to(tmp_path / "theirs")

    assert run(package, XDG_CACHE_HOME=str(tmp_path / "caches"))[0] == "42"
    assert not machine_code(tmp_path / "theirs")
