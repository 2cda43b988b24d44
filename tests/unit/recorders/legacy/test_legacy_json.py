"""Hostile and cut `.trace.json.gz` files."""

import gzip
import json
from typing import Any

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.recorders.legacy.trace_json import decode_trace_json

GPU = {"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "/device:GPU:0"}}


def decoded(*events: dict[str, Any]) -> Trace:
    return decode_trace_json(gzip.compress(json.dumps({"traceEvents": [GPU, *events]}).encode()), file="f")


def kernel(**changed: Any) -> dict[str, Any]:
    return {"ph": "X", "pid": 1, "tid": 1, "ts": 1.5, "dur": 2, "name": "k", **changed}


def test_microseconds_become_picoseconds() -> None:
    table = decoded(kernel()).kernels

    assert (table.start.tolist(), table.duration.tolist()) == ([1_500_000], [2_000_000])


@pytest.mark.parametrize("ts", [10**400, -(10**400), 1e300, float("nan"), float("inf"), "1", None, True])
def test_a_time_that_is_none_leaves_the_event_out_and_says_so(ts: object) -> None:
    trace = decoded(kernel(), kernel(ts=ts))

    assert len(trace.kernels) == 1
    assert "bad-timestamp" in {p.slug for p in trace.problems}


def test_half_characters_in_names_can_be_written_out() -> None:
    thread = {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "\ud800"}}
    trace = decoded(thread, kernel(name="k\ud800"))

    assert [s.name.encode() for s in trace.streams] == [b"?"]
    assert trace.strings[int(trace.kernels.name[0])] == "k?"


def test_a_thread_number_beyond_64_bits_is_none() -> None:
    assert [s.id for s in decoded(kernel(tid=10**30)).streams] == [0]


def test_whole_events_before_a_cut_are_kept_though_args_stand_in_the_middle() -> None:
    text = '{"traceEvents":[{"ph":"X","pid":1,"tid":1,"args":{"a":"b"},"ts":1,"dur":1,"name":"k"},{"ph":"X","args":{"q":"1"},"pid":1'
    trace = decode_trace_json(gzip.compress(text.encode()), file="f")

    assert (trace.events_in_file, trace.complete) == (1, False)
    assert "truncated-json" in {p.slug for p in trace.problems}


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(TraceFileError) as refusal:
        decode_trace_json(gzip.compress(bytes(32 << 20)), file="f")

    assert refusal.value.slug == "too-large"
