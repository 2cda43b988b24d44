"""A finding points to where the panel shows its evidence, and nowhere where the panel has no more to show."""

from dataclasses import replace

import pytest
from scenes.diagnose.cases import CASES, GIB, changed, drawing, heaps, stalled
from scenes.diagnose.scenes import with_cost, with_driver

from tb_contention.diagnose import RULES, diagnose
from tb_contention.model.findings import Finding
from tb_contention.model.places import Place, PlaceKind
from tb_contention.units import Nanoseconds

RUN = {rule.slug: rule.run for rule in RULES}
SPEAKS = {case.slug: case.speaks for case in CASES}
WHOLE, NEAR, BLAME, STEPS = (
    Place.contended(),
    Place.contended(near=True),
    Place.section("blame"),
    Place.section("steps"),
)
PEAK = PlaceKind.MEMORY

#: What each rule points to in the scene that it speaks in; rules on memory point to the instant of the peak.
PLACES: dict[str, Place | PlaceKind | None] = {
    "time-slice-waiting": NEAR,
    "one-stream": NEAR,
    "slowed-side-by-side": NEAR,
    "shift-helps": Place.section("what-if"),
    "saturation": WHOLE,
    "destructive-sharing": NEAR,
    "unfair-sharing": BLAME,
    "small-grids": Place.table("Kernels"),
    "latency-tail": STEPS,
    "slow-requests": Place.table("Sessions"),
    "head-of-line": Place.table("Kernel pairs"),
    "short-steps-beside-long": STEPS,
    "copy-contention": NEAR,
    "mostly-copies": Place.table("Kernels"),
    "mostly-collectives": Place.table("Kernels"),
    "processor-contention": None,
    "collective-spin": Place.table("Kernels"),
    "host-contention": STEPS,
    "input-starved": None,
    "sync-every-step": STEPS,
    "host-bound": STEPS,
    "untraced-corunner": BLAME,
    "untraced-memory": PEAK,
    "loss-at-start": STEPS,
    "clocks-fall": STEPS,
    "sharing-is-fine": WHOLE,
    "overlap-in-time": WHOLE,
    "limits-exceed-capacity": PEAK,
    "not-one-gpu": PEAK,
    "out-of-memory": PEAK,
    "reserved-unused": PEAK,
    "little-headroom": PEAK,
    "peaks-may-meet": PEAK,
    "gpu-full": PEAK,
    "fragmentation": PEAK,
    "memory-growth": Place.table("Memory"),
    "kernels-changed": Place.table("Memory"),
    "allocation-stalls": Place.time(Nanoseconds(0), "Memory"),
    "maybe-different-gpus": WHOLE,
    "serialised-kernels": None,
    "clock-error-large": Place.table("Sessions"),
    "clocks-disagree": Place.table("Sessions"),
    "no-steps": Place.table("Sessions"),
    "memory-unseen": None,
    "host-only": None,
}


@pytest.mark.parametrize("slug", RUN)
def test_a_finding_points_to_its_evidence(slug: str) -> None:
    scene, expected = SPEAKS[slug](), PLACES[slug]
    for place in (finding.place for finding in RUN[slug](scene)):
        if expected is PEAK:
            assert place is not None
            assert place.kind is PEAK
        else:
            assert place == expected


def one(slug: str, findings: list[Finding]) -> Place | None:
    (place,) = {finding.place for finding in findings if finding.rule == slug}
    return place


def test_the_peak_is_where_the_sum_of_all_sessions_is_highest() -> None:
    scene = SPEAKS["little-headroom"]()
    assert scene.device.memory is not None
    assert one("little-headroom", RUN["little-headroom"](scene)) == Place.memory(scene.device.memory.peak_at)


def test_what_the_driver_counted_is_in_the_table_where_no_allocator_was_recorded() -> None:
    scene = with_driver(drawing("AAAA....", memory=False), untraced=3 * GIB)
    assert scene.device.memory is None
    assert one("untraced-memory", RUN["untraced-memory"](scene)) == Place.table("Memory")


def test_a_stall_and_a_change_are_at_their_instant() -> None:
    memory = stalled(0.05).device.memory, changed(True).device.memory
    assert memory[0] is not None
    assert memory[1] is not None
    late = heaps((60, 20), stalls=tuple(replace(s, longest_at=Nanoseconds(7)) for s in memory[0].stalls))
    after = heaps((60, 20), kernel_changes=tuple(replace(c, at=Nanoseconds(9)) for c in memory[1].kernel_changes))

    assert one("allocation-stalls", RUN["allocation-stalls"](late)) == Place.time(Nanoseconds(7), "Memory")
    assert one("kernels-changed", RUN["kernels-changed"](after)) == Place.time(Nanoseconds(9), "Memory")


def test_nothing_is_pointed_to_that_the_panel_does_not_have() -> None:
    apart = drawing("AAAA....", "....BBBB")
    assert one("overlap-in-time", RUN["overlap-in-time"](apart)) is None
    assert one("unfair-sharing", RUN["unfair-sharing"](with_cost(SPEAKS["unfair-sharing"](), blame=()))) is None


def test_a_finding_of_several_devices_points_to_no_instant_of_one() -> None:
    scene = SPEAKS["reserved-unused"]()
    assert scene.device.memory is not None
    later = replace(scene.device.memory, peak_at=Nanoseconds(scene.device.memory.peak_at + 1))
    both = diagnose(scene.aligned, (scene.device, replace(scene.device, memory=later)))

    assert one("reserved-unused", list(both)) is None
