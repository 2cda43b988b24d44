"""Files of continuous profiling: records of an XSpace each, written here after the published form of the file."""

import random
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import brotli
import numpy as np
import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import CaptureFile
from tb_contention.model.sketch import sketch_of
from tb_contention.model.tables import Table
from tb_contention.model.trace import Trace
from tb_contention.pipeline import analyse_logdir
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_trace
from tb_contention.recorders.skim import skim_parts
from tb_contention.recorders.xspace.decoding.wire import field
from tb_contention.recorders.xspace.riegeli import xspace_of
from tb_contention.simulate import write_scenario

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BLOCK = 1 << 16
#: The published beginning of every file.
BEGINNING = bytes.fromhex(
    "83af70d10d884a3f0000000000000000400000000000000091bac23c9287e1a90000000000000000e19f13c0e9b1c3727300000000000000"
    "0000000000000000"
)
PACKED: dict[bytes, Callable[[bytes], bytes]] = {
    b"\0": bytes,
    b"b": lambda data: brotli.compress(data, quality=6),
    b"z": zstd.compress,
}


def varint(number: int) -> bytes:
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def packed(data: bytes, packing: bytes) -> bytes:
    made = PACKED[packing](data)
    return made if packing == b"\0" else varint(len(data)) + made


def put(file: bytearray, data: bytes) -> None:
    """Append bytes, and the header of a block wherever one begins."""
    while data:
        if len(file) % BLOCK == 0:
            file += bytes(24)
        left = BLOCK - len(file) % BLOCK
        file += data[:left]
        data = data[left:]


def put_chunk(file: bytearray, kind: bytes, data: bytes, records: int = 0, decoded: int = 0) -> None:
    begin = len(file)
    header = bytes(8) + len(data).to_bytes(8, "little") + bytes(8) + kind
    put(file, header + records.to_bytes(7, "little") + decoded.to_bytes(8, "little") + data)
    while len(file) - begin < records or 0 < len(file) % BLOCK <= 24:
        put(file, b"\0")


def simple(records: Sequence[bytes], packing: bytes) -> bytes:
    sizes = packed(b"".join(varint(len(record)) for record in records), packing)
    return packing + varint(len(sizes)) + sizes + packed(b"".join(records), packing)


def put_records(file: bytearray, records: Sequence[bytes], packing: bytes) -> None:
    put_chunk(file, b"r", simple(records, packing), len(records), sum(map(len, records)))


def appended(records: Sequence[bytes], packing: bytes = b"b") -> bytes:
    """Write each record as a profiler does: a file of its own behind the last, padded to a whole block."""
    file = bytearray()
    for record in records:
        file += BEGINNING
        put_records(file, [record], packing)
        left = -len(file) % BLOCK
        if left:
            put_chunk(file, b"p", bytes(left - 40 if left >= 40 else left - 40 + BLOCK - 24))
    assert len(file) % BLOCK == 0
    return bytes(file)


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = write_scenario("time_slicing", tmp_path_factory.mktemp("scenario"))
    return next((place / "together").rglob("*.xplane.pb")).read_bytes()


def cuts(message: bytes, parts: int) -> list[bytes]:
    """Cut a message between its fields."""
    data, at, ends = np.frombuffer(message, np.uint8), 0, [0]
    while at < len(data):
        at = int(field(data, at, len(data), 0)[2])  # type: ignore[no-untyped-call]
        ends.append(at)
    chosen = [ends[round(k * (len(ends) - 1) / parts)] for k in range(parts + 1)]
    return [message[a:b] for a, b in pairwise(chosen)]


def capture(place: Path, data: bytes, name: str = "h.xplane.riegeli") -> CaptureFile:
    folder = place / "plugins" / "profile" / "s"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    (file,) = discover(str(place)).files
    return file


def columns(trace: Trace) -> list[object]:
    tables = [getattr(trace, f.name) for f in fields(trace)]
    return [c.tolist() for table in tables if isinstance(table, Table) for c in table.columns().values()]


