"""Rules on sharing: by which mechanism sessions slow each other, and what would change it. Silent where the loss is not known."""

from tb_contention.diagnose.scene import Scene, expected, gain, length, lost, percent, slowdowns
from tb_contention.diagnose.settings import EXCLUSIVE, LOGICAL_DEVICES, LONG_SLICE, MPS, MPS_SHARE
from tb_contention.model.contention import Evidence, Mechanism, SessionLoss
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.prediction import Schedule

#: Grids with fewer blocks than multiprocessors for half of the kernel time are small; for a fifth they are not.
SMALL, LARGE = 0.5, 0.2
#: Launch configurations that are known for less of the time tell nothing.
CONFIGURED = 0.8
#: A device that idles less than this is full; work done per contended time below this is destroyed by sharing.
FULL, DESTRUCTIVE = 0.10, 0.90
#: The slowest session is treated unfairly when all of its interval lies so much above the fastest one's.
UNFAIR = 1.25
#: A shift is worth a word when it saves this part of the loss.
WORTH = 0.3


def time_slice_waiting(scene: Scene) -> list[Finding]:
    """Processes take turns on the GPU, and wait for each other's."""
    losses = scene.slowed(Mechanism.TIME_SLICING)
    if not losses:
        return []
    turn = scene.device.cost.slice
    apart = "at different times, or move one to another GPU"
    mps = f"Start MPS before the processes: {MPS} (same user; {EXCLUSIVE} is advised)"
    slices = "" if turn is None else f" Turns take about {length(turn)}."
    return [
        _finding(
            scene,
            losses,
            rule="time-slice-waiting",
            title=f"Processes take turns on {scene.device.group.device.id}: {length(lost(losses))} lost",
            detail=f"{slowdowns(scene, losses)}.{slices} {scene.device.cost.detail}",
            cause="Without MPS the GPU runs one process at a time: a kernel's recorded time contains the turns of the others.",
            advice=f"Run them {apart}: each fills the GPU by itself, so that MPS ({MPS}) saves little here."
            if _is_full(scene)
            else f"{mps}. Or run them {apart}.",
            effect=expected(scene, Schedule.MPS)
            or "Not predicted: how much fits side by side depends on how full the kernels are.",
            verify="Capture again: the progress sum rises above 1 and kernels really overlap. If it stays at 1, the kernels fill the GPU.",
            gain_ns=gain(scene, losses, Schedule.MPS),
        )
    ]


def one_stream(scene: Scene) -> list[Finding]:
    """The work of several sessions goes through one queue."""
    losses = scene.slowed(Mechanism.SINGLE_STREAM)
    if not losses:
        return []
    return [
        _finding(
            scene,
            losses,
            rule="one-stream",
            title=f"The sessions queue behind each other in one stream: {length(lost(losses))} lost",
            detail=f"{slowdowns(scene, losses)}. No kernel is longer than alone; the time is lost in waiting. {scene.device.cost.detail}",
            cause="A TensorFlow process has one compute stream for each (logical) GPU, and all sessions in it launch into that.",
            advice=f"Give each session a process of its own with MPS ({MPS}), or a logical device of its own: {LOGICAL_DEVICES} with two "
            "devices, and tf.device around each model.",
            effect=expected(scene, Schedule.MPS)
            or "Not predicted: overlap becomes possible, and how much fits depends on the kernels.",
            verify="Capture again: two stream ids, and kernels of both sessions at the same instant.",
            gain_ns=gain(scene, losses, Schedule.MPS),
        )
    ]


def slowed_side_by_side(scene: Scene) -> list[Finding]:
    """Kernels run at once and slow each other."""
    losses = scene.slowed(Mechanism.CONCURRENT)
    if not losses:
        return []
    return [
        _finding(
            scene,
            losses,
            rule="slowed-side-by-side",
            title=f"Kernels run side by side and slow each other: {length(lost(losses))} lost",
            detail=f"{slowdowns(scene, losses)}. {scene.device.cost.detail}",
            cause="Multiprocessors, cache and memory bandwidth are divided among kernels that run at once.",
            advice=f"Cap the less urgent session with {MPS_SHARE} under MPS, or move one to another GPU.",
            effect=expected(scene, Schedule.MOVED)
            or "Not predicted: a cap helps one session at the cost of the other.",
            verify="Capture again: the capped session is slower, the other one as fast as alone. If not, they share bandwidth.",
            gain_ns=gain(scene, losses, Schedule.MOVED),
        )
    ]


