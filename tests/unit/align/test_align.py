"""Who ran together, on which GPU, by which clock: on traces made by hand."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from lanes import kernels_of, session_of

from tb_contention.align import AlignOptions, align, arrange
from tb_contention.align.cliques import maximal_cliques
from tb_contention.errors import OptionError
from tb_contention.model.alignment import AlignedTraces, ClockSource, Identity
from tb_contention.model.capture import Capture, CaptureFile, Container, Sketched
from tb_contention.model.manifest import ClockReading, ManifestDevice, ManifestSession
from tb_contention.model.sketch import sketch_of
from tb_contention.model.trace import ClockEvidence, Device, Trace
from tb_contention.words.listing import instant
from tb_contention.words.names import group_label

S = 1_000_000_000
START = 1_700_000_000 * S


def trace(start_ns: int | None, *, host: str = "gpuhost", device: Device | None = None, length_us: int = 100) -> Trace:
    made = session_of("x", "A" * length_us).trace
    kernels, strings = kernels_of("A" * length_us)
    stop = None if start_ns is None else start_ns + length_us * 1000
    return replace(
        made,
        hostnames=(host,),
        kernels=kernels,
        strings=strings,
        devices=(device or Device(name="/device:GPU:0", ordinal=0, memory_size=1000),),
        clock=ClockEvidence(start_ns=start_ns, stop_ns=stop),
    )


def capture(
    name: str,
    content: Trace,
    *,
    directory: str = "2023_11_14_22_13_20",
    host: str = "gpuhost",
    manifest: ManifestSession | None = None,
    tfevents: tuple[int, ...] = (),
    mtime_ns: int = 0,
) -> Capture:
    run = f"{name}/{directory}"
    file = CaptureFile(
        path=f"/nowhere/{name}",
        relative=f"{name}/plugins/profile/{directory}/{host}.xplane.pb",
        run=run,
        directory=directory,
        host=host,
        container=Container.XPLANE,
        size=1,
        mtime_ns=mtime_ns,
        tfevents_seconds=tfevents,
    )
    return Capture(file=file, trace=content, manifest=manifest)


def groups(captures: Sequence[Capture], options: AlignOptions | None = None) -> dict[str, list[str]]:
    aligned = align(captures, options or AlignOptions())
    return {g.id: sorted({aligned.session(p.session).name for p in g.planes}) for g in aligned.groups}


def source(aligned: AlignedTraces) -> ClockSource:
    return aligned.sessions[0].clock.source


def test_captures_that_overlap_on_one_gpu_are_a_group() -> None:
    assert groups([capture("a", trace(START)), capture("b", trace(START + 40_000))]) == {"gpuhost/GPU:0": ["a", "b"]}


def test_captures_that_overlap_by_less_than_their_clock_errors_are_not() -> None:
    found = groups([capture("a", trace(START)), capture("b", trace(START + 85_000))])

    assert found == {"gpuhost/GPU:0": ["a"], "gpuhost/GPU:0#2": ["b"]}


def test_such_a_pair_is_named_as_perhaps_together() -> None:
    aligned = align([capture("a", trace(START)), capture("b", trace(START + 85_000))], AlignOptions())

    assert [f.rule for f in aligned.findings] == ["clock-too-coarse"]


def test_captures_on_different_days_are_neither() -> None:
    aligned = align([capture("a", trace(START)), capture("b", trace(START + 86_400 * S))], AlignOptions())

    assert len(aligned.groups) == 2
    assert aligned.findings == ()


def test_equal_ordinals_on_different_hosts_are_different_gpus() -> None:
    found = groups([capture("a", trace(START)), capture("b", trace(START, host="other"))])

    assert found == {"gpuhost/GPU:0": ["a"], "other/GPU:0": ["b"]}


def test_a_long_capture_is_in_a_group_with_each_short_one_inside_it() -> None:
    long = capture("long", trace(START, length_us=1000))
    first, second = capture("first", trace(START + 100_000)), capture("second", trace(START + 700_000))

    assert list(groups([long, first, second]).values()) == [["first", "long"], ["long", "second"]]


def test_different_capabilities_are_never_one_gpu() -> None:
    other = Device(name="/device:GPU:0", ordinal=0, memory_size=2000)
    captures = [capture("a", trace(START)), capture("b", trace(START, device=other))]

    assert sorted(groups(captures).values()) == [["a"], ["b"]]
    told = AlignOptions(gpus={("a", 0): "mine", ("b", 0): "mine"})
    assert sorted(groups(captures, told).values()) == [["a"], ["b"]]
    assert [p.slug for p in align(captures, told).problems] == ["capability-conflict"]


def test_containers_with_different_host_names_can_be_mapped_by_hand() -> None:
    captures = [capture("a", trace(START, host="c1")), capture("b", trace(START, host="c2"))]
    aligned = align(captures, AlignOptions(gpus={("a", 0): "card", ("b", 0): "card"}))

    assert [(g.id, g.device.identity) for g in aligned.groups] == [("card", Identity.USER)]


def test_a_manifest_settles_which_gpu_it_is() -> None:
    def on(uuid: str) -> ManifestSession:
        return ManifestSession(host="box", devices={0: ManifestDevice(uuid=uuid)})

    same = [
        capture("a", trace(START, host="c1"), manifest=on("GPU-1")),
        capture("b", trace(START), manifest=on("GPU-1")),
    ]
    apart = [capture("a", trace(START), manifest=on("GPU-1")), capture("b", trace(START), manifest=on("GPU-2"))]

    assert list(groups(same).values()) == [["a", "b"]]
    assert sorted(groups(apart).values()) == [["a"], ["b"]]


UUID = "GPU-11111111-0000-4000-8000-000000000001"


def pod(
    name: str,
    *,
    uuid: str = UUID,
    cores: int | None = None,
    node: str | None = None,
    boot_id: str | None = None,
) -> Capture:
    """A capture of a pod, whose host name is its own."""
    manifest = ManifestSession(
        container=name, pod=name, node=node, boot_id=boot_id, devices={0: ManifestDevice(uuid=uuid)}
    )
    device = Device(name="/device:GPU:0", ordinal=0, memory_size=1000, core_count=cores)
    return capture(name, trace(START, host=name, device=device), host=name, manifest=manifest)


def test_pods_on_one_node_land_on_one_gpu() -> None:
    by_node = [pod("a", node="n1"), pod("b", node="n1", uuid=UUID.upper().removeprefix("GPU-"))]
    by_boot = [pod("a", boot_id="x"), pod("b", boot_id="x", node="n1"), pod("c")]
    on_host = ManifestSession(host="n1", boot_id="x", devices={0: ManifestDevice(uuid=UUID)})

    assert groups(by_node) == {"n1/GPU:0": ["a", "b"]}
    assert list(groups(by_boot).values()) == [["a", "b", "c"]]
    assert list(groups([pod("a", boot_id="x"), capture("h", trace(START), manifest=on_host)]).values()) == [["a", "h"]]


def test_pods_on_different_nodes_never_do() -> None:
    assert groups([pod("a", node="n1"), pod("b", node="n2")]) == {"n1/GPU:0": ["a"], "n2/GPU:0": ["b"]}
    assert sorted(groups([pod("a", boot_id="x"), pod("b", boot_id="y")]).values()) == [["a"], ["b"]]
    # Of one name, and nothing states the GPU.
    alike = [pod("a", node=node, uuid="") for node in ("n1", "n2")]
    assert len(align(alike, AlignOptions()).groups) == 2


def test_pods_on_two_gpus_or_instances_of_a_node_are_apart() -> None:
    part = "MIG-33333333-0000-4000-8000-000000000003"
    found = groups([pod("a", node="n1"), pod("b", node="n1", uuid=part), pod("c", node="n1", uuid=part)])
    assert found == {"n1/GPU:0": ["a"], "n1/GPU:0~2": ["b", "c"]}


def test_clients_of_mps_that_see_a_part_of_the_multiprocessors_are_on_the_whole_gpu() -> None:
    aligned = align([pod("a", node="n1", cores=66), pod("b", node="n1", cores=132)], AlignOptions())

    assert [(len(g.planes), g.device.device.core_count) for g in aligned.groups] == [(2, 132)]
    assert aligned.problems == ()


def test_an_assumed_gpu_is_said_to_be_assumed() -> None:
    aligned = align([capture("a", trace(START)), capture("b", trace(START))], AlignOptions())

    assert aligned.groups[0].device.identity is Identity.ASSUMED
    assert [f.rule for f in aligned.findings] == ["gpu-identity-assumed"]


def test_clock_sources_by_the_evidence() -> None:
    manifest = ManifestSession(origin_ns=START, error_ns=5)
    data = replace(trace(None), clock=ClockEvidence(tf_data_origin_ns=START, tf_data_events=3))

    assert source(align([capture("a", trace(START), manifest=manifest)], AlignOptions())) is ClockSource.MANIFEST
    assert source(align([capture("a", trace(START))], AlignOptions())) is ClockSource.TASK_ENVIRONMENT
    assert source(align([capture("a", data)], AlignOptions())) is ClockSource.TF_DATA
    assert source(align([capture("a", trace(None))], AlignOptions())) is ClockSource.FILE_TIME
    assert source(align([capture("a", trace(None), directory="any")], AlignOptions())) is ClockSource.NONE


def test_a_tfevents_name_settles_the_time_zone_of_the_directory() -> None:
    local = 1_700_000_000  # 2023-11-14 22:13:20 UTC is what the directory says, in a zone five hours behind
    exact = align([capture("a", trace(None), tfevents=(local + 5 * 3600 + 1,))], AlignOptions()).sessions[0].clock
    unknown = align([capture("a", trace(None), mtime_ns=(local + 777) * S)], AlignOptions()).sessions[0].clock

    assert exact.error is not None
    assert exact.error < 6 * S
    assert exact.origin_ns == (local + 5 * 3600 + 1) * S - 100_000
    assert unknown.error is not None
    assert unknown.error > 14 * 3600 * S


def test_servers_captured_by_one_request_share_a_start() -> None:
    captures = [
        capture("a", trace(None, host="h"), host="h_6009"),
        replace(c := capture("a", trace(START, host="h"), host="h_6010"), file=replace(c.file)),
    ]
    aligned = align(captures, AlignOptions())

    assert [s.clock.source for s in aligned.sessions] == [ClockSource.SHARED_CAPTURE, ClockSource.TASK_ENVIRONMENT]
    assert aligned.sessions[0].clock.origin_ns == START


def test_the_user_can_move_a_session() -> None:
    captures = [capture("a", trace(START)), capture("b", trace(START + 5 * S))]
    aligned = align(captures, AlignOptions(shifts={"b": -5 * S}))

    assert [g.id for g in aligned.groups] == ["gpuhost/GPU:0"]
    assert aligned.sessions[1].clock.source is ClockSource.USER


def test_an_option_for_no_session_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"--shift: no session is called 'c'; the nearest is a\.$"):
        align([capture("a", trace(START))], AlignOptions(shifts={"c": 1}))


def test_without_any_wall_clock_nothing_is_lined_up() -> None:
    captures = [capture("a", trace(None), directory="x"), capture("b", trace(None), directory="y")]
    aligned = align(captures, AlignOptions())

    assert aligned.origin_ns is None
    assert len(aligned.groups) == 2
    assert [s.start for s in aligned.sessions] == [0, 0]


def test_sessions_that_ran_together_are_a_group_though_a_third_has_a_coarse_clock() -> None:
    def at(name: str, start_us: int, length_us: int, error_ns: int) -> Capture:
        manifest = ManifestSession(origin_ns=START + start_us * 1000, error_ns=error_ns)
        return capture(name, trace(START, length_us=length_us), manifest=manifest)

    found = groups([at("a", 0, 100, 10_000), at("b", 50, 15, 10_000), at("c", 52, 48, 0)])

    assert sorted(found.values()) == [["a", "c"], ["b", "c"]]


def test_hourly_captures_beside_one_another_are_not_taken_for_one_moment() -> None:
    seconds = (1_699_956_000, 1_699_959_600)
    captures = [
        capture("r", trace(None), directory=f"2023_11_14_{hour}_00_00", tfevents=seconds, mtime_ns=mtime)
        for hour, mtime in ((10, 0), (11, 0))
    ]
    untouched = [replace(c, file=replace(c.file, mtime_ns=(s + 1) * S)) for c, s in zip(captures, seconds, strict=True)]

    assert len(align(captures, AlignOptions()).groups) == 2
    assert all((s.clock.error or 0) > 3600 * S for s in align(captures, AlignOptions()).sessions)
    assert [s.clock.origin_ns for s in align(untouched, AlignOptions()).sessions] == [s * S - 100_000 for s in seconds]


def test_file_times_that_imply_two_time_zones_were_changed_by_a_copy() -> None:
    copied = (1_700_000_000 + 5 * 3600 + 61) * S
    captures = [
        capture("a", trace(None), directory="2023_11_14_22_13_20", mtime_ns=copied),
        capture("b", trace(None), directory="2023_11_15_00_13_20", mtime_ns=copied),
    ]
    first, second = align(captures, AlignOptions()).sessions

    assert (first.clock.error or 0) > 14 * 3600 * S
    assert second.start - first.start == 2 * 3600 * S


def test_a_file_time_alone_is_no_clock() -> None:
    assert (
        source(align([capture("a", trace(None), directory="any", mtime_ns=START)], AlignOptions())) is ClockSource.NONE
    )


def test_groups_are_the_sets_that_trying_all_finds() -> None:
    random = Random(7)
    for _ in range(200):
        count = random.randint(0, 7)
        pairs = {p for p in combinations(range(count), 2) if random.random() < 0.6}
        near = [{b for b in range(count) if (min(a, b), max(a, b)) in pairs} for a in range(count)]
        sets = [set(s) for n in range(1, count + 1) for s in combinations(range(count), n)]
        cliques = [s for s in sets if all(b in near[a] for a in s for b in s - {a})]
        expected = sorted(sorted(s) for s in cliques if not any(s < other for other in cliques))

        assert sorted(sorted(s) for s in maximal_cliques(near)) == expected


def test_a_wall_clock_that_was_set_meanwhile_widens_the_error_and_is_a_problem() -> None:
    readings = (
        ClockReading(realtime_ns=START, monotonic_raw_ns=0),
        ClockReading(realtime_ns=START + S + 3_000_000, monotonic_raw_ns=S),
    )
    stepped = capture("a", trace(START), manifest=ManifestSession(clock_readings=readings))
    aligned = align([stepped, capture("b", trace(START))], AlignOptions())
    a, b = aligned.sessions
    assert a.clock.error is not None
    assert b.clock.error is not None
    assert a.clock.error == b.clock.error + 3_000_000
    assert [(p.slug, p.file) for p in aligned.problems] == [("clock-step", a.file)]


def test_a_clock_that_more_captures_tell_is_moved_by_hand_once() -> None:
    names_only = [capture("a", trace(None), tfevents=(1_700_000_000,)), capture("b", trace(START))]
    whole = align(names_only, AlignOptions(shifts={"a": 3 * S}))
    sketched = [Sketched(file=c.file, sketch=sketch_of(c.trace)) for c in names_only]
    clocks = {p.id: p.evidence for p in arrange(sketched, AlignOptions(shifts={"a": 3 * S})).placed}
    alone = align(names_only[:1], AlignOptions(shifts={"a": 3 * S}, clocks=clocks))

    assert alone.sessions[0].clock.origin_ns == whole.sessions[0].clock.origin_ns


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        (START, START + 5 * S, ["a", "b"]),
        (START, START + 3600 * S, [instant(START), instant(START + 3600 * S)]),
        (None, None, ["a", "b"]),
    ],
)
def test_groups_of_one_device_are_told_apart_by_time_or_else_by_runs(
    first: int | None, second: int | None, apart: list[str]
) -> None:
    aligned = align(
        [capture("a", trace(first), directory="x"), capture("b", trace(second), directory="y")], AlignOptions()
    )

    assert [group_label(group) for group in aligned.groups] == [f"GPU 0 on gpuhost ({part})" for part in apart]


def test_one_group_alone_needs_no_title() -> None:
    (group,) = align([capture("a", trace(START))], AlignOptions()).groups
    assert (group.title, group_label(group)) == ("", "GPU 0 on gpuhost")
