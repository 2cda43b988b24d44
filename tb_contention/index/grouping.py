"""Groups of captures for people: named by what they hold, ranked by how much they deserve a look."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tb_contention.align import Arranged
from tb_contention.align.groups import largest_error
from tb_contention.align.place import Placed, says_alone
from tb_contention.align.repeated import repeat_each_other
from tb_contention.model.alignment import DeviceGroup
from tb_contention.units import Nanoseconds, SessionId

#: Captures whose ids make the id of a group; those of a larger one end in a digest of all.
_NAMED = 3
#: Steps in which the share of overlap counts: between groups of the same step, the later one comes first.
_STEPS = 4


@dataclass(frozen=True, kw_only=True)
class Group:
    """Captures that ran together, on one device or several, or one alone.

    devices: the groups of the alignment that it stands for; none for a capture without work. overlap: the longest time in which all were
    recorded, ns; share: of the shortest window, after the errors of the clocks.
    """

    id: str
    members: tuple[Placed, ...]
    devices: tuple[DeviceGroup, ...]
    overlap: Nanoseconds
    share: float
    error: Nanoseconds | None
    left_out: int

    @property
    def is_shared(self) -> bool:
        """Return whether two or more captures ran together.

        Those that say that they ran alone only have clocks that agree, and one process does not run together with itself.
        """
        return len(self.members) > 1 and not (all(map(says_alone, self.members)) or self.is_repeated)

    @cached_property
    def is_repeated(self) -> bool:
        """Return whether all captures are recordings of one process that hold the same work."""
        return repeat_each_other(self.members)

    @property
    def on_host(self) -> bool:
        """Return whether no GPU work was captured."""
        return all(group.device.device.is_host for group in self.devices)

    @property
    def revision(self) -> str:
        """Return a name for the content of its files as they are."""
        files = sorted(
            (m.file.relative, m.file.part, m.file.size, m.file.mtime_ns, m.file.identity) for m in self.members
        )
        return hashlib.blake2b(repr(files).encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()


def capture_id(session: str) -> str:
    """Name a capture in ten hexadecimal digits, by the id of its session."""
    return hashlib.blake2b(session.encode("utf-8", "surrogateescape"), digest_size=5).hexdigest()


def group_id(sessions: Iterable[str]) -> str:
    """Name a group by its captures, so that the name stays when other captures come."""
    ids = sorted(map(capture_id, sessions))
    if len(ids) <= _NAMED:
        return "-".join(ids)
    whole = hashlib.blake2b("-".join(ids).encode(), digest_size=4).hexdigest()
    return "-".join([*ids[:_NAMED], f"{len(ids)}x{whole}"])


def members_named(group: str) -> list[str]:
    """Return the ids of captures that the name of a group holds."""
    return [part for part in group.split("-") if "x" not in part]


def groups_of(arranged: Arranged) -> tuple[Group, ...]:
    """Join the groups of all devices that have the same captures, and drop those that another one contains; the best first.

    A capture without work is a group of its own; one beyond the bound of a group is in none.
    """
    by_id = {placed.id: placed for placed in arranged.placed}
    made: dict[frozenset[SessionId], list[DeviceGroup]] = {}
    for group in arranged.groups:
        made.setdefault(frozenset(p.session for p in group.planes), []).append(group)
    of_capture: dict[SessionId, list[frozenset[SessionId]]] = {}
    for members in made:
        for member in members:
            of_capture.setdefault(member, []).append(members)
    found = [
        _group([by_id[m] for m in members], devices)
        for members, devices in made.items()
        if not any(members < other for other in of_capture[next(iter(members))])
    ]
    found += [_group([placed], []) for placed in arranged.placed if not placed.sketch.use]
    return tuple(sorted(found, key=_rank))


def _group(members: Sequence[Placed], devices: Sequence[DeviceGroup]) -> Group:
    members = sorted(members, key=lambda m: (m.start, m.id))
    overlap = max(0, min(m.end for m in members) - max(m.start for m in members))
    error = largest_error(members)
    shortest = min(m.end - m.start for m in members)
    sure = overlap - 2 * (error or 0) if len(members) > 1 else overlap
    return Group(
        id=group_id(m.id for m in members),
        members=tuple(members),
        devices=tuple(sorted(devices, key=lambda d: (d.device.device.is_host, d.device.id))),
        overlap=Nanoseconds(overlap),
        share=max(0.0, min(1.0, sure / shortest)) if shortest > 0 and error is not None else 0.0,
        error=error,
        left_out=max((d.left_out for d in devices), default=0),
    )


def _rank(group: Group) -> tuple[bool, bool, int, int, str]:
    """Order groups: on GPUs, of two or more, overlapping most, then the latest; by name where nothing tells."""
    start = max(m.clock.origin_ns or 0 for m in group.members)
    return (group.on_host, not group.is_shared, -round(group.share * _STEPS), -start, group.id)


def resolve(wanted: str, groups: Sequence[Group]) -> Group | None:
    """Find a group by its id, or the first that holds the captures which the id names; None if there is none."""
    for group in groups:
        if group.id == wanted:
            return group
    named = members_named(wanted)
    if not named:
        return None
    for group in groups:
        ids = [capture_id(m.id) for m in group.members]
        if all(any(i.startswith(part) for i in ids) for part in named):
            return group
    return None
