"""Rules on processes without a capture: one session's loss points to them, or the driver lists them."""

from collections.abc import Iterator

from tb_contention.diagnose.places import blame, untraced_peak
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, lost, slowdowns
from tb_contention.model.alignment import ClockCheck
from tb_contention.model.contention import UNTRACED, Mechanism
from tb_contention.model.driver_view import DriverProcess
from tb_contention.model.names import shorten
from tb_contention.words.answers import Answer, answer_of
from tb_contention.words.names import UNTRACED_WORDS
from tb_contention.words.numbers import duration, listing, percent, share, size

#: Part of a session's loss that no traced session explains.
_UNEXPLAINED = 0.2
#: Part of the GPU's memory that processes without a capture hold.
_NOTABLE = 0.02
#: Processes that a sentence names, and how long their names may be.
_NAMED, _LONG = 3, 40


@rule(
    "untraced-corunner",
    place=blame,
    speaks=f"Speaks when no traced session had work beside {share(_UNEXPLAINED)} of a session's loss, or when a session is measurably "
    "slower than in its capture alone and no other session was captured. Beside other sessions, the mechanism must be known and no clock "
    "in doubt: a wrong clock makes a traced session look absent. Advice: list the GPU's processes.",
)
def untraced_corunner(scene: Scene) -> Iterator[Remark]:
    """A session is slower than any traced one explains."""
    if scene.is_host:
        return
    cost = scene.device.cost
    if len(scene.facts) > 1 and not _can_tell_when(scene):
        return
    for loss in cost.losses:
        whole = int(loss.lost or 0)
        foreign = sum(int(b.lost) for b in cost.blame if b.victim == loss.session and b.culprit == UNTRACED)
        if len(scene.facts) == 1 and cost.mechanism is Mechanism.UNKNOWN and whole > 0:
            foreign = whole
        if answer_of(loss.slowdown) is not Answer.YES or foreign <= _UNEXPLAINED * max(1, whole):
            continue
        yield Remark(
            title=f"{scene.name(loss.session)} lost {duration(foreign)} to {UNTRACED_WORDS}",
            detail=f"{slowdowns(scene, [loss])}. During {percent(foreign, whole)} of the loss no traced session had work."
            f"{_listed(scene)}",
            cause="A process without a profiler, a display, monitoring that samples counters (DCGM), or a GPU that runs slower.",
            advice="List the GPU's processes (nvidia-smi), and stop or trace the others. Check clocks and ECC errors (nvidia-smi -q).",
            effect=f"At most {duration(foreign)} of the window.",
            verify="With the other process stopped or traced, the unexplained part disappears.",
            gain_ns=foreign,
            evidence={"untraced_ns": foreign, "lost_ns": lost([loss])},
            sessions=(loss.session,),
        )


def _can_tell_when(scene: Scene) -> bool:
    """Return whether it is known what others did meanwhile: a clock that is wrong makes a traced session look absent."""
    clocks = [scene.aligned.session(each).clock.check for each in scene.device.sessions]
    return scene.device.cost.mechanism is not Mechanism.UNKNOWN and ClockCheck.DOUBTED not in clocks


def _listed(scene: Scene) -> str:
    """Name the processes without a capture that the driver lists on the GPU; nothing where it was not asked."""
    view = scene.device.driver
    if view is None or view.unmatched or not view.processes:
        return ""
    others = [_called(process) for process in view.untraced_processes]
    if not others:
        return " The driver lists no other process on the GPU."
    return f" The driver also lists {listing(others, _NAMED)} on the GPU."


@rule(
    "untraced-memory",
    place=untraced_peak,
    speaks=f"Speaks when processes without a capture hold {share(_NOTABLE)} of the GPU's memory or more, by the driver's samples in a "
    "manifest, and all captured sessions are among the processes that it lists: otherwise they cannot be distinguished.",
)
def untraced_memory(scene: Scene) -> Iterator[Remark]:
    """Processes without a capture hold a notable part of the GPU's memory."""
    view = scene.device.driver
    if view is None or not view.untraced_peak or not view.capacity or view.untraced_peak < _NOTABLE * view.capacity:
        return
    others = [f"{_called(p)} with {size(p.peak)}" for p in view.untraced_processes if p.peak]
    held = f"That is {percent(view.untraced_peak, view.capacity)} of the GPU's memory, and no trace shows its use."
    yield Remark(
        title=f"Processes without a capture hold {size(view.untraced_peak)} of {scene.where}",
        detail=f"The driver lists {listing(others, _NAMED)}. {held}" if others else held,
        cause="Another job, a notebook that was left open, or a process that did not end.",
        advice="Identify them (ps -p ID, nvidia-smi), stop those that are not needed, or record them too.",
        effect=f"Frees up to {size(view.untraced_peak)}.",
        verify="nvidia-smi lists only the recorded processes.",
        gain_bytes=int(view.untraced_peak),
        evidence={"untraced_bytes": int(view.untraced_peak), "at_ns": int(view.untraced_peak_at or 0)},
        sessions=scene.device.sessions,
    )


def _called(process: DriverProcess) -> str:
    return f"{shorten(process.name, _LONG) or 'a process'} ({process.process_id})"
