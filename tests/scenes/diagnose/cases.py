"""For each rule a scene that it must speak in, and one that is nearly the same and that it must keep silent in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from lanes import device_report, group_of, session_of
from scenes.diagnose.scenes import (
    LONG,
    SHORT,
    kernels,
    pair,
    queue,
    rates,
    result,
    session,
    side_by_side,
    slices,
    time_sliced,
    unshared,
    with_cost,
    with_driver,
    with_facts,
    with_lost,
)
from unit.memory.heap import Heap

from tb_contention.diagnose.copy_rates import Moved
from tb_contention.diagnose.scene import Scene
from tb_contention.model.alignment import ClockCheck
from tb_contention.model.contention import (
    UNTRACED,
    Blame,
    Evidence,
    Latency,
    Loop,
    OffGpu,
    RequestTime,
    RequestTimes,
    Slowdown,
)
from tb_contention.model.intervals import Intervals
from tb_contention.model.memory import (
    AllocationStall,
    CombinedMemory,
    Growth,
    Holder,
    Holders,
    Holding,
    KernelChange,
    Refused,
    StallKind,
)
from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.simulate.engine import Clock
from tb_contention.units import Bytes, Nanoseconds

GIB, MIB = 1 << 30, 1 << 20
Make = Callable[[], Scene]


@dataclass(frozen=True, slots=True)
class Case:
    slug: str
    speaks: Make
    silent: Make


def two(policy: Any, first: Any = LONG, second: Any = (*SHORT, *SHORT), **more: Any) -> Scene:
    """The usual two sessions with other kernels or another way to share."""
    specs = session("one", (*first, result())), session("two", (*second, result()), start=20.0, long_pause=70.0)
    return pair(policy, *specs, **more)


def in_one_queue() -> Scene:
    """The usual two sessions in one process."""
    shared: dict[str, Any] = {"process": "program", "process_id": 1000}
    specs = (
        session("one", (*LONG, result()), **shared),
        session("two", (*SHORT, *SHORT, result()), start=20.0, long_pause=70.0, **shared),
    )
    return pair(queue, *specs)


def service(policy: Any, beside: Any, **more: Any) -> Scene:
    """A session of short steps without rest beside another one."""
    other: dict[str, Any] = {"start": 20.0, "burst": 1, "long_pause": 90.0, **more}
    return pair(
        policy, session("one", (*kernels(40, 60), result()), burst=0), session("two", (*beside, result()), **other)
    )


def predicted(step: float) -> Scene:
    """The time-sliced two, with a shift that would bring both slowdowns to `step`."""
    scene = time_sliced()
    sessions = tuple(
        SessionPrediction(
            session=s, slowdown=Bounds(estimate=step, low=step - 0.02, high=step + 0.02), step=None, end=None, gain=None
        )
        for s in scene.device.sessions
    )
    made = Prediction(schedule=Schedule.SHIFTED, setting="start two 30 ms later", sessions=sessions)
    return replace(scene, device=replace(scene.device, predictions=(made,)))


def full(first: Any, second: Any) -> Scene:
    """Sessions that hardly rest."""
    return pair(
        slices(),
        session("one", (*first, result()), long_pause=30.0, burst=12, pause=0.05),
        session("two", (*second, result()), start=20.0, long_pause=40.0, burst=12, pause=0.05),
    )


def copies(overlap: bool) -> Scene:
    """Each session's copies take a quarter longer, for a tenth of the window; beside the other's, or not."""
    scene = time_sliced()
    window = scene.window
    facts = tuple(
        replace(
            f,
            copies=replace(
                f.copies,
                total=window // 4,
                stretch=window // 10,
                moved=Moved.nothing(),
                when=scene.device.overlap.contended if overlap or not k else Intervals.empty(),
            ),
        )
        for k, f in enumerate(scene.facts)
    )
    return replace(scene, facts=facts)


def served(ratio: float) -> Scene:
    """Requests start the steps of the first session; they take `ratio` times as long as alone."""
    scene = unshared()
    first, *others = scene.device.cost.losses
    alone = RequestTime(estimate=2_000_000, low=1_900_000, high=2_100_000)
    longer = RequestTime(estimate=round(ratio * 2e6), low=round(ratio * 1.9e6), high=round(ratio * 2.1e6))
    latency = Latency(
        requests=80,
        waited=20,
        slowdown=Slowdown(estimate=ratio, low=0.97 * ratio, high=1.03 * ratio, evidence=Evidence.B),
        shared=RequestTimes(mean=longer, p50=longer, p95=longer, p99=longer),
        alone=RequestTimes(mean=alone, p50=alone, p95=alone, p99=alone),
    )
    return with_cost(scene, losses=(replace(first, loop=Loop.OPEN, latency=latency), *others))


def off_gpu(**changes: Any) -> Scene:
    """Both sessions meet on the processor as well."""
    scene = unshared()
    plain = OffGpu(
        gpu_slowdown=1.0, hosts_meet=0.8, host_factor=None, host_lost=None, copies_lost=None, unmeasured=False
    )
    part = replace(plain, **changes)
    return with_cost(scene, losses=tuple(replace(loss, off_gpu=part) for loss in scene.device.cost.losses))


def early(part: float) -> Scene:
    """So much of what was lost was lost in the first quarter of the steps."""

    def lost(count: int) -> Any:
        quarter = count // 4
        return np.where(np.arange(count) < quarter, 40e6 * part / quarter, 40e6 * (1 - part) / (count - quarter))

    return with_lost(time_sliced(), lost)


def untraced(part: float) -> Scene:
    scene = time_sliced()
    rows = []
    for loss in scene.device.cost.losses:
        foreign = Nanoseconds(round(part * int(loss.lost or 0)))
        other = next(s for s in scene.device.sessions if s != loss.session)
        rows += [
            Blame(victim=loss.session, culprit=UNTRACED, lost=foreign),
            Blame(victim=loss.session, culprit=other, lost=Nanoseconds(int(loss.lost or 0) - foreign)),
        ]
    return with_cost(scene, blame=tuple(rows))


def clocks(error: int) -> Scene:
    scene = time_sliced()
    group = replace(scene.device.group, max_error=Nanoseconds(error))
    return replace(scene, device=replace(scene.device, group=group))


def checked(check: ClockCheck) -> Scene:
    scene = time_sliced()
    first, *others = scene.aligned.sessions
    clock = replace(first.clock, check=check, correction=Nanoseconds(2_000_000))
    aligned = replace(scene.aligned, sessions=(replace(first, clock=clock), *others))
    return replace(scene, aligned=aligned)


def heaps(*held: tuple[int, int], **changes: Any) -> Scene:
    """One process for each (limit, held) in GiB, on a GPU of 80 GiB."""
    made = []
    for number, (limit, size) in enumerate(held):
        heap = Heap(f"heap_{number}", limit=limit * GIB, capacity=80 * GIB)
        heap.give(10, 1, size * GIB, f"model_{number}/op")
        made.append(heap)
    aligned, group = group_of([h.session() for h in made])
    device = device_report(aligned, group)
    assert isinstance(device.memory, CombinedMemory)
    return Scene.of(aligned, replace(device, memory=replace(device.memory, **changes)))


def fragmented(part: float) -> Scene:
    scene = heaps((60, 50))
    memory = scene.device.memory
    assert memory is not None
    allocators = tuple(replace(a, fragmentation_at_peak=part) for a in memory.allocators)
    return replace(scene, device=replace(scene.device, memory=replace(memory, allocators=allocators)))


def growing(steps: int) -> Scene:
    scene = heaps((60, 20))
    who = scene.device.sessions[0]
    grown = Growth(
        session=who, allocator="GPU_0_bfc", op="model/op", first=Bytes(GIB), last=Bytes(2 * GIB), steps=8, rising=1.0
    )
    return heaps((60, 20), growth=(grown,) if steps else ())


def changed(denied: bool) -> Scene:
    who = heaps((60, 20)).device.sessions[0]
    change = KernelChange(
        session=who, neighbour=None, op="conv", before="fast", after="slow", count_before=10, count_after=10,
        mean_before=Nanoseconds(1000), mean_after=Nanoseconds(3000), workspace_before=Bytes(MIB), workspace_after=Bytes(0), at=None,
    )  # fmt: skip
    return heaps((60, 20), kernel_changes=(change,) if denied else ())


def refused(asked: int, *, in_use: int = 20, reserved: int = 25, other: int = 40) -> Refused:
    """The first session's allocator refuses some GiB, while the second session holds others."""
    one, two = heaps((60, 20), (60, 40)).device.sessions
    rows = tuple(
        Holder(
            session=session, allocator="GPU_0_pytorch", kind=Holding.OP, op=op, scope="", bytes=Bytes(held * GIB), requested=None, count=1,
            region=None, data_type=None, shape=None, age=None,
        )
        for session, op, held in ((two, "aten::mm", other), (one, "aten::conv2d", in_use)) if held
    )  # fmt: skip
    held = Holders(at=Nanoseconds(5), total=Bytes((in_use + other) * GIB), rows=rows, scopes=())
    return Refused(
        session=one, at=Nanoseconds(5), count=2, asked=Bytes(asked * GIB), in_use=Bytes(in_use * GIB), reserved=Bytes(reserved * GIB),
        holders=held,
    )  # fmt: skip


