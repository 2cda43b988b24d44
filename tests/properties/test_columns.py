"""Columns against a plain reading of the same bytes through protobuf: on real captures and on random XSpaces."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tb_contention.model.trace import NONE, Trace
from tb_contention.recorders.xspace.decoding.names import DEVICE_PLANE, is_work_line
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import XSpace

Row = tuple[Any, ...]
CAPTURES = [
    "gpu_multi_worker/plugins/profile/bert_8xV100/34.83.195.179_6003.xplane.pb",
    "mi300x_jax/conv_8gpu/plugins/profile/2026_02_20_13_54_02/tw003.xplane.pb",
    "mi300x_jax/gemm/plugins/profile/2026_02_20_13_54_10/tw003.xplane.pb",
    "mi355x_jax/fused_attention/plugins/profile/2026_05_20_08_45_12/934987a2fc2f.xplane.pb",
]
NOT_WORK = ("Memory ", "MemoryResidency", "UM_", "BUFFER_FLUSH", "INSTRUMENTATION", "RESOURCE", "COMPILER")


def signed(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def stats(plane: Any, event: Any) -> dict[str, Any]:
    """Read an event's stats by name; an interned string is its text. A later stat of one name wins, even where it refers to nothing."""
    found: dict[str, Any] = {}
    for stat in event.stats:
        which = stat.WhichOneof("value")
        if stat.metadata_id not in plane.stat_metadata or which is None:
            continue
        value = getattr(stat, which)
        if which == "ref_value":
            if value not in plane.stat_metadata:
                found.pop(plane.stat_metadata[stat.metadata_id].name, None)
                continue
            value = plane.stat_metadata[value].name
        found[plane.stat_metadata[stat.metadata_id].name] = value
    return found


def number(value: Any, absent: int) -> int:
    if value is None or value == NONE:  # the one integer that cannot be told from none
        return absent
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return signed(int(value)) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else absent
    return signed(int(value))


def real(value: Any) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else str(value)


def name_of(plane: Any, event: Any) -> str | None:
    return plane.event_metadata[event.metadata_id].name if event.metadata_id in plane.event_metadata else None


def expected_kernels(space: Any) -> list[Row]:
    rows = []
    for plane in space.planes:
        match = DEVICE_PLANE.fullmatch(plane.name)
        if not match:
            continue
        for line in plane.lines:
            if not is_work_line(line.id, line.name):
                continue
            for event in line.events:
                name = name_of(plane, event)
                if (name or "").startswith(NOT_WORK) or event.WhichOneof("data") == "num_occurrences":
                    continue
                found = stats(plane, event)
                start = line.timestamp_ns * 1000 + event.offset_ps
                rows.append(
                    (
                        int(match[1]), line.id, start, event.duration_ps, name, number(found.get("correlation_id"), -1),
                        text(found.get("tf_op")), text(found.get("kernel_details")), text(found.get("hlo_module")),
                        number(found.get("group_id"), -1), number(found.get("cuda_graph_id"), -1),
                    )
                )  # fmt: skip
    return sorted(rows, key=repr)


def read_kernels(trace: Trace) -> list[Row]:
    k, s = trace.kernels, trace.strings
    rows = []
    for i in range(len(k)):
        stream = trace.streams[int(k.stream[i])]
        copied = (s.get(int(k.name[i])) or "").startswith(("Memcpy", "Memset"))
        rows.append(
            (
                trace.devices[stream.device].ordinal, stream.id, int(k.start[i]), int(k.duration[i]), s.get(int(k.name[i])),
                int(k.correlation[i]), s.get(int(k.op[i])), None if copied else s.get(int(k.details[i])), s.get(int(k.module[i])),
                int(k.group[i]), int(k.graph[i]),
            )
        )  # fmt: skip
    return sorted(rows, key=repr)


def host_events(space: Any) -> list[tuple[Any, Any, str | None, dict[str, Any]]]:
    return [
        (line.timestamp_ns * 1000 + event.offset_ps, event.duration_ps, name_of(plane, event), stats(plane, event))
        for plane in space.planes
        if plane.name == "/host:CPU"
        for line in plane.lines
        for event in line.events
        if event.WhichOneof("data") != "num_occurrences"
    ]