def small_grids(scene: Scene) -> list[Finding]:
    """Kernels too small for the GPU take turns, though they would fit side by side."""
    losses = scene.slowed(Mechanism.TIME_SLICING) or scene.slowed(Mechanism.SINGLE_STREAM)
    small = [f for f in scene.facts if f.configured >= CONFIGURED and (f.small_grids or 0.0) >= SMALL]
    if not losses or len(small) < 2:
        return []
    shares = ", ".join(f"{scene.name(f.session)} {percent(f.small_grids or 0.0)}" for f in small)
    return [
        _finding(
            scene,
            losses,
            rule="small-grids",
            severity=Severity.INFO,
            title="Small kernels take turns that would fit side by side",
            detail=f"Kernel time in grids with fewer blocks than the GPU has multiprocessors: {shares}.",
            cause="Such a kernel leaves multiprocessors free, which only a kernel at the same instant can use.",
            advice=f"MPS ({MPS}), larger batches, or one process with several streams.",
            effect=expected(scene, Schedule.MPS)
            or "Not predicted. Measured pairs of small jobs did 1.3 times the work together and more.",
            verify="Under MPS the progress sum exceeds 1.3; if not, something else than multiprocessors is short.",
            gain_ns=gain(scene, losses, Schedule.MPS),
            evidence={f"small_grid_share[{scene.name(f.session)}]": f.small_grids for f in small},
        )
    ]


def saturation(scene: Scene) -> list[Finding]:
    """The sessions together ask for more than the GPU can do; no way of sharing helps."""
    losses = scene.slowed()
    if not losses or not _is_full(scene):
        return []
    idle, progress = _idle(scene), scene.device.cost.progress_sum
    return [
        _finding(
            scene,
            losses,
            rule="saturation",
            title="The GPU is full: the sessions ask for more than it can do",
            detail=f"It idles for {percent(idle)} of the window; large kernels, and {progress:.2f} times the work of one session "
            "gets done where several have work.",
            cause="Each session's kernels fill the GPU by themselves.",
            advice="Move one session to another GPU, run them one after another, or lower the load of the less urgent one. "
            "MPS mostly changes who waits.",
            effect=expected(scene, Schedule.MOVED) or "Moved apart, each runs as alone.",
            verify="Under MPS the progress sum stays near 1.",
            gain_ns=gain(scene, losses, Schedule.MOVED),
            evidence={"idle_share": idle, "progress_sum": progress},
        )
    ]


def destructive_sharing(scene: Scene) -> list[Finding]:
    """Sharing itself costs: together they do less than one alone would."""
    losses, progress = scene.slowed(), scene.device.cost.progress_sum
    known = all(each.slowdown.evidence in (Evidence.A, Evidence.B) for each in scene.device.cost.losses)
    if not losses or progress is None or progress >= DESTRUCTIVE or not known:
        return []
    return [
        _finding(
            scene,
            losses,
            rule="destructive-sharing",
            title=f"Sharing itself costs: {percent(1 - progress)} of the shared time does no work",
            detail=f"Where several sessions have work, {progress:.2f} times the work of one alone gets done.",
            cause="Changing from one process to the other costs time, and each finds caches filled by the other; clocks may fall as well.",
            advice=f"Fewer changes: longer turns ({LONG_SLICE}), MPS ({MPS}), or run them one after another.",
            effect=expected(scene, Schedule.ONE_AFTER_ANOTHER) or f"At best the {percent(1 - progress)} come back.",
            verify="The progress sum approaches 1.",
            gain_ns=gain(scene, losses, Schedule.ONE_AFTER_ANOTHER),
            evidence={"progress_sum": progress},
        )
    ]


