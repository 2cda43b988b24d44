"""Rules on the host's part: the GPU waits for programs, programs for their input, for each other's processors, or for the GPU."""

import numpy as np

from tb_contention.diagnose.scene import Scene, length, lost, percent, slowdowns
from tb_contention.diagnose.settings import JIT, PREFETCH, PRIVATE_THREADS, STEPS_PER_EXECUTION
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, SessionId

#: The GPU idles for more than this, and each program's own host part is more than that of its step.
_IDLE, _HOST = 0.20, 0.30
#: Waiting for input beyond this part of the window is notable.
_INPUT = 0.10
#: Steps that lie mostly in others' work, and those that hardly meet it, and how many of each tell anything.
_MOSTLY, _HARDLY, _EACH = 0.5, 0.1, 5
_MORE, _PART = 1.2, 0.05
_STEPS = 5
#: The host hides less than this part of the delays.
_EXPOSED = 0.10


def host_bound(scene: Scene) -> list[Finding]:
    """The GPU idles because the programs do not feed it, which sharing does not make worse."""
    if scene.is_host or scene.slowed():
        return []
    idle = scene.device.overlap.time.idle / scene.window
    shares = {s: _host_share(scene, s) for s in scene.device.sessions}
    if idle <= _IDLE or not shares or any(share is None or share < _HOST for share in shares.values()):
        return []
    words = ", ".join(f"{scene.name(s)} {percent(share or 0.0)}" for s, share in shares.items())
    return [
        Finding(
            rule="host-bound",
            severity=Severity.INFO,
            title=f"{scene.device.group.device.id} idles for {percent(idle)} of the window, waiting for the programs",
            detail=f"The host's part of the steps: {words}.",
            cause="The program prepares, launches or waits for longer than the GPU computes: the host is the limit, not the GPU.",
            advice=f"Larger batches, {JIT}, {STEPS_PER_EXECUTION}, CUDA graphs, fewer results fetched per step.",
            effect=f"At most the {percent(idle)} that the GPU idles can be won; sharing it costs little until then.",
            verify="The GPU's idle share falls. If it does not, the program waits for something else: input, network, a lock.",
            evidence={"idle_share": idle, "host_shares": {scene.name(s): v for s, v in shares.items()}},
            device=scene.device.group.id,
            sessions=scene.device.sessions,
        )
    ]


def _host_share(scene: Scene, session: SessionId) -> float | None:
    """Return the host's part of a session's steps as they take alone; None with few steps."""
    steps = scene.steps(session)
    if steps is None or len(steps.start) < _STEPS:
        return None
    own, host = float(steps.own.sum()), float(steps.host.sum())
    return host / (own + host) if own + host > 0 else None


def input_starved(scene: Scene) -> list[Finding]:
    """Programs wait for their input pipelines; several at once may starve each other of processors."""
    waits = [(f.session, f.input_wait / scene.window) for f in scene.facts if f.input_wait > _INPUT * scene.window]
    if not waits or scene.is_host:
        return []
    both = len(waits) > 1
    words = ", ".join(f"{scene.name(s)} {percent(part)}" for s, part in waits)
    return [
        Finding(
            rule="input-starved",
            severity=Severity.WARNING if both else Severity.INFO,
            title=f"{'Several sessions wait' if both else scene.name(waits[0][0]) + ' waits'} for input: {words} of the window",
            detail="Measured is the time in the op that fetches the next batch (IteratorGetNext).",
            cause="The input pipeline is slower than the step; where several sessions wait, their pipelines share the processors."
            if both
            else "The input pipeline is slower than the step.",
            advice=f"{PREFETCH} at the end of the pipeline, {PRIVATE_THREADS}, cached or stored batches"
            + ("; a set of processors for each session (taskset)." if both else "."),
            effect="At most the time that is waited can be won.",
            verify="The time in IteratorGetNext falls; if the step does not, something else waits behind it.",
            gain_ns=round(sum(part for _, part in waits) * scene.window),
            evidence={"input_wait_share": {scene.name(s): part for s, part in waits}},
            device=scene.device.group.id,
            sessions=tuple(s for s, _ in waits),
        )
    ]


