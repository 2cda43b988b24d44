"""Rules on what the picture leaves out: somebody untraced, perhaps two GPUs, kernels the tracer serialised, clocks too coarse, no steps."""

import numpy as np

from tb_contention.diagnose.facts import SessionFacts
from tb_contention.diagnose.scene import NOTEWORTHY, Scene, length, lost, percent, slowdowns
from tb_contention.diagnose.settings import BUS_ORDER, CONCURRENT_TRACE
from tb_contention.model.alignment import Identity
from tb_contention.model.contention import UNTRACED, Mechanism
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.manifest import KernelMode
from tb_contention.model.names import shorten

#: Part of a session's loss that no traced session explains.
_UNEXPLAINED = 0.2
#: Sessions that meet for so much of the window without any loss may be on two GPUs, if their kernels are not small.
_MEET, _SMALL = 0.2, 0.5
#: A clock error beyond this part of the shorter session's work per step blurs who met whom (a simulation of both gives 2 % of error).
_BLUR = 0.03
_KERNELS = 100
#: Processes that a sentence names.
_NAMED = 3


def untraced_corunner(scene: Scene) -> list[Finding]:
    """A session is slower than any traced one explains."""
    if scene.is_host:
        return []
    found = []
    for loss in scene.device.cost.losses:
        foreign = sum(
            int(b.lost) for b in scene.device.cost.blame if b.victim == loss.session and b.culprit == UNTRACED
        )
        alone = len(scene.facts) == 1 and scene.device.cost.mechanism is Mechanism.UNKNOWN and int(loss.lost or 0) > 0
        foreign = int(loss.lost or 0) if alone else foreign
        sure = loss.slowdown.estimate is not None and (loss.slowdown.low or 0.0) > NOTEWORTHY
        if not sure or foreign <= _UNEXPLAINED * max(1, int(loss.lost or 0)):
            continue
        basis = "by recorded context switches" if loss.slowdown.measured else "against its capture alone"
        found.append(
            Finding(
                rule="untraced-corunner",
                severity=Severity.WARNING,
                title=f"{scene.name(loss.session)} lost {length(foreign)} to work that no trace shows",
                detail=f"{slowdowns(scene, [loss])}, {basis}. "
                f"{percent(foreign / max(1, int(loss.lost or 0)))} of the loss "
                f"has no traced session beside it.{_others_there(scene)}",
                cause="A process without a profiler, a display, monitoring that samples counters (DCGM), or a GPU that runs slower.",
                advice="List the GPU's processes (nvidia-smi), stop or trace the others; check clocks and ECC errors (nvidia-smi -q).",
                effect=f"At most {length(foreign)} of the window.",
                verify="With the other process stopped or traced, the unexplained part goes.",
                gain_ns=foreign,
                evidence={"untraced_ns": foreign, "lost_ns": lost([loss])},
                device=scene.device.group.id,
                sessions=(loss.session,),
            )
        )
    return found


