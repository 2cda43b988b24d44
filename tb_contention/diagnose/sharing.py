"""Rules on sharing: by which mechanism sessions slow each other down, and what would change it. Silent where the loss is unknown."""

from collections.abc import Iterator
from typing import Any

from tb_contention.diagnose.by_recorder import ONE_QUEUE, OWN_QUEUE, told
from tb_contention.diagnose.places import KERNELS, WHAT_IF, blame, contended, contended_near
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, expected, gain, lost, shares, slowdowns
from tb_contention.diagnose.settings import EXCLUSIVE, LONG_SLICE, MPS, MPS_SHARE
from tb_contention.model.contention import UNTRACED, Evidence, Mechanism, SessionLoss
from tb_contention.model.findings import Severity
from tb_contention.model.prediction import Schedule
from tb_contention.units import SessionId
from tb_contention.words.answers import judged_by
from tb_contention.words.numbers import duration, percent, share, times

#: Grids with fewer blocks than multiprocessors for half of the kernel time are small; for a fifth they are not.
_SMALL, _LARGE = 0.5, 0.2
#: Launch configurations that are known for less of the kernel time prove nothing.
_CONFIGURED = 0.8
#: A device that idles less than this is full, if the combined throughput lies in these bounds.
_FULL, _AS_ONE = 0.10, (0.85, 1.15)
#: Less combined throughput than this means that sharing itself costs.
_DESTRUCTIVE = 0.90
#: The slowest session is treated unfairly when all of its interval lies above the fastest one's by this factor.
_UNFAIR = 1.25
#: Part of all that was lost which work that was not captured takes.
_STRANGE = 0.1
#: A shift is worth a finding when it saves this part of the loss.
_WORTH = 0.3


@rule(
    "time-slice-waiting",
    place=contended_near,
    speaks="Speaks when the mechanism is time slicing and a session is measurably slower. Without MPS a GPU runs one process at a time, "
    "and a kernel's recorded duration includes the turns of other processes. Advice: MPS; where `saturation` speaks as well, different "
    "times or another GPU. Proven wrong if combined throughput stays at 1 under MPS.",
)
def time_slice_waiting(scene: Scene) -> Iterator[Remark]:
    """Processes take turns on the GPU and wait for each other's."""
    losses = scene.slowed(Mechanism.TIME_SLICING)
    if not losses:
        return
    turn = scene.device.cost.slice
    apart = "run them at different times, or move one to another GPU"
    yield Remark(
        title=f"Processes take turns on {scene.where}: {duration(lost(losses))} lost",
        detail=f"{slowdowns(scene, losses)}.{'' if turn is None else f' A turn takes about {duration(turn)}.'} {_how(scene)}".strip(),
        cause="Without MPS a GPU runs one process at a time, so a kernel's recorded duration includes the turns of other processes.",
        advice=f"{apart[0].upper()}{apart[1:]}: each fills the GPU by itself, so MPS ({MPS}) saves little."
        if _is_full(scene)
        else f"Start MPS before the processes: {MPS} (same user; {EXCLUSIVE} is advised). Or {apart}.",
        effect=expected(scene, Schedule.MPS) or "Not predicted: it depends on how much of the GPU each kernel fills.",
        verify="Capture again: combined throughput rises above 1, and kernels of several sessions run at once. If it stays at 1, the "
        "kernels fill the GPU.",
        gain_ns=gain(scene, losses, Schedule.MPS),
        evidence=_figures(scene, losses),
        sessions=_of(losses),
    )


@rule(
    "one-stream",
    place=contended_near,
    speaks="Speaks when the mechanism is a single stream and a session is measurably slower: sessions of one TensorFlow process share "
    "its compute stream. Advice: a process of its own for each session, with MPS, or logical devices.",
)
def one_stream(scene: Scene) -> Iterator[Remark]:
    """The work of several sessions goes through one queue."""
    losses = scene.slowed(Mechanism.SINGLE_STREAM)
    if not losses:
        return
    yield Remark(
        title=f"The sessions queue behind each other in one stream: {duration(lost(losses))} lost",
        detail=f"{slowdowns(scene, losses)}. Kernels run as fast as alone; the time is lost waiting. {_how(scene)}".strip(),
        cause=told(scene, ONE_QUEUE),
        advice=f"Give each session its own process under MPS ({MPS}), or {told(scene, OWN_QUEUE)}.",
        effect=expected(scene, Schedule.MPS)
        or "Not predicted: kernels could overlap, and what that gains depends on how much of the GPU each fills.",
        verify="Capture again: two stream ids, and kernels of both sessions at the same time.",
        gain_ns=gain(scene, losses, Schedule.MPS),
        evidence=_figures(scene, losses),
        sessions=_of(losses),
    )


