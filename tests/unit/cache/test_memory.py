import logging
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tb_contention.cache import TraceCache, memory
from tb_contention.cache.memory import MEMORY_VARIABLE, TraceStore, default_budget, size_of
from tb_contention.model.capture import Capture, CaptureFile, DecodedFile
from tb_contention.recorders.captures import read_captures
from tb_contention.recorders.discover import discover


@pytest.fixture(scope="module")
def file(demo_logs: Path) -> CaptureFile:
    return discover(str(demo_logs / "simulated_time_slicing" / "together" / "trainer")).files[0]


@pytest.fixture(scope="module")
def decoded(file: CaptureFile) -> DecodedFile:
    return read_captures(file)


def named(file: CaptureFile, count: int) -> list[CaptureFile]:
    return [replace(file, path=f"/logs/{number}") for number in range(count)]


def test_what_was_used_least_recently_goes_first(file: CaptureFile, decoded: DecodedFile) -> None:
    one = size_of(decoded)
    store = TraceStore(3 * one)
    a, b, c, d = named(file, 4)
    for each in (a, b, c):
        store.put(each, decoded)
    assert store.get(a) is decoded

    store.put(d, decoded)

    assert [store.get(each) is not None for each in (a, b, c, d)] == [True, False, True, True]
    assert store.bytes == 3 * one


def test_a_file_beyond_the_budget_is_not_held_and_displaces_nothing(file: CaptureFile, decoded: DecodedFile) -> None:
    small, large = named(file, 2)
    store = TraceStore(size_of(decoded) - 1)
    store.put(small, DecodedFile())

    store.put(large, decoded)

    assert store.get(large) is None
    assert store.get(small) is not None


def test_a_file_that_was_put_twice_counts_once(file: CaptureFile, decoded: DecodedFile) -> None:
    store = TraceStore(1 << 30)
    for _ in range(3):
        store.put(file, decoded)
    assert (len(store), store.bytes) == (1, size_of(decoded))


def test_files_that_are_gone_are_dropped(file: CaptureFile, decoded: DecodedFile) -> None:
    store = TraceStore(1 << 30)
    files = named(file, 3)
    for each in files:
        store.put(each, decoded)

    store.keep_only(files[1:2])

    assert [store.get(each) is not None for each in files] == [False, True, False]
    assert store.bytes == size_of(decoded)


def test_a_buffer_counts_once_however_many_columns_view_it(
    file: CaptureFile, decoded: DecodedFile, tmp_path: Path
) -> None:
    cache = TraceCache(tmp_path / "cache")
    capture = decoded.captures[0]
    cache.put(file, ((file, capture.trace),))
    (entry,) = (tmp_path / "cache").glob("*.trace")
    kept = cache.get(file)
    assert kept is not None

    size = size_of(DecodedFile(captures=(Capture(file=file, trace=kept[0][1]),)))

    assert 0 <= size - entry.stat().st_size <= 2 * 4096


def test_a_slice_counts_what_it_keeps_alive(file: CaptureFile, decoded: DecodedFile) -> None:
    trace = decoded.captures[0].trace
    cut = replace(trace, kernels=trace.kernels.select(slice(0, 1)))
    assert size_of(DecodedFile(captures=(Capture(file=file, trace=cut),))) >= sum(
        np.asarray(column).nbytes for column in trace.kernels.columns().values()
    )


def test_threads_leave_the_count_right(file: CaptureFile, decoded: DecodedFile) -> None:
    store = TraceStore(5 * size_of(decoded))
    files = named(file, 20)

    def work(first: int) -> None:
        for turn in range(300):
            each = files[(first + 7 * turn) % len(files)]
            if store.get(each) is None:
                store.put(each, decoded)
            if turn % 50 == 0:
                store.keep_only(files[first:])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.bytes == len(store) * size_of(decoded) <= store.budget


def test_the_budget_is_a_quarter_of_the_memory_or_as_stated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    monkeypatch.setattr(memory, "_physical", lambda: 8 << 30)
    monkeypatch.setattr(memory, "_control_groups", lambda root: [1 << 62])
    assert default_budget() == TraceStore().budget == 2 << 30
    monkeypatch.setattr(memory, "_control_groups", lambda root: [1 << 62, 4 << 30])
    assert default_budget() == 1 << 30
    monkeypatch.setenv(MEMORY_VARIABLE, "2.5GiB")
    assert default_budget() == 5 << 29
    with caplog.at_level(logging.WARNING):
        monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
        assert default_budget() == 1 << 30
    assert [record.getMessage() for record in caplog.records] == [
        "TB_CONTENTION_MEMORY is ignored: 'plenty' is not a memory size; write it like 2GiB or 500MB."
    ]


def test_a_machine_that_reports_nothing_gets_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    monkeypatch.setattr(os, "sysconf", lambda name: (_ for _ in ()).throw(ValueError(name)), raising=False)
    monkeypatch.setattr(memory, "_control_groups", lambda root: [1 << 62])
    assert default_budget() == 1 << 30


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        ("0::/user/job", {"sys/fs/cgroup/user/memory.max": "300", "sys/fs/cgroup/user/job/memory.max": "max"}),
        ("0::/not/mounted", {"sys/fs/cgroup/memory.max": "300\n"}),
        ("4:cpu,memory:/job", {"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "300\n"}),
    ],
)
def test_limits_of_control_groups_count(line: str, limits: dict[str, str], tmp_path: Path) -> None:
    for name, text in {"proc/self/cgroup": f"9:cpu:/elsewhere\n{line}\n", **limits}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert min(memory._control_groups(tmp_path)) == 300


def test_no_control_groups_are_no_limit(tmp_path: Path) -> None:
    assert min(memory._control_groups(tmp_path)) >= 1 << 62