def stalled(part: float) -> Scene:
    scene = heaps((60, 20))
    total = Nanoseconds(round(part * scene.window))
    stall = AllocationStall(
        session=scene.device.sessions[0], kind=StallKind.DRIVER, count=3, total=total, longest=total, longest_at=Nanoseconds(0),
        what="cuMemAlloc",
    )  # fmt: skip
    return heaps((60, 20), stalls=(stall,))


def peaks(sum_of_peaks: int) -> Scene:
    return heaps((35, 30), (35, 30), peak=Bytes(60 * GIB), sum_of_peaks=Bytes(sum_of_peaks * GIB), safe=Bytes(74 * GIB))


def drawing(*rows: str, memory: bool = True) -> Scene:
    """Sessions as drawn, one character a microsecond."""
    made = [session_of(f"row_{k}", row, [(1, 10, 10)] if memory else None) for k, row in enumerate(rows)]
    aligned, group = group_of(made)
    return Scene.of(aligned, device_report(aligned, group))


def copying(part: float) -> Scene:
    """A session alone that copies for so much of its busy time, and computes for the rest."""
    scene = drawing("AAAAAAAA..")
    fact = scene.facts[0]
    busy = scene.device.overlap.busy[fact.session]
    length, start = round(part * busy.total), int(busy.start[0])
    when = Intervals.union_of(np.array([start], np.int64), np.array([start + length], np.int64))
    return with_facts(
        scene,
        kernel_time=busy.total - length,
        copies=replace(fact.copies, total=length, count=3, to_host=3, when=when),
    )


