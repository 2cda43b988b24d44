"""What every report obeys, whatever was recorded, checked once when it is made: a report that does not is wrong and says so."""

from collections.abc import Iterator
from itertools import chain
from math import isfinite

from tb_contention.model.contention import Cost, Overlap, SessionLoss, Slowdown
from tb_contention.model.memory import CombinedMemory, Holders
from tb_contention.model.prediction import Bounds, Prediction
from tb_contention.model.report import DeviceReport, Report

#: What floating point leaves of an equality, relative, and how much of a loss its blame may miss.
_ROUNDING, _BLAMED = 1e-6, 0.01


class BrokenLawError(Exception):
    """A report contradicts itself: a bug."""


def check(report: Report) -> None:
    """Raise BrokenLawError for the first law that a report breaks."""
    for device in report.devices:
        for broken in _broken(device):
            raise BrokenLawError(f"{device.id}: {broken}")


def _broken(device: DeviceReport) -> Iterator[str]:
    """Name what does not hold of a device."""
    yield from _times(device.overlap)
    yield from _costs(device.cost)
    yield from chain.from_iterable(map(_predicted, device.predictions))
    if device.memory is not None:
        yield from _memory(device.memory)


def _times(overlap: Overlap) -> Iterator[str]:
    time, shares = overlap.time, overlap.shares
    if min(time.window, time.idle, time.exclusive, time.contended) < 0:
        yield "a part of the window is negative"
    if time.idle + time.exclusive + time.contended != time.window:
        yield "idle, exclusive and contended time are not the window"
    if sum(share.exclusive for share in shares) != time.exclusive:
        yield "the exclusive times of the sessions are not that of the device"
    for share in shares:
        if share.busy != share.exclusive + share.contended:
            yield f"the busy time of {share.session} is not its exclusive and contended time"
        if not 0 <= share.contended <= time.contended or share.exclusive < 0:
            yield f"{share.session} has more contended time than there is, or less than none"
    if any(not 0 <= pair.overlap <= time.contended for pair in overlap.pairs):
        yield "two sessions overlap for longer than there is contended time"


def _costs(cost: Cost) -> Iterator[str]:
    for loss in cost.losses:
        yield from _slowdown(loss.slowdown, loss)
        if loss.latency is not None:
            yield from _slowdown(loss.latency.slowdown, loss)
            for times in filter(None, (loss.latency.shared, loss.latency.alone)):
                if not times.p50.estimate <= times.p95.estimate <= times.p99.estimate:
                    yield f"the percentiles of {loss.session}'s request times are not in order"
                for each in (times.mean, times.p50, times.p95, times.p99):
                    if not each.low <= each.estimate <= each.high:
                        yield f"a request time of {loss.session} is outside of its interval"
        if loss.off_gpu is not None and not 0 <= loss.off_gpu.hosts_meet <= 1 + _ROUNDING:
            yield f"the share of time in which the host of {loss.session} meets others is no share"
        rows = [row.lost for row in cost.blame if row.victim == loss.session]
        if rows and loss.lost is not None and abs(sum(rows) - loss.lost) > _BLAMED * abs(loss.lost) + len(rows):
            yield f"the blame for {loss.session} adds up to {sum(rows)} ns of {loss.lost} ns"
    for steps in cost.steps:
        if (steps.own + steps.host + steps.lost != steps.end - steps.start).any():
            yield f"the parts of a step of {steps.session} are not its length"
    if cost.metrics is not None:
        for name, value in (("fairness", cost.metrics.fairness), ("Jain index", cost.metrics.jain)):
            if isfinite(value) and not 0 <= value <= 1 + _ROUNDING:
                yield f"the {name} is {value}"


def _slowdown(found: Slowdown, loss: SessionLoss) -> Iterator[str]:
    low, high = found.low, found.high
    if found.estimate is not None and (found.estimate <= 0 or not _holds(low, found.estimate, high)):
        yield f"the slowdown of {loss.session}, {found.estimate}, is outside of {low} to {high}"
    if low is not None and high is not None and not _holds(low, low, high):
        yield f"the interval of the slowdown of {loss.session} ends before it begins, {low} to {high}"
    if not 0 <= found.coverage <= 1 + _ROUNDING:
        yield f"the coverage of {loss.session} is {found.coverage}"


def _holds(low: float | None, value: float, high: float | None) -> bool:
    far = _ROUNDING * abs(value)
    return (low is None or low <= value + far) and (high is None or value <= high + far)


def _predicted(prediction: Prediction) -> Iterator[str]:
    bounds: list[Bounds | None] = [prediction.makespan]
    for row in prediction.sessions:
        bounds += [row.slowdown, row.step, row.end, row.gain, row.latency, row.request]
    for each in bounds:
        if each is None or not (isfinite(each.low) and isfinite(each.high)):
            continue
        if not _holds(each.low, each.low if each.estimate is None else each.estimate, each.high):
            yield f"{prediction.setting}: {each.estimate} is outside of {each.low} to {each.high}"


def _memory(memory: CombinedMemory) -> Iterator[str]:
    yield from _held(memory.holders, memory.peak, "the combined peak")
    for allocator in memory.allocators:
        yield from _held(allocator.holders, allocator.peak, f"the peak of {allocator.session}")


def _held(holders: Holders, peak: int, what: str) -> Iterator[str]:
    if holders.rows and (holders.total != peak or sum(row.bytes for row in holders.rows) != peak):
        yield f"the holders of {what} do not add up to it"
