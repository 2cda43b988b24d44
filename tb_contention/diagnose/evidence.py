"""Rules on the evidence itself: what the captures leave open about GPUs, tracers, clocks, steps and memory."""

from collections.abc import Iterator

import numpy as np

from tb_contention.diagnose.by_recorder import AT_ONCE, MARK_STEPS, NO_MEMORY, SERIAL_TRACER, SHOW_MEMORY, told
from tb_contention.diagnose.gpu_options import gpu_options
from tb_contention.diagnose.places import SESSIONS, contended
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, as_fast_as_alone, slowdowns
from tb_contention.diagnose.settings import BUS_ORDER
from tb_contention.model.alignment import AlignedTraces, ClockCheck, Identity
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.manifest import KernelMode
from tb_contention.model.names import clean
from tb_contention.words.names import session_labels
from tb_contention.words.numbers import count, duration, listing, percent, share

#: Sessions that overlap for that part of the window without any loss may be on two GPUs, if less of their kernel time is in small grids.
_MEET, _SMALL = 0.2, 0.5
#: A clock error beyond this part of the shorter session's work per step blurs who met whom (a simulation of both gives 2 % of error).
_BLUR = 0.03
#: Why sessions that seem to be on one GPU may be on several, and what settles it.
_FIRST_GPU = "CUDA_VISIBLE_DEVICES makes every process call its first GPU 0, whichever it is."
_STATE_GPUS = (
    "State which GPU each session used, by the options or by a tb_contention.json with the UUID beside the traces. "
    f"{BUS_ORDER} makes ordinals mean the same everywhere."
)
_COMPARE_UUIDS = "Compare the UUIDs (nvidia-smi -L) of the processes' GPUs."
#: Fewer kernels on several streams prove nothing.
_KERNELS = 100


@rule(
    "maybe-different-gpus",
    place=contended,
    speaks=f"Speaks when sessions that are only assumed to share a GPU overlap for {share(_MEET)} of the window and none is slower, though "
    "their kernels are not small: perhaps there are two GPUs. Speaks as well when several of their processes run NCCL or RCCL collectives: "
    "two ranks of one job cannot use one GPU.",
)
def maybe_different_gpus(scene: Scene) -> Iterator[Remark]:
    """Sessions on one assumed GPU overlap all the time and lose nothing: perhaps there are two GPUs."""
    group, time = scene.device.group, scene.device.overlap.time
    if not scene.is_shared_gpu or group.device.identity is not Identity.ASSUMED or scene.device.cannot_be_one_gpu:
        return
    if scene.are_ranks:
        yield _ranks(scene)
        return
    if (
        not as_fast_as_alone(scene)
        or time.contended < _MEET * scene.window
        or any((f.small_grids or 0.0) >= _SMALL for f in scene.facts)
    ):
        return
    yield Remark(
        title=f"These sessions may be on two GPUs: they overlap for {percent(time.contended, time.window)} of the window and lose nothing",
        detail="They are assumed to share one GPU because host, ordinal and capabilities agree. "
        f"{slowdowns(scene, scene.device.cost.losses)}.",
        evidence={"contended_ns": int(time.contended), "window_ns": int(time.window)},
        options=gpu_options(scene),
        sessions=scene.device.sessions,
        cause=_FIRST_GPU,
        advice=_STATE_GPUS,
        verify=_COMPARE_UUIDS,
    )


def _ranks(scene: Scene) -> Remark:
    """Say that ranks of one job are hardly on one GPU."""
    parts = {scene.name(f.session): f.collective for f in scene.facts if f.collective > 0}
    return Remark(
        title=f"These sessions are probably on several GPUs: {len(parts)} of them run collectives",
        detail="They are assumed to share one GPU because host, ordinal and capabilities agree. NCCL refuses two ranks of one job on one "
        f"GPU. Share of the kernel time in collectives: {listing([f'{name} {share(part)}' for name, part in parts.items()])}. Overlap and "
        "slowdowns of this group mean nothing if the GPUs differ.",
        evidence={"collective_share": parts},
        options=gpu_options(scene),
        sessions=scene.device.sessions,
        cause=_FIRST_GPU,
        advice=_STATE_GPUS,
        verify=_COMPARE_UUIDS,
    )


