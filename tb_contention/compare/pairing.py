"""Pair the sessions of two sides that are one program; leave unclear ones unpaired."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tb_contention.errors import OptionError
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Match
from tb_contention.model.contention import KernelTotal
from tb_contention.words.typed import called, the_one

#: Share of their kernels, by number, that sessions of unlike names must have in common to be taken for one program.
ALIKE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A session before and the same program after."""

    before: Session
    after: Session
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Pairs, in the order of the sessions before, and the sessions of one side alone.

    tempting: the only ones left over on their host, which are not alike enough to be paired.
    """

    pairs: tuple[Pair, ...]
    gone: tuple[Session, ...]
    appeared: tuple[Session, ...]
    tempting: tuple[tuple[Session, Session], ...]


def pair_up(
    before: tuple[Session, ...],
    after: tuple[Session, ...],
    wanted: Mapping[str, str],
    kernels: tuple[tuple[KernelTotal, ...], tuple[KernelTotal, ...]],
) -> Paired:
    """Apply the user's pairs first, then the most certain matches; raise OptionError for a session that does not exist."""
    found = _by_user(before, after, wanted)
    rules: tuple[tuple[Match, Callable[[Session], str]], ...] = (
        (Match.SAME, lambda session: session.id),
        (Match.NAME, _own_name),
        (Match.LAST_PART, lambda session: _last(_own_name(session))),
        (Match.LAST_PART, lambda session: _last(_folder(session))),
    )
    for match, key in rules:
        found += _by_key(_left(before, [p.before for p in found]), _left(after, [p.after for p in found]), match, key)
    first, second = _left(before, [p.before for p in found]), _left(after, [p.after for p in found])
    alone = _by_key(first, second, Match.HOST, lambda session: f"{session.kind} on {session.host}")
    same_work = [likeness(p.before, p.after, kernels) >= ALIKE for p in alone]
    alike = [p for p, same in zip(alone, same_work, strict=True) if same]
    found += alike
    place = {session.id: row for row, session in enumerate(before)}
    return Paired(
        pairs=tuple(sorted(found, key=lambda p: place[p.before.id])),
        gone=tuple(_left(first, [p.before for p in alike])),
        appeared=tuple(_left(second, [p.after for p in alike])),
        tempting=tuple((p.before, p.after) for p, same in zip(alone, same_work, strict=True) if not same),
    )


def likeness(
    before: Session, after: Session, kernels: tuple[tuple[KernelTotal, ...], tuple[KernelTotal, ...]]
) -> float:
    """Return the share of kernels, by number, that two sessions have in common; 0 if one has none."""
    one, two = (
        Counter({k.name: k.count for k in rows if k.session == session.id})
        for session, rows in zip((before, after), kernels, strict=True)
    )
    if not one.total() or not two.total():
        return 0.0
    return sum(min(number / one.total(), two[name] / two.total()) for name, number in one.items())


def _by_user(before: tuple[Session, ...], after: tuple[Session, ...], wanted: Mapping[str, str]) -> list[Pair]:
    pairs = [
        Pair(before=_named(first, before, "before"), after=_named(second, after, "after"), match=Match.USER)
        for first, second in wanted.items()
    ]
    for side in ([p.before.id for p in pairs], [p.after.id for p in pairs]):
        twice = next((name for name, times in Counter(side).items() if times > 1), None)
        if twice is not None:
            raise OptionError(f"--pair names {twice!r} twice.", slug="bad-option", advice="Keep one of the pairs.")
    return pairs


def _named(word: str, sessions: tuple[Session, ...], side: str) -> Session:
    """Find the one session that a word names; raise OptionError unless exactly one matches."""
    chosen = the_one("--pair", word, called(sessions), where=f"of the device {side}")
    return next(session for session in sessions if session.id == chosen)


def _by_key(before: list[Session], after: list[Session], match: Match, key: Callable[[Session], str]) -> list[Pair]:
    """Pair sessions with a non-empty key that occurs once on each side."""
    one, two = Counter(map(key, before)), Counter(map(key, after))
    other = {key(session): session for session in after}
    return [
        Pair(before=session, after=other[key(session)], match=match)
        for session in before
        if key(session) and one[key(session)] == 1 and two[key(session)] == 1
    ]


def _own_name(session: Session) -> str:
    """Return the name, "" for one that is only its host's, as that of a capture that lies in no folder of its own."""
    return "" if session.name == session.host else session.name


def _folder(session: Session) -> str:
    """Return the run without its dated directory; of a session inside a process with its name there."""
    folder = session.run.rpartition("/")[0]
    return f"{folder}#{session.name}" if folder and session.process is not None else folder


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _left(sessions: tuple[Session, ...] | list[Session], taken: list[Session]) -> list[Session]:
    ids = {session.id for session in taken}
    return [session for session in sessions if session.id not in ids]
