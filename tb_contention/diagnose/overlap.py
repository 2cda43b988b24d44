"""Rules on overlap in time: did sessions have work on a device at once, and what did that cost them?"""

from collections.abc import Iterator

from tb_contention.diagnose.places import contended
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, as_fast_as_alone, slowdowns
from tb_contention.model.contention import Cost, Loop, Mechanism
from tb_contention.model.findings import Severity
from tb_contention.words.answers import NOTICEABLE, Answer, answer_on
from tb_contention.words.mechanism import is_sure, mechanism_name
from tb_contention.words.numbers import duration, percent

_CAPTURE = "To learn the cost, capture each session alone as well, into the same log directory."


@rule(
    "sharing-is-fine",
    place=contended,
    speaks=f"Speaks when sessions overlap and the whole interval of each slowdown lies below {NOTICEABLE}. Silent where requests may start "
    "steps, and take longer. Advice: leave it.",
)
def sharing_is_fine(scene: Scene) -> Iterator[Remark]:
    """Sessions overlap on the GPU, and it costs nothing noticeable."""
    losses, time = scene.device.cost.losses, scene.device.overlap.time
    if not scene.is_shared_gpu or time.contended <= 0 or not as_fast_as_alone(scene):
        return
    if any(loss.loop is Loop.UNKNOWN for loss in losses):
        return
    yield Remark(
        severity=Severity.INFO,
        title=f"Sharing {scene.where} costs these sessions nothing noticeable",
        detail=f"They have work at once for {percent(time.contended, time.window)} of the window. {slowdowns(scene, losses)}.",
        cause="They leave each other enough room, or overlap their waits with other work.",
        advice="Leave it as it is.",
        verify="A longer capture, or one at a busier hour, shows the same.",
        evidence={"contended_ns": int(time.contended), "highest": max(r.slowdown.high or 0.0 for r in losses)},
        sessions=tuple(r.session for r in losses),
    )


@rule(
    "overlap-in-time",
    place=contended,
    speaks="Speaks wherever several sessions share a device: for how much of the window they had work at once, and between whom. A "
    "warning where a session is measurably slower and the mechanism is not sure. Overlap in time is not concurrency: under time slicing a "
    "kernel's span includes the turns of other sessions.",
)
def overlap_in_time(scene: Scene) -> Iterator[Remark]:
    """Say how much of the window two or more sessions had work on the device at once, between whom, and what it cost."""
    device = scene.device
    time, sessions = device.overlap.time, tuple(each.session for each in device.overlap.shares)
    if len(sessions) < 2 or time.window == 0:
        return
    # Where the mechanism is sure, a rule of its own gives advice.
    unexplained = bool(scene.slowed()) and not is_sure(device.cost)
    yield Remark(
        severity=Severity.WARNING if unexplained else Severity.INFO,
        title=f"{len(sessions)} sessions had work on {scene.where} at once for {percent(time.contended, time.window)} of the window"
        if time.contended
        else f"The sessions on {scene.where} never had work on it at once",
        detail=" ".join(filter(None, (_detail(scene), _costs(scene)))),
        cause=_unsure(device.cost) if unexplained else "",
        advice=_CAPTURE if unexplained else _what_would_settle(scene),
        verify="The contended time falls when a session is moved, shifted or stopped." if time.contended else "",
        evidence={
            "contended_ns": int(time.contended),
            "window_ns": int(time.window),
            "clock_error_ns": device.group.max_error,
            "mechanism": device.cost.mechanism.value,
            "slowdowns": {r.session: r.slowdown.estimate for r in device.cost.losses},
        },
        sessions=sessions,
    )


def _unsure(cost: Cost) -> str:
    """Say that the mechanism is unknown, or which one is likely."""
    if cost.mechanism is Mechanism.UNKNOWN:
        return f"How the sessions share the device could not be determined. {cost.detail}".strip()
    return f"How the sessions share the device is not sure; {mechanism_name(cost.mechanism)} is likely. {cost.detail}".strip()


def _detail(scene: Scene) -> str:
    """Give the overlap, and what it means."""
    overlap, time = scene.device.overlap, scene.device.overlap.time
    if time.contended == 0:
        return (
            f"The captures have {duration(time.window)} in common, and no work of one session overlaps any of another."
        )
    worst = max(overlap.pairs, key=lambda pair: pair.overlap)
    where = f"{scene.name(worst.a)} and {scene.name(worst.b)} ({duration(worst.overlap)})"
    measured = any(each.slowdown.baseline for each in scene.device.cost.losses)
    meaning = (
        ("" if measured else "On a processor with several cores that need not cost anything.")
        if scene.is_host
        else "Under time slicing a kernel's span includes the turns of other sessions, so overlap in time does not mean that kernels run "
        "concurrently."
    )
    return f"They overlap for {duration(time.contended)} of {duration(time.window)}, most between {where}. {meaning}".rstrip()


def _costs(scene: Scene) -> str:
    """Give the slowdowns as far as they are known."""
    known = [each for each in scene.device.cost.losses if answer_on(scene.device, each) is not Answer.UNKNOWN]
    return f"{slowdowns(scene, known)}." if known else ""


def _what_would_settle(scene: Scene) -> str:
    """Say which capture would settle what is unknown."""
    return next((r.slowdown.settle for r in scene.device.cost.losses if r.slowdown.settle), "")
