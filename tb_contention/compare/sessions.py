"""Compare one program before and after: slowdown, steps, time and memory."""

from tb_contention.compare.judging import (
    LEAST_CHANGE_OF_SAMPLES,
    estimated,
    neutral,
    sampled,
    silenced,
    unknown,
)
from tb_contention.compare.kernels import KernelSide, basis_of, kernel_differences, kernel_side
from tb_contention.compare.memory import allocators_of
from tb_contention.compare.pairing import Pair
from tb_contention.model.comparison import Change, SessionComparison, StepSide
from tb_contention.model.contention import Evidence, SessionLoss, StepTimes
from tb_contention.model.estimates import lost_share, slowdown_of
from tb_contention.model.report import DeviceReport
from tb_contention.units import I64, SessionId

_ROUGH = "the kernels' durations alone are not measured on both sides"


def compare_sessions(
    before: DeviceReport, after: DeviceReport, pair: Pair, incomparable: str, unsure: str
) -> SessionComparison:
    """Compare one program.

    incomparable: why times are not comparable at all, "" if they are; unsure: why the cost of sharing is not.
    """
    one, two = before.cost.loss(pair.before.id), after.cost.loss(pair.after.id)
    steps = _times(before, pair.before.id), _times(after, pair.after.id)
    basis = basis_of(*steps)
    first = kernel_side(before, pair.before, steps[0], basis)
    second = kernel_side(after, pair.after, steps[1], basis)
    return SessionComparison(
        before=pair.before.id,
        after=pair.after.id,
        before_name=pair.before.name,
        after_name=pair.after.name,
        match=pair.match,
        before_evidence=one.slowdown.evidence,
        after_evidence=two.slowdown.evidence,
        before_baselines=before.cost.baselines_of(pair.before.id),
        after_baselines=after.cost.baselines_of(pair.after.id),
        before_steps=_side(steps[0], first),
        after_steps=_side(steps[1], second),
        slowdown=silenced(_slowdown(one, two), unsure),
        step=silenced(sampled(_periods(steps[0]), _periods(steps[1])), incomparable),
        device_time=silenced(_device_time((before, after), (one, two), steps), unsure),
        lost_share=silenced(_lost_share((before, after), (one, two)), unsure),
        busy_share=silenced(_busy_share(before, after, pair), incomparable),
        in_process=pair.before.process is not None or pair.after.process is not None,
        memory=allocators_of(before, after, (pair.before, pair.after)),
        basis=basis,
        kernels=kernel_differences(first, second),
    )


def _times(device: DeviceReport, session: SessionId) -> StepTimes | None:
    return next((times for times in device.cost.steps if times.session == session), None)


def _periods(times: StepTimes | None) -> I64 | None:
    return None if times is None else times.end - times.start


def _side(times: StepTimes | None, kernels: KernelSide) -> StepSide:
    periods = _periods(times)
    if periods is None or not len(periods):
        return StepSide(count=0, mean=None, kernels=None)
    return StepSide(count=len(periods), mean=float(periods.mean()), kernels=kernels.per_step)


def _slowdown(before: SessionLoss, after: SessionLoss) -> Change:
    return estimated(slowdown_of(before), slowdown_of(after))


def _lost_share(devices: tuple[DeviceReport, DeviceReport], losses: tuple[SessionLoss, SessionLoss]) -> Change:
    """Compare the lost time as a share of the window, with the slowdown's interval."""
    one, two = (lost_share(loss, device.time.window) for device, loss in zip(devices, losses, strict=True))
    return estimated(one, two, scale=1.0)


def _busy_share(before: DeviceReport, after: DeviceReport, pair: Pair) -> Change:
    return neutral(_busy(before, pair.before.id), _busy(after, pair.after.id), scale=1.0)


def _busy(device: DeviceReport, session: SessionId) -> float | None:
    busy = [share.busy for share in device.per_session if share.session == session]
    return sum(busy) / device.time.window if busy and device.time.window > 0 else None


def _device_time(
    devices: tuple[DeviceReport, DeviceReport],
    losses: tuple[SessionLoss, SessionLoss],
    steps: tuple[StepTimes | None, StepTimes | None],
) -> Change:
    """Compare the device time of a step alone; judge it only if it is measured on both sides, not inferred from the mechanism."""
    known = [_known(*side) for side in zip(devices, losses, steps, strict=True)]
    own = [None if times is None or not times.known else times.own for times in steps]
    found = sampled(
        own[0], own[1], noticeable=LEAST_CHANGE_OF_SAMPLES, doubt="" if all(known) or unknown(*own) else _ROUGH
    )
    return found if not any(o is None for o in own) else silenced(found, _ROUGH)


def _known(device: DeviceReport, loss: SessionLoss, times: StepTimes | None) -> bool:
    """Return whether the kernels' durations alone are measured: the session was alone, or has evidence A or B."""
    if times is None or not times.known:
        return False
    return len(device.sessions) == 1 or loss.slowdown.evidence in (Evidence.A, Evidence.B)
