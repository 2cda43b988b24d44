"""Pair the groups of two reports: those that hold the same programs, the best match first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tb_contention.compare.pairing import Pair, pair_up
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Match
from tb_contention.model.report import DeviceReport, Report
from tb_contention.units import SessionId
from tb_contention.words.typed import called, named, the_one

#: How certain a match of two sessions is.
_WEIGHTS = {Match.USER: 5, Match.SAME: 4, Match.NAME: 3, Match.LAST_PART: 2, Match.HOST: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPair:
    """A group before and one after that hold the same programs. wanted: the sessions that the user pairs and that are in them."""

    before: DeviceReport
    after: DeviceReport
    wanted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedGroups:
    """Pairs, in the order of the groups before, and the groups of one side alone."""

    pairs: tuple[GroupPair, ...]
    gone: tuple[DeviceReport, ...]
    appeared: tuple[DeviceReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    pair: GroupPair
    sessions: tuple[Pair, ...]
    rank: tuple[float, float, bool, int, int]


def pair_groups(before: Report, after: Report, wanted: Mapping[str, str]) -> PairedGroups:
    """Pair each group with the one that holds most of its programs.

    A group is paired once, and again only for programs that no other pair has, as captures of each alone against all together. wanted:
    sessions before -> sessions after that are one program; OptionError for one that is in no group. GPUs go before processors.
    """
    _require_known(before, after, wanted)
    old, new = _compared(before), _compared(after)
    found = sorted(_candidates(before, after, old, new, wanted), key=lambda each: each.rank)
    kept: list[_Candidate] = []
    for each in found:
        if not any(k.pair.before is each.pair.before or k.pair.after is each.pair.after for k in kept):
            kept.append(each)
    for each in found:
        is_new_before = all(k.pair.before is not each.pair.before for k in kept)
        is_new_after = all(k.pair.after is not each.pair.after for k in kept)
        if is_new_before != is_new_after and not _sessions(each) & {s for k in kept for s in _sessions(k)}:
            kept.append(each)
    kept.sort(key=lambda each: each.rank[-2:])
    there = {id(device) for each in kept for device in (each.pair.before, each.pair.after)}
    return PairedGroups(
        pairs=tuple(each.pair for each in kept),
        gone=tuple(device for device in old if id(device) not in there),
        appeared=tuple(device for device in new if id(device) not in there),
    )


def _compared(report: Report) -> list[DeviceReport]:
    """Return the groups on GPUs, or where there are none those on processors."""
    return [d for d in report.devices if not d.group.device.device.is_host] or list(report.devices)


def _candidates(
    before: Report, after: Report, old: Sequence[DeviceReport], new: Sequence[DeviceReport], wanted: Mapping[str, str]
) -> Iterator[_Candidate]:
    for row, one in enumerate(old):
        for column, two in enumerate(new):
            if one.group.device.device.is_host != two.group.device.device.is_host:
                continue
            sides = _on(before, one), _on(after, two)
            theirs = {a: b for a, b in wanted.items() if named(a, called(sides[0])) and named(b, called(sides[1]))}
            pairs = pair_up(*sides, theirs, (one.overlap.kernels, two.overlap.kernels)).pairs
            if pairs:
                share = len(pairs) / max(map(len, sides))
                certain = sum(_WEIGHTS[pair.match] for pair in pairs) / len(pairs)
                elsewhere = one.group.device.id != two.group.device.id
                pair = GroupPair(before=one, after=two, wanted=theirs)
                yield _Candidate(pair=pair, sessions=pairs, rank=(-share, -certain, elsewhere, row, column))


def _sessions(candidate: _Candidate) -> set[tuple[bool, SessionId]]:
    """Return the sessions that a pair of groups compares, those before and those after."""
    pairs = candidate.sessions
    return {(False, pair.before.id) for pair in pairs} | {(True, pair.after.id) for pair in pairs}


def _on(report: Report, device: DeviceReport) -> tuple[Session, ...]:
    here = set(device.sessions)
    return tuple(item.session for item in report.sessions if item.id in here)


def _require_known(before: Report, after: Report, wanted: Mapping[str, str]) -> None:
    """Raise OptionError for a session that no group holds."""
    for report, words, side in ((before, wanted.keys(), "before"), (after, wanted.values(), "after")):
        here = {session for device in _compared(report) for session in device.sessions}
        known = called(item.session for item in report.sessions if item.id in here)
        for word in words:
            if not named(word, known):
                the_one("--pair", word, known, where=f"on the side {side}")
