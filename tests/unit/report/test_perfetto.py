"""The Perfetto trace, read back with protobuf by field numbers of Perfetto's public protos."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden.reports import PAYLOADS
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import PS_PER_US, device_report, empty, group_of, kernels_of, session_of

from tb_contention.model.alignment import AlignedTraces, Session
from tb_contention.model.launching import launch_rows
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport
from tb_contention.model.tables import StringTable
from tb_contention.model.trace import KernelTable, LaunchTable, StepTable
from tb_contention.pipeline import analyse_logdir
from tb_contention.report.perfetto_packets import side_by_side
from tb_contention.report.to_perfetto import to_perfetto
from tb_contention.units import Nanoseconds

BEGIN, END, COUNTER = 1, 2, 4
ALL = (
    "simulated_time_slicing",
    "recorded_two_processes",
    "recorded_two_sessions",
    "recorded_queue_threads",
    "recorded_split_model",
)

#: Message: (field, number, type, repeated); a type in capitals is a message of this table.
PROTO = {
    "Trace": [("packet", 1, "TracePacket", True)],
    "TracePacket": [
        ("clock_snapshot", 6, "ClockSnapshot", False),
        ("timestamp", 8, "uint64", False),
        ("trusted_packet_sequence_id", 10, "uint32", False),
        ("track_event", 11, "TrackEvent", False),
        ("interned_data", 12, "InternedData", False),
        ("sequence_flags", 13, "uint32", False),
        ("track_descriptor", 60, "TrackDescriptor", False),
        ("first_packet_on_sequence", 87, "bool", False),
    ],
    "ClockSnapshot": [("clocks", 1, "Clock", True)],
    "Clock": [("clock_id", 1, "uint32", False), ("timestamp", 2, "uint64", False)],
    "TrackEvent": [
        ("debug_annotations", 4, "DebugAnnotation", True),
        ("type", 9, "uint32", False),
        ("name_iid", 10, "uint64", False),
        ("track_uuid", 11, "uint64", False),
        ("counter_value", 30, "int64", False),
        ("flow_ids", 47, "fixed64", True),
    ],
    "DebugAnnotation": [("name_iid", 1, "uint64", False), ("string_value_iid", 17, "uint64", False)],
    "InternedData": [
        ("event_names", 2, "Interned", True),
        ("debug_annotation_names", 3, "Interned", True),
        ("debug_annotation_string_values", 29, "Interned", True),
    ],
    "Interned": [("iid", 1, "uint64", False), ("name", 2, "string", False)],
    "TrackDescriptor": [
        ("uuid", 1, "uint64", False),
        ("name", 2, "string", False),
        ("parent_uuid", 5, "uint64", False),
        ("counter", 8, "CounterDescriptor", False),
        ("child_ordering", 11, "uint32", False),
        ("sibling_order_rank", 12, "int32", False),
        ("description", 14, "string", False),
        ("sibling_merge_behavior", 15, "uint32", False),
    ],
    "CounterDescriptor": [("unit", 3, "uint32", False)],
}
_TYPES = {"int64": 3, "uint64": 4, "int32": 5, "fixed64": 6, "bool": 8, "string": 9, "uint32": 13}


@lru_cache(maxsize=1)
def trace_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="test/perfetto.proto", package="test.perfetto", syntax="proto2")
    for name, fields in PROTO.items():
        message = file.message_type.add(name=name)
        for label, number, kind, repeated in fields:
            made = message.field.add(name=label, number=number, label=3 if repeated else 1)
            if kind in PROTO:
                made.type, made.type_name = 11, f".test.perfetto.{kind}"
            else:
                made.type = _TYPES[kind]
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("test.perfetto.Trace"))


@dataclass(slots=True)
class Read:
    """A trace as the viewer understands it. slices: (start, end, name, operation, flows) by track; counters: (time, value)."""

    tracks: dict[int, Any] = field(default_factory=dict)
    slices: dict[int, list[tuple[int, int, str, str, tuple[int, ...]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    counters: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    clocks: dict[int, int] = field(default_factory=dict)

    def named(self, name: str, parent: int | None = None) -> list[int]:
        """Find tracks by the beginning of their name."""
        found = (t for t in self.tracks.values() if parent is None or t.parent_uuid == parent)
        return [t.uuid for t in found if t.name.startswith(name)]

    def below(self, session: Session) -> int:
        """Find the group of a session."""
        found = [t.uuid for t in self.tracks.values() if t.description == f"session {clean(session.id)}"]
        assert len(found) == 1
        return int(found[0])


def read(data: bytes) -> Read:
    """Decode as the viewer does: packets in the order of time, those of one instant as they stand in the file."""
    trace = trace_class()()
    trace.ParseFromString(data)
    trace.DiscardUnknownFields()
    assert trace.ByteSize() == len(data), "a field that is not in the table, or longer than protobuf writes it"
    assert trace.packet[0].sequence_flags == 1
    assert all(p.trusted_packet_sequence_id == 1 for p in trace.packet)
    assert all(p.sequence_flags == 2 for p in trace.packet if p.HasField("track_event"))
    made = Read()
    names: dict[int, str] = {}
    texts: dict[int, str] = {}
    for packet in trace.packet:
        if packet.HasField("track_descriptor"):
            assert packet.track_descriptor.uuid not in made.tracks
            made.tracks[packet.track_descriptor.uuid] = packet.track_descriptor
        for entry in packet.interned_data.event_names:
            assert names.setdefault(entry.iid, entry.name) == entry.name
        for entry in packet.interned_data.debug_annotation_string_values:
            texts[entry.iid] = entry.name
        made.clocks.update({clock.clock_id: clock.timestamp for clock in packet.clock_snapshot.clocks})
    stacks: dict[int, list[Any]] = defaultdict(list)
    for packet in sorted((p for p in trace.packet if p.HasField("track_event")), key=lambda p: int(p.timestamp)):
        event = packet.track_event
        assert event.track_uuid in made.tracks
        if event.type == COUNTER:
            assert made.tracks[event.track_uuid].HasField("counter")
            made.counters[event.track_uuid].append((packet.timestamp, event.counter_value))
        elif event.type == BEGIN:
            stacks[event.track_uuid].append(packet)
        else:
            assert event.type == END
            begun = stacks[event.track_uuid].pop()
            op = "".join(texts[note.string_value_iid] for note in begun.track_event.debug_annotations)
            flows = tuple(begun.track_event.flow_ids)
            row = (begun.timestamp, packet.timestamp, names[begun.track_event.name_iid], op, flows)
            made.slices[event.track_uuid].append(row)
    assert not any(stacks.values()), "a slice without an end"
    for rows in made.slices.values():
        rows.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(rows)), "slices of one track overlap"
    return made


def written(aligned: AlignedTraces, device: DeviceReport) -> Read:
    return read(b"".join(to_perfetto(aligned, device)))


@lru_cache(maxsize=8)
def analysed(logs: Path) -> tuple[AlignedTraces, tuple[DeviceReport, ...]]:
    analysis = analyse_logdir(logs)
    return analysis.aligned, analysis.report.devices


def kernel_spans(session: Session, device: DeviceReport, shift: int) -> Iterator[tuple[str, tuple[int, int, str, str]]]:
    """List what each stream must hold: (track name, (start, end, name, operation)), event by event."""
    trace, kernels = session.trace, session.trace.kernels
    planes = [p.device for p in device.group.planes if p.session == session.id]
    for i in range(len(kernels)):
        stream = trace.streams[kernels.stream[i]]
        if stream.device not in planes:
            continue
        start = int(kernels.start[i]) // 1000 + session.offset + shift
        end = int(kernels.start[i] + kernels.duration[i]) // 1000 + session.offset + shift
        track = stream.name if trace.devices[stream.device].is_host else f"stream {stream.id}"
        name = clean(trace.strings.get(int(kernels.name[i])) or "(name lost)")
        yield track, (start, end, name, clean(trace.strings.get(int(kernels.op[i])) or ""))


@pytest.mark.parametrize("name", ALL)
def test_every_kernel_is_there_once_with_its_exact_times(name: str, demo_logs: Path) -> None:
    aligned, devices = analysed(demo_logs / name)
    for device in devices:
        made = written(aligned, device)
        for session in (aligned.session(s) for s in device.sessions):
            expected = defaultdict(list)
            for track, span in kernel_spans(session, device, aligned.origin_ns or 0):
                expected[track].append(span)
            parent = made.below(session)
            found: dict[str, list[tuple[int, int, str, str]]] = defaultdict(list)
            for uuid, track in made.tracks.items():
                if track.parent_uuid == parent and track.description.startswith(tuple(stream_names(session))):
                    found[track.name.partition(" (")[0]] += [row[:4] for row in made.slices[uuid]]
            assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in expected.items()}
            assert sum(map(len, expected.values())) > 0


def stream_names(session: Session) -> list[str]:
    return [f"{clean(stream.name)}: " for stream in session.trace.streams]


@pytest.mark.parametrize("name", ALL)
def test_sums_and_peaks_are_the_report_s(name: str, demo_logs: Path) -> None:
    aligned, devices = analysed(demo_logs / name)
    for device in devices:
        made = written(aligned, device)
        (window,), (contention,) = made.named("window"), made.named("contention")
        assert [row[1] - row[0] for row in made.slices[window]] == [device.time.window][: device.time.window > 0]
        assert sum(row[1] - row[0] for row in made.slices[contention]) == device.time.contended
        (at_once,) = made.named("sessions at once")
        steps = made.counters[at_once]
        together = sum(b[0] - a[0] for a, b in pairwise(steps) if a[1] > 1)
        assert (together, steps[-1][1]) == (device.time.contended, 0)
        assert {row[2] for row in made.slices[contention]} == {f"{n} sessions" for n in device.overlap.depth.tolist()}
        for lost in device.cost.lost:
            parent = made.below(aligned.session(lost.session))
            for label, spans in (("lost: stretched", lost.stretched), ("lost: stalled", lost.stalled)):
                rows = [row for uuid in made.named(label, parent) for row in made.slices[uuid]]
                assert sum(row[1] - row[0] for row in rows) == spans.total
        combined = made.named("bytes in use, all sessions")
        assert len(combined) == (device.memory is not None)
        if device.memory is not None:
            values = made.counters[combined[0]]
            assert max(value for _, value in values) == device.memory.peak
            assert (device.memory.peak_at + (aligned.origin_ns or 0), device.memory.peak) in values


@pytest.mark.parametrize("name", ALL)
def test_steps_are_there_and_times_are_unix_times(name: str, demo_logs: Path) -> None:
    aligned, devices = analysed(demo_logs / name)
    made = written(aligned, devices[0])
    first = min(row[0] for rows in made.slices.values() for row in rows)
    assert aligned.origin_ns is not None
    assert set(made.clocks) == {1, 6}
    assert aligned.origin_ns <= made.clocks[1] == made.clocks[6] <= first
    for session in (aligned.session(s) for s in devices[0].sessions):
        parent = made.below(session)
        rows = [row for uuid in made.named("steps", parent) for row in made.slices[uuid]]
        assert sorted(row[2] for row in rows) == sorted(f"step {n}" for n in session.trace.steps.number.tolist())
        assert ("simulated" in made.tracks[parent].name) == session.simulated


def test_an_arrow_leads_from_each_launch_to_its_kernel(demo_logs: Path) -> None:
    aligned, devices = analysed(demo_logs / "simulated_time_slicing")
    made = written(aligned, devices[-1])
    ends = defaultdict(list)
    for uuid, rows in made.slices.items():
        for row in rows:
            for flow in row[4]:
                ends[flow].append((made.tracks[uuid], row))
    matched = 0
    for session in (aligned.session(s) for s in devices[-1].sessions):
        parent, kernels = made.below(session), session.trace.kernels
        calls = launch_rows(kernels, session.trace.launches)
        expected = set()
        for kernel in np.flatnonzero(calls >= 0).tolist():
            launch = int(session.trace.launches.start[calls[kernel]]) // 1000
            expected.add((launch + session.offset, int(kernels.start[kernel]) // 1000 + session.offset))
        pairs = [
            sorted(pair, key=lambda end: end[0].uuid) for pair in ends.values() if pair[0][0].parent_uuid == parent
        ]
        assert all(len(pair) == 2 for pair in pairs)
        origin = aligned.origin_ns or 0
        assert {(a[1][0] - origin, b[1][0] - origin) for a, b in pairs} == expected
        matched += len(expected)
    assert matched > 0


def test_a_launch_of_many_kernels_has_an_arrow_to_each() -> None:
    one = session_of("a", "ABCDEFGH")
    launches = empty(
        LaunchTable,
        2,
        start=np.array([0, 1], np.int64),
        duration=np.array([5, 0], np.int64),
        thread=np.array([0, 1], np.int32),
        name=np.array([0, -1], np.int32),
        correlation=np.array([3, 4], np.int64),
    )
    assert isinstance(launches, LaunchTable)
    kernels = replace(one.trace.kernels, correlation=np.array([3, 3, 3, 4, 3, 3, -1, 9], np.int64))
    one = replace(one, trace=replace(one.trace, kernels=kernels, launches=launches, threads=("worker",)))
    aligned, group = group_of([one])
    made = written(aligned, device_report(aligned, group))
    (worker,), (other,) = made.named("worker"), made.named("thread 1")
    ((_, _, name, _, many),), ((_, _, lost, _, single),) = made.slices[worker], made.slices[other]
    assert (name, lost, len(many), len(single)) == ("A", "(name lost)", 5, 1)
    (stream,) = made.named("stream 7")
    assert [row[4] for row in made.slices[stream]] == [(f,) if f else () for f in (*many[:3], *single, *many[3:], 0, 0)]


def overlapping(made: Session, spans: list[tuple[int, int]]) -> Session:
    """Put these spans (ps, length) on the one stream of a session, with a step around each."""
    start = np.array([s for s, _ in sorted(spans)], np.int64)
    length = np.array([n for _, n in sorted(spans)], np.int64)
    zero = np.zeros(len(spans), np.int32)
    kernels = empty(KernelTable, len(spans), start=start, duration=length, stream=zero, name=zero)
    steps = empty(StepTable, len(spans), start=start, duration=length, number=np.arange(len(spans)))
    assert isinstance(kernels, KernelTable)
    assert isinstance(steps, StepTable)
    return replace(made, trace=replace(made.trace, kernels=kernels, steps=steps))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 9 * PS_PER_US), st.integers(0, 5 * PS_PER_US)), min_size=1, max_size=30),
    st.integers(-20, 20),
)
def test_what_overlaps_on_a_stream_goes_to_further_tracks(spans: list[tuple[int, int]], offset: int) -> None:
    session = session_of("a", "AAAA", offset_us=offset)
    aligned, group = group_of([session])
    made = written(
        replace(aligned, origin_ns=None, sessions=(overlapping(session, spans),)), device_report(aligned, group)
    )
    for label in ("stream 7", "steps"):
        tracks = made.named(label)
        assert [made.tracks[t].name for t in tracks] == [label, *(f"{label} ({n})" for n in range(2, len(tracks) + 1))]
        rows = sorted(row[:2] for track in tracks for row in made.slices[track])
        shift = max(0, -offset * 1000)  # the window begins with the capture, at its offset
        expected = [
            (s // 1000 + offset * 1000 + shift, (s + n) // 1000 + offset * 1000 + shift) for s, n in sorted(spans)
        ]
        assert rows == sorted(expected)
    assert not made.clocks


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), min_size=1, max_size=40))
def test_there_are_as_many_rows_as_spans_at_once(spans: list[tuple[int, int]]) -> None:
    spans = sorted(spans)
    start = np.array([s for s, _ in spans], np.int64)
    end = start + np.array([n for _, n in spans], np.int64)
    row, rows = side_by_side(start, end)
    for number in range(rows):
        here = np.flatnonzero(row == number)
        assert len(here)
        assert np.all(end[here][:-1] <= start[here][1:])
    deepest = max(int(np.sum((start <= t) & (end > t))) for t in start.tolist())
    assert max(1, deepest) <= rows <= deepest + 1  # a span of no length also needs a place


def test_many_overlapping_kernels_are_no_quadratic_work() -> None:
    start = np.arange(200_000, dtype=np.int64)
    row, rows = side_by_side(start, start + 1_000_000)
    assert rows == 200_000
    assert np.array_equal(row, start)


@pytest.mark.parametrize("origin", [None, -5, 1 << 63, 1 << 64, 1_700_000_000 * 10**9])
def test_no_time_is_negative_whatever_the_origin(origin: int | None) -> None:
    aligned, group = group_of([session_of("a", "..AA", offset_us=-9), session_of("b", "BBBB", offset_us=-9)])
    made = written(replace(aligned, origin_ns=origin), device_report(aligned, group))
    (stream, _) = made.named("stream 7")
    wall = origin == 1_700_000_000 * 10**9
    assert made.slices[stream][0][0] == (origin - 7_000 if wall and origin else 2_000)
    assert bool(made.clocks) == wall


def test_hostile_names_arrive_as_valid_text() -> None:
    names = [*PAYLOADS, "\ud800lone", "nul\0byte", "", "日本語", "x" * 70_000]
    table, _ = kernels_of("A" + ".A" * (len(names) - 1))
    rows = np.arange(len(names), dtype=np.int32)
    table = replace(table, name=rows, op=rows[::-1].copy())
    blob = StringTable.of([*names, "GPU_0_bfc"])
    session = session_of(PAYLOADS[5], ".A" * len(names), [(1, 1 << 62, 1 << 62), (2, -5, -5)])
    trace = replace(session.trace, kernels=table, strings=blob)
    trace = replace(trace, streams=(replace(trace.streams[0], name=PAYLOADS[6]),))
    allocator = np.full(2, len(names), np.int32)
    trace = replace(trace, allocations=replace(trace.allocations, allocator=allocator))
    session = replace(session, trace=trace, host="\udcff\x00" + PAYLOADS[0], simulated=True)
    aligned, group = group_of([session])
    made = written(aligned, device_report(aligned, group))
    (stream,) = made.named("stream 7")
    expected = [clean(blob.get(i) or "") for i in range(len(names))]
    assert [row[2] for row in made.slices[stream]] == [name or "(name lost)" for name in expected]
    assert [row[3] or "" for row in made.slices[stream]] == [name or "(name lost)" for name in expected[::-1]]
    group_name = made.tracks[made.below(session)].name
    assert group_name.isprintable()
    assert group_name.endswith("simulated, not recorded)")
    assert "\\udcff" in group_name


def test_sessions_without_anything_make_a_trace() -> None:
    bare = session_of("a", "....")
    bare = replace(bare, process_id=7, end=Nanoseconds(4_000))
    aligned, group = group_of([bare])
    made = written(aligned, device_report(aligned, group))
    assert made.tracks[made.below(bare)].name == "a (host host0, pid 7)"
    assert [rows for rows in made.slices.values() if rows] == [[(0, 4_000, "window", "", ())]]


def test_equal_input_gives_equal_bytes_in_chunks_of_a_bounded_size(demo_logs: Path) -> None:
    aligned, devices = analysed(demo_logs / "simulated_time_slicing")
    chunks = list(to_perfetto(aligned, devices[0]))
    assert b"".join(chunks) == b"".join(to_perfetto(aligned, devices[0]))
    assert max(map(len, chunks)) < 2 << 20
