"""Small files that would become much memory or many seconds: refused by name, before it is spent."""

import gzip
import os
from pathlib import Path

import pytest

import tb_contention
from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.legacy.trace_json import decode_trace_json
from tb_contention.recorders.legacy.trace_proto import decode_trace_proto
from tb_contention.recorders.nsight.reader import read_report
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.decoding.skim import skim_xspace


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


EVENT = b"\x08\x01\x10\x05\x18\x05"
LINE = field(3, field(4, EVENT))
GPU, HOST = field(2, b"/device:GPU:0"), field(2, b"/host:CPU")
#: Each barely beyond what is read.
XSPACES = {
    "planes": b"\x0a\x00" * 33_000,
    "lines without an event": field(1, GPU + b"\x1a\x00" * 33_000),
    "threads": field(1, HOST + LINE * 33_000),
    "empty events": field(1, HOST + field(3, b"\x22\x00" * 700_000)),
    "kernels of eight bytes": field(1, GPU + field(3, field(4, EVENT) * 900_000)),
    "empty names": field(1, GPU + LINE + b"\x22\x00" * 140_000),
    "empty names of stats": field(1, GPU + LINE + b"\x2a\x00" * 140_000),
    "empty stats": field(1, GPU + LINE + b"\x32\x00" * 140_000),
    "empty messages": field(1, GPU + LINE) + b"\x22\x00" * 140_000,
}


@pytest.mark.parametrize("kind", sorted(XSPACES))
def test_an_xspace_with_more_rows_than_any_profiler_writes_is_refused(kind: str) -> None:
    for read in (decode_xspace, skim_xspace):
        with pytest.raises(TraceFileError, match=r"^f: the file holds [\d,]+ [a-z ]+, but no profiler") as refusal:
            read(XSPACES[kind], file="f")
        assert refusal.value.slug == "too-many-rows"


def events(*made: str) -> bytes:
    return gzip.compress(('{"traceEvents":[' + ",".join(made) + "]}").encode())


def legacy(data: bytes) -> Trace:
    return decode_trace_json(data, file="f")


def test_a_legacy_file_with_more_threads_than_any_machine_has_is_refused() -> None:
    made = (f'{{"ph":"X","ts":{k},"dur":1,"pid":1,"tid":{k},"name":"a{k}"}}' for k in range(33_000))

    with pytest.raises(TraceFileError, match="32,769 threads"):
        legacy(events(*made))


def test_a_legacy_event_with_a_million_values_is_no_million_objects() -> None:
    kernel = '{"ph":"X","ts":1,"dur":1,"pid":1,"tid":1,"name":"a"}'
    trace = legacy(events(kernel, '{"ph":"X","args":[' + "[]," * 1_000_000 + "[]]}", kernel))

    assert trace.events_in_file == 1
    assert "truncated-json" in {problem.slug for problem in trace.problems}


def test_legacy_events_are_read_across_the_borders_of_pieces() -> None:
    name = "é" * 20_000
    made = [f'{{"ph":"X","ts":{k},"dur":1,"pid":1,"tid":1,"name":"{name}{k % 3}:Op"}}' for k in range(90)]
    trace = legacy(events(*made))

    assert len(trace.kernels) == 90
    assert trace.complete
    assert {trace.strings[row] for row in trace.kernels.name.tolist()} == {f"{name}{k}:Op" for k in range(3)}


def test_a_trace_of_tensorflow_1_with_a_million_empty_events_is_refused() -> None:
    with pytest.raises(TraceFileError) as refusal:
        decode_trace_proto(b"\x22\x00" * 1_200_000, file="f")

    assert refusal.value.slug == "too-many-rows"


def test_a_trace_of_pytorch_with_more_threads_than_any_machine_has_is_refused() -> None:
    made = (f'{{"ph":"X","cat":"cpu_op","name":"a","pid":{k},"tid":{k},"ts":{k},"dur":1}}' for k in range(33_000))

    with pytest.raises(TraceFileError, match="33,000 threads"):
        decode_kineto(events(*made), file="f")


@pytest.mark.skipif(not hasattr(os.stat_result, "st_blocks"), reason="needs a system that counts blocks")
def test_a_database_of_holes_is_refused_before_it_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"CUPTI_ACTIVITY_KIND_KERNEL")
    os.truncate(path, 100 << 30)

    with pytest.raises(TraceFileError, match="100 GiB, but hardly any") as refusal:
        read_report(str(path), "r.sqlite")
    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert refusal.value.slug == "too-large"
    assert not report.sessions
