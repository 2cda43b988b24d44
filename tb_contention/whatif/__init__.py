"""Results of a device -> what its sessions would see under another schedule.

    workloads (as they take alone) -> control: played as recorded -> the same played another way -> predictions with intervals

Nothing is predicted by play where the kernels' durations alone are unknown, or the control does not return what was measured.
"""

from collections.abc import Callable
from dataclasses import replace

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.contention import Loop, Mechanism
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.whatif.memory import memory_limits, with_memory
from tb_contention.whatif.planned import moved, planned
from tb_contention.whatif.question import STANDARD, Question
from tb_contention.whatif.scene import Scene
from tb_contention.whatif.schedules import as_recorded, one_after_another, shifted
from tb_contention.whatif.sharing import mps, sm_cap, time_slicing
from tb_contention.words.numbers import listing
from tb_contention.words.typed import gpus_beside

__all__ = ["STANDARD", "Question", "Scene", "predict", "prepare"]

_SCHEDULES: dict[Schedule, Callable[[Scene, Question], Prediction]] = {
    Schedule.AS_RECORDED: as_recorded,
    Schedule.SHIFTED: shifted,
    Schedule.ONE_AFTER_ANOTHER: one_after_another,
    Schedule.MPS: mps,
    Schedule.SM_CAP: sm_cap,
    Schedule.TIME_SLICING: time_slicing,
    Schedule.MOVED: moved,
    Schedule.MEMORY_LIMITS: memory_limits,
}


def predict(
    device: DeviceReport,
    aligned: AlignedTraces,
    asked: tuple[Question, ...] | None = None,
    devices: tuple[DeviceReport, ...] = (),
    prepared: Scene | None = None,
) -> tuple[Prediction, ...]:
    """Predict the schedules that are asked for, the standard ones by default; nothing for a host or a session alone.

    devices: those that sessions may move to. prepared: of the same device, by `prepare`.
    """
    if device.group.device.device.is_host or len(device.cost.workloads) < 2:
        return ()
    scene = prepared or Scene.of(device, aligned)
    scene = replace(scene, aligned=aligned, elsewhere=gpus_beside(device, devices))
    questions = _standard(device) if asked is None else asked
    return tuple(_with_doubt(scene, with_memory(scene, q, _answer(scene, q))) for q in questions)


def prepare(device: DeviceReport, aligned: AlignedTraces) -> Scene:
    """Play the control of a device, which all of its predictions start from, for several calls of `predict`; without the traces."""
    return replace(Scene.of(device, aligned), aligned=AlignedTraces(origin_ns=None, sessions=(), groups=()))


def _answer(scene: Scene, question: Question) -> Prediction:
    return planned(scene, question) if question.plan is not None else _SCHEDULES[question.schedule](scene, question)


def _with_doubt(scene: Scene, found: Prediction) -> Prediction:
    """Add why only a range is given for sessions whose host runs ahead of the device."""
    found = _with_parts(scene, _with_unknown_loops(scene, found))
    ahead = scene.ahead()
    if not ahead or not any(row.slowdown is not None and row.slowdown.estimate is None for row in found.sessions):
        return found
    doubt = (
        f"The host of {', '.join(ahead)} runs ahead of the device. "
        "When it would have to wait was not recorded, so only a range is given."
    )
    return replace(found, assumes=f"{found.assumes} {doubt}".strip())


def _with_parts(scene: Scene, found: Prediction) -> Prediction:
    """Add that sessions keep what they may use of the GPU, on another one too."""
    names = [scene.name(row.session) for row in found.sessions if row.session in scene.parts]
    if not names or found.schedule is Schedule.AS_RECORDED:
        return found
    keep = f"{listing(names)} may use as many multiprocessors as recorded at most."
    return replace(found, assumes=f"{found.assumes} {keep}".strip())


def _with_unknown_loops(scene: Scene, found: Prediction) -> Prediction:
    """Add why only a range is given for sessions whose steps perhaps begin with requests."""
    unclear = [loss.session for loss in scene.device.cost.losses if loss.loop is Loop.UNKNOWN]
    ranged = {row.session for row in found.sessions if row.slowdown is not None and row.slowdown.estimate is None}
    names = [scene.name(session) for session in unclear if session in ranged]
    if not names:
        return found
    doubt = (
        f"Requests may start the steps of {', '.join(names)}, but the traces do not show it. "
        "They would keep their throughput then, so only a range is given."
    )
    return replace(found, assumes=f"{found.assumes} {doubt}".strip())


def _standard(device: DeviceReport) -> tuple[Question, ...]:
    """Leave out what is the case already, and ways to share where sharing costs nothing."""
    mechanism = device.cost.mechanism
    pointless = {
        Mechanism.TIME_SLICING: {Schedule.TIME_SLICING},
        Mechanism.CONCURRENT: {Schedule.MPS},
        Mechanism.NONE: {Schedule.TIME_SLICING, Schedule.MPS, Schedule.SM_CAP, Schedule.SHIFTED},
    }.get(mechanism, set())
    return tuple(q for q in STANDARD if q.schedule not in pointless)
