"""Titles of groups of captures, and what a list of them leaves out."""

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import takewhile

from tb_contention.model.contention import Slowdown
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.listing import KnownAnswer
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.words.answers import Answer, answer_on, estimate_of, figure, interval, is_contended
from tb_contention.words.names import names_of
from tb_contention.words.numbers import UNKNOWN, count, listing

#: Characters of a name in a title.
_LONG = 48


def group_title(names: Sequence[str], start_ns: int | None) -> str:
    """Name a group by its sessions and its time: 'job7: trainer and evaluator, 2026-03-05 10:00 UTC'."""
    levels = zip(*(name.split("/")[:-1] for name in names), strict=False)
    place = (
        "/".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)) if len(names) > 1 else ""
    )
    ends = [shorten(clean(name.removeprefix(f"{place}/")), _LONG) for name in names]
    who = f"{shorten(clean(place), _LONG)}: {listing(ends, 3)}" if place else listing(ends, 3)
    when = instant(start_ns)
    return who if when == UNKNOWN else f"{who}, {when}"


def instant(unix_ns: int | None) -> str:
    """Write a moment in UTC to the minute: '2026-03-05 10:00 UTC'."""
    if unix_ns is None:
        return UNKNOWN
    try:
        return datetime.fromtimestamp(unix_ns // 1_000_000_000, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return UNKNOWN


def left_out(logdir: str, groups: int, alone: int) -> Finding:
    """Say what a report of a large directory does not hold, and how to get it."""
    parts = [count(groups, "more group") if groups else ""]
    parts += [count(alone, "capture that ran alone", "captures that ran alone") if alone else ""]
    what = listing([part for part in parts if part])
    return Finding(
        rule="left-out",
        severity=Severity.INFO,
        title=f"{what} in the log directory {'is' if groups + alone == 1 else 'are'} not part of this report",
        detail="The report holds the groups that overlap most and are the latest.",
        advice=f"List all of them with tb-contention runs {clean(logdir)}; report one with --group ID, some with --run PATTERN or --since.",
        evidence={"groups": groups, "alone": alone},
    )


def known_answer(report: Report, devices: Sequence[DeviceReport]) -> KnownAnswer:
    """Reduce the answers for the devices of one group to the session that is slowed most."""
    names = names_of(report)
    answer = next(
        (a for a in (Answer.YES, Answer.UNDECIDED, Answer.NO) if a in map(is_contended, devices)), Answer.UNKNOWN
    )
    losses = [
        loss for device in devices for loss in device.cost.losses if answer_on(device, loss) is not Answer.UNKNOWN
    ]
    worst = max(losses, key=lambda loss: _size(loss.slowdown), default=None)
    if worst is None:
        return KnownAnswer(answer=answer.value, label="", figure="", interval="", estimate=None)
    slowdown = worst.slowdown
    return KnownAnswer(
        answer=answer.value,
        label=names[worst.session],
        figure=figure(slowdown),
        interval=interval(slowdown),
        estimate=_size(slowdown),
    )


def _size(slowdown: Slowdown) -> float:
    """Return the estimate, or else the lower bound, by which slowdowns are ordered."""
    estimate = estimate_of(slowdown)
    return estimate if estimate is not None else slowdown.low or 1.0
