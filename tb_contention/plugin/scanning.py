"""What the log directory holds, kept up to date: discovery and index, looked through again at most a twentieth of the time."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from tb_contention.index import Alone, Group, Index, NamedGroup, Snapshot, are_near, files_of, is_local, resolve
from tb_contention.index.grouping import members_named
from tb_contention.index.rows import Row
from tb_contention.model.capture import CaptureFile, Discovery
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.listing import ListedGroup
from tb_contention.recorders.common.step_names import checked_steps
from tb_contention.recorders.discover import discover
from tb_contention.words.listing import worst_first

#: A file that is not whole and was changed so few seconds ago is taken to be in the middle of being written.
SETTLED_AFTER = 5.0
_BEGINNINGS = frozenset({"still-growing", "empty-file", "bad-gzip", "truncated-json", "bad-sqlite"})
#: Seconds after which the directory is looked through again, and how many times as long as that took.
RESCAN_AFTER, RESCAN_SHARE = 2.0, 20
#: Files that are skimmed before groups are shown; the next steps are so many times as large, but no larger than requests may wait for.
FIRST_FILES, LARGER, MOST_FILES = 200, 2, 800

AnyGroup: TypeAlias = Group | NamedGroup
Progress: TypeAlias = Callable[[str, "float | None"], None]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The directory as it was looked through. unread: local files that are still to be skimmed; changes: of manifests, by path."""

    snapshot: Snapshot
    growing: tuple[CaptureFile, ...]
    unread: int
    changes: Mapping[str, int]
    aliases: Mapping[str, tuple[CaptureFile, ...]] = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[AnyGroup, ...]:
        """The groups, the most interesting first."""
        return (*self.snapshot.groups, *self.snapshot.named)

    @property
    def captures(self) -> int:
        """Return how many captures there are."""
        return len(self.snapshot.captures) + len(self.snapshot.pending)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each group in that order, by id."""
        return {group.id: place for place, group in enumerate(self.groups)}

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """What the index calls the content of each group; empty where only names are known."""
        return tuple(group.revision if isinstance(group, Group) else "" for group in self.groups)

    @cached_property
    def files(self) -> Mapping[str, CaptureFile]:
        """The files by their paths below the log directory."""
        return {file.relative: file for file in self.snapshot.discovery.files}

    @cached_property
    def group_of(self) -> Mapping[CaptureFile, str]:
        """The first group of each file, by id."""
        return {file: group.id for group in reversed(self.groups) for file in files_of(group)}

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the directory and its files."""
        return (*self.snapshot.problems, *map(_being_written, self.growing))

    @cached_property
    def alone(self) -> Alone:
        """The captures that may have run alone."""
        return Alone(snapshot=self.snapshot)

    def sessions(self, group: AnyGroup) -> Iterator[str]:
        """Yield the ids of the captures that are analysed with a group: all those in its files."""
        return (placed.id for file in files_of(group) for placed in self.alone.in_file.get(file, ()))

    def beside(self, group: AnyGroup, baselines: Iterable[tuple[str, str]] = ()) -> set[CaptureFile]:
        """Return the files of captures that may be baselines in a group: those found, and those named."""
        found = self.alone.propose(files_of(group)) if isinstance(group, Group) else {}
        chosen = (one.file for _, run in baselines for one in self.alone.known(run))
        return {*chosen, *(one.file for proposals in found.values() for one in proposals)}

    @cached_property
    def listing(self) -> str:
        """Name the list of groups, without what analyses find."""
        groups = [g.id for g in self.groups]
        return hashed(repr((groups, self.revisions, len(self.snapshot.pending), [p.message for p in self.problems])))

    def find(self, wanted: str) -> AnyGroup | None:
        """Find a group by its id, by captures that the id names, or by the files that had this id before they were read."""
        if wanted in self.places:
            return self.groups[self.places[wanted]]
        group = resolve(wanted, self.snapshot.groups)
        if group is None and wanted in self.aliases:
            files = set(self.aliases[wanted])
            group = next((g for g in self.snapshot.groups if files_of(g) & files), None)
        if group is None:
            # Some of its captures are gone, or being written again.
            left = (resolve(member, self.snapshot.groups) for member in members_named(wanted))
            group = next((g for g in left if g is not None), None)
        return group

    @cached_property
    def _unread(self) -> Mapping[CaptureFile, tuple[Problem, ...]]:
        """The files that are in no group, and why."""
        rows = self.snapshot.rows
        return {
            **{file: row.problems for file, row in rows.items() if not row.captures},
            **{file: (_being_written(file),) for file in self.growing},
        }

    def problems_near(self, group: AnyGroup) -> tuple[Problem, ...]:
        """List the files that would belong to a group if they could be read."""
        ours = files_of(group)
        return tuple(p for f, found in self._unread.items() if any(are_near(f, file) for file in ours) for p in found)

    def revision(self, group: AnyGroup | None, baselines: Iterable[tuple[str, str]] = ()) -> str:
        """Name the content of a group's files and of its baselines' as they are; without a group, what is wrong with the directory."""
        if group is None:
            return hashed(repr([p.message for p in self.problems]))
        files = sorted(files_of(group) | self.beside(group, baselines), key=lambda f: (f.relative, f.path))
        content = [(f.relative, f.size, f.mtime_ns, f.identity, self.changes.get(f.manifest or "", 0)) for f in files]
        return hashed(repr((group.id, content, [p.message for p in self.problems_near(group)])))