@rule(
    "serialised-kernels",
    speaks=f"Speaks when several streams of a session have notable work and never run at once, of {_KERNELS} kernels or more: they depend "
    "on each other, or the tracer serialises them. A manifest that states the tracer's mode settles which; then the rule warns, or is "
    "silent.",
)
def serialised_kernels(scene: Scene) -> Iterator[Remark]:
    """A session's streams never run at once, because the tracer does not let them, or perhaps so."""
    for facts in scene.facts:
        mode = scene.kernel_mode(facts.session)
        few = facts.streams < 2 or not facts.serial or facts.kernels < _KERNELS
        if scene.is_host or few or mode is KernelMode.CONCURRENT:
            continue
        sure = mode is KernelMode.SERIALISED
        yield Remark(
            severity=Severity.WARNING if sure else Severity.INFO,
            title=f"The {facts.streams} streams of {scene.name(facts.session)} never run at once",
            detail=f"{count(facts.kernels, 'kernel')} ran on {facts.streams} streams, never two at the same time.",
            cause="The tracer ran one kernel after another, as the manifest states."
            if sure
            else f"The kernels depend on each other, {told(scene, SERIAL_TRACER, (facts.session,))}",
            advice=told(scene, AT_ONCE, (facts.session,)),
            verify="If kernels of two streams run at once in the new capture, this one was serialised, and its times are not those of an "
            "untraced run.",
            evidence={"streams": facts.streams, "kernels": facts.kernels},
            sessions=(facts.session,),
        )


@rule(
    "clock-error-large",
    place=SESSIONS,
    speaks=f"Speaks when the clock error is above {share(_BLUR)} of the shorter session's work per step: overlaps are then uncertain.",
)
def clock_error_large(scene: Scene) -> Iterator[Remark]:
    """The clocks agree too coarsely for the sessions' phases."""
    error = scene.device.group.max_error
    if not scene.is_shared_gpu or not error or scene.device.overlap.time.contended <= 0:
        return
    medians = [float(np.median(s.own)) for s in scene.device.cost.steps if len(s.own)]
    # Where most steps leave the device alone there is no phase to blur.
    phases = [median for median in medians if median > 0]
    if not phases or error <= _BLUR * min(phases):
        return
    yield Remark(
        title=f"The clock error of {duration(error)} is large against the {duration(min(phases))} of work per step",
        detail=f"It is {percent(error, min(phases))} of the shorter session's work per step, so overlaps are uncertain. Above "
        f"{share(_BLUR)} the intervals of the slowdowns grow with it.",
        cause="The files state no common clock, or state it coarsely.",
        advice="Shift a session by hand (--shift SESSION=TIME; in the tab Shift (ms) on its card, or a drag of its ruler), or record "
        "all sessions in one remote capture.",
        effect="Narrower intervals.",
        verify="The contended time no longer changes when a session is shifted by the error.",
        evidence={"clock_error_ns": int(error), "phase_ns": round(min(phases))},
        sessions=scene.device.sessions,
    )


@rule(
    "clocks-disagree",
    place=SESSIONS,
    speaks="Speaks when kernels of a session are held up where no other session has work, though at another place in time others would: "
    "its clock is wrong by more than its stated error. Where one place alone explains the kernels, the session was moved there.",
)
def clocks_disagree(scene: Scene) -> Iterator[Remark]:
    """The kernels refute the clock of a session."""
    for each in scene.device.sessions if scene.is_shared_gpu else ():
        clock, name = scene.aligned.session(each).clock, scene.name(each)
        by = clock.correction or 0
        if clock.check is ClockCheck.CORRECTED:
            title = f"The clock of {name} is wrong by {duration(abs(by))}"
            then = (
                f"One place alone fits: the session was moved {duration(abs(by))} {'later' if by > 0 else 'earlier'}."
            )
        elif clock.check is ClockCheck.DOUBTED:
            title = f"The clock of {name} is wrong by more than its stated error"
            then = f"Several places fit, so its error was widened to {duration(clock.error)}."
        else:
            continue
        yield Remark(
            title=title,
            detail=f"At the stated clock, kernels of {name} or of the sessions beside it are held up while no other session has work. "
            f"{then}",
            cause="The sessions ran on hosts or in containers with different clocks, or a clock was set meanwhile.",
            advice="Record all sessions in one remote capture, or keep their hosts on one time service. To place the session by hand "
            "instead, use --shift SESSION=TIME.",
            effect="Overlaps measured by the stated clocks alone.",
            verify="In a new capture, the session's clock is confirmed by its kernels.",
            evidence={"correction_ns": clock.correction, "error_ns": clock.error},
            sessions=(each,),
        )


