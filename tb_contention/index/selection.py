"""Which captures of a log directory to analyse: those asked for, all of a small one, or the groups that deserve a look first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from tb_contention.align.place import Placed
from tb_contention.errors import OptionError
from tb_contention.index.copies import copy_problem
from tb_contention.index.grouping import Group, resolve
from tb_contention.index.named import NamedGroup
from tb_contention.index.snapshot import Snapshot
from tb_contention.model.capture import CaptureFile
from tb_contention.model.findings import Finding, Problem
from tb_contention.words.listing import left_out
from tb_contention.words.numbers import count

#: A directory with no more captures and bytes is analysed as a whole.
SMALL, SMALL_BYTES = 24, 1 << 30
#: Of a larger one so many groups are, or so many captures alone where nothing ran together.
MOST_GROUPS, MOST_ALONE = 20, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user asks for; empty = nothing in particular.

    group: id of a group, or the beginning of one. runs, hosts, gpus: patterns (`*`, `?`) of which one must fit: of a session's id, name,
    run or file; of its host; of the name, model or UUID of one of its devices; what ran together with such a capture comes with it, so that
    nothing seems to have run alone. since_ns: Unix ns after which captures ended. latest: the last group that matches. everything: all of
    it, however large. is_gate: leave nothing out unless that is asked for.
    """

    group: str = ""
    runs: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    since_ns: int | None = None
    latest: bool = False
    everything: bool = False
    is_gate: bool = False

    @property
    def filters(self) -> bool:
        """Return whether captures are selected one by one."""
        return bool(self.runs or self.hosts or self.gpus or self.since_ns is not None)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What to analyse of a directory.

    snapshot: of what is selected; files: to decode; is_named: the user named what to analyse. groups, alone: how many of both are left out.
    """

    snapshot: Snapshot
    files: tuple[CaptureFile, ...]
    is_named: bool = False
    groups: int = 0
    alone: int = 0

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What the report has to say of files that it does not hold: copies of what it holds, and all that is unreadable."""
        snapshot, files = self.snapshot, set(self.files)
        if not self.is_named:
            return snapshot.problems
        ours = {c.file.id for c in snapshot.captures if c.file.whole in files}
        return tuple(
            copy_problem(c, snapshot.copies[c.file.id])
            for c in snapshot.everything
            if snapshot.copies.get(c.file.id) in ours
        )

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the report leaves out, and what could not be decided between captures that it does not hold."""
        if not self.groups and not self.alone:
            return ()
        return (*self.snapshot.arranged.findings, left_out(self.snapshot.discovery.logdir, self.groups, self.alone))


def choose(snapshot: Snapshot, selection: Selection) -> Chosen:
    """Choose what to analyse. Raises OptionError when nothing matches."""
    if selection.filters:
        snapshot = matching(snapshot, selection)
    if selection.group:
        return _of([_named(snapshot, selection.group)], snapshot)
    groups: list[Group | NamedGroup] = [*snapshot.groups, *snapshot.named]
    if selection.latest:
        return _of([latest(snapshot)] if groups else [], snapshot)
    size = sum(file.size for file in snapshot.discovery.files)
    if selection.everything or (len(snapshot.discovery.files) <= SMALL and size <= SMALL_BYTES):
        copied = set(snapshot.copies)
        kept = tuple(f for f in snapshot.discovery.files if not _is_copy(snapshot, f, copied))
        return Chosen(snapshot=snapshot, files=kept)
    if selection.is_gate:
        raise OptionError(
            f"{snapshot.discovery.logdir} holds {count(len(snapshot.discovery.files), 'capture')}, too many to check all by default.",
            slug="bad-option",
            advice="Check the last group with --latest, one with --group ID, some with --run PATTERN or --since, or everything with --all.",
        )
    shared = [group for group in groups if group.is_shared]
    first = shared[:MOST_GROUPS] or groups[:MOST_ALONE]
    together = sum(group.is_shared for group in first)
    return replace(
        _of(first, snapshot),
        is_named=False,
        groups=len(shared) - together,
        alone=len(groups) - len(shared) - (len(first) - together),
    )


def _is_copy(snapshot: Snapshot, file: CaptureFile, copied: set[str]) -> bool:
    """Return whether all that a file holds are copies."""
    row = snapshot.rows.get(file)
    return row is not None and bool(row.captures) and all(c.file.id in copied for c in row.captures)


def files_of(group: Group | NamedGroup) -> set[CaptureFile]:
    """Return the files of a group."""
    return set(group.files) if isinstance(group, NamedGroup) else {m.file.whole for m in group.members}


def _of(groups: Sequence[Group | NamedGroup], snapshot: Snapshot) -> Chosen:
    wanted = {file for group in groups for file in files_of(group)}
    files = tuple(f for f in snapshot.discovery.files if f in wanted)
    return Chosen(snapshot=snapshot, files=files, is_named=True)


def _named(snapshot: Snapshot, name: str) -> Group | NamedGroup:
    group = resolve(name, snapshot.groups) or next((g for g in snapshot.named if g.id == name), None)
    if group is None:
        raise OptionError(
            f"--group: {snapshot.discovery.logdir} has no group {name!r}.",
            slug="bad-option",
            advice="tb-contention runs LOGDIR lists the groups with their ids.",
        )
    return group


def latest(snapshot: Snapshot) -> Group | NamedGroup:
    """Return the group that ended last, preferably one of two captures or more."""
    groups: list[Group | NamedGroup] = [*snapshot.groups, *snapshot.named]
    origin = snapshot.arranged.origin_ns or 0

    def end(group: Group | NamedGroup) -> int:
        if isinstance(group, NamedGroup):
            return group.at_ns
        return max(origin + m.end if m.clock.origin_ns is not None else 0 for m in group.members)

    shared = [group for group in groups if group.is_shared]
    return max(shared or groups, key=end)


def matching(snapshot: Snapshot, selection: Selection) -> Snapshot:
    """Return the captures that match, and those that ran together with them. Raises OptionError when nothing matches."""
    arranged = snapshot.arranged
    devices: dict[str, list[str]] = {}
    for device in arranged.devices:
        for ref in device.planes:
            devices.setdefault(ref.session, []).append(str(device.id))
    origin = arranged.origin_ns or 0

    def fits(placed: Placed) -> bool:
        name = snapshot.names[placed.id]
        used = [placed.sketch.devices[use.device] for use in placed.sketch.use]
        stated = placed.manifest.devices.values() if placed.manifest is not None else ()
        gpus = [*devices.get(placed.id, ()), *(d.model or "" for d in used), *(d.uuid or "" for d in (*used, *stated))]
        return (
            _any(selection.runs, _run_names(placed.file, name))
            and _any(selection.hosts, (placed.host,))
            and _any(selection.gpus, gpus)
            and (
                selection.since_ns is None
                or placed.clock.origin_ns is None
                or origin + placed.end >= selection.since_ns
            )
        )

    def fits_by_name(file: CaptureFile) -> bool:
        since = selection.since_ns
        return (
            _any(selection.runs, _run_names(file, file.run))
            and _any(selection.hosts, (file.host,))
            and not selection.gpus
            and (since is None or file.mtime_ns >= since)
        )

    kept = {placed.file.whole for placed in arranged.placed if fits(placed)}
    kept |= {file for file in snapshot.pending if fits_by_name(file)}
    if not kept:
        raise OptionError(
            f"No capture in {snapshot.discovery.logdir} matches what is selected.",
            slug="bad-option",
            advice="tb-contention runs LOGDIR lists the captures.",
        )
    groups: list[Group | NamedGroup] = [*snapshot.groups, *snapshot.named]
    together = [files_of(group) for group in groups if group.is_shared]
    kept = kept.union(*(members for members in together if not members.isdisjoint(kept)))
    return snapshot.only([f for f in snapshot.discovery.files if f in kept])


def _run_names(file: CaptureFile, name: str) -> tuple[str, ...]:
    """List what a pattern of runs can fit: the whole path, its end, and each directory in it."""
    return (file.id, name, file.run, file.relative, *name.split("/"), *file.run.split("/"))


def _any(patterns: Sequence[str], values: Sequence[str]) -> bool:
    """Return whether a pattern fits a value, ignoring case; no patterns fit everything."""
    folded = [value.casefold() for value in values]
    return not patterns or any(fnmatchcase(value, pattern.casefold()) for pattern in patterns for value in folded)
