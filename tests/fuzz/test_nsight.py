"""Damaged exports of Nsight Systems: whatever is done to their bytes, they are read, or refused in one sentence, in bounded time."""

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tb_contention.errors import TraceFileError
from tb_contention.recorders.discover import discover
from tb_contention.recorders.nsight.reader import read_report
from tb_contention.recorders.nsight.skim import skim_nsight
from tb_contention.simulate.nsight import write_report

#: Seconds that a damaged file of half a megabyte may take at the most, on a slow machine.
PATIENCE = 20.0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_report("time_slicing", tmp_path_factory.mktemp("nsight")).read_bytes()


def endures(data: bytes, path: Path) -> bool:
    """Read and skim a file; tell whether it was readable."""
    path.write_bytes(data)
    began = time.monotonic()
    with suppress(TraceFileError):
        skim_nsight(str(path), "r.sqlite")
    try:
        parts = read_report(str(path), "r.sqlite")
    except TraceFileError as error:
        refusal = error.message
        parts = ()
    else:
        refusal = ""
    assert time.monotonic() - began < PATIENCE
    assert refusal.startswith("r.sqlite") or not refusal
    assert "\n" not in refusal
    for part in parts:
        assert (part.trace.kernels.duration >= 0).all()
        assert (np.diff(part.trace.kernels.start) >= 0).all()
    return bool(parts)


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bits_never_break_the_reader(whole: bytes, tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(12):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), int(rng.integers(1, 200))).tolist():
            data[at] ^= 1 << int(rng.integers(8))
        endures(bytes(data), tmp_path / "r.sqlite")


def test_flipped_bits_of_the_schema_never_break_the_reader(whole: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(whole)
        for at in rng.integers(16, 8192, 3).tolist():
            data[at] = int(rng.integers(256))
        endures(bytes(data), tmp_path / "r.sqlite")


def test_every_cut_of_a_report_is_read_or_refused(whole: bytes, tmp_path: Path) -> None:
    cuts = np.linspace(0, len(whole), 40).astype(int).tolist()

    read = [endures(whole[:cut], tmp_path / "r.sqlite") for cut in cuts]

    assert read[-1]
    assert not read[0]


def test_pages_in_a_wrong_order_never_break_the_reader(whole: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    pages = np.frombuffer(whole, np.uint8).reshape(-1, 4096)
    for _ in range(20):
        order = np.arange(len(pages))
        some = rng.integers(1, len(pages), 6)
        order[some] = rng.permutation(order[some])
        endures(pages[order].tobytes(), tmp_path / "r.sqlite")


def test_one_page_that_stands_for_many_is_no_endless_table(whole: bytes, tmp_path: Path) -> None:
    pages = np.frombuffer(whole, np.uint8).reshape(-1, 4096).copy()
    interior = np.flatnonzero(pages[1:, 0] == 5) + 1
    for page in interior.tolist():
        pages[page, 8:12] = np.frombuffer(int(page + 1).to_bytes(4, "big"), np.uint8)  # its last child is itself
        endures(pages.tobytes(), tmp_path / "r.sqlite")


def test_discovery_says_nothing_of_what_it_cannot_open(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.sqlite").write_bytes(whole[:100] + bytes(5000))
    (tmp_path / "cut.sqlite").write_bytes(whole[: len(whole) // 2])

    found = discover(str(tmp_path))

    assert found.problems == ()
    assert "other.sqlite" not in [file.relative for file in found.files]