@pytest.mark.parametrize("packing", [b"\0", b"b", b"z"])
def test_records_are_read_as_the_message_that_they_are_together(tmp_path: Path, message: bytes, packing: bytes) -> None:
    whole = load_trace(capture(tmp_path / "pb", message, "h.xplane.pb"))
    file = capture(tmp_path / "riegeli", appended(cuts(message, 3), packing))
    read = load_trace(file)
    ((_, sketch),) = skim_parts(file)

    assert repr(columns(read)) == repr(columns(whole))
    assert (read.devices, read.clock, read.span, read.complete) == (whole.devices, whole.clock, whole.span, True)
    assert (sketch.use, sketch.steps, sketch.complete) == (sketch_of(read).use, len(read.steps), True)


def test_several_records_in_a_chunk_metadata_and_padding_of_many_records_are_read() -> None:
    file = bytearray(BEGINNING)
    put_chunk(file, b"m", b"whatever", 0, 20)
    put_records(file, [b"ab", b"", b"c"], b"b")
    put_records(file, [b""] * (3 * BLOCK), b"b")
    put_records(file, [b"d" * 70_000], b"\0")
    put_records(file, [b"e"], b"z")

    data, whole = xspace_of(np.frombuffer(bytes(file), np.uint8), "f")

    assert (data.tobytes(), whole) == (b"abc" + b"d" * 70_000 + b"e", True)


def test_a_cut_file_gives_the_records_that_are_whole(tmp_path: Path, message: bytes) -> None:
    parts = cuts(message, 3)
    second = len(appended(parts[:2]))
    trace = load_trace(capture(tmp_path, appended(parts)[: second + 500]))

    assert not trace.complete
    assert trace.problems[0].slug == "truncated-riegeli"
    assert columns(trace) == columns(load_trace(capture(tmp_path, appended(parts[:2]))))


def test_damage_anywhere_is_an_error_or_a_problem_and_never_more(message: bytes) -> None:
    data, dice = appended(cuts(message, 4)), random.Random(4)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 30)):
            damaged[dice.choice((dice.randrange(len(data)), dice.randrange(24, 400)))] = dice.randrange(256)
        with suppress(TraceFileError):
            read, _ = xspace_of(np.frombuffer(bytes(damaged[: dice.randint(0, len(damaged))]), np.uint8), "f")
            assert len(read) <= len(message)


def test_a_file_that_unpacks_to_implausibly_much_is_refused() -> None:
    file = bytearray(BEGINNING)
    put_records(file, [bytes(12 << 20)], b"b")
    lying = bytearray(BEGINNING)
    put_chunk(lying, b"r", b"b\0" + varint(5) + brotli.compress(bytes(12 << 20), quality=1), 1, 5)

    for data, slug in ((file, "too-large"), (lying, "bad-riegeli")):
        with pytest.raises(TraceFileError) as error:
            xspace_of(np.frombuffer(bytes(data), np.uint8), "f")
        assert error.value.slug == slug


def test_transposed_records_are_refused_by_name() -> None:
    file = bytearray(BEGINNING)
    put_chunk(file, b"t", b"b", 1, 5)

    with pytest.raises(TraceFileError, match="transposed") as error:
        xspace_of(np.frombuffer(bytes(file), np.uint8), "f")
    assert "options='brotli'" in error.value.advice
    assert "read_records()" in error.value.advice


def test_without_the_package_that_unpacks_it_the_file_names_it_and_is_looked_at_again(
    tmp_path: Path, message: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture(tmp_path / "logs", appended([message]))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "brotli", None)
        problems = analyse_logdir(str(tmp_path / "logs")).report.problems
    assert [p.slug for p in problems] == ["riegeli-unsupported"]
    assert 'pip install "tb_contention[riegeli]"' in problems[0].advice

    assert len(analyse_logdir(str(tmp_path / "logs")).report.sessions) == 1
