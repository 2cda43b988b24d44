"""Rules on the host's part: the GPU waits for programs, programs for their input, for each other's processors, or for the GPU."""

from collections.abc import Iterator

import numpy as np

from tb_contention.diagnose.places import steps
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, lost, shares, slowdowns
from tb_contention.diagnose.settings import JIT, PREFETCH, PRIVATE_THREADS, STEPS_PER_EXECUTION
from tb_contention.model.findings import Severity
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, SessionId
from tb_contention.words.numbers import count, duration, share

#: The GPU idles for more than this, and each program's own host part is more than that of its step.
_IDLE, _HOST = 0.20, 0.30
#: Waiting for input beyond this part of the window is notable.
_INPUT = 0.10
#: Steps that lie mostly in work of other sessions, and those that hardly meet it, and how many of each prove anything.
_MOSTLY, _HARDLY, _EACH = 0.5, 0.1, 5
#: The host part beside others against that without them, and their difference as a part of a step.
_MORE, _PART = 1.2, 0.05
_STEPS = 5
#: The host hides less than this part of the delays.
_EXPOSED = 0.10


@rule(
    "host-contention",
    place=steps,
    speaks=f"Speaks when the host part of a session's steps is {_MORE} times as long in steps that mostly overlap work of other sessions "
    f"as in steps that hardly do ({_EACH} of each), by {share(_PART)} of a step or more, and the GPU's loss in them is smaller than that. "
    "Advice: processors of its own.",
)
def host_contention(scene: Scene) -> Iterator[Remark]:
    """The host's part of a session's steps is longer while others are at work: they share more than the GPU."""
    for session in scene.device.sessions if scene.is_shared_gpu else ():
        yield from _host_contention(scene, session)


def _host_contention(scene: Scene, session: SessionId) -> Iterator[Remark]:
    steps = scene.steps(session)
    if steps is None or not steps.known or len(steps.start) < 2 * _EACH:
        return
    busy = scene.device.overlap.busy
    others = [each for s, each in busy.items() if s != session]
    meets = _part(others, steps.start, steps.end)
    host, period = steps.host.astype(np.float64), (steps.end - steps.start).astype(np.float64)
    beside, free = meets >= _MOSTLY, meets <= _HARDLY
    if beside.sum() < _EACH or free.sum() < _EACH:
        return
    with_others, without = float(np.median(host[beside])), float(np.median(host[free]))
    more = with_others - without
    # Lost time is the GPU's; what is left over between periods beside others and free ones must be the host's.
    if more <= _PART * float(np.median(period[free])) or with_others <= _MORE * without:
        return
    on_gpu = float(np.median(steps.lost[beside]))
    if on_gpu > more:
        return
    yield Remark(
        title=f"{scene.name(session)} takes {duration(more)} more per step on the host while other sessions work",
        detail=f"The host part of its steps takes {duration(with_others)} while other sessions work and {duration(without)} otherwise. On "
        f"the GPU such a step loses {duration(on_gpu) if on_gpu else 'nothing'}.",
        cause="Besides the GPU, the sessions share processors, memory bandwidth of the host, disk, network or a lock.",
        advice="Give each session its own processors (taskset, a cpuset of its container, another NUMA node) and "
        f"{PRIVATE_THREADS}.",
        effect=f"At most {duration(more)} per step that overlaps other sessions.",
        verify="The host part of the steps no longer depends on other sessions. A CPU profile (perf, top) names the cause.",
        gain_ns=round(more * float(beside.sum())),
        evidence={
            "host_beside_ns": round(with_others),
            "host_without_ns": round(without),
            "steps_beside": int(beside.sum()),
            "steps_without": int(free.sum()),
        },
        sessions=(session,),
    )


@rule(
    "input-starved",
    speaks=f"Speaks when a session spends {share(_INPUT)} of the window in the op that fetches the next batch; a warning where several "
    "do, since their input pipelines then share processors. Advice: prefetch, threads of its own.",
)
def input_starved(scene: Scene) -> Iterator[Remark]:
    """Programs wait for their input pipelines; several at once may starve each other of processors."""
    waits = [(f.session, f.input_wait / scene.window) for f in scene.facts if f.input_wait > _INPUT * scene.window]
    if not waits or scene.is_host:
        return
    several = len(waits) > 1
    yield Remark(
        severity=Severity.WARNING if several else Severity.INFO,
        title=f"Several sessions wait for input: {shares(scene, waits)} of the window"
        if several
        else f"{scene.name(waits[0][0])} waits for input for {share(waits[0][1])} of the window",
        detail="This is the time in the op that fetches the next batch (IteratorGetNext).",
        cause="The input pipeline is slower than the step."
        + (" Several sessions wait, and their pipelines share the processors." if several else ""),
        advice=f"{PREFETCH} at the end of the pipeline, {PRIVATE_THREADS}, cached or stored batches"
        + ("; a set of processors for each session (taskset)." if several else "."),
        effect="At most the time spent waiting can be recovered.",
        verify="The time in IteratorGetNext falls. If the step does not get shorter, it waits for something else as well.",
        gain_ns=round(sum(part for _, part in waits) * scene.window),
        evidence={"input_wait_share": {scene.name(s): part for s, part in waits}},
        sessions=tuple(s for s, _ in waits),
    )


