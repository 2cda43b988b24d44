"""Rules on how memory is used while steps run: free memory in pieces, growth, workspaces denied, and time spent on allocation."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import FROM_START, IN_PIECES, LEAK, told
from tb_contention.diagnose.places import MEMORY, kernel_change, longest_stall, memory_peak
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene
from tb_contention.model.findings import Severity
from tb_contention.model.memory import KernelChange, StallKind
from tb_contention.model.names import shorten
from tb_contention.words.numbers import count, duration, percent, share, size

#: That part of the free memory lies outside the largest piece, while less than that part of the limit is left.
_FRAGMENTED, _LITTLE = 0.3, 0.25
#: Calls of the driver that fill that part of the window.
_NOTABLE = 0.01
#: How long the name of an operation or a kernel may be.
_LONG = 80


@rule(
    "fragmentation",
    place=memory_peak,
    speaks=f"Speaks when {share(_FRAGMENTED)} of an allocator's free memory lies outside the largest piece at its peak, and less than "
    f"{share(_LITTLE)} of its limit is left, or an allocation already waited for room.",
)
def fragmentation(scene: Scene) -> Iterator[Remark]:
    """Memory is free, but in pieces, where little is left or something already waited for room."""
    memory = scene.device.memory
    if memory is None:
        return
    waited = {s.session for s in memory.stalls if s.kind is StallKind.ROOM}
    for a in memory.allocators:
        part = a.fragmentation_at_peak
        if part is None or part < _FRAGMENTED or a.limit is None:
            continue
        left = int(a.limit - a.peak)
        if left > _LITTLE * a.limit and a.session not in waited:
            continue
        yield Remark(
            title=f"Free memory of {scene.name(a.session)} is fragmented: {share(part)} of it lies outside the largest piece",
            detail=f"At its peak, {a.allocator} had {size(left)} left, and the largest piece was about {size(left * (1 - part))}"
            + ("; an allocation already waited for another to be freed." if a.session in waited else "."),
            cause="Buffers of many sizes come and go, and leave gaps that none of the next ones fits.",
            advice=f"{told(scene, IN_PIECES, (a.session,))}, stable shapes (padded batches), or more memory than it seems to need.",
            effect="An allocation as large as all free memory succeeds.",
            verify="The allocator reports less fragmentation, and fewer allocations are retried.",
            gain_bytes=round(left * part),
            evidence={"fragmentation": part, "left_bytes": left, "peak_bytes": int(a.peak)},
            sessions=(a.session,),
        )


@rule(
    "memory-growth",
    place=MEMORY,
    speaks="Speaks when an operation holds more at the end of nearly every step than at the end of the one before.",
)
def memory_growth(scene: Scene) -> Iterator[Remark]:
    """Operations hold more from step to step; one remark per session."""
    growth = () if scene.device.memory is None else scene.device.memory.growth
    for session in dict.fromkeys(g.session for g in growth):
        mine = [g for g in growth if g.session == session]
        most = next((g for g in mine if g.op), mine[0])
        name = shorten(most.op, _LONG) if most.op else "operations that were not recorded"
        yield Remark(
            title=f"{scene.name(session)} holds {size(most.per_step)} more after each step",
            detail=f"Most of it belongs to {name}, from {size(most.first)} to {size(most.last)} over {count(int(most.steps), 'step')}.",
            cause="A leak, or a cache that fills.",
            advice=told(scene, LEAK, (session,)),
            effect="Without the growth, the peak stays where it is.",
            verify="Capture again later: a leak has grown by as much per step, a cache has stopped growing.",
            evidence={"op": most.op, "bytes_per_step": round(most.per_step), "steps": int(most.steps)},
            sessions=(session,),
        )


@rule(
    "kernels-changed",
    place=kernel_change,
    speaks="Speaks when operations run other, slower kernels since another session came, or than in the capture alone; a warning where "
    "their workspace shrank as well.",
)
def kernels_changed(scene: Scene) -> Iterator[Remark]:
    """Operations run other kernels since another session came: why a session can be slow that does not wait."""
    every = () if scene.device.memory is None else scene.device.memory.kernel_changes
    for session in dict.fromkeys(c.session for c in every):
        changes = [c for c in every if c.session == session]
        denied = [c for c in changes if _shrank(c)]
        first = (denied or changes)[0]
        since = "than alone" if first.neighbour is None else f"since {scene.name(first.neighbour)} came"
        cost = sum(max(0, int(c.cost)) for c in changes)
        yield Remark(
            severity=Severity.WARNING if denied else Severity.INFO,
            title=f"{scene.name(session)} runs other kernels {since}, in {count(len(changes), 'operation')}",
            detail=f"{shorten(first.op, _LONG)} ran {shorten(first.before, _LONG)} ({duration(first.mean_before)} on average), and now "
            f"runs {shorten(first.after, _LONG)} ({duration(first.mean_after)}).",
            cause=f"Its workspace shrank from {size(first.workspace_before)} to {size(first.workspace_after or 0)}: it was denied memory, "
            "and a slower algorithm took over."
            if denied
            else "Its workspace did not shrink as far as recorded. Autotuning may have chosen anew for another reason.",
            advice="Leave memory free for workspaces: lower the memory limit of the other session, and restart this one."
            if denied
            else "",
            effect=f"At most {duration(cost)} of the window.",
            verify="Once the other session is gone, the operations run their former kernels again.",
            gain_ns=cost,
            evidence={"changes": len(changes), "cost_ns": cost},
            sessions=(session, *(() if first.neighbour is None else (first.neighbour,))),
        )


def _shrank(change: KernelChange) -> bool:
    return (change.workspace_before or 0) > (change.workspace_after or 0)


@rule(
    "allocation-stalls",
    place=longest_stall,
    speaks=f"Speaks when calls that take memory from the driver fill {share(_NOTABLE)} of the window.",
)
def allocation_stalls(scene: Scene) -> Iterator[Remark]:
    """A session asks the driver for memory for a notable part of the window."""
    memory, window = scene.device.memory, scene.device.time.window
    for stall in () if memory is None else memory.stalls:
        if stall.kind is not StallKind.DRIVER or not window or stall.total <= _NOTABLE * window:
            continue
        yield Remark(
            title=f"{scene.name(stall.session)} spends {percent(stall.total, window)} of the window getting memory from the driver",
            detail=f"{count(stall.count, 'call')} ({stall.what}) took {duration(stall.total)}, the longest {duration(stall.longest)}. Many "
            "such calls wait until the GPU is idle.",
            cause="The pool grows or shrinks while steps run, and the driver waits for the GPU to do so.",
            advice=told(scene, FROM_START, (stall.session,)),
            effect="The calls disappear from the steps; part of their time may have been hidden.",
            verify="The next capture has no such calls.",
            gain_ns=int(stall.total),
            evidence={"count": int(stall.count), "total_ns": int(stall.total), "longest_ns": int(stall.longest)},
            sessions=(stall.session,),
        )