def in_collectives(part: float) -> Scene:
    """A session alone that is in collectives alone for so much of its busy time, and computes for the rest."""
    scene = drawing("AAAAAAAA..")
    (share,) = scene.device.per_session
    waits = Nanoseconds(round(part * share.busy))
    share = replace(share, collective=waits, computing=Nanoseconds(share.busy - waits))
    overlap = replace(scene.device.overlap, shares=(share,))
    return replace(scene, device=replace(scene.device, overlap=overlap))


def on_processor(ratio: float) -> Scene:
    """Sessions on a processor, of which one takes `ratio` times as long as in a capture alone."""
    scene = processor(is_host=True)
    first, *others = scene.device.cost.losses
    found = Slowdown(
        estimate=ratio,
        low=ratio - 0.02,
        high=ratio + 0.02,
        evidence=Evidence.A,
        coverage=1.0,
        baseline="alone",
        settle="",
    )
    return with_cost(scene, losses=(replace(first, slowdown=found, lost=Nanoseconds(3000)), *others))


def processor(is_host: bool) -> Scene:
    scene = drawing("AAAA....", "..BBBB..")
    device = replace(scene.device.group.device.device, is_host=is_host)
    physical = replace(scene.device.group.device, device=device)
    return replace(scene, device=replace(scene.device, group=replace(scene.device.group, device=physical)))


TINY, TINY_LONG = kernels(200, 60, grid=16), kernels(30, 400, grid=16)
REDUCE = "ncclDevKernel_AllReduce"
HOSTS = {"pause": 6.0, "burst": 0}

