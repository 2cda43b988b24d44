"""Groups of files of which only names are known: those of one host that were named at about the same time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tb_contention.index.grouping import group_id
from tb_contention.model.capture import CaptureFile, time_named, without_port
from tb_contention.model.manifest import ManifestSession
from tb_contention.units import NS_PER_S

#: Captures that ran together are written within so many ns of each other.
_NEAR = 120 * NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    """Files of one host whose names or times are near each other. at_ns: Unix ns of the first, by its name as if it were in UTC."""

    id: str
    files: tuple[CaptureFile, ...]
    at_ns: int

    @property
    def is_shared(self) -> bool:
        """Return whether two or more captures may have run together."""
        return len(self.files) > 1


def named_groups(files: Iterable[CaptureFile], stated: Mapping[CaptureFile, ManifestSession]) -> tuple[NamedGroup, ...]:
    """Group files by host and time, as names or else manifests state them; those of two or more first, then the latest."""
    timed = sorted(
        ((host_named(file, stated.get(file)), instant_named(file, stated.get(file)), file.id, file) for file in files),
        key=lambda t: t[:3],
    )
    groups: list[list[tuple[str, int, str, CaptureFile]]] = []
    for entry in timed:
        last = groups[-1][-1] if groups else None
        if last is not None and last[0] == entry[0] and entry[1] - last[1] <= _NEAR:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    made = [_group([file for *_, file in group], group[0][1]) for group in groups]
    return tuple(sorted(made, key=lambda g: (not g.is_shared, -g.at_ns, g.id)))


def are_near(a: CaptureFile, b: CaptureFile) -> bool:
    """Return whether two files lie in one run, or are of one host and were named at about the same time."""
    return a.run == b.run or (host_named(a) == host_named(b) and abs(instant_named(a) - instant_named(b)) <= _NEAR)


def _group(files: Sequence[CaptureFile], at_ns: int) -> NamedGroup:
    return NamedGroup(id=group_id(file.id for file in files), files=tuple(files), at_ns=at_ns)


def host_named(file: CaptureFile, stated: ManifestSession | None = None) -> str:
    """Return the host that a manifest states, or else the name of the file."""
    if stated is not None and stated.host:
        return stated.host
    return without_port(file.host)


def instant_named(file: CaptureFile, stated: ManifestSession | None = None) -> int:
    """Return when a recording began, as its manifest states, or else when its file was named or written; Unix ns."""
    if stated is not None and stated.origin_ns is not None:
        return stated.origin_ns
    seconds = time_named(file.directory)
    return file.mtime_ns if seconds is None else seconds * NS_PER_S
