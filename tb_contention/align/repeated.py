"""Two recordings of one process that hold the same kernels -> they share no GPU with each other; each is looked at apart.

A profiler that is stopped and started again can hand out what it already had. A process id alone decides nothing: containers number
their processes alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np

from tb_contention.align.groups import largest_error
from tb_contention.align.place import Placed
from tb_contention.model.alignment import DeviceGroup, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.sketch import MOST_MARKS
from tb_contention.model.trace import Era
from tb_contention.units import I64, PS_PER_NS, DeviceId, SessionId
from tb_contention.words.numbers import listing, percent

#: Recordings repeat each other if so many kernels, and this part of those of the shorter one in the time that both cover, are the same.
_LEAST, _PART = 8, 0.5
#: The same of the marks that sketches keep of a few of them.
_LEAST_MARKS = 3
_NS_PER_US = 1_000
_MIXING = 0x9E3779B97F4A7C1
#: Kernels that are compared first: nearly all recordings differ, and of millions that shows in a few thousand.
_SAMPLE = 1 << 15


def without_repeated(
    groups: Sequence[DeviceGroup], sessions: Mapping[SessionId, Session]
) -> tuple[tuple[DeviceGroup, ...], tuple[Finding, ...]]:
    """Take a recording that repeats another of its process out of their group, into one of its own; say so."""
    kept: list[DeviceGroup] = []
    findings: dict[tuple[SessionId, SessionId], Finding] = {}
    for group in groups:
        found = _repeats(group, sessions)
        for (first, second), part in found.items():
            findings.setdefault((first, second), _finding(group, sessions[first], sessions[second], part))
        out = dict.fromkeys(second for _, second in found)
        kept.append(
            _of(group, [p.session for p in group.planes if p.session not in out], sessions, "") if out else group
        )
        kept += [_of(group, [second], sessions, f"~{number}") for number, second in enumerate(out, 1)]
    return tuple(kept), tuple(findings.values())


def repeat_each_other(members: Sequence[Placed]) -> bool:
    """Return whether captures are recordings of one process that hold the same work, as far as their sketches tell."""
    return len(members) > 1 and all(_have_marks_in_common(one, other) for one, other in combinations(members, 2))


def repeated_finding(members: Sequence[Placed], names: Sequence[str]) -> Finding:
    """Say of captures whose sketches repeat each other that they do."""
    first, second = members[:2]
    return Finding(
        rule="recorded-twice", severity=Severity.INFO,
        title=f"{listing([*names])} are recordings of one process and hold the same work",
        detail=f"They state process {first.process_id} on {first.host}, and work in the time of both starts at the same instants and takes "
        "equally long. A process does not contend with itself, so each recording is analysed apart.",
        advice=_advice(first.sketch.era, second.sketch.era), sessions=tuple(member.id for member in members),
    )  # fmt: skip


def _have_marks_in_common(one: Placed, other: Placed) -> bool:
    if one.process_id is None or (one.process_id, one.host) != (other.process_id, other.host):
        return False
    mine, theirs = one.sketch.marks, other.sketch.marks
    if one.file.path == other.file.path or not mine or not theirs:
        return False
    begin, end = max(one.start, other.start), min(one.end, other.end)
    # Beyond the last mark of a full list, marks were left out.
    last = min((marks[-1][0] for marks in (mine, theirs) if len(marks) == MOST_MARKS), default=1 << 32)
    first, second = (
        {mark for mark, at in p.sketch.marks if mark <= last and begin <= p.start + at * _NS_PER_US <= end}
        for p in (one, other)
    )
    fewer = min(len(first), len(second))
    return len(first & second) >= max(_LEAST_MARKS, _PART * fewer)


def _repeats(
    group: DeviceGroup, sessions: Mapping[SessionId, Session]
) -> dict[tuple[SessionId, SessionId], tuple[int, int]]:
    """Return, of each pair of recordings that repeat each other, (kernels that both have, kernels of the one with fewer)."""
    found: dict[tuple[SessionId, SessionId], tuple[int, int]] = {}
    if group.device.device.is_host:
        return found
    members = [sessions[s] for s in dict.fromkeys(p.session for p in group.planes)]
    every = max(1, max(len(s.trace.kernels) for s in members) // _SAMPLE)

    @cache
    def some(session: SessionId) -> I64:
        return _marks(sessions[session], group.start, group.end, every)

    for first, second in combinations(members, 2):
        if first.process_id is None or (first.process_id, first.host) != (second.process_id, second.host):
            continue
        if first.file == second.file or not _alike(some(first.id), some(second.id)):
            continue
        mine, theirs = (_marks(s, group.start, group.end, 1) for s in (first, second))
        fewer, same = min(len(mine), len(theirs)), _in_both(mine, theirs)
        if same >= max(_LEAST, _PART * fewer):
            found[first.id, second.id] = same, fewer
    return found


def _alike(first: I64, second: I64) -> bool:
    """Return whether samples leave it open that two recordings repeat each other."""
    return _in_both(first, second) >= _PART / 2 * min(len(first), len(second))


def _marks(session: Session, start: int, end: int, every: int) -> I64:
    """Return one number for each start and duration of the device's work in a window, ascending; of one in `every` microseconds."""
    table = session.trace.kernels
    at = table.start // PS_PER_NS + session.offset
    first, last = np.searchsorted(at, [start, end]).tolist()
    near, duration = (at[first:last] + _NS_PER_US // 2) // _NS_PER_US, table.duration[first:last]
    if every > 1:
        chosen = ((near * _MIXING) >> 32) % every == 0  # mixed, since work repeats at even distances
        near, duration = near[chosen], duration[chosen]
    marks: I64 = near * 1_000_003 + duration // PS_PER_NS
    marks.sort(kind="stable")  # nearly sorted
    return marks[np.diff(marks, prepend=-1) != 0] if len(marks) else marks


def _in_both(first: I64, second: I64) -> int:
    """Return how many numbers two ascending columns share."""
    if not len(first) or not len(second):
        return 0
    at = np.minimum(np.searchsorted(first, second), len(first) - 1)
    return int((first[at] == second).sum())


def _of(
    group: DeviceGroup, members: Sequence[SessionId], sessions: Mapping[SessionId, Session], suffix: str
) -> DeviceGroup:
    inside = [sessions[s] for s in dict.fromkeys(members)]
    return replace(
        group,
        id=DeviceId(f"{group.id}{suffix}"),
        planes=tuple(p for p in group.planes if p.session in members),
        start=max(s.start for s in inside),
        end=min(s.end for s in inside),
        max_error=largest_error(inside),
    )


def _finding(group: DeviceGroup, first: Session, second: Session, part: tuple[int, int]) -> Finding:
    same, fewer = part
    return Finding(
        rule="recorded-twice", severity=Severity.INFO,
        title=f"{first.name} and {second.name} are recordings of one process and hold the same work",
        detail=f"Both state process {first.process_id} on {first.host}, and {same:,} pieces of work, {percent(same, fewer)} of what the "
        "smaller one has in the time of both, start at the same instant and take equally long. A process does not contend with itself, "
        "so each recording is analysed apart.",
        advice=_advice(first.trace.era, second.trace.era),
        evidence={"same": same, "fewer": fewer}, device=group.id, sessions=(first.id, second.id),
    )  # fmt: skip


def _advice(first: Era, second: Era) -> str:
    if first is second is Era.KINETO:
        return "Keep one of the two, or record each window once (torch.profiler.schedule with a pause between windows)."
    return "Keep one of the two, or record each window once."
