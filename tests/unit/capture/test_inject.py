"""The injected `sitecustomize` leaves programs that use no framework as they are. Real frameworks are in `live/`."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.capture.runner import _INJECT, ORDER_VARIABLE

PROGRAM = (
    "import sys, json; print(json.dumps([sys.path, sorted(sys.modules), [type(f).__name__ for f in sys.meta_path]]))"
)


def python(
    *words: str, path: tuple[Path | str, ...] = (), order: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", ORDER_VARIABLE)}
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(map(str, path))
    if order is not None:
        environment[ORDER_VARIABLE] = str(order)
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, timeout=60)


def test_a_program_without_a_framework_sees_its_path_and_modules_unchanged(tmp_path: Path) -> None:
    plain = json.loads(python("-c", PROGRAM).stdout)

    found = json.loads(python("-c", PROGRAM, path=(_INJECT,), order=tmp_path / "0.order").stdout)

    assert found[0] == plain[0]
    assert set(found[1]) - set(plain[1]) <= {"sitecustomize", "importlib.machinery", "importlib", "warnings"}
    assert [name for name in found[2] if name != "_Watch"] == plain[2]


def test_without_an_order_nothing_watches(tmp_path: Path) -> None:
    assert "_Watch" not in json.loads(python("-c", PROGRAM, path=(_INJECT,)).stdout)[2]


def test_the_sitecustomize_that_was_there_runs_and_is_the_one_that_is_imported(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("MINE = 1\nprint('mine')\n")
    done = python(
        "-c", "import sitecustomize; print(sitecustomize.MINE)", path=(_INJECT, tmp_path), order=tmp_path / "0.order"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\n1\n", "")


def test_a_failing_sitecustomize_fails_as_it_would_alone(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')\n")
    alone = python("-c", "print(1)", path=(tmp_path,))
    done = python("-c", "print(1)", path=(_INJECT, tmp_path), order=tmp_path / "0.order")
    assert (done.returncode, done.stdout) == (alone.returncode, alone.stdout)
    assert "ValueError: theirs" in done.stderr


@pytest.mark.parametrize("ending", ["raise ImportError('no')", "import nowhere_to_be_found", "1/0"])
def test_an_import_that_fails_fails_as_it_would_alone(ending: str, tmp_path: Path) -> None:
    (tmp_path / "jax.py").write_text(ending + "\n")
    program = (
        "for _ in range(2):\n    try:\n        import jax\n    except Exception as e:\n        print(type(e).__name__)"
    )
    alone = python("-c", program, path=(tmp_path,))
    done = python("-c", program, path=(_INJECT, tmp_path), order=tmp_path / "0.order")
    assert (done.stdout, done.stderr) == (alone.stdout, alone.stderr)


def test_when_run_has_ended_a_framework_is_imported_as_always(tmp_path: Path) -> None:
    (tmp_path / "jax.py").write_text("X = 1\n")
    program = "import jax, sys; print(jax.X, [m for m in sys.modules if 'tb_contention.' in m], type(jax.__loader__).__name__)"
    done = python("-c", program, path=(_INJECT, tmp_path), order=tmp_path / "gone" / "0.order")
    assert (done.stdout, done.stderr) == ("1 [] SourceFileLoader\n", "")


def test_old_pythons_on_the_side_run_undisturbed(tmp_path: Path) -> None:
    """Those that are on this machine, besides the syntax, which can be checked anywhere."""
    ast.parse((_INJECT / "sitecustomize.py").read_text(), feature_version=(3, 7))
    (tmp_path / "jax.py").write_text("X = 1\n")
    (tmp_path / "0.order").write_text(json.dumps({"package": str(_INJECT.parents[1])}))
    changed = {"PYTHONPATH": f"{_INJECT}{os.pathsep}{tmp_path}", ORDER_VARIABLE: str(tmp_path / "0.order")}
    for version in ("2.7", "3.6", "3.8", "3.9"):
        for program in sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))):
            words = [program, "-c", "import jax; print(jax.X)"]
            done = subprocess.run(words, env={**os.environ, **changed}, capture_output=True, text=True, timeout=60)
            told = (
                ""
                if version == "2.7"
                else "tb_contention: this process is not recorded: this Python is older than 3.10\n"
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", told), program
