"""Titles of groups of captures, their order in a list, and what a list of them leaves out."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from itertools import takewhile

from tb_contention.model.contention import Slowdown
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.listing import KnownAnswer, ListedGroup
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.units import Nanoseconds
from tb_contention.words.answers import Answer, answer_on, estimate_of, figure, interval, is_contended, judged_by
from tb_contention.words.names import names_of
from tb_contention.words.numbers import UNKNOWN, count, duration, listing
from tb_contention.words.problems import lost_from

#: Characters of a name in a title.
_LONG = 48
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Where groups stand by what is known of them; what was not measured may be bad.
_PLACES = {Answer.YES.value: 0, Answer.UNDECIDED.value: 1, "": 2, Answer.NO.value: 3}


def group_title(names: Sequence[str], start_ns: int | None) -> str:
    """Name a group by its runs and its time: 'job7: trainer + evaluator, 5 Mar 2026 10:00 UTC'."""
    who, when = runs_title(names), instant(start_ns)
    return who if when == UNKNOWN else f"{who}, {when}"


def runs_title(names: Sequence[str], most: int = 3) -> str:
    """Name the runs of a group, with the directory that all share only once: 'job7: trainer + evaluator'."""
    levels = zip(*(name.split("/")[:-1] for name in names), strict=False)
    place = (
        "/".join(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)) if len(names) > 1 else ""
    )
    ends = [shorten(clean(name.removeprefix(f"{place}/")), _LONG) for name in names]
    shown = ends if len(ends) <= most else [*ends[:most], f"{len(ends) - most:,} more"]
    who = " + ".join(shown)
    return f"{shorten(clean(place), _LONG)}: {who}" if place else who


def instant(unix_ns: int | None) -> str:
    """Write a moment in UTC to the minute: '5 Mar 2026 10:00 UTC'."""
    if unix_ns is None:
        return UNKNOWN
    try:
        at = datetime.fromtimestamp(unix_ns // 1_000_000_000, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return UNKNOWN
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M} UTC"


def worst_first(groups: Iterable[ListedGroup]) -> tuple[ListedGroup, ...]:
    """Order groups for a list: of two or more before sessions alone, measured slowdowns first, those known to be harmless last.

    Within each, groups keep the order in which they deserve a look.
    """
    return tuple(sorted(groups, key=_place))


def _place(group: ListedGroup) -> tuple[bool, bool, int, float]:
    found = group.found
    if found is None or found.answer not in _PLACES:
        return (not group.shared, group.by_name, _PLACES[""], 0.0)
    return (not group.shared, group.by_name, _PLACES[found.answer], -(found.estimate or 0.0))


def nothing_together(groups: Sequence[ListedGroup]) -> str:
    """Say why none of the groups is of two captures or more; "" where one is, or where there is nothing."""
    if not groups or any(group.shared for group in groups):
        return ""
    return f"Nothing here ran together, because {_why_apart(groups)}."


def _why_apart(groups: Sequence[ListedGroup]) -> str:
    if sum(len(group.captures) for group in groups) == 1:
        return "there is only one capture"
    if all(group.by_name for group in groups):
        return "no two files of one host were written at about the same time; the files are not read yet"
    on_device: dict[str, list[ListedGroup]] = {}
    for group in groups:
        for device in group.devices:
            on_device.setdefault(device, []).append(group)
    if not any(len(group.captures) > 1 for group in groups) and all(len(those) < 2 for those in on_device.values()):
        return "no two captures used the same GPU or processor"
    if all(group.start_ns is None for group in groups):
        return "no capture states when it was recorded"
    if any(group.repeated for group in groups):
        return "captures that overlap in time are recordings of one process"
    gaps = [gap for those in on_device.values() for gap in _gaps(those)]
    if any(gap < 0 for gap in gaps):
        return "the clocks of the captures are too uncertain to tell which of them overlap"
    if not gaps:
        return "their manifests or folders state that each ran alone"
    nearest = duration(Nanoseconds(min(gaps)))
    return f"no two captures of one device overlap in time; the nearest two are {nearest} apart"


def _gaps(groups: Sequence[ListedGroup]) -> Iterator[int]:
    """Yield the times between the captures of one device, negative where two seem to overlap."""
    spans = sorted((g.start_ns, g.end_ns) for g in groups if g.start_ns is not None and g.end_ns is not None)
    until: int | None = None
    for start, end in spans:
        if until is not None:
            yield start - until
        until = end if until is None else max(until, end)


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
    files = {report.session(session).session.file for device in devices for session in device.sessions}
    problems = lost_from(p for p in report.problems if p.file in files)
    answer = next(
        (a for a in (Answer.YES, Answer.UNDECIDED, Answer.NO) if a in map(is_contended, devices)), Answer.UNKNOWN
    )
    losses = [
        loss for device in devices for loss in device.cost.losses if answer_on(device, loss) is not Answer.UNKNOWN
    ]
    worst = max(losses, key=lambda loss: (_size(judged_by(loss)), judged_by(loss).high or 0.0), default=None)
    if worst is None:
        return KnownAnswer(answer=answer.value, label="", figure="", interval="", estimate=None, problems=problems)
    slowdown = judged_by(worst)
    return KnownAnswer(
        answer=answer.value,
        label=f"{'' if worst.latency is None else 'for requests to '}{names[worst.session]}",
        figure=figure(slowdown),
        interval=interval(slowdown),
        estimate=_size(slowdown),
        problems=problems,
    )


def _size(slowdown: Slowdown) -> float:
    """Return the estimate, or else the lower bound, by which slowdowns are ordered."""
    estimate = estimate_of(slowdown)
    return estimate if estimate is not None else slowdown.low or 1.0
