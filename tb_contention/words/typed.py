"""What a word that the user typed names: the one way in which every option finds a session or device, and says that it cannot."""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import TypeVar

from tb_contention.errors import OptionError
from tb_contention.model.alignment import Session
from tb_contention.model.asked import Change, Kind
from tb_contention.model.names import clean, shorten
from tb_contention.model.plan import Plan
from tb_contention.model.prediction import Schedule
from tb_contention.model.report import DeviceReport, Report
from tb_contention.units import DeviceId, SessionId
from tb_contention.words.names import device_label, device_title, names_of, physical_label, session_labels
from tb_contention.words.numbers import count

K = TypeVar("K", bound=Hashable)
#: Names that an error lists, and characters of a word or name in it.
_NEAREST, _LONG = 3, 80
#: Where the levels of a name begin.
_LEVELS = re.compile(r"[/#]")


def called(sessions: Iterable[Session]) -> dict[SessionId, tuple[str, ...]]:
    """Return what people call each session: as reports show it, and its whole name."""
    known = tuple(sessions)
    labels = session_labels(known)
    return {session.id: (labels[session.id], session.name) for session in known}


def called_in(report: Report, sessions: Collection[SessionId]) -> dict[SessionId, tuple[str, ...]]:
    """Return what people call some sessions of a report."""
    names = names_of(report)
    return {item.id: (names[item.id], item.name) for item in report.sessions if item.id in sessions}


def devices_called(devices: Iterable[DeviceReport]) -> dict[DeviceId, tuple[str, ...]]:
    """Return what people call each device and group: as reports show it, and the device alone, which names all of its groups."""
    return {
        d.id: (device_label(d), device_title(d), str(d.group.device.id), physical_label(d.group.device))
        for d in devices
    }


def named(word: str, known: Mapping[K, tuple[str, ...]]) -> tuple[K, ...]:
    """Return what a word names: the id, else a name, else the end of names, else the beginning of ids; the first that fits anything.

    known: by id, the names of each, the shown one first.
    """
    ways: tuple[Callable[[str, tuple[str, ...]], bool], ...] = (
        lambda key, names: word == key,
        lambda key, names: word in names,
        lambda key, names: any(name.endswith((f"/{word}", f"#{word}")) for name in names),
        lambda key, names: key.startswith(f"{word.rstrip('/')}/"),
    )
    if word.strip("/ "):
        for fits in ways:
            found = tuple(key for key, names in known.items() if fits(str(key), names))
            if found:
                return found
    return ()


def the_one(option: str, word: str, known: Mapping[K, tuple[str, ...]], what: str = "session", where: str = "") -> K:
    """Return the only one that a word names; raise OptionError where that is none, or several. where: as in 'of this device'."""
    found = named(word, known)
    if len(found) == 1:
        return found[0]
    raise unnamed(option, word, {key: known[key] for key in found} or known, what, where, several=len(found))


def plan_of(changes: Iterable[Change], report: Report, device: DeviceReport, mark: str = "") -> Plan:
    """Find the sessions and GPUs that changes name; raise OptionError for what is not there, or given twice.

    mark: what stands before the name of an option.
    """
    here, found = called_in(report, set(device.sessions)), {kind: dict[SessionId, int | str]() for kind in Kind}
    policies: set[str] = set()
    for change in changes:
        option = f"{mark}{change.kind.value}"
        if change.kind is Kind.POLICY:
            policies.add(str(change.what))
            if len(policies) > 1:
                raise OptionError(f"{option} is given twice; a schedule has one way of sharing.", slug="bad-option")
            continue
        known = _holders(option, report, device) if change.kind is Kind.MEMORY_LIMIT else here
        who, what = change.who, change.what
        if change.kind is Kind.MOVE and what and named(f"{who}={what}", known):  # a name with such a sign
            who, what = f"{who}={what}", ""
        session = the_one(option, who, known, where="of this device")
        if found[change.kind].setdefault(session, what) != what:
            raise OptionError(
                f"{option} is given twice for {who!r}, with different values.",
                slug="bad-option",
                advice="Keep one.",
            )
    numbers = {
        kind: tuple((s, int(what)) for s, what in rows.items() if kind not in _OF_WORDS) for kind, rows in found.items()
    }
    moves = found[Kind.MOVE].items()
    return Plan(
        policy=Schedule(policies.pop().replace("-", "_")) if policies else None,
        shifts=numbers[Kind.SHIFT],
        caps=numbers[Kind.CAP],
        partition=numbers[Kind.PARTITION],
        first=tuple(found[Kind.PRIORITY]),
        moves=tuple((s, _gpu(f"{mark}{Kind.MOVE.value}", str(to), report, device) if to else None) for s, to in moves),
        limits=numbers[Kind.MEMORY_LIMIT],
    )


_OF_WORDS = (Kind.PRIORITY, Kind.MOVE)


def _holders(option: str, report: Report, device: DeviceReport) -> dict[SessionId, tuple[str, ...]]:
    """Return the processes with an allocator on the device."""
    holders = {a.session for a in device.memory.allocators} if device.memory is not None else set()
    if not holders:
        raise OptionError(
            f"{option} needs allocator events, and none were recorded for this device.",
            slug="bad-option",
            advice=device.memory_note,
        )
    return {holder: (str(holder),) for holder in holders} | called_in(report, holders)


def _gpu(option: str, word: str, report: Report, device: DeviceReport) -> DeviceId:
    """Find another GPU of the report; 'GPU 1' is enough where one host has it."""
    known = devices_called(gpus_beside(device, report.devices))
    return the_one(
        option, word, {d: (*names, names[0].partition(" on ")[0]) for d, names in known.items()}, "other GPU"
    )


def gpus_beside(device: DeviceReport, devices: Iterable[DeviceReport]) -> tuple[DeviceReport, ...]:
    """Return the other GPUs that were recorded at the same time: those to which a session can move."""
    here = device.group
    return tuple(
        d
        for d in devices
        if d.group.device.id != here.device.id
        and not d.group.device.device.is_host
        and max(d.group.start, here.start) < min(d.group.end, here.end)
    )


def unnamed(
    option: str,
    word: str,
    known: Mapping[K, tuple[str, ...]],
    what: str = "session",
    where: str = "",
    *,
    several: int = 0,
) -> OptionError:
    """Say in one sentence that a word names nothing, or several things, and which names are nearest."""
    shown = f"'{shorten(clean(word), _LONG)}'"
    place = f" {where}" if where else ""
    near = nearest(word, (_shown(key, names) for key, names in known.items()))
    if several:
        text = f"{option}: {shown} names {count(several, what)}{place}; write {_either(near)}."
    elif not near:
        text = f"{option}: there is no {what}{place} at all, so none is called {shown}."
    else:
        verb = "is" if len(near) == 1 else "are"
        text = f"{option}: no {what}{place} is called {shown}; the nearest {verb} {_and(near)}."
    return OptionError(text, slug="bad-option")


def nearest(word: str, names: Iterable[str], most: int = _NEAREST) -> list[str]:
    """Return the names that look most like a word, by themselves or by their last level, the nearest first."""
    wanted = word[:_LONG].casefold()

    def likeness(name: str) -> float:
        ends = {name.casefold()[-2 * _LONG :], _LEVELS.split(name)[-1].casefold()[-2 * _LONG :]}
        return max(SequenceMatcher(None, wanted, end, autojunk=False).ratio() for end in ends)

    return sorted(dict.fromkeys(names), key=lambda name: (-likeness(name), name))[:most]


def _shown(key: object, names: tuple[str, ...]) -> str:
    return shorten(clean(names[0] if names else str(key)), _LONG)


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
