import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.recorders.xspace.writer import (
    Capabilities,
    Event,
    Line,
    Names,
    Plane,
    Space,
    StatColumn,
    StatValue,
    Text,
    Unsigned,
    encode,
    encode_kernel_columns,
    encode_line,
    task_environment,
)


def parsed(data: bytes):  # type: ignore[no-untyped-def]  # message classes are made at run time
    space = XSpace()
    space.ParseFromString(data)
    return space


def space_of(*events: Event, timestamp_ns: int = 0) -> Space:
    line = Line(id=7, name="Stream #7(Compute)", events=list(events), timestamp_ns=timestamp_ns)
    return Space(planes=[Plane(id=0, name="/device:GPU:0", lines=[line])], hostnames=["host0"])


def test_protobuf_reads_every_kind_of_stat() -> None:
    stats: dict[str, StatValue] = {
        "i": -3,
        "u": Unsigned(2**64 - 1),
        "d": 0.5,
        "r": "text",
        "t": Text("text"),
        "b": b"\x00\xff",
    }
    space = parsed(encode(space_of(Event(name="gemm", start=5, duration=9, stats=stats))))
    plane = space.planes[0]
    event = plane.lines[0].events[0]
    read = {plane.stat_metadata[s.metadata_id].name: (s.WhichOneof("value"), s) for s in event.stats}
    assert {name: kind for name, (kind, _) in read.items()} == {
        "i": "int64_value",
        "u": "uint64_value",
        "d": "double_value",
        "r": "ref_value",
        "t": "str_value",
        "b": "bytes_value",
    }
    assert read["i"][1].int64_value == -3
    assert read["u"][1].uint64_value == 2**64 - 1
    assert plane.stat_metadata[read["r"][1].ref_value].name == "text"


def test_an_event_is_placed_relative_to_its_line() -> None:
    space = parsed(encode(space_of(Event(name="gemm", start=7_000_500, duration=2), timestamp_ns=7_000)))
    line = space.planes[0].lines[0]
    assert (line.timestamp_ns, line.events[0].offset_ps, line.events[0].duration_ps) == (7_000, 500, 2)


def test_parents_precede_their_children() -> None:
    events = [Event(name="child", start=10, duration=1), Event(name="parent", start=10, duration=5)]
    space = parsed(encode(space_of(*events)))
    plane = space.planes[0]
    names = [plane.event_metadata[e.metadata_id].name for e in plane.lines[0].events]
    assert names == ["parent", "child"]


def test_an_offset_of_zero_is_written_because_it_is_a_choice() -> None:
    event = parsed(encode(space_of(Event(name="gemm", start=0, duration=1)))).planes[0].lines[0].events[0]
    assert event.WhichOneof("data") == "offset_ps"


def test_protobuf_would_write_as_many_bytes() -> None:
    data = encode(space_of(Event(name="gemm", start=300, duration=9, stats={"correlation_id": Unsigned(4), "x": ""})))
    assert parsed(data).ByteSize() == len(data)


def test_equal_spaces_give_equal_bytes() -> None:
    assert encode(space_of(Event(name="gemm", start=1))) == encode(space_of(Event(name="gemm", start=1)))


def test_the_task_environment_has_the_window() -> None:
    plane = parsed(
        encode(Space(planes=[task_environment(1_772_704_800_000_000_000, 1_772_704_801_000_000_000)]))
    ).planes[0]
    stats = {plane.stat_metadata[s.metadata_id].name: s.uint64_value for s in plane.stats}
    assert stats == {"profile_start_time": 1_772_704_800_000_000_000, "profile_stop_time": 1_772_704_801_000_000_000}


def test_messages_of_the_profiler_and_the_host_are_kept() -> None:
    space = parsed(encode(Space(planes=[], hostnames=["h"], errors=["e"], warnings=["w"])))
    assert (list(space.hostnames), list(space.errors), list(space.warnings)) == (["h"], ["e"], ["w"])


def test_capabilities_are_stats_of_the_plane() -> None:
    capabilities = Capabilities(
        model="M", clock_rate_khz=1, core_count=2, memory_size=3, memory_bandwidth=4, compute_capability=(9, 0)
    )
    assert capabilities.stats()["memory_size"] == 3
    assert capabilities.stats()["gpu_device_name"] == "M"


rows = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.integers(0, 2**62),
        st.integers(1, 2**40),
        st.integers(0, 2**63 - 1),
        st.integers(1, 300),
    ),
    max_size=20,
)


@given(rows)
def test_columns_give_the_bytes_of_single_events(drawn: list[tuple[int, int, int, int, int]]) -> None:
    drawn = sorted(drawn, key=lambda row: (row[1], -row[2]))
    names = Names()
    correlation, details = names.stat("correlation_id"), names.stat("details")
    ids = {k: names.event(f"kernel {k}") for k in range(1, 301)}
    texts = {k: names.stat(f"text {k}") for k in range(1, 301)}
    events = [
        Event(
            name=f"kernel {kind}",
            start=start,
            duration=duration,
            stats={"correlation_id": Unsigned(number), "details": f"text {text}"},
        )
        for kind, start, duration, number, text in drawn
    ]
    column = np.array(drawn, np.int64).reshape(-1, 5).T
    fast = encode_kernel_columns(
        np.array([ids[k] for k in column[0]], np.int64),
        column[1],
        column[2],
        [
            StatColumn(stat=correlation, field=3, values=column[3]),
            StatColumn(stat=details, field=7, values=np.array([texts[k] for k in column[4]], np.int64)),
        ],
    )
    empty = Line(id=1, name="s")
    assert encode_line(empty, names, fast) == encode_line(Line(id=1, name="s", events=events), names)
