"""Rules on change over the capture: losses only at its beginning, and a device that slows down."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import ONCE_TUNED, told
from tb_contention.diagnose.pace import AGREE, WINDOW
from tb_contention.diagnose.places import steps
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, lost, slowdowns
from tb_contention.diagnose.settings import LOCK_CLOCKS
from tb_contention.units import SessionId
from tb_contention.words.numbers import duration, listing, percent, share

#: That part of the loss lies in the first quarter of that many steps, while others go on with at least that part of their work.
_EARLY, _STEPS, _GO_ON = 0.8, 12, 0.5
#: The clock falls, or undisturbed kernels take longer, by that factor from the beginning to the end.
_SLOWER = 1.05


@rule(
    "loss-at-start",
    place=steps,
    speaks=f"Speaks when {share(_EARLY)} of what a session lost lies in the first quarter of its steps ({_STEPS} or more), while other "
    "sessions go on: compilation or autotuning, which happens once. Advice: start one after another, keep compiled programs.",
)
def loss_at_start(scene: Scene) -> Iterator[Remark]:
    """A session loses time in its first steps only, though the others go on: something of the start, not of the sharing."""
    for loss in scene.slowed():
        steps = scene.steps(loss.session)
        if steps is None or not steps.known or len(steps.start) < _STEPS:
            continue
        quarter = len(steps.start) // 4
        early, total = int(steps.lost[:quarter].clip(0).sum()), int(steps.lost.clip(0).sum())
        middle, end = int(steps.end[quarter - 1]), int(steps.end[-1])
        if total <= 0 or early < _EARLY * total or not _others_go_on(scene, loss.session, middle, end):
            continue
        yield Remark(
            title=f"{percent(early, total)} of the loss of {scene.name(loss.session)} lies in its first {quarter} of {len(steps.start)} "
            "steps",
            detail="Afterwards the other sessions go on, and cost it next to nothing. Over the whole capture "
            f"{slowdowns(scene, [loss])}.",
            cause="Work that happens once, in this session or in others: compilation, autotuning or the first use of memory.",
            advice=f"Start sessions one after another, and {told(scene, ONCE_TUNED, (loss.session,))}",
            effect=f"At most {duration(early)}, once per start.",
            verify="A capture that begins later shows no loss.",
            gain_ns=early,
            evidence={"early_ns": early, "lost_ns": lost([loss]), "steps": len(steps.start)},
            sessions=(loss.session,),
        )


def _others_go_on(scene: Scene, session: SessionId, middle: int, end: int) -> bool:
    start = int(scene.device.group.start)
    for other, busy in scene.device.overlap.busy.items():
        if other == session or middle <= start or end <= middle:
            continue
        first = busy.clip(start, middle).total / (middle - start)
        later = busy.clip(middle, end).total / (end - middle)
        if later >= _GO_ON * first and later > 0:
            return True
    return False


@rule(
    "clocks-fall",
    place=steps,
    speaks=f"Speaks when the SM clock in a manifest is {share(_SLOWER - 1)} lower in the last third of the window than in the first. "
    f"Where the clock was not recorded, it speaks when undisturbed kernels of every session take {share(_SLOWER - 1)} longer there: of the "
    f"same name, grid and block, not collectives, with {share(AGREE)} of them agreeing on the factor, in a window of {duration(WINDOW)} or "
    "more. Advice: cooling, power limit, fixed clocks.",
)
def clocks_fall(scene: Scene) -> Iterator[Remark]:
    """The SM clock falls during the window, or undisturbed kernels of all sessions take longer at its end, where no clock was recorded."""
    paces = [(f.session, f.pace) for f in scene.facts]
    if scene.is_host or not paces:
        return
    clock = None if scene.device.driver is None else scene.device.driver.clock
    slower = all(pace is not None and pace > _SLOWER for _, pace in paces)
    fell = clock is not None and clock.first > _SLOWER * clock.last
    if not (fell if clock is not None else slower):
        return
    longer = [f"{scene.name(s)} {'+' if pace >= 1 else ''}{share(pace - 1)}" for s, pace in paces if pace is not None]
    parts = (
        "" if clock is None else f"The SM clock fell from {clock.first:,.0f} to {clock.last:,.0f} MHz.",
        f"Undisturbed kernels in the last third of the window, against the first: {listing(longer)}." if longer else "",
    )
    yield Remark(
        title=f"{scene.where} slows down during the capture{', for every session' if len(paces) > 1 else ''}",
        detail=" ".join(filter(None, parts)),
        cause="The GPU lowers its clock at its power or temperature limit, which a second session brings nearer."
        + ("" if clock is not None else " Or a process without a capture began to use the GPU."),
        advice=f"Better cooling, a higher power limit, or a fixed clock ({LOCK_CLOCKS}) so that runs can be compared.",
        effect="At most the time by which kernels got longer.",
        verify="Record the clock beside the kernels (nvidia-smi --query-gpu=clocks.sm --loop-ms=100): it falls where they get longer.",
        evidence={
            "pace": {scene.name(s): pace for s, pace in paces},
            "clock_mhz": None if clock is None else [clock.first, clock.last],
        },
        sessions=tuple(s for s, _ in paces),
    )
