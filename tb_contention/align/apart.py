"""Tell the groups of sessions on one device apart by when they ran, or else by who ran."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tb_contention.align.place import Placed
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.capture import CaptureFile
from tb_contention.units import SessionId
from tb_contention.words.listing import group_title, instant, runs_title
from tb_contention.words.numbers import UNKNOWN

#: Levels of a path in the name of a capture that shares it with others.
_LEVELS = 2


def told_apart(
    groups: Sequence[DeviceGroup],
    placed: Mapping[SessionId, Placed],
    names: Mapping[SessionId, str],
    origin_ns: int | None,
) -> list[DeviceGroup]:
    """Give the groups of a device titles, and of these the part that no other of its groups has; one group alone needs none.

    names: of the sessions, for people. The part is "" where neither times nor names differ.
    """
    if len(groups) < 2:
        return list(groups)
    members = [[placed[s] for s in dict.fromkeys(p.session for p in group.planes)] for group in groups]
    called = [[names[m.id] if names[m.id] != m.id else short_name(m.file) for m in those] for those in members]
    starts = [_start(those, origin_ns) for those in members]
    titles = [group_title(who, start) for who, start in zip(called, starts, strict=True)]
    times = [instant(start).replace(UNKNOWN, "") for start in starts]
    ways = (times, [runs_title(who) for who in called], titles)
    apart = next((way for way in ways if all(way) and len(set(way)) == len(way)), [""] * len(groups))
    return [replace(g, title=title, apart=part) for g, title, part in zip(groups, titles, apart, strict=True)]


def _start(members: Sequence[Placed], origin_ns: int | None) -> int | None:
    """Return when the first of some captures began, Unix ns."""
    starts = [m.start for m in members if m.clock.origin_ns is not None]
    return origin_ns + min(starts) if starts and origin_ns is not None else None


def short_name(file: CaptureFile) -> str:
    """Name a capture by the end of its run's path, without the directory that is named by its time."""
    levels = file.run.split("/")[:-1][-_LEVELS:] or [file.host]
    return "/".join([*levels, file.part] if file.part else levels)
