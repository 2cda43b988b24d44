"""Rules on the host's part: the GPU waits for programs, programs for their input, for each other's processors, or for the GPU."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import INPUT, INPUT_SIGN, LARGER_STEPS, OWN_THREADS, SEVERAL_STEPS, told
from tb_contention.diagnose.places import steps
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, lost, shares, slowdowns
from tb_contention.model.contention import Loop, OffGpu, SessionLoss
from tb_contention.model.findings import Severity
from tb_contention.units import SessionId
from tb_contention.words.answers import NOTICEABLE, Answer, answer_of
from tb_contention.words.numbers import count, duration, listing, share, times

#: The GPU idles for more than this, and each program's own host part is more than that of its step.
_IDLE, _HOST = 0.20, 0.30
#: Waiting for input beyond this part of the window is notable.
_INPUT = 0.10
#: What the host takes longer beside others, as a part of the steps.
_PART = 0.05
_STEPS = 5
#: The host hides less than this part of the delays.
_EXPOSED = 0.10


@rule(
    "host-contention",
    place=steps,
    speaks=f"Speaks when the host of a session takes measurably longer beside the hosts of other sessions, by {share(_PART)} of its steps "
    "or more: compared with a capture of the session alone, or with stretches that began while the others paused. Speaks as a note where "
    "hosts work side by side for most of the window, the GPU is mostly idle, and nothing in the captures tells what that costs. Advice: "
    "processors of its own.",
)
def host_contention(scene: Scene) -> Iterator[Remark]:
    """The host's part of a session's steps is longer while other hosts work: they share more than the GPU."""
    losses = scene.device.cost.losses if scene.is_shared_gpu else ()
    for loss in losses:
        if loss.off_gpu is not None and loss.off_gpu.host_factor is not None:
            yield from _host_contention(scene, loss, loss.off_gpu)
    unmeasured = [
        (each.session, each.off_gpu.hosts_meet) for each in losses if each.off_gpu and each.off_gpu.unmeasured
    ]
    if unmeasured:
        yield _hosts_unmeasured(scene, unmeasured)


def _host_contention(scene: Scene, loss: SessionLoss, part: OffGpu) -> Iterator[Remark]:
    steps, lost = scene.steps(loss.session), int(part.host_lost or 0)
    whole = scene.window if steps is None else int((steps.end - steps.start).sum())
    if lost < _PART * whole or part.host_factor is None:
        return
    per_step = lost / max(1, loss.steps)
    name = scene.name(loss.session)
    by_gpu = "" if part.gpu_slowdown is None else f" By the GPU alone its slowdown would be {times(part.gpu_slowdown)}."
    yield Remark(
        title=f"The host of {name} takes {times(part.host_factor)} as long while hosts of other sessions work",
        detail=f"It works beside them for {share(part.hosts_meet)} of the window, which costs {duration(per_step)} per step.{by_gpu}",
        cause="Besides the GPU, the sessions share processors, memory bandwidth of the host, disk, network or a lock.",
        advice="Give each session its own processors (taskset, a cpuset of its container, another NUMA node) and "
        f"{told(scene, OWN_THREADS)}.",
        effect=f"At most {duration(per_step)} per step.",
        verify="The host part of the steps no longer depends on other sessions. A CPU profile (perf, top) names the cause.",
        gain_ns=lost,
        evidence={
            "host_lost_ns": lost,
            "host_factor": part.host_factor,
            "hosts_meet": part.hosts_meet,
            "gpu_slowdown": part.gpu_slowdown,
        },
        sessions=(loss.session,),
    )


def _hosts_unmeasured(scene: Scene, meets: list[tuple[SessionId, float]]) -> Remark:
    """Say that hosts meet where nothing tells what that costs."""
    return Remark(
        severity=Severity.INFO,
        title=f"The hosts of {listing([scene.name(s) for s, _ in meets])} work at the same time, and what that costs was not measured",
        detail=f"Part of the window in which the host works beside that of another session: {shares(scene, meets)}. The GPU is idle for "
        f"{share(scene.device.overlap.time.idle / scene.window)} of it, so sharing the GPU costs little; the processor may cost more.",
        cause="Programs that are bound by their hosts may share processors, memory bandwidth of the host, disk, network or a lock.",
        advice="Capture one of the sessions alone and compare its steps. If they are shorter, give each session its own processors "
        f"(taskset, a cpuset of its container, another NUMA node) and {told(scene, OWN_THREADS)}.",
        effect="Not predicted: these captures do not show how long the host takes by itself.",
        verify="A step takes as long alone as beside the others.",
        evidence={"hosts_meet": {scene.name(s): part for s, part in meets}},
        sessions=tuple(s for s, _ in meets),
    )


@rule(
    "input-starved",
    speaks=f"Speaks when a session spends {share(_INPUT)} of the window waiting for its next batch (IteratorGetNext, DataLoader) with "
    "nothing on the GPU; a warning where several do, since their input pipelines then share processors. Advice: prefetch, own threads.",
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
        detail="Meanwhile the GPU has nothing of the session to do. The wait is what the trace names "
        f"{told(scene, INPUT_SIGN, [s for s, _ in waits])}.",
        cause="The input pipeline is slower than the step."
        + (" Several sessions wait, and their pipelines share the processors." if several else ""),
        advice=told(scene, INPUT, [s for s, _ in waits])
        + ("; a set of processors for each session (taskset)." if several else "."),
        effect="At most the time spent waiting can be recovered.",
        verify="The wait for the next batch falls. If the step does not get shorter, it waits for something else as well.",
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
            advice=f"Fetch results (loss, metrics) every few steps, or use {told(scene, SEVERAL_STEPS, (loss.session,))}.",
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
    speaks=f"Speaks when the GPU is idle for more than {share(_IDLE)} of the window, the host part is at least {share(_HOST)} of every "
    "session's steps, and no capture on the GPU was cut. Where several sessions share the GPU, each must be as fast as alone, or lose "
    "time where hosts meet alone. Silent where steps begin with requests, or may: the GPU then waits for clients, not for a program. "
    "Advice: larger batches, compiled steps.",
)
def host_bound(scene: Scene) -> Iterator[Remark]:
    """The GPU idles because the programs do not feed it, which sharing does not make worse."""
    if scene.is_host or not _gpu_costs_nothing(scene) or _is_cut(scene):
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
        advice=f"Larger batches, {told(scene, LARGER_STEPS)}, fewer results fetched per step.",
        effect=f"At most the {share(idle)} idle time can be recovered."
        + (" Until then, sharing the GPU costs little." if scene.is_shared_gpu else ""),
        verify="The GPU is idle for less of the window. If not, the programs wait for something else: input, network or a lock.",
        evidence={"idle_share": idle, "host_shares": {scene.name(s): v for s, v in parts.items()}},
        sessions=scene.device.sessions,
    )


def _gpu_costs_nothing(scene: Scene) -> bool:
    """Return whether neither waiting for other sessions on the GPU nor waiting for requests can be why it idles."""
    losses = scene.device.cost.losses
    requests = {Loop.OPEN, Loop.UNKNOWN} if scene.is_shared_gpu else {Loop.OPEN}
    if any(loss.loop in requests for loss in losses):
        return False
    if not scene.is_shared_gpu:
        return not any(answer_of(loss.slowdown) is Answer.YES for loss in losses)
    return all(_is_as_fast(loss) for loss in losses)


def _is_as_fast(loss: SessionLoss) -> bool:
    """Return whether the GPU does not slow a session; an interval that is wide only because hosts meet is no sign that it does."""
    part = loss.off_gpu
    if part is None:
        return answer_of(loss.slowdown) is Answer.NO
    if part.gpu_slowdown is not None:
        return part.gpu_slowdown < NOTICEABLE
    return part.unmeasured or answer_of(loss.slowdown) is Answer.NO


def _is_cut(scene: Scene) -> bool:
    """Return whether a capture on the GPU was cut, also one placed elsewhere in time: the GPU may have worked where it seems idle."""
    traces = (scene.aligned.session(p.session).trace for p in scene.device.group.device.planes)
    return any(not trace.complete or trace.work_end is not None for trace in traces)


def _host_share(scene: Scene, session: SessionId) -> float | None:
    """Return the host's part of a session's steps as they take alone; None with few steps."""
    steps = scene.steps(session)
    if steps is None or len(steps.start) < _STEPS:
        return None
    own, host = float(steps.own.sum()), float(steps.host.sum())
    return host / (own + host) if own + host > 0 else None