class Scanner:
    """Looks a log directory through, step by step. One thread calls `step`; `current` may be read from any."""

    def __init__(self, logdir: str, spec: str, cache: Path | None) -> None:
        self._logdir, self._spec = logdir, spec
        self.index = Index.of(logdir, spec, cache)
        self._discovery: Discovery | None = None
        self._aliases: dict[str, tuple[CaptureFile, ...]] = {}
        self._at_once = FIRST_FILES
        self._next = 0.0
        self.current: Scan | None = None
        self.finished = 0.0

    @property
    def is_due(self) -> bool:
        """Return whether it is time to look again, or files are still to be skimmed."""
        return time.monotonic() >= self._next or (self.current is not None and self.current.unread > 0)

    def listed(self, scan: Scan, group: AnyGroup) -> ListedGroup:
        """Describe a group, with what analyses have found meanwhile."""
        shown = scan.snapshot.listed_group(group)
        return replace(shown, found=self.index.answer(group.revision)) if isinstance(group, Group) else shown

    def all_listed(self, scan: Scan) -> tuple[ListedGroup, ...]:
        """Describe all groups, those of two or more and the worst of them first."""
        return worst_first(
            replace(shown, found=self.index.answer(revision))
            for shown, revision in zip(scan.snapshot.listed_groups, scan.revisions, strict=True)
        )

    def answers(self, scan: Scan) -> str:
        """Name the list of groups together with what analyses have found."""
        return hashed(repr((scan.listing, [self.index.answer(revision) for revision in scan.revisions])))

    def step(self, found: Callable[[bool], None], progress: Progress, *, read: AnyGroup | None = None) -> None:
        """Find the files, and skim some of those that are new; `read`: a group of an object store that is looked at."""
        began, last = time.monotonic(), self.current
        if last is not None and last.unread and self._discovery is not None and began < self._next:
            # More of the files that were found a moment ago.
            self._look(self._discovery, last.changes, progress, read)
            self.finished = time.monotonic()
            return
        try:
            discovery = discover(self._logdir, spec=self._spec, steps=checked_steps(""), on_first=lambda: found(True))
            found(bool(discovery.files or discovery.datasets))
            changes = {m: _changed(m) for m in {f.manifest for f in discovery.files} if m is not None}
            is_same = last is not None and (discovery, changes) == (self._discovery, last.changes)
            if not is_same or last is None or read is not None or last.unread or last.growing:
                began += self._look(discovery, changes, progress, read)
        finally:
            self.finished = time.monotonic()
            self._next = self.finished + max(RESCAN_AFTER, RESCAN_SHARE * (self.finished - began))

    def _look(
        self, discovery: Discovery, changes: Mapping[str, int], progress: Progress, read: AnyGroup | None
    ) -> float:
        """Make a new scan; return the seconds spent on files that are skimmed only once."""
        asked = files_of(read) if read is not None else set()
        began, skimming = time.monotonic(), False

        def tell(message: str, share: float | None) -> None:
            nonlocal skimming
            skimming = True
            progress(message, share)

        snapshot = self.index.look(
            discovery, read=asked.__contains__ if asked else None, most=None if asked else self._at_once, progress=tell
        )
        unread = sum(map(is_local, snapshot.pending))
        self._at_once = min(MOST_FILES, self._at_once * LARGER) if unread else FIRST_FILES
        if isinstance(read, NamedGroup):
            self._aliases[read.id] = read.files
        growing = tuple(f for f in discovery.files if _is_young(f) and f in snapshot.rows and _is_cut(snapshot.rows[f]))
        scan = Scan(
            snapshot=_without(snapshot, growing), growing=growing, unread=unread, changes=changes,
            aliases=dict(self._aliases),
        )  # fmt: skip
        # Requests must not wait for what is made when it is first asked for.
        _ = (scan.places, scan.snapshot.names, scan.snapshot.clocks, scan.listing, scan.revision(None))
        self._discovery, self.current = discovery, scan
        return time.monotonic() - began if skimming else 0.0


def _without(snapshot: Snapshot, growing: tuple[CaptureFile, ...]) -> Snapshot:
    if not growing:
        return snapshot
    kept = tuple(f for f in snapshot.discovery.files if f not in growing)
    discovery = replace(snapshot.discovery, files=kept)
    return replace(snapshot, discovery=discovery, rows={f: r for f, r in snapshot.rows.items() if f not in growing})


def _is_young(file: CaptureFile) -> bool:
    """Return whether a file was changed a moment ago; clocks of file servers may be ahead."""
    return abs(time.time() - file.mtime_ns / 1e9) < SETTLED_AFTER


def _is_cut(row: Row) -> bool:
    """Return whether a file looks like the beginning of one."""
    if row.captures:
        return not all(capture.sketch.complete for capture in row.captures)
    return any(problem.slug in _BEGINNINGS for problem in row.problems)


def _being_written(file: CaptureFile) -> Problem:
    return Problem(
        file=file.relative,
        slug="still-growing",
        severity=Severity.INFO,
        origin=Origin.READING,
        message="This file is incomplete and changed a moment ago; it is probably still being written.",
        advice="It appears once it is complete.",
    )


def _changed(manifest: str) -> int:
    """Return the time of a local manifest's last change, also of its date alone; 0 where there is none."""
    try:
        return 0 if "://" in manifest else Path(manifest).stat().st_ctime_ns
    except OSError:
        return 0


def hashed(text: str) -> str:
    """Name a text by its content."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
