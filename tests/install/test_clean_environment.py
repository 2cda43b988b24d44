"""The wheel works where nothing else is installed."""

import sys
from pathlib import Path

import pytest
from install.building import Distributions, run_apart, succeeded

pytestmark = [pytest.mark.slow, pytest.mark.full]


@pytest.fixture(scope="module")
def clean_python(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment, with what pip resolves today."""
    folder = tmp_path_factory.mktemp("clean")
    succeeded(run_apart(sys.executable, "-m", "venv", folder))
    python = folder / "bin" / "python"
    succeeded(run_apart(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", distributions.wheel))
    return python


def test_entry_points_report_and_tab_work_from_the_wheel(clean_python: Path, repo_root: Path, tmp_path: Path) -> None:
    done = run_apart(clean_python, "-c", "import tb_contention; print(*tb_contention.__path__)", cwd=tmp_path)
    packaged = Path(done.stdout.strip()) / "_demo_logs"
    assert packaged.is_dir(), done.stderr

    done = run_apart(clean_python, repo_root / ".ci" / "smoke.py", packaged, cwd=tmp_path)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_installed_versions_fit_each_other(clean_python: Path) -> None:
    done = run_apart(clean_python, "-m", "pip", "check")

    assert done.returncode == 0, done.stdout


def test_an_uninstallation_leaves_no_package(clean_python: Path, tmp_path: Path) -> None:
    """Last, since it takes the package away. It ran before, so its machine code is cached."""
    done = run_apart(clean_python, "-m", "pip", "uninstall", "--yes", "tb_contention")
    assert done.returncode == 0, done.stderr

    done = run_apart(clean_python, "-I", "-c", "import tb_contention", cwd=tmp_path)
    assert "ModuleNotFoundError" in done.stderr, done.stdout