@rule(
    "slowed-side-by-side",
    place=contended_near,
    speaks="Speaks when kernels run at once and a session is measurably slower. Advice: a cap under MPS, or another GPU; in partitions, "
    "which share no multiprocessors, another GPU or a MIG instance.",
)
def slowed_side_by_side(scene: Scene) -> Iterator[Remark]:
    """Kernels run at once and slow each other down."""
    losses = scene.slowed(Mechanism.CONCURRENT)
    if not losses:
        return
    apart = all(scene.is_apart(loss.session) for loss in losses)
    yield Remark(
        title=f"Kernels run side by side and slow each other down: {duration(lost(losses))} lost",
        detail=f"{slowdowns(scene, losses)}. {_how(scene)}".strip(),
        cause="Each session has multiprocessors of its own, but all share the cache and the memory bandwidth."
        if apart
        else "Kernels that run at once share the multiprocessors, the cache and the memory bandwidth.",
        advice="Move one session to another GPU, or give each a MIG instance, which has its own part of cache and bandwidth. In a static "
        "partition a cap changes nothing."
        if apart
        else f"Cap the less urgent session with {MPS_SHARE} under MPS, or move one session to another GPU.",
        effect=expected(scene, Schedule.MOVED) or "Not predicted: a cap helps one session at the expense of the other.",
        verify="Capture again: each session is as fast as alone."
        if apart
        else "Capture again: the capped session is slower and the other one as fast as alone. If not, they share memory bandwidth.",
        gain_ns=gain(scene, losses, Schedule.MOVED),
        evidence=_figures(scene, losses),
        sessions=_of(losses),
    )


@rule(
    "shift-helps",
    place=WHAT_IF,
    speaks=f"Speaks when another phase between the sessions is predicted to save {share(_WORTH)} of the loss or more, and no session "
    "becomes slower than it is. A shift that is not kept drifts away, and the finding says so.",
)
def shift_helps(scene: Scene) -> Iterator[Remark]:
    """Both are periodic, and another phase would let them alternate."""
    losses, found = scene.slowed(), scene.prediction(Schedule.SHIFTED)
    saved = gain(scene, losses, Schedule.SHIFTED)
    if not losses or found is None or saved is None or saved < _WORTH * lost(losses):
        return
    if any(
        p.slowdown is None or p.slowdown.high >= (_now(losses, p.session) or 9e9)
        for p in found.sessions
        if _now(losses, p.session)
    ):
        return
    yield Remark(
        title=f"A different phase avoids about {percent(saved, lost(losses))} of the loss: {found.setting}",
        detail=f"As recorded, {slowdowns(scene, losses)}.",
        cause="The sessions' busy phases coincide as recorded, and would alternate in another phase.",
        advice=f"Try it: {found.setting}. Keep the step periods equal, because otherwise the phases drift and the gain is lost.",
        effect=expected(scene, Schedule.SHIFTED),
        verify="Capture again after the shift: the contended time falls as predicted. If it returns later, the phases drift.",
        gain_ns=saved,
        evidence=_figures(scene, losses),
        sessions=_of(losses),
    )


@rule(
    "saturation",
    place=contended,
    speaks=f"Speaks when a session is measurably slower, the device is idle for less than {share(_FULL)} of the window, the kernels of "
    f"all sessions are large (launch configurations known for {share(_CONFIGURED)} of the kernel time, grids with fewer blocks than "
    f"multiprocessors in less than {share(_LARGE)} of it), and combined throughput lies between {_AS_ONE[0]} and {_AS_ONE[1]}. MPS mostly "
    "changes who waits. Advice: move a session, run the sessions one after another, or reduce the load of one.",
)
def saturation(scene: Scene) -> Iterator[Remark]:
    """The sessions together ask for more than the GPU can do; no way of sharing helps."""
    losses = scene.slowed()
    if not losses or not _is_full(scene):
        return
    idle, progress = _idle(scene), scene.device.cost.progress_sum
    yield Remark(
        title="The GPU is full: the sessions ask for more than it can deliver",
        detail=f"The GPU is idle for only {share(idle)} of the window and its kernels fill it: sharing gets about as much done as one "
        f"session alone ({times(progress)}).",
        cause="Each session's kernels fill the GPU by themselves.",
        advice="Move one session to another GPU, run the sessions one after another, or reduce the load of the less urgent one. MPS would "
        "mostly change which session waits.",
        effect=expected(scene, Schedule.MOVED) or "On a GPU of its own, each session is as fast as alone.",
        verify="Combined throughput stays near 1 under MPS.",
        gain_ns=gain(scene, losses, Schedule.MOVED),
        evidence=_figures(scene, losses, idle_share=idle),
        sessions=_of(losses),
    )


