"""The wheel works where nothing else is installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from install.building import Distributions, succeeded

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clean_python(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment, with what pip resolves today."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(distributions.wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    succeeded(done)
    return python


def test_entry_points_report_and_tab_work_from_the_wheel(clean_python: Path, repo_root: Path, tmp_path: Path) -> None:
    program = "import tb_contention; print(*tb_contention.__path__)"
    done = subprocess.run([str(clean_python), "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    packaged = Path(done.stdout.strip()) / "_demo_logs"
    assert packaged.is_dir()

    smoke = [str(clean_python), str(repo_root / ".ci" / "smoke.py"), str(packaged)]
    done = subprocess.run(smoke, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_installed_versions_fit_each_other(clean_python: Path) -> None:
    done = subprocess.run([str(clean_python), "-m", "pip", "check"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_an_uninstallation_leaves_no_package(clean_python: Path, tmp_path: Path) -> None:
    """Last, since it takes the package away. It ran before, so its machine code is cached."""
    pip = [str(clean_python), "-m", "pip", "uninstall", "--yes", "tb_contention"]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    done = subprocess.run(
        [str(clean_python), "-I", "-c", "import tb_contention"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ModuleNotFoundError" in done.stderr, done.stdout