def unfair_sharing(scene: Scene) -> list[Finding]:
    """One session pays for all."""
    losses = scene.slowed()
    known = [each for each in scene.device.cost.losses if each.slowdown.estimate is not None]
    if not losses or len(known) < 2:
        return []
    worst, best = (pick(known, key=lambda each: each.slowdown.estimate or 0.0) for pick in (max, min))
    if (worst.slowdown.low or 0.0) <= UNFAIR * (best.slowdown.high or 9e9):
        return []
    typical = [scene.fact(each.session).typical for each in (worst, best)]
    return [
        _finding(
            scene,
            [worst],
            rule="unfair-sharing",
            title=f"{scene.name(worst.session)} pays for the sharing, {scene.name(best.session)} hardly",
            detail=f"{slowdowns(scene, [worst, best])}. Half of the kernel time is in kernels up to {length(typical[0])} and "
            f"{length(typical[1])}.",
            cause="The GPU divides turns or multiprocessors, not progress: a session with short kernels and many waits loses to one with "
            "long kernels.",
            advice=f"Under MPS cap {scene.name(best.session)} ({MPS_SHARE}); fewer, larger kernels in {scene.name(worst.session)} "
            "(larger batches, CUDA graphs).",
            effect=expected(scene, Schedule.SM_CAP) or "Not predicted.",
            verify="The slowdowns come closer; fairness rises.",
            gain_ns=gain(scene, [worst], Schedule.SM_CAP),
            sessions=(worst, best),
        )
    ]


def shift_helps(scene: Scene) -> list[Finding]:
    """Both are periodic, and another phase would let them miss each other."""
    losses, found = scene.slowed(), scene.prediction(Schedule.SHIFTED)
    saved = gain(scene, losses, Schedule.SHIFTED)
    if not losses or found is None or saved is None or saved < WORTH * lost(losses):
        return []
    if any(
        p.slowdown is None or p.slowdown.high >= (_now(losses, p.session) or 9e9)
        for p in found.sessions
        if _now(losses, p.session)
    ):
        return []
    return [
        _finding(
            scene,
            losses,
            rule="shift-helps",
            title=f"If you {found.setting}, about {percent(saved / max(1, lost(losses)))} of the loss goes",
            detail=f"{slowdowns(scene, losses)} as recorded.",
            cause="Their busy phases meet as recorded, and would miss each other in another phase.",
            advice=f"Try to {found.setting}, and keep the periods equal: a shift that is not kept drifts away.",
            effect=expected(scene, Schedule.SHIFTED),
            verify="Capture again after the shift: the contended time falls as predicted. If phases drift, it comes back.",
            gain_ns=saved,
        )
    ]


def _is_full(scene: Scene) -> bool:
    """Tell whether the device hardly idles, every session's kernels fill it, and together they do the work of one."""
    progress = scene.device.cost.progress_sum
    large = all(f.configured >= CONFIGURED and f.small_grids is not None and f.small_grids < LARGE for f in scene.facts)
    return large and _idle(scene) <= FULL and progress is not None and 0.85 <= progress <= 1.15


def _idle(scene: Scene) -> float:
    return scene.device.overlap.time.idle / scene.window


def _now(losses: list[SessionLoss], session: object) -> float | None:
    return next((each.slowdown.estimate for each in losses if each.session == session), None)


def _finding(
    scene: Scene,
    losses: list[SessionLoss],
    *,
    rule: str,
    title: str,
    detail: str,
    cause: str,
    advice: str,
    effect: str,
    verify: str,
    gain_ns: int | None,
    severity: Severity = Severity.WARNING,
    evidence: dict[str, object] | None = None,
    sessions: tuple[SessionLoss, ...] | None = None,
) -> Finding:
    """Make a finding about losses, with the figures that all of them rest on."""
    cost = scene.device.cost
    figures = {
        "lost_ns": lost(losses),
        "slowdowns": {scene.name(each.session): each.slowdown.estimate for each in losses},
        "evidence_classes": {scene.name(each.session): each.slowdown.evidence.value for each in losses},
        "slice_ns": None if cost.slice is None else int(cost.slice),
        "progress_sum": cost.progress_sum,
        "clock_error_ns": scene.device.group.max_error,
    }
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        detail=detail.strip(),
        cause=cause,
        advice=advice,
        effect=effect,
        verify=verify,
        gain_ns=gain_ns,
        evidence={**figures, **(evidence or {})},
        device=scene.device.group.id,
        sessions=tuple(each.session for each in (sessions or losses)),
    )