@rule(
    "no-steps",
    place=SESSIONS,
    speaks="Speaks when a session on a shared GPU has no steps: its slowdown then compares the same kernels, without the host part.",
)
def no_steps(scene: Scene) -> Iterator[Remark]:
    """Sessions on a shared GPU whose trace has no steps: their slowdown is of kernels, not of what they are for."""
    without = tuple(s for s in scene.device.sessions if scene.steps(s) is None)
    if not scene.is_shared_gpu or not without:
        return
    yield Remark(
        severity=Severity.INFO,
        title=f"The trace of {listing([scene.name(s) for s in without])} has no steps",
        detail="The slowdown compares the same kernels, shared and alone. What a step waits for on the host is not included.",
        cause="The program marks no steps, or the capture holds fewer than two.",
        advice=told(scene, MARK_STEPS, without),
        verify="The report then shows its steps.",
        evidence={"sessions": len(without)},
        sessions=without,
    )


@rule(
    "memory-unseen",
    speaks="Speaks when the memory of a session is not in its capture, and another process used the GPU in the meantime: it is unknown, "
    "not zero.",
)
def memory_unseen(scene: Scene) -> Iterator[Remark]:
    """Name the sessions whose memory the captures do not show; unknown is not zero."""
    memory = scene.device.memory
    planes = tuple(dict.fromkeys(p.session for p in scene.device.group.planes))
    unseen = planes if memory is None else memory.sessions_without_data
    if scene.is_host or not unseen or not scene.has_company or scene.device.memory_failed:
        return
    yield Remark(
        severity=Severity.INFO,
        title=f"The capture does not show the memory of {listing([scene.name(s) for s in unseen])} on {scene.where}",
        detail="No allocator event of this GPU was recorded: nothing was allocated in the window, or "
        f"{told(scene, NO_MEMORY, unseen)}. The memory is unknown, not zero.",
        advice=f"Capture a window in which the session allocates, {told(scene, SHOW_MEMORY, unseen)}.",
        sessions=tuple(unseen),
    )


@rule(
    "host-only",
    speaks="Speaks when no GPU work was captured, and the report shows operations on the host's processor instead.",
)
def host_only(scene: Scene) -> Iterator[Remark]:
    """Say that the shared resource shown is the host's processor because no GPU work was captured."""
    if not scene.is_host:
        return
    measured = any(each.slowdown.baseline for each in scene.device.cost.losses)
    yield Remark(
        severity=Severity.INFO,
        title=f"No GPU work was captured on {clean(scene.device.group.device.host)}; the report shows operations on its processor",
        detail="Each session was compared with a capture of it alone, which shows what sharing the processor costs."
        if measured
        else "A processor has several cores, so operations of two sessions at the same time are overlap, not proof of contention.",
        advice="Capture on a machine with a GPU. If this one has a GPU, look at the problems with the input.",
        sessions=tuple(dict.fromkeys(p.session for p in scene.device.group.planes)),
    )


def simulated(aligned: AlignedTraces) -> list[Finding]:
    """Say once which sessions were simulated."""
    made = tuple(s.id for s in aligned.sessions if s.simulated)
    if not made:
        return []
    names = session_labels(aligned.sessions)
    return [
        Finding(
            rule="simulated",
            severity=Severity.INFO,
            title=f"Simulated data, not a recording: {', '.join(names[s] for s in made)}",
            detail="This program's own simulator wrote these traces.",
            advice="",
            sessions=made,
        )
    ]