@rule(
    "sync-every-step",
    place=steps,
    speaks="Speaks when a session that is measurably slower copies a result to the host, or waits for the GPU, at least once a step, and "
    f"the host hides less than {share(_EXPOSED)} of the delays. Advice: fetch results every few steps.",
)
def sync_every_step(scene: Scene) -> Iterator[Remark]:
    """Each step waits for its result, so that every delay on the GPU is a delay of the step."""
    for loss in scene.slowed():
        steps, fact = scene.steps(loss.session), scene.fact(loss.session)
        delays, absorbed = int(loss.stretch or 0) + int(loss.stall or 0), int(loss.absorbed or 0)
        if steps is None or len(steps.start) < _STEPS or delays <= 0 or absorbed > _EXPOSED * delays:
            continue
        if max(fact.copies.to_host, fact.syncs) < len(steps.start):
            continue
        hidden = f"{duration(absorbed)} of the {duration(delays)}" if absorbed else f"None of the {duration(delays)}"
        yield Remark(
            severity=Severity.INFO,
            title=f"{scene.name(loss.session)} waits for the GPU in every step, so nothing hides its delays",
            detail=f"{count(fact.copies.to_host, 'copy', 'copies')} to the host and {count(fact.syncs, 'wait')} in {len(steps.start)} "
            f"steps. {hidden} of delay was hidden by the host. {slowdowns(scene, [loss])}.",
            cause="A loop that fetches a result in every step cannot run ahead, so every delay counts in full.",
            advice=f"Fetch results (loss, metrics) every few steps, or use {STEPS_PER_EXECUTION}.",
            effect="Not predicted: the host hides delays up to the time by which it runs ahead.",
            verify="The absorbed time rises and the lost time falls.",
            evidence={
                "copies_to_host": fact.copies.to_host,
                "syncs": fact.syncs,
                "steps": len(steps.start),
                "absorbed_ns": absorbed,
                "lost_ns": lost([loss]),
            },
            sessions=(loss.session,),
        )


@rule(
    "host-bound",
    place=steps,
    speaks=f"Speaks when no session is measurably slower, the GPU is idle for more than {share(_IDLE)} of the window, and the host part is "
    f"at least {share(_HOST)} of every session's steps, and no capture on the GPU was cut. The GPU is not the bottleneck. Advice: larger "
    "batches, compiled steps.",
)
def host_bound(scene: Scene) -> Iterator[Remark]:
    """The GPU idles because the programs do not feed it, which sharing does not make worse."""
    if scene.is_host or scene.slowed() or _is_cut(scene):
        return
    idle = scene.device.overlap.time.idle / scene.window
    parts = {s: _host_share(scene, s) for s in scene.device.sessions}
    if idle <= _IDLE or not parts or any(part is None or part < _HOST for part in parts.values()):
        return
    yield Remark(
        severity=Severity.INFO,
        title=f"{scene.where} is idle for {share(idle)} of the window, waiting for the programs",
        detail=f"Host part of the steps: {shares(scene, parts.items())}.",
        cause="The programs prepare, launch or wait for longer than the GPU computes: the host is the bottleneck, not the GPU.",
        advice=f"Larger batches, {JIT}, {STEPS_PER_EXECUTION}, CUDA graphs, fewer results fetched per step.",
        effect=f"At most the {share(idle)} idle time can be recovered. Until then, sharing the GPU costs little.",
        verify="The GPU is idle for less of the window. If not, the programs wait for something else: input, network or a lock.",
        evidence={"idle_share": idle, "host_shares": {scene.name(s): v for s, v in parts.items()}},
        sessions=scene.device.sessions,
    )


def _is_cut(scene: Scene) -> bool:
    """Return whether a capture on the GPU was cut, also one placed elsewhere in time: the GPU may have worked where it seems idle."""
    return any(not scene.aligned.session(p.session).trace.complete for p in scene.device.group.device.planes)


def _host_share(scene: Scene, session: SessionId) -> float | None:
    """Return the host's part of a session's steps as they take alone; None with few steps."""
    steps = scene.steps(session)
    if steps is None or len(steps.start) < _STEPS:
        return None
    own, host = float(steps.own.sum()), float(steps.host.sum())
    return host / (own + host) if own + host > 0 else None


def _part(sets: list[Intervals], start: I64, end: I64) -> F64:
    """Return the part of each span in which another session had work: of the session that had most."""
    parts = [np.zeros(len(start))]
    for where in sets:
        if len(where):
            span = _before(where, end) - _before(where, start)
            parts.append(span / np.maximum(1, end - start))
    most: F64 = np.max(parts, axis=0)
    return most


def _before(where: Intervals, at: I64) -> F64:
    """Return how much of a set lies before each instant."""
    size = where.end - where.start
    reach = np.concatenate([[0], np.cumsum(size)])
    row = np.searchsorted(where.start, at, "right")
    inside = np.where(
        row > 0, np.minimum(at, where.end[np.maximum(row, 1) - 1]) - where.start[np.maximum(row, 1) - 1], 0
    )
    before: F64 = (reach[np.maximum(row, 1) - 1] + inside).astype(np.float64)
    return before
