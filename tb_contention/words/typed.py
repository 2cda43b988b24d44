"""What a word that the user typed names: the one way in which every option finds a session or device, and says that it cannot."""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import TypeVar

from tb_contention.errors import OptionError
from tb_contention.model.alignment import Session
from tb_contention.model.names import clean, shorten
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
