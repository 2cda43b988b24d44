"""Rules on change over the capture: losses only at its beginning, and a device that slows down."""

from tb_contention.diagnose.scene import Scene, length, lost, percent, slowdowns
from tb_contention.diagnose.settings import LOCK_CLOCKS, NO_AUTOTUNE
from tb_contention.model.findings import Finding, Severity

#: So much of the loss lies in the first quarter of the steps, while others go on for at least this part of their work then.
_EARLY, _STEPS, _GO_ON = 0.8, 12, 0.5
#: Undisturbed kernels take so much longer at the end than at the beginning.
_SLOWER = 1.05


def loss_at_start(scene: Scene) -> list[Finding]:
    """A session loses time in its first steps only, though the others go on: something of the start, not of the sharing."""
    found = []
    for loss in scene.slowed():
        steps = scene.steps(loss.session)
        if steps is None or not steps.known or len(steps.start) < _STEPS:
            continue
        quarter = len(steps.start) // 4
        early, total = int(steps.lost[:quarter].clip(0).sum()), int(steps.lost.clip(0).sum())
        if (
            total <= 0
            or early < _EARLY * total
            or not _others_go_on(scene, loss.session, int(steps.end[quarter - 1]), int(steps.end[-1]))
        ):
            continue
        found.append(
            Finding(
                rule="loss-at-start",
                severity=Severity.WARNING,
                title=f"{scene.name(loss.session)} lost {percent(early / total)} of its time in the first "
                f"{quarter} steps of {len(steps.start)}",
                detail=f"Afterwards the others go on, and cost it next to nothing. {slowdowns(scene, [loss])} over the whole capture.",
                cause="Compilation, autotuning or the first use of memory, in it or in the others: work that comes once.",
                advice="Start sessions one after another, and keep compiled programs (jax_compilation_cache_dir). "
                f"{NO_AUTOTUNE} avoids tuning beside others, at the price of cuDNN's default choice.",
                effect=f"At most {length(early)}, once per start.",
                verify="A capture that begins later shows no loss.",
                gain_ns=early,
                evidence={"early_ns": early, "lost_ns": lost([loss]), "steps": len(steps.start)},
                device=scene.device.group.id,
                sessions=(loss.session,),
            )
        )
    return found


def _others_go_on(scene: Scene, session: object, middle: int, end: int) -> bool:
    start = int(scene.device.group.start)
    for other, busy in scene.device.overlap.busy.items():
        if other == session or middle <= start or end <= middle:
            continue
        first = busy.clip(start, middle).total / (middle - start)
        later = busy.clip(middle, end).total / (end - middle)
        if later >= _GO_ON * first and later > 0:
            return True
    return False


def clocks_fall(scene: Scene) -> list[Finding]:
    """The SM clock falls during the window, or undisturbed kernels of all sessions take longer at its end, where nobody read the clock."""
    paces = [(f.session, f.pace) for f in scene.facts]
    if scene.is_host or not paces:
        return []
    clock = None if scene.device.driver is None else scene.device.driver.clock
    slower = all(pace is not None and pace > _SLOWER for _, pace in paces)
    read = clock is not None and clock.first > _SLOWER * clock.last
    if not (read if clock is not None else slower):
        return []
    words = ", ".join(f"{scene.name(s)} {(pace or 1.0) - 1:+.0%}" for s, pace in paces if pace is not None)
    longer = f"Kernels that nobody disturbed, last third of the window against the first: {words}." if words else ""
    seen = f"The SM clock fell from {clock.first:.0f} to {clock.last:.0f} MHz. " if clock is not None else ""
    return [
        Finding(
            rule="clocks-fall",
            severity=Severity.WARNING,
            title=f"{scene.device.group.device.id} gets slower during the capture, for everybody",
            detail=(seen + longer).strip(),
            cause="The GPU lowers its clock: power limit or temperature, which a second session brings nearer.",
            advice=f"Cooling, a higher power limit, or a fixed clock ({LOCK_CLOCKS}) so that runs can be compared.",
            effect="At most what the kernels gained in length.",
            verify="The clock beside the kernels (nvidia-smi --query-gpu=clocks.sm --loop-ms=100): it falls where they get longer.",
            evidence={
                "pace": {scene.name(s): pace for s, pace in paces},
                "clock_mhz": None if clock is None else [clock.first, clock.last],
            },
            device=scene.device.group.id,
            sessions=tuple(s for s, _ in paces),
        )
    ]