def expected_launches(space: Any) -> list[Row]:
    found = [(s, d, n, number(t.get("correlation_id"), NONE)) for s, d, n, t in host_events(space)]
    memory = ("MemoryAllocation", "MemoryDeallocation")
    return sorted((row for row in found if row[3] != NONE and row[2] not in memory), key=repr)


def read_launches(trace: Trace) -> list[Row]:
    t = trace.launches
    return sorted(
        (
            (int(t.start[i]), int(t.duration[i]), trace.strings.get(int(t.name[i])), int(t.correlation[i]))
            for i in range(len(t))
        ),
        key=repr,
    )


ALLOCATION = {
    "in_use": "bytes_allocated", "available": "bytes_available", "reserved": "bytes_reserved", "size": "allocation_bytes",
    "requested": "requested_bytes", "peak": "peak_bytes_in_use", "address": "addr", "step_id": "id", "data_type": "data_type",
}  # fmt: skip
ALLOCATION_TEXT = {"allocator": "allocator_name", "op": "tf_op", "region": "region_type", "shape": "shape"}


def expected_allocations(space: Any) -> list[Row]:
    rows = [
        (
            start,
            int(name == "MemoryAllocation"),
            *(number(found.get(stat), NONE) for stat in ALLOCATION.values()),
            *(text(found.get(stat)) for stat in ALLOCATION_TEXT.values()),
            real(found.get("fragmentation")),
        )
        for start, _, name, found in host_events(space)
        if name in ("MemoryAllocation", "MemoryDeallocation")
    ]
    return sorted(rows, key=repr)


def read_allocations(trace: Trace) -> list[Row]:
    t, s = trace.allocations, trace.strings
    return sorted(
        (
            (
                int(t.start[i]),
                int(t.is_allocation[i]),
                *(int(getattr(t, column)[i]) for column in ALLOCATION),
                *(s.get(int(getattr(t, column)[i])) for column in ALLOCATION_TEXT),
                None if math.isnan(t.fragmentation[i]) else float(t.fragmentation[i]),
            )
            for i in range(len(t))
        ),
        key=repr,
    )


def compare(data: bytes) -> None:
    space = XSpace()
    space.ParseFromString(data)
    trace = decode_xspace(data, file="it")
    on_device = [d for d in trace.devices if d.is_host] == []
    wanted = expected_kernels(space)
    if any(row[4] is not None and row[4].startswith(("Memcpy", "Memset")) for row in wanted):
        wanted = sorted(
            ((*r[:7], None, *r[8:]) if (r[4] or "").startswith(("Memcpy", "Memset")) else r for r in wanted), key=repr
        )
    assert wanted == (read_kernels(trace) if on_device else [])
    assert expected_launches(space) == read_launches(trace)
    assert expected_allocations(space) == read_allocations(trace)


@pytest.mark.parametrize("capture", CAPTURES)
def test_real_captures_read_as_protobuf_reads_them(capture: str, real_traces: Path) -> None:
    data = (real_traces / capture).read_bytes()
    space = XSpace()
    space.ParseFromString(data)
    for plane in space.planes:  # old files call the op `level 0`
        for entry in plane.stat_metadata.values():
            if entry.name == "level 0":
                entry.name = "tf_op"
    compare(space.SerializeToString())


NAMES = [
    "gemm",
    "MemcpyH2D",
    "Memset 1",
    "Memory 3",
    "MemoryAllocation",
    "MemoryDeallocation",
    "cuLaunch",
    "a:B",
    "gemm",
]
STATS = [
    "correlation_id", "kernel_details", "tf_op", "hlo_module", "group_id", "cuda_graph_id", "bytes_allocated", "bytes_available",
    "allocator_name", "addr", "region_type", "other", "interned text", "17", "-3", "fragmentation", "shape",
]  # fmt: skip
int64s = st.one_of(st.integers(-5, 300), st.integers(-(1 << 63), (1 << 63) - 1))
uint64s = st.one_of(st.integers(0, 300), st.integers(0, (1 << 64) - 1))


