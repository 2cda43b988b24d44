import os
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tb_contention.cache import TraceCache
from tb_contention.model.capture import CaptureFile
from tb_contention.model.tables import Table
from tb_contention.model.trace import Trace
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_trace
from tb_contention.units import Picoseconds


@pytest.fixture(scope="module")
def file(demo_logs: Path) -> CaptureFile:
    return discover(str(demo_logs / "simulated_time_slicing" / "together" / "trainer")).files[0]


@pytest.fixture(scope="module")
def trace(file: CaptureFile) -> Trace:
    return load_trace(file)


def same(a: Trace, b: Trace) -> bool:
    for field in fields(Trace):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if isinstance(x, Table):
            pairs = zip(x.columns().values(), y.columns().values(), strict=True)
            if not all(np.array_equal(p, q, equal_nan=p.dtype.kind == "f") and p.dtype == q.dtype for p, q in pairs):
                return False
        elif field.name == "strings":
            if x.blob.tobytes() != y.blob.tobytes() or not np.array_equal(x.offsets, y.offsets):
                return False
        elif x != y:
            return False
    return True


@pytest.mark.parametrize("work_end", [None, Picoseconds(123_456_789)])
def test_a_trace_comes_back_as_it_went_in(
    work_end: Picoseconds | None, file: CaptureFile, trace: Trace, tmp_path: Path
) -> None:
    cache = TraceCache(tmp_path / "cache")
    assert cache.get(file) is None

    written = replace(trace, work_end=work_end)
    cache.put(file, ((file, written),))
    kept = cache.get(file)

    assert kept is not None
    assert same(written, kept[0][1])


def test_a_flipped_bit_is_a_miss_also_in_the_header(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    cache = TraceCache(tmp_path)
    cache.put(file, ((file, trace),))
    (entry,) = tmp_path.glob("*.trace")
    data = entry.read_bytes()
    rng = np.random.default_rng(0)
    header = 12 + int.from_bytes(data[4:8], "little")
    for at in [*range(12), *rng.integers(12, header, 200).tolist(), *rng.integers(header, len(data), 60).tolist()]:
        broken = bytearray(data)
        broken[at] ^= 1 << int(rng.integers(8))
        entry.write_bytes(broken)
        assert cache.get(file) is None


def test_a_cut_entry_is_a_miss(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    cache = TraceCache(tmp_path)
    cache.put(file, ((file, trace),))
    (entry,) = tmp_path.glob("*.trace")
    data = entry.read_bytes()
    for size in (0, 3, 8, 100, len(data) // 2, len(data) - 1):
        entry.write_bytes(data[:size])
        assert cache.get(file) is None


def test_a_changed_file_is_a_miss(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    copy = tmp_path / "logs" / "plugins" / "profile" / "s" / "h.xplane.pb"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(Path(file.path).read_bytes())
    cache = TraceCache(tmp_path / "cache")
    found = discover(str(tmp_path / "logs")).files[0]
    cache.put(found, ((found, trace),))
    assert cache.get(found) is not None

    copy.write_bytes(Path(file.path).read_bytes() + b"\0")

    assert cache.get(found) is None


def test_a_file_replaced_by_one_of_equal_size_and_date_is_a_miss(
    file: CaptureFile, trace: Trace, tmp_path: Path
) -> None:
    copy = tmp_path / "logs" / "plugins" / "profile" / "s" / "h.xplane.pb"
    copy.parent.mkdir(parents=True)
    data = bytearray(Path(file.path).read_bytes())
    copy.write_bytes(data)
    cache = TraceCache(tmp_path / "cache")
    found = discover(str(tmp_path / "logs")).files[0]
    cache.put(found, ((found, trace),))
    data[len(data) // 2] ^= 1
    dated = copy.stat()

    copy.write_bytes(data)
    os.utime(copy, ns=(dated.st_atime_ns, dated.st_mtime_ns))

    assert cache.get(found) is None
    assert discover(str(tmp_path / "logs")).files[0] != found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_an_entry_is_a_miss(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    cache = TraceCache(tmp_path)
    cache.put(file, ((file, trace),))
    (entry,) = tmp_path.glob("*.trace")
    for place in (entry, tmp_path / "settings.json"):
        place.unlink(missing_ok=True)
        os.mkfifo(place)

    assert cache.get(file) is None
    cache.put(file, ((file, trace),))

    assert cache.get(file) is not None


def test_a_place_that_cannot_be_written_is_no_error(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = TraceCache(tmp_path / "file" / "cache")

    cache.put(file, ((file, trace),))

    assert cache.get(file) is None


def test_a_link_is_not_used_as_cache(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    TraceCache(tmp_path / "link").put(file, ((file, trace),))

    assert list((tmp_path / "real").iterdir()) == []


def test_entries_beyond_the_budget_go(file: CaptureFile, trace: Trace, tmp_path: Path) -> None:
    (tmp_path / "old.trace").write_bytes(b"x" * 1000)

    TraceCache(tmp_path, budget=100).put(file, ((file, trace),))

    assert not (tmp_path / "old.trace").exists()
