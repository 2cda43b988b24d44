"""Which framework counts as there. Real profilers are in `live/`."""

import subprocess
import sys
from pathlib import Path

from tb_contention.capture.profilers import is_imported, is_running_already

ROOT = Path(__file__).resolve().parents[3]


def test_a_module_counts_once_its_import_has_ended(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text(
        "profiler = 1\nfrom tb_contention.capture.profilers import is_imported\nprint(is_imported('half', 'profiler'))\n"
    )
    program = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]; import half\n"
        "print(half.is_imported('half', 'profiler'), half.is_imported('half', 'other'), half.is_imported('none', 'x'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["False", "True False False"]


def test_a_module_that_is_there_counts() -> None:
    assert is_imported("json", "dumps")


def test_a_profiler_that_runs_already_is_recognised() -> None:
    assert is_running_already(RuntimeError("Profile has already been started. Only one profile may be run at a time."))
    assert is_running_already(type("AlreadyExistsError", (Exception,), {})("Another profiler is running."))
    assert not is_running_already(RuntimeError("CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"))
