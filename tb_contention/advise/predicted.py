"""Predictions -> actions: what each schedule brings every session, all of them, and when everything is done."""

from collections.abc import Mapping

from tb_contention.model.advice import Action, SessionChange
from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId
from tb_contention.words.advice import Again, brings_words, setting_words
from tb_contention.words.answers import estimate_of
from tb_contention.words.mechanism import is_sure, mechanism_name
from tb_contention.words.names import Names

#: Schedules that need no knowledge of how the sessions share: then each has a GPU to itself.
APART = frozenset({Schedule.MOVED.value, Schedule.ONE_AFTER_ANOTHER.value})
_NOT_OFFERED = (Schedule.AS_RECORDED, Schedule.MEMORY_LIMITS)
#: Schedules in which a process that holds several sessions may go on holding them.
_AS_STARTED = (Schedule.SHIFTED, Schedule.PRIORITY)


def predicted_actions(device: DeviceReport, names: Names, again: Again) -> tuple[Action, ...]:
    """Turn the predictions of which every session's time is known into actions."""
    control = next((p for p in device.predictions if p.schedule is Schedule.AS_RECORDED), None)
    now = _now(device, control)
    return tuple(
        action
        for found in device.predictions
        if found.schedule not in _NOT_OFFERED and found.memory_fits is not False
        for action in [_action(device, found, now, names, again)]
        if action is not None
    )


def _now(device: DeviceReport, control: Prediction | None) -> dict[SessionId, float]:
    """Return when each session's recorded work is done as recorded, ns; the window where that was not played."""
    window = float(max(1, device.time.window))
    ends = {row.session: row.end for row in control.sessions} if control is not None else {}
    known = {s: end.estimate for s, end in ends.items() if end is not None and end.estimate}
    return {session: known.get(session) or window for session in device.sessions}


def _action(
    device: DeviceReport, found: Prediction, now: Mapping[SessionId, float], names: Names, again: Again
) -> Action | None:
    changes = []
    for row in found.sessions:
        change = _queued(row, now) if found.schedule is Schedule.ONE_AFTER_ANOTHER else _stretched(device, row)
        if change is None:
            return None
        changes.append(SessionChange(session=row.session, change=change))
    if not changes:
        return None
    total = _weighted(changes, now)
    latest = max(now.values())
    done = None if found.makespan is None else _relative(found.makespan, latest)
    rows = tuple(changes)
    queued = found.schedule is Schedule.ONE_AFTER_ANOTHER
    served = frozenset(loss.session for loss in device.cost.losses if loss.latency is not None and not queued)
    certain = total.high < 0
    return Action(
        kind=found.schedule.value,
        title=f"{found.setting[:1].upper()}{found.setting[1:]}",
        setting=setting_words(names, found),
        brings=brings_words(names, rows, total, done, served),
        sure=_sure(device, found, certain=certain),
        verify=(again if found.schedule in _AS_STARTED else again.apart()).verify(),
        certain=certain,
        total=total,
        done=done,
        changes=rows,
    )


def _relative(then: Bounds, now: float) -> Bounds:
    estimate = None if then.estimate is None else then.estimate / now - 1
    return Bounds(estimate=estimate, low=then.low / now - 1, high=then.high / now - 1)


def _queued(row: SessionPrediction, now: Mapping[SessionId, float]) -> Bounds | None:
    """Compare when a session's work is done, since it waits for those before it."""
    return None if row.end is None else _relative(row.end, now[row.session])


def _stretched(device: DeviceReport, row: SessionPrediction) -> Bounds | None:
    """Compare slowdowns, since the same work takes time in proportion. What is exact then is as uncertain as the slowdown now.

    Of a session whose steps begin with requests, compare the time per request.
    """
    loss = device.cost.loss(row.session)
    slowdown, then = loss.slowdown, row.slowdown
    if loss.latency is not None:
        slowdown, then = loss.latency.slowdown, _per_request(row)
    estimate = estimate_of(slowdown)
    if then is None:
        return None
    if then.low == then.high and slowdown.low and slowdown.high:
        middle = None if estimate is None else then.low / estimate - 1
        return Bounds(estimate=middle, low=then.low / slowdown.high - 1, high=then.low / slowdown.low - 1)
    return None if estimate is None else _relative(then, estimate)


def _per_request(row: SessionPrediction) -> Bounds | None:
    """Return a session's time per request then / alone; alone on a GPU, requests take as long as alone."""
    if row.latency is None and row.slowdown is not None and row.slowdown.low == row.slowdown.high == 1.0:
        return row.slowdown
    return row.latency


def _weighted(changes: list[SessionChange], now: Mapping[SessionId, float]) -> Bounds:
    """Return the relative change of the sum of all sessions' times."""
    whole = sum(now[row.session] for row in changes)
    parts = [(row.change, now[row.session] / whole) for row in changes]
    estimate = None
    if all(change.estimate is not None for change, _ in parts):
        estimate = sum((change.estimate or 0.0) * weight for change, weight in parts)
    return Bounds(
        estimate=estimate,
        low=sum(change.low * weight for change, weight in parts),
        high=sum(change.high * weight for change, weight in parts),
    )


def _sure(device: DeviceReport, found: Prediction, *, certain: bool) -> str:
    """Say how sure it is that an action helps."""
    if found.schedule.value in APART:
        rests = "It holds however the sessions share, because each then has a GPU to itself."
    elif is_sure(device.cost):
        rests = f"It rests on the mechanism, {mechanism_name(device.cost.mechanism)}, which is sure."
    else:
        rests = "The mechanism is not sure."
    ranges = "In all, the whole range is a gain." if certain else "In all, the range includes no gain."
    assumed = f"Assumed: {found.assumes}" if found.assumes else ""
    return f"{ranges} {rests} {assumed}".strip()
