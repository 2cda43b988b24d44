"""Naming sessions in a program, with whatever profiler is loaded."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

import tb_contention


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Load profilers of both frameworks that note what begins and ends."""
    notes: list[str] = []
    monkeypatch.delitem(sys.modules, "tensorflow.python.profiler.trace", raising=False)
    monkeypatch.delitem(sys.modules, "jax.profiler", raising=False)

    @contextmanager
    def write(name: str) -> Iterator[None]:
        notes.append(name)
        yield
        notes.append("end")

    module = ModuleType("tensorflow.python.profiler.trace")
    module.Trace = write  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return notes


def test_an_event_is_written_for_the_block(written: list[str]) -> None:
    with tb_contention.session("reader"):
        assert written == ["tb_contention.session:reader"]
    assert written == ["tb_contention.session:reader", "end"]


def test_blocks_nest_and_end_when_they_fail(written: list[str]) -> None:
    with pytest.raises(KeyError), tb_contention.session("outer"), tb_contention.session("inner"):
        raise KeyError
    assert written[:2] == ["tb_contention.session:outer", "tb_contention.session:inner"]


def test_a_name_cannot_end_the_event_early(written: list[str]) -> None:
    with tb_contention.session("a#b=1#"):
        pass
    assert written[0] == "tb_contention.session:a_b=1_"


def test_a_function_can_be_a_block(written: list[str]) -> None:
    @tb_contention.session("decorated")
    def work() -> int:
        return 3

    assert [work(), work()] == [3, 3]
    assert written.count("tb_contention.session:decorated") == 2


def test_both_frameworks_are_written_to(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("jax.profiler")
    module.TraceAnnotation = sys.modules["tensorflow.python.profiler.trace"].Trace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jax.profiler", module)
    with tb_contention.session("x"):
        assert len(written) == 2


def test_threads_do_not_disturb_each_other(written: list[str]) -> None:
    together = threading.Barrier(2)

    def work(name: str) -> None:
        with tb_contention.session(name):
            together.wait(5)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == ["end", "end", "tb_contention.session:a", "tb_contention.session:b"]


def test_without_a_framework_nothing_happens_and_nothing_is_imported() -> None:
    code = (
        "import sys, tb_contention\n"
        "with tb_contention.session('x'): pass\n"
        "assert not {'tensorflow', 'jax', 'numpy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