@rule(
    "destructive-sharing",
    place=contended_near,
    speaks=f"Speaks when combined throughput is below {_DESTRUCTIVE} with all slowdowns of class A or B: switching between processes, and "
    f"caches that the other process filled, cost more than {share(1 - _DESTRUCTIVE)}. Advice: longer turns, MPS, or one after another.",
)
def destructive_sharing(scene: Scene) -> Iterator[Remark]:
    """Sharing itself costs: together they do less than one alone would."""
    losses, progress = scene.slowed(), scene.device.cost.progress_sum
    known = all(each.slowdown.evidence in (Evidence.A, Evidence.B) for each in scene.device.cost.losses)
    if not losses or progress is None or progress >= _DESTRUCTIVE or not known or _others_take_time(scene):
        return
    yield Remark(
        title=f"Sharing itself costs time: {share(1 - progress)} of the shared time does no work",
        detail=f"While several sessions have work, they get {times(progress)} as much done as one session alone.",
        cause="Each switch between processes takes time and finds the caches filled by the other process. Clocks may fall as well.",
        advice=f"Switch less often: longer turns ({LONG_SLICE}), MPS ({MPS}), or one session after another.",
        effect=expected(scene, Schedule.ONE_AFTER_ANOTHER) or f"At most those {share(1 - progress)} can be recovered.",
        verify="Combined throughput approaches 1.",
        gain_ns=gain(scene, losses, Schedule.ONE_AFTER_ANOTHER),
        evidence=_figures(scene, losses),
        sessions=_of(losses),
    )


@rule(
    "unfair-sharing",
    place=blame,
    speaks=f"Speaks when the whole interval of the worst slowdown lies {share(_UNFAIR - 1)} above that of the best; what of a process "
    "belongs to no session does not count. Advice: a cap for the session that hardly pays, fewer and larger kernels in the one that does.",
)
def unfair_sharing(scene: Scene) -> Iterator[Remark]:
    """One session pays for all."""
    losses = scene.slowed()
    known = [
        each
        for each in scene.device.cost.losses
        if judged_by(each).estimate is not None and not scene.is_rest(each.session)
    ]
    if not losses or len(known) < 2:
        return
    worst, best = (pick(known, key=lambda each: judged_by(each).estimate or 0.0) for pick in (max, min))
    if (judged_by(worst).low or 0.0) <= _UNFAIR * (judged_by(best).high or 9e9):
        return
    slow, fast = scene.name(worst.session), scene.name(best.session)
    typical = [scene.fact(each.session).typical for each in (worst, best)]
    lengths = (
        f" Half of the kernel time of {slow} is in kernels of up to {duration(typical[0])}, of {fast} in kernels of up to "
        f"{duration(typical[1])}."
        if min(typical) > 0
        else ""
    )
    yield Remark(
        title=f"{slow} pays for the sharing, {fast} hardly does",
        detail=f"{slowdowns(scene, (worst, best))}.{lengths}",
        cause="Each session has multiprocessors of its own, but cache and memory bandwidth are divided by who asks for more."
        if scene.are_apart(worst.session, best.session)
        else "The GPU divides turns or multiprocessors, not progress: a session with short kernels and many waits loses to one with "
        "long kernels.",
        advice=f"Move {slow} to another GPU, or give each a MIG instance; in a static partition a cap changes nothing."
        if scene.are_apart(worst.session, best.session)
        else f"Cap {fast} under MPS ({MPS_SHARE}). Use fewer, larger kernels in {slow} (larger batches, CUDA graphs).",
        effect=expected(scene, Schedule.SM_CAP) or "Not predicted.",
        verify="The two slowdowns converge, and fairness rises.",
        gain_ns=gain(scene, [worst], Schedule.SM_CAP),
        evidence=_figures(scene, [worst]),
        sessions=_of([worst, best]),
    )