@st.composite
def stat_values(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["int64_value", "uint64_value", "double_value", "str_value", "ref_value", "none"]))
    values: dict[str, st.SearchStrategy[Any]] = {
        "int64_value": int64s,
        "uint64_value": uint64s,
        "double_value": st.integers(-1000, 1000).map(float),
        "str_value": st.sampled_from(["", "x", "42", "-7", "größer", "1" * 19, "wide" * 40]),
        "ref_value": st.integers(0, 20),
        "none": st.none(),
    }
    made = {"metadata_id": draw(st.integers(0, 20))}
    return made if kind == "none" else {**made, kind: draw(values[kind])}


@st.composite
def planes(draw: st.DrawFn) -> dict[str, Any]:
    lines = []
    for _ in range(draw(st.integers(0, 3))):
        events = []
        for _ in range(draw(st.integers(0, 5))):
            event: dict[str, Any] = {
                "metadata_id": draw(st.integers(0, 10)),
                "duration_ps": draw(st.integers(0, 10**6)),
            }
            event[draw(st.sampled_from(["offset_ps", "offset_ps", "offset_ps", "num_occurrences"]))] = draw(
                st.integers(0, 10**9)
            )
            event["stats"] = draw(st.lists(stat_values(), max_size=5))
            events.append(event)
        line_id = draw(st.sampled_from([1, 2, 7, -3618755764477217582, -559038737, 0x10000001]))
        lines.append(
            {
                "id": line_id,
                "name": draw(st.sampled_from(["", "s", "Steps"])),
                "timestamp_ns": draw(st.integers(0, 10**6)),
                "events": events,
            }
        )
    order = draw(st.permutations(range(len(STATS))))
    return {
        "name": draw(
            st.sampled_from(["/device:GPU:0", "/device:GPU:0", "/device:GPU:3", "/host:CPU", "/host:metadata"])
        ),
        "lines": lines,
        "event_metadata": {k: {"id": k, "name": n} for k, n in enumerate(NAMES) if draw(st.booleans())},
        "stat_metadata": {k: {"id": k, "name": STATS[i]} for k, i in enumerate(order) if i % 7 or draw(st.booleans())},
    }


def encode(drawn: list[dict[str, Any]], flip: bool) -> bytes:
    """Serialise; flipped, each plane's fields come in the reverse order, metadata before lines, with an unknown field between."""
    space = XSpace()
    for described in drawn:
        plane = space.planes.add(name=described["name"])
        for line in described["lines"]:
            plane.lines.add(**line)
        for field in ("event_metadata", "stat_metadata"):
            for key, value in described[field].items():
                getattr(plane, field)[key].MergeFrom(type(getattr(plane, field)[key])(**value))
    if not flip:
        return bytes(space.SerializeToString())
    out = b""
    for plane in space.planes:
        lines = type(plane)(lines=plane.lines)
        rest = type(plane)()
        rest.CopyFrom(plane)
        rest.ClearField("lines")
        body = rest.SerializeToString() + b"\x9a\x06\x03abc" + lines.SerializeToString()
        size, head = len(body), b""
        while size >= 0x80:
            head += bytes([size & 0x7F | 0x80])
            size >>= 7
        out += b"\x0a" + head + bytes([size]) + body
    return out


#: Work that starts within a picosecond: any duration is long beside that.
AT_ONCE = {
    "name": "/device:GPU:0",
    "lines": [
        {
            "id": 1, "name": "", "timestamp_ns": 0,
            "events": [
                {"metadata_id": 0, "offset_ps": start, "duration_ps": length, "stats": []}
                for start, length in ((1, 0), (0, 2), (0, 0), (0, 0))
            ],
        }
    ],
    "event_metadata": {},
    "stat_metadata": {},
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(planes(), min_size=1, max_size=4), st.booleans())
@example([AT_ONCE], False)
def test_random_spaces_read_as_protobuf_reads_them(drawn: list[dict[str, Any]], flip: bool) -> None:
    compare(encode(drawn, flip))