CASES: tuple[Case, ...] = (
    Case("time-slice-waiting", time_sliced, side_by_side),
    Case("one-stream", in_one_queue, time_sliced),
    Case("slowed-side-by-side", side_by_side, unshared),
    Case("shift-helps", lambda: predicted(1.05), lambda: predicted(1.20)),
    Case("saturation", lambda: full(LONG, (*SHORT, *SHORT)), lambda: full(TINY_LONG, TINY)),
    Case("destructive-sharing", lambda: two(slices(1.0, 0.4)), time_sliced),
    Case("unfair-sharing", in_one_queue, time_sliced),
    Case("small-grids", lambda: two(slices(), TINY_LONG, TINY), time_sliced),
    Case("latency-tail", lambda: service(slices(5.0), (*LONG, *LONG)), time_sliced),
    Case("slow-requests", lambda: served(3.0), lambda: served(1.01)),
    Case(
        "head-of-line",
        lambda: service(rates(0.3, 0.95), kernels(6, 2000), long_pause=40.0),
        lambda: service(rates(0.3, 0.95), kernels(200, 60), long_pause=40.0),
    ),
    Case(
        "short-steps-beside-long",
        lambda: service(slices(), (*LONG, *LONG, *LONG), burst=3),
        lambda: service(slices(), kernels(60, 60), burst=20),
    ),
    Case("copy-contention", lambda: copies(overlap=True), lambda: copies(overlap=False)),
    Case(
        "collective-spin",
        lambda: two(slices(), (*LONG, *kernels(3, 800, name=REDUCE, spin=True))),
        lambda: two(slices(), (*LONG, *kernels(1, 400, name=REDUCE, spin=True))),
    ),
    Case("mostly-copies", lambda: copying(0.9), lambda: copying(0.3)),
    Case("mostly-collectives", lambda: in_collectives(0.6), lambda: in_collectives(0.4)),
    Case(
        "host-contention",
        lambda: off_gpu(host_factor=1.6, host_lost=Nanoseconds(200_000_000)),
        lambda: off_gpu(host_factor=1.02, host_lost=Nanoseconds(2_000_000)),
    ),
    Case(
        "input-starved",
        lambda: with_facts(time_sliced(), input_wait=round(0.2 * time_sliced().window)),
        lambda: with_facts(time_sliced(), input_wait=round(0.05 * time_sliced().window)),
    ),
    Case(
        "sync-every-step",
        time_sliced,
        lambda: pair(
            slices(),
            session("one", LONG, sync_every=0, queue_depth=4000),
            session("two", (*SHORT, *SHORT), sync_every=0, queue_depth=4000, start=20.0, long_pause=70.0),
        ),
    ),
    Case(
        "host-bound",
        lambda: pair(slices(), session("one", (*kernels(30, 100), result()), **HOSTS)),
        lambda: pair(slices(), session("one", (*kernels(30, 100), result()), pause=0.3, burst=0)),
    ),
    Case("processor-contention", lambda: on_processor(1.4), lambda: on_processor(1.01)),
    Case("untraced-corunner", lambda: untraced(0.5), lambda: untraced(0.1)),
    Case(
        "untraced-memory",
        lambda: with_driver(drawing("AAAA...."), untraced=3 * GIB),
        lambda: with_driver(drawing("AAAA...."), untraced=GIB),
    ),
    Case("loss-at-start", lambda: early(0.9), lambda: early(0.4)),
    Case("clocks-fall", lambda: two(slices(), clock=Clock(at=300e6, factor=1.15)), time_sliced),
    Case("sharing-is-fine", unshared, side_by_side),
    Case("overlap-in-time", lambda: drawing("AAAA....", "..BBBB.."), lambda: drawing("AAAA....")),
    Case("not-one-gpu", lambda: heaps((79, 60), (79, 60)), lambda: heaps((79, 60))),
    Case("out-of-memory", lambda: heaps((60, 20), (60, 40), refused=(refused(30),)), lambda: heaps((60, 20), (60, 40))),
    Case("limits-exceed-capacity", lambda: heaps((75, 20), (75, 10)), lambda: heaps((35, 20), (35, 10))),
    Case("reserved-unused", lambda: heaps((79, 20), (79, 20)), lambda: heaps((79, 20))),
    Case("little-headroom", lambda: heaps((40, 39), (40, 38)), lambda: heaps((40, 30), (40, 30))),
    Case("peaks-may-meet", lambda: peaks(78), lambda: peaks(72)),
    Case(
        "gpu-full",
        lambda: with_driver(drawing("AAAA...."), free=GIB),
        lambda: with_driver(drawing("AAAA...."), free=2 * GIB),
    ),
    Case("fragmentation", lambda: fragmented(0.5), lambda: fragmented(0.1)),
    Case("memory-growth", lambda: growing(8), lambda: growing(0)),
    Case("kernels-changed", lambda: changed(True), lambda: changed(False)),
    Case("allocation-stalls", lambda: stalled(0.05), lambda: stalled(0.001)),
    Case("maybe-different-gpus", lambda: two(rates(1.0, 1.0), manifest=False), unshared),
    Case(
        "serialised-kernels",
        lambda: with_facts(time_sliced(), streams=2, serial=True),
        lambda: with_facts(time_sliced(), streams=2, serial=False),
    ),
    Case("clock-error-large", lambda: clocks(2_000_000), lambda: clocks(20_000)),
    Case("clocks-disagree", lambda: checked(ClockCheck.CORRECTED), lambda: checked(ClockCheck.CONFIRMED)),
    Case("no-steps", lambda: with_cost(time_sliced(), steps=()), time_sliced),
    Case("memory-unseen", lambda: drawing("AAAA....", "..BB", memory=False), lambda: drawing("AAAA....", memory=False)),
    Case("host-only", lambda: processor(is_host=True), lambda: processor(is_host=False)),
)