def sync_every_step(scene: Scene) -> list[Finding]:
    """Each step waits for its result, so that every delay on the GPU is a delay of the step."""
    found = []
    for loss in scene.slowed():
        steps, fact = scene.steps(loss.session), scene.fact(loss.session)
        delays = int(loss.stretch or 0) + int(loss.stall or 0)
        if steps is None or len(steps.start) < _STEPS or delays <= 0 or int(loss.absorbed or 0) > _EXPOSED * delays:
            continue
        if max(fact.copies.to_host, fact.syncs) < len(steps.start):
            continue
        found.append(
            Finding(
                rule="sync-every-step",
                severity=Severity.INFO,
                title=f"{scene.name(loss.session)} waits for the GPU in every step: nothing hides its delays",
                detail=f"{fact.copies.to_host} copies to the host and {fact.syncs} waits in {len(steps.start)} steps; of "
                f"{length(delays)} of delays the host hid {length(int(loss.absorbed or 0))}. {slowdowns(scene, [loss])}.",
                cause="A loop that fetches a result each step cannot run ahead, and meets the others' work at its full length.",
                advice=f"Fetch results (loss, metrics) every few steps, or {STEPS_PER_EXECUTION}.",
                effect="Not predicted: delays up to the time that the host runs ahead are hidden.",
                verify="The absorbed time rises and the lost time falls.",
                evidence={
                    "copies_to_host": fact.copies.to_host,
                    "syncs": fact.syncs,
                    "steps": len(steps.start),
                    "absorbed_ns": int(loss.absorbed or 0),
                    "lost_ns": lost([loss]),
                },
                device=scene.device.group.id,
                sessions=(loss.session,),
            )
        )
    return found


def host_contention(scene: Scene) -> list[Finding]:
    """The host's part of a session's steps is longer while others are at work: they share more than the GPU."""
    if not scene.is_shared_gpu:
        return []
    return [each for s in scene.device.sessions for each in _host_contention(scene, s)]


def _host_contention(scene: Scene, session: SessionId) -> list[Finding]:
    steps = scene.steps(session)
    if steps is None or not steps.known or len(steps.start) < 2 * _EACH:
        return []
    busy = scene.device.overlap.busy
    others = [each for s, each in busy.items() if s != session]
    meets = _part(others, steps.start, steps.end)
    host, period = steps.host.astype(np.float64), (steps.end - steps.start).astype(np.float64)
    beside, free = meets >= _MOSTLY, meets <= _HARDLY
    if beside.sum() < _EACH or free.sum() < _EACH:
        return []
    with_others, without = float(np.median(host[beside])), float(np.median(host[free]))
    more = with_others - without
    # Lost time is the GPU's; what is left over between periods beside others and free ones must be the host's.
    if more <= _PART * float(np.median(period[free])) or with_others <= _MORE * without:
        return []
    if float(np.median(steps.lost[beside])) > more:
        return []
    name = scene.name(session)
    return [
        Finding(
            rule="host-contention",
            severity=Severity.WARNING,
            title=f"{name} is slower on the host while others are at work: {length(more)} more per step",
            detail=f"The host's part of its steps takes {length(with_others)} beside the others and {length(without)} without them; on the "
            f"GPU such a step loses {length(float(np.median(steps.lost[beside])))}.",
            cause="The sessions share processors, memory bandwidth of the host, disk, network or a lock, besides the GPU.",
            advice=f"Give each session processors of its own (taskset, a cpuset of its container, another NUMA "
            f"node) and {PRIVATE_THREADS}.",
            effect=f"At most {length(more)} per step that meets the others.",
            verify="The host's part of the steps no longer depends on the others. A capture of the processors (perf, top) names the cause.",
            gain_ns=round(more * float(beside.sum())),
            evidence={
                "host_beside_ns": round(with_others),
                "host_without_ns": round(without),
                "steps_beside": int(beside.sum()),
                "steps_without": int(free.sum()),
            },
            device=scene.device.group.id,
            sessions=(session,),
        )
    ]


def _part(sets: list[Intervals], start: I64, end: I64) -> F64:
    """Return which part of each span others had work in, at most 1 for each of them, the largest."""
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
