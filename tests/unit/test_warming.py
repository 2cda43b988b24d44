"""Machine code made before it is needed: what is listed is what exists, and one command leaves nothing to compile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention import _beside, _warming

ROOT = Path(__file__).resolve().parents[2]
FRESH = """
from numba.core import event
compiled = []
class Listener(event.Listener):
    def on_start(self, happened): compiled.append(happened.data["dispatcher"].__name__)
    def on_end(self, happened): pass
event.register("numba:compile", Listener())
from tb_contention.cli.main import main
code = main({words})
print(code, len(compiled))
"""


def run(cache: Path, *words: str) -> tuple[int, int]:
    """Run a command in a new process; return its exit code and how many functions it compiled itself."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH.format(words=list(words))],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    code, count = done.stdout.splitlines()[-1].split()
    return int(code), int(count)


def test_every_module_with_compiled_functions_is_listed() -> None:
    declaring = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "tb_contention").rglob("*.py")
        if "\n@compiled(" in path.read_text()
    }
    assert declaring == set(_warming.FIRST + _warming.LATER)


@pytest.mark.full
def test_after_warming_nothing_compiles(tmp_path: Path) -> None:
    code, count = run(tmp_path, "warm")
    assert code == 0
    assert count > 0
    assert run(tmp_path, "report", str(ROOT / "demo_logs" / "simulated_time_slicing"), "--no-cache") == (0, 0)
    assert run(tmp_path, "warm") == (0, 0)


def test_a_process_beside_compiles_from_the_end(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "from tb_contention._warming import FIRST; import tb_contention._warming as w; "
         "w._WANTED['report'] = FIRST[:1] + FIRST[-1:]; w.main('report', '0', '2')"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        check=True,
    )  # fmt: skip
    made = {path.name.partition("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert made >= {"play._play", "skeleton.scan"}


PROGRAM = """
import sys, time
from pathlib import Path
sys.path[0] = {root!r}
from tb_contention import _beside
[*beside] = _beside.start("report")
while any(started.poll() is None for started in beside) and not [*Path("cache").rglob("play.*.nbc")]:
    time.sleep(0.1)
for started in beside:
    started.kill()
print(len(beside))
"""


def test_processes_beside_do_not_look_into_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("open('imported', 'w')")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(root=str(ROOT))],
        cwd=tmp_path,
        env={**os.environ, "NUMBA_CACHE_DIR": "cache"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not (tmp_path / "imported").exists()
    assert bool([*(tmp_path / "cache").rglob("play.*.nbc")]) == (int(done.stdout) > 0)


def test_the_tab_is_helped_from_the_start_only_where_nothing_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(_beside, "start", started.append)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "compiled"))

    monkeypatch.setattr(_beside, "_running", None)

    _beside.begin_tab()
    assert started == ["tab"]
    (tmp_path / "compiled" / "of_a_module").mkdir(parents=True)
    _beside.begin_tab()
    assert started == ["tab"]


def test_all_processes_beside_come_to_every_first_function_but_a_report_skims_nothing() -> None:
    assert {*_warming.FIRST} <= {*_warming._WANTED["tab"]}
    assert {*_warming.FIRST} - {*_warming._WANTED["report"]} == {_warming._SKIMMING}
    assert {*_warming.FIRST, *_warming.LATER} == {*_warming._WANTED["all"]}
