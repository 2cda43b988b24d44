"""Sessions that move to a GPU where others are: what those and they would see there."""

from dataclasses import replace

from tb_contention.model.contention import Mechanism, SessionLoss
from tb_contention.model.report import DeviceReport
from tb_contention.units import DeviceId, SessionId
from tb_contention.whatif.control import Control
from tb_contention.whatif.outcome import Stage
from tb_contention.whatif.policy import Way
from tb_contention.whatif.ranges import sessions_played
from tb_contention.whatif.scene import Scene, played_all, trouble_of
from tb_contention.whatif.schedules import Part, nothing
from tb_contention.whatif.sharing import AT_ONCE_ASSUMED, at_once, bounds_only
from tb_contention.words.numbers import listing

#: How sessions share that were not recorded together: as those of the GPU that some leave, or of the one that they come to.
_KNOWN = (Mechanism.TIME_SLICING, Mechanism.CONCURRENT)


def company(scene: Scene, target: DeviceId, coming: list[SessionId]) -> Part:
    """Play the sessions of another GPU together with those that come."""
    there = scene.gpu(target)
    why = _trouble(scene, there, coming)
    donor = scene if scene.device.cost.mechanism in _KNOWN else Scene.of(there, scene.aligned)
    if not why and (donor.control is None or donor.device.cost.mechanism not in _KNOWN):
        why = donor.trouble or f"How sessions would share {scene.gpu_name(target)} was not recorded."
    if why or donor.control is None:
        return Part(rows=tuple(nothing(s) for s in coming), unknown=why)
    joint, stage = _joint(scene, there, coming, donor.control)
    begins = joint.phases()
    assumed = (
        f"{scene.gpu_name(target)} is as fast, and its sessions share as recorded; how they will meet is not known."
    )
    if donor.control.policy.way is Way.TURNS:
        nominal = played_all(stage, [donor.control.policy], begins)
        rows, makespan = sessions_played(joint, stage, nominal, played_all(stage, [*donor.control.others], begins[:1]))
        return Part(rows=rows, makespan=makespan, assumes=(assumed,))
    found, _ = at_once(joint, stage, begins, {})
    return Part(rows=found.rows, makespan=found.makespan, assumes=(assumed, AT_ONCE_ASSUMED + bounds_only(found)))


def _trouble(scene: Scene, there: DeviceReport, coming: list[SessionId]) -> str:
    """Say why nothing can be played there."""
    name, losses = scene.gpu_name(there.id), [*there.cost.losses, *(scene.device.cost.loss(s) for s in coming)]
    if not there.cost.workloads:
        return f"The work of the sessions on {name} could not be replayed."
    if scene.device.group.device.device.differs_from(there.group.device.device):
        return f"{name} is of another model, and how long kernels take there was not recorded."
    both = [s for s in coming if s in there.sessions]
    if both:
        return f"{listing([scene.name(s) for s in both])} already uses {name}."
    served = [scene.name(loss.session) for loss in losses if loss.latency is not None]
    if served:
        return f"Requests start the steps of {listing(served)}, and how long they would wait in other company is not modelled."
    if scene.trouble:
        return scene.trouble
    return trouble_of(there) if len(there.sessions) > 1 else ""


def _joint(scene: Scene, there: DeviceReport, coming: list[SessionId], control: Control) -> tuple[Scene, Stage]:
    """Make a device of the sessions there and those that come, with the way of sharing of the control."""
    works = (*there.cost.workloads, *(w for w in scene.device.cost.workloads if w.session in coming))
    losses = (*map(_undisturbed, there.cost.losses), *(scene.device.cost.loss(s) for s in coming))
    device = replace(there, cost=replace(there.cost, workloads=works, losses=losses))
    stage = Stage.of(works)
    count = len(works)
    nothing = replace(
        control.outcome, slowdown=(None,) * count, latency=(None,) * count, behind=(0.0,) * count, done=(0.0,) * count
    )
    return replace(scene, device=device, stage=stage, control=replace(control, outcome=nothing)), stage


def _undisturbed(loss: SessionLoss) -> SessionLoss:
    """Take what a session saw alone on its GPU for what it takes alone, where no slowdown was measured."""
    if loss.slowdown.low is not None or loss.slowdown.high is not None:
        return loss
    return replace(loss, step_alone=loss.step_shared, slowdown=replace(loss.slowdown, estimate=1.0, low=1.0, high=1.0))
