"""Where machine code is cached: with the user, never in the package, which an uninstallation must be able to remove; and until when."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import types

from tb_contention import _warming
from tb_contention._compiled import ARRAYS

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
from tb_contention._compiled import compiled

@compiled("int64(int64)")
def twice(n):
    return 2 * n
"""
BELOW = """
from tb_contention._compiled import inner
from numbers_of import EACH, Kind

@inner("int64(int64)")
def more(n):
    return n * EACH if Kind.ODD == 1 else n
"""
ABOVE = """
import numbers_of
from below import more
from tb_contention._compiled import compiled

@compiled("int64(int64)")
def sum_of(n):
    return more(n) + numbers_of.START[0]
"""
NUMBERS = """
from enum import IntEnum
EACH, START = 10, (1, 2)

class Kind(IntEnum):
    ODD = 1
"""
SUM = """
from above import sum_of
from tb_contention._compiled import declared
print(declared["above.sum_of"].is_cached(), sum_of(4))
"""
SUMS = """
from tb_contention._compiled import compiled

@compiled("float64(float64)")
def sum_of(n):
    return n + n + (n + n) + (n + n)

@compiled("int64(int64)")
def wrong(n):
    return n + "text"
"""
RESOLVED = """
import operator
from collections import Counter
from numba import types
from numba.core.errors import TypingError
from numba.core.types.functions import BaseFunction
import sums

asked, resolve = Counter(), BaseFunction.get_call_type

def counting(function, context, arguments, named):
    asked[function.typing_key, arguments] += 1
    return resolve(function, context, arguments, named)

BaseFunction.get_call_type = counting
print(sums.sum_of(2.0))
try:
    sums.wrong(2)
except TypingError as error:
    print(type(error).__name__)
print(types.Function.get_call_type is counting, asked[operator.add, (types.float64, types.float64)])
"""
PROGRAM = "import numba, some; print(some.twice(21), some.twice.stats.cache_path, repr(numba.config.CACHE_DIR))"


def run(package: Path, **environment: str) -> list[str]:
    (package / "some.py").write_text(MODULE)
    return in_process(package, PROGRAM, **environment)


def in_process(package: Path, program: str, **environment: str) -> list[str]:
    paths = os.pathsep.join((str(package), str(ROOT)))
    inherited = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", program],
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


def test_it_counts_until_something_changes_that_it_was_made_of_in_whatever_file(package: Path, tmp_path: Path) -> None:
    sources = {"below.py": BELOW, "above.py": ABOVE, "numbers_of.py": NUMBERS}

    def sum_after(file: str = "below.py", before: str = "", after: str = "") -> list[str]:
        sources[file] = sources[file].replace(before, after) if before else sources[file]
        (package / file).write_text(sources[file])
        return in_process(package, SUM, NUMBA_CACHE_DIR=str(tmp_path / "mine"), PYTHONDONTWRITEBYTECODE="1")

    for file, source in sources.items():
        (package / file).write_text(source)
    assert sum_after() == ["False", "41"]
    assert sum_after() == ["True", "41"]
    assert sum_after("below.py", "n * EACH", "n + EACH") == ["False", "15"]  # an inner function
    assert sum_after("numbers_of.py", "10, (1", "20, (1") == ["False", "25"]  # a constant that it reads
    assert sum_after("numbers_of.py", "(1, 2)", "(3, 2)") == ["False", "27"]  # one read as an attribute
    assert sum_after("numbers_of.py", "ODD = 1", "ODD = 2") == ["False", "7"]  # a member of an enum
    assert sum_after("above.py", "numbers_of.START[0]", "numbers_of.START[0]  # no other code") == ["True", "7"]


def test_numba_resolves_a_call_once_and_goes_its_own_way_afterwards(package: Path, tmp_path: Path) -> None:
    (package / "sums.py").write_text(SUMS)
    done = in_process(package, RESOLVED, NUMBA_CACHE_DIR=str(tmp_path / "mine"))

    assert done == ["12.0", "TypingError", "True", "1"]


def test_no_thread_is_the_first_to_make_a_type_of_array() -> None:
    taken = {
        argument
        for made in _warming.functions().values()
        for argument in made.signature.args
        if isinstance(argument, types.Array)
    }
    assert len(taken) > 10
    assert {argument.copy(readonly=readonly) for argument in taken for readonly in (False, True)} <= set(ARRAYS)