@rule(
    "small-grids",
    place=KERNELS,
    speaks="Speaks when sessions that take turns or queue lose time, and at least two of them spend "
    f"{share(_SMALL)} of their kernel time in grids with fewer blocks than the GPU has multiprocessors. Advice: MPS, larger batches, "
    "several streams.",
)
def small_grids(scene: Scene) -> Iterator[Remark]:
    """Kernels too small for the GPU take turns, though another could use what they leave idle."""
    losses = scene.slowed(Mechanism.TIME_SLICING) or scene.slowed(Mechanism.SINGLE_STREAM)
    small = [f for f in scene.facts if f.configured >= _CONFIGURED and (f.small_grids or 0.0) >= _SMALL]
    if not losses or len(small) < 2:
        return
    yield Remark(
        severity=Severity.INFO,
        title="Small kernels take turns, and each leaves multiprocessors idle",
        detail="Share of the kernel time in grids with fewer blocks than the GPU has multiprocessors: "
        f"{shares(scene, ((f.session, f.small_grids) for f in small))}.",
        cause="Such a kernel leaves multiprocessors idle, which only a kernel that runs at the same time can use.",
        advice=f"MPS ({MPS}), larger batches, or one process with several streams.",
        effect=expected(scene, Schedule.MPS)
        or "Not predicted. Measured pairs of small jobs got at least 1.3× as much done together.",
        verify="Combined throughput exceeds 1.3 under MPS. If not, something other than multiprocessors is short.",
        gain_ns=gain(scene, losses, Schedule.MPS),
        evidence=_figures(
            scene, losses, **{f"small_grid_share[{scene.name(f.session)}]": f.small_grids for f in small}
        ),
        sessions=_of(losses),
    )


def _others_take_time(scene: Scene) -> bool:
    """Return whether work that was not captured takes time from the sessions, so that these do less than one alone would."""
    lost = [row.lost for row in scene.device.cost.blame if row.culprit == UNTRACED]
    return sum(lost) > _STRANGE * sum(int(each.lost or 0) for each in scene.device.cost.losses)


def _is_full(scene: Scene) -> bool:
    """Return whether the device hardly idles, every session's kernels fill it, and together they do the work of one.

    Where kernels side by side are predicted to save time for certain, they do not fill it.
    """
    progress, (least, most) = scene.device.cost.progress_sum, _AS_ONE
    large = all(
        f.configured >= _CONFIGURED and f.small_grids is not None and f.small_grids < _LARGE for f in scene.facts
    )
    as_one = progress is not None and least <= progress <= most
    return large and as_one and _idle(scene) <= _FULL and not _gains_surely(scene, Schedule.MPS)


def _gains_surely(scene: Scene, schedule: Schedule) -> bool:
    """Return whether every session is predicted to be faster than it is, the whole range of it."""
    found = scene.prediction(schedule)
    now = {loss.session: loss.slowdown.estimate for loss in scene.device.cost.losses}
    return found is not None and all(
        p.slowdown is not None and p.slowdown.high < (now.get(p.session) or 0.0) for p in found.sessions
    )


def _idle(scene: Scene) -> float:
    return scene.device.overlap.time.idle / scene.window


def _now(losses: list[SessionLoss], session: SessionId) -> float | None:
    return next((each.slowdown.estimate for each in losses if each.session == session), None)


def _how(scene: Scene) -> str:
    """Say how the mechanism is known."""
    return scene.device.cost.detail


def _of(losses: list[SessionLoss]) -> tuple[SessionId, ...]:
    return tuple(each.session for each in losses)


def _figures(scene: Scene, losses: list[SessionLoss], **more: float | None) -> dict[str, Any]:
    """Return the figures that all findings about losses rest on, and those of one."""
    cost = scene.device.cost
    return {
        "lost_ns": lost(losses),
        "slowdowns": {scene.name(each.session): each.slowdown.estimate for each in losses},
        "evidence_classes": {scene.name(each.session): each.slowdown.evidence.value for each in losses},
        "slice_ns": None if cost.slice is None else int(cost.slice),
        "progress_sum": cost.progress_sum,
        "clock_error_ns": scene.device.group.max_error,
        **more,
    }
