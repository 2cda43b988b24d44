"""Names for people: sessions as short as they are unique, devices by their number and host."""

import re
from collections import Counter
from collections.abc import Iterable

from tb_contention.model.alignment import DeviceGroup, PhysicalDevice, Session
from tb_contention.model.contention import UNTRACED
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report

#: The culprit that is no session.
UNTRACED_WORDS = "untraced work"
#: Characters beyond which an id is too long for a sentence.
_LONG = 40
#: One level of an id, with what stands before it.
_LEVEL = re.compile(r"[/#]?[^/#]+")
_NUMBERED = re.compile(r"(?P<host>.*)/GPU:(?P<ordinal>\d+)(?:~(?P<more>\d+))?")
#: Of a later group on a device.
_NUMBER = re.compile(r"#(\d+)$")
_UUID = re.compile(r".*-[0-9a-f]{8}(?P<end>[0-9a-f]{4})", re.IGNORECASE)


def session_labels(sessions: Iterable[Session]) -> dict[str, str]:
    """Call each session by the shortest end of its name that no other session's name ends with; by its id where names are equal.

    alone/trainer, shared/trainer, shared/evaluator  ->  alone/trainer, shared/trainer, evaluator
    a/2026_03_01/host#model, b/2026_03_01/host#model ->  a#model, b#model
    """
    names = {str(session.id): session.name for session in sessions}
    ends = Counter(end for name in names.values() for end in set(_ends(name)))
    labels = {s: next((end for end in _ends(name) if ends[end] == 1), "") for s, name in names.items()}
    ids = [session for session, label in labels.items() if not label]
    everywhere = set.intersection(*(set(_LEVEL.findall(session)) for session in ids)) if len(ids) > 1 else set()
    shown = {session: clean(label or _without(session, everywhere)) for session, label in labels.items()}
    times = Counter(shown.values())
    return {session: label if times[label] == 1 else clean(session) for session, label in shown.items()}


def _ends(name: str) -> list[str]:
    """List the ends of a path that say something, the shortest first."""
    levels = name.split("/")
    return [end for depth in range(1, len(levels) + 1) if (end := "/".join(levels[-depth:])).strip(" /")]


def _without(session: str, everywhere: set[str]) -> str:
    """Leave out of an id's middle the levels that are the same in all ids."""
    levels = _LEVEL.findall(session)
    last = len(levels) - 1
    return "".join(level for n, level in enumerate(levels) if n in (0, last) or level not in everywhere)


class Names(dict[str, str]):
    """Labels by id; an id that is no session of the report is its own label, cleaned, and untraced work is `UNTRACED_WORDS`."""

    def __missing__(self, session: str) -> str:
        return UNTRACED_WORDS if session == UNTRACED else clean(session)


def names_of(report: Report) -> Names:
    """Return the label of each session of a report; in every table and sentence a session has this one name."""
    return Names(session_labels(item.session for item in report.sessions))


def device_label(device: DeviceReport) -> str:
    """Name a device for people: 'GPU 0 on host', 'GPU 0 on host (5 Mar 2026 10:00 UTC)', 'the processor of host'."""
    return group_label(device.group)


def device_title(device: DeviceReport) -> str:
    """Name a device for a heading; of several groups on it by who ran when: 'GPU 0 on host (job7: trainer, 5 Mar 2026 10:00 UTC)'."""
    title = device.group.title
    return f"{physical_label(device.group.device)} ({title})" if title else device_label(device)


def group_label(group: DeviceGroup) -> str:
    """Name one group of sessions on a device by what tells it apart from the others there; by its number where nothing does."""
    label, number = physical_label(group.device), _NUMBER.search(group.id)
    if group.apart:
        return f"{label} ({group.apart})"
    return f"{label} (group {number[1]})" if number else label


def physical_label(physical: PhysicalDevice) -> str:
    """Name a device, whoever ran on it: 'GPU 0 on host', 'the processor of host'."""
    if physical.device.is_host:
        return clean(f"the processor of {physical.host}")
    return clean(_gpu(str(physical.id), physical))


def _gpu(name: str, physical: PhysicalDevice) -> str:
    numbered, uuid = _NUMBERED.fullmatch(name), _UUID.fullmatch(name)
    if numbered:
        # Ranks of one job may all call their own GPU 0.
        rank = "" if physical.device.rank is None else f" of rank {physical.device.rank[0]}"
        more = "" if rank or numbered["more"] is None else f" (no. {numbered['more']} called so)"
        return f"GPU {numbered['ordinal']}{rank} on {numbered['host']}{more}"
    if uuid:
        return f"GPU …{uuid['end']} on {physical.host}"
    return shorten(name, _LONG)