def _others_there(scene: Scene) -> str:
    """Name the processes without a capture that the driver saw on the GPU; nothing where it was not asked."""
    view = scene.device.driver
    if view is None or view.unmatched or not view.processes:
        return ""
    others = view.untraced_processes
    if not others:
        return " The driver listed no other process on the GPU."
    named = ", ".join(f"{shorten(p.name, 40) or 'process'} ({p.process_id})" for p in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f" Also on the GPU, as the driver saw: {named}{more}."


def sharing_is_fine(scene: Scene) -> list[Finding]:
    """Sessions meet on the GPU, and it costs nothing that can be seen."""
    losses, time = scene.device.cost.losses, scene.device.overlap.time
    if not scene.is_shared_gpu or time.contended <= 0 or not _as_alone(scene):
        return []
    share = time.contended / scene.window
    return [
        Finding(
            rule="sharing-is-fine",
            severity=Severity.INFO,
            title=f"Sharing {scene.device.group.device.id} costs these sessions nothing that can be seen",
            detail=f"They have work at once for {percent(share)} of the window. {slowdowns(scene, list(losses))}.",
            cause="They leave each other room, or hide what they wait.",
            advice="Leave it as it is.",
            effect="",
            verify="A longer capture, or a busier hour, says the same.",
            evidence={"contended_ns": int(time.contended), "highest": max(r.slowdown.high or 0.0 for r in losses)},
            device=scene.device.group.id,
            sessions=tuple(r.session for r in losses),
        )
    ]


def _as_alone(scene: Scene) -> bool:
    """Tell whether every session is as fast as alone, for certain."""
    return all(
        r.slowdown.estimate is not None and (r.slowdown.high or 9e9) < NOTEWORTHY for r in scene.device.cost.losses
    )


def maybe_different_gpus(scene: Scene) -> list[Finding]:
    """Sessions on one assumed GPU meet all the time and lose nothing: perhaps there are two GPUs."""
    group, time = scene.device.group, scene.device.overlap.time
    if not scene.is_shared_gpu or group.device.identity is not Identity.ASSUMED or not _as_alone(scene):
        return []
    if time.contended < _MEET * scene.window or any((f.small_grids or 0.0) >= _SMALL for f in scene.facts):
        return []
    return [
        Finding(
            rule="maybe-different-gpus",
            severity=Severity.WARNING,
            title=f"These sessions meet for {percent(time.contended / scene.window)} of the window and lose nothing: two GPUs?",
            detail=f"That they are on one GPU is assumed: host, ordinal and capabilities agree. "
            f"{slowdowns(scene, list(scene.device.cost.losses))}.",
            cause="CUDA_VISIBLE_DEVICES makes every process call its first GPU 0, whichever it is.",
            advice=f"Say which GPU each one used: --gpu SESSION=NAME, or a tb_contention.json with the UUID beside the traces. {BUS_ORDER} "
            "makes ordinals mean the same everywhere.",
            effect="",
            verify="The UUIDs (nvidia-smi -L) of the two processes' GPUs.",
            evidence={"contended_ns": int(time.contended), "window_ns": int(time.window)},
            device=group.id,
            sessions=scene.device.sessions,
        )
    ]


def serialised_kernels(scene: Scene) -> list[Finding]:
    """A session's streams never run at once, because the tracer does not let them, or perhaps so."""
    if scene.is_host:
        return []
    found = [f for f in scene.facts if f.streams > 1 and f.serial and f.kernels >= _KERNELS]
    return [made for f in found if (made := _serialised(scene, f)) is not None]


def _serialised(scene: Scene, facts: SessionFacts) -> Finding | None:
    mode = scene.kernel_mode(facts.session)
    if mode is KernelMode.CONCURRENT:
        return None
    sure = mode is KernelMode.SERIALISED
    perhaps = "They depend on each other, or the tracer serialises kernels: CUPTI does, unless it is told to trace concurrent ones. "
    return Finding(
        rule="serialised-kernels",
        severity=Severity.WARNING if sure else Severity.INFO,
        title=f"The {facts.streams} streams of {scene.name(facts.session)} never run at once",
        detail=f"{facts.kernels} kernels on {facts.streams} streams, and no instant with two of them.",
        cause="The tracer ran one kernel after another: so the manifest says."
        if sure
        else perhaps + "The file does not say which.",
        advice=f"Record again with {CONCURRENT_TRACE} in the environment.",
        effect="",
        verify="Kernels of two streams at the same instant in the new capture: then this one was serialised, and its times are not "
        "those of an untraced run.",
        evidence={"streams": facts.streams, "kernels": facts.kernels},
        device=scene.device.group.id,
        sessions=(facts.session,),
    )


def clock_error_large(scene: Scene) -> list[Finding]:
    """The clocks agree too coarsely for the sessions' phases."""
    error = scene.device.group.max_error
    if not scene.is_shared_gpu or not error or scene.device.overlap.time.contended <= 0:
        return []
    phases = [float(np.median(s.own)) for s in scene.device.cost.steps if len(s.own)]
    if not phases or error <= _BLUR * min(phases):
        return []
    return [
        Finding(
            rule="clock-error-large",
            severity=Severity.WARNING,
            title=f"Clocks agree to {length(error)}, and the shorter steps hold {length(min(phases))} of work: who met whom is blurred",
            detail=f"The error is {percent(error / min(phases))} of that; beyond {percent(_BLUR)} the slowdowns' own intervals grow.",
            cause="The files state no common clock, or state it coarsely.",
            advice="Align by hand (--shift SESSION=TIME, or drag the session's ruler), or record with one remote capture for all of them.",
            effect="Narrower intervals.",
            verify="The contended time no longer changes when a session is shifted by the error.",
            evidence={"clock_error_ns": int(error), "phase_ns": round(min(phases))},
            device=scene.device.group.id,
            sessions=scene.device.sessions,
        )
    ]


def no_steps(scene: Scene) -> list[Finding]:
    """Sessions on a shared GPU whose trace has no steps: their slowdown is of kernels, not of what they are for."""
    if not scene.is_shared_gpu:
        return []
    without = [s for s in scene.device.sessions if scene.steps(s) is None]
    if not without:
        return []
    names = ", ".join(scene.name(s) for s in without)
    return [
        Finding(
            rule="no-steps",
            severity=Severity.INFO,
            title=f"No steps in the trace of {names}",
            detail="Its slowdown is the time for the same kernels, shared against alone; what a step waits on the host is not in it.",
            cause="The program marks no steps, or the capture holds less than two.",
            advice="Wrap the loop's body in tf.profiler.experimental.Trace('train', step_num=i, _r=1), or "
            "jax.profiler.StepTraceAnnotation('train', step_num=i); or capture longer.",
            effect="",
            verify="The report then shows steps for it.",
            evidence={"sessions": len(without)},
            device=scene.device.group.id,
            sessions=tuple(without),
        )
    ]
