"""A log directory -> units of work: one per group of captures that ran together, and one per input that is in no group.

    Snapshot ──plan──> Unit ... ──task──> Task: all that a worker needs, and no more of the directory

A unit is named by its inputs and keyed by their content, what may serve as their baselines, the version of the tool and the settings. The
name tells what a part of the dataset is about; the key, whether it is still so.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timezone
from fnmatch import fnmatchcase

from tb_contention._version import __version__
from tb_contention.align import AlignOptions
from tb_contention.dataset.jobs import Whose, labels_of
from tb_contention.dataset.rows import Stated, moment
from tb_contention.dataset.schema import DATASET_VERSION
from tb_contention.index import PASSING, Alone, Chosen, Group, NamedGroup, Snapshot, content_of, files_of, group_id
from tb_contention.index.named import host_named
from tb_contention.index.proposals import Proposals, proposed
from tb_contention.model.capture import CaptureFile, host_of
from tb_contention.model.dataset import Outcome
from tb_contention.units import SessionId

#: The partition of groups without a clock, as Hive and its readers call it.
NO_DATE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked of every group. labels: names with patterns that find them in a session's words; where: what labels must fit.

    reports: write a report of each group beside its rows. threads: that an analysis may use.
    """

    labels: tuple[tuple[str, str], ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    find_baselines: bool = True
    memory: int | None = None
    reports: bool = False
    threads: int = 1

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what changes the rows of a group."""
        return (__version__, DATASET_VERSION, self.labels, self.find_baselines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One group, or an input without one. inputs: those whose rows it writes; a file of several groups belongs to the first.

    outcome: how its inputs ended, where that is known before any analysis. proposals: what may serve as baselines.
    """

    name: str
    key: str
    stated: Stated
    inputs: tuple[CaptureFile, ...]
    group: Group | NamedGroup | None = None
    outcome: Outcome | None = None
    slug: str = ""
    message: str = ""
    proposals: Proposals = field(default_factory=Proposals)

    @property
    def date(self) -> str:
        """Return the partition: the day on which the group began, UTC."""
        at = moment(self.stated.at_ns)
        return NO_DATE if at is None else at.astimezone(timezone.utc).strftime("%Y-%m-%d")

    @property
    def is_final(self) -> bool:
        """Return whether an outcome that is known beforehand stays while the input stays as it is."""
        return self.slug not in PASSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker needs for one unit. members: all files of the group; alone: it is one capture."""

    unit: str
    key: str
    date: str
    stated: Stated
    inputs: tuple[CaptureFile, ...]
    names: tuple[str, ...]
    chosen: Chosen
    proposals: Proposals
    alone: bool

    @property
    def members(self) -> tuple[CaptureFile, ...]:
        """Return all files of the group."""
        return self.chosen.files


def plan(snapshot: Snapshot, place: str, settings: Settings) -> tuple[Unit, ...]:
    """Divide a directory into units of work, in the order of time; every file is an input of exactly one."""
    alone, taken = Alone(snapshot=snapshot), set[CaptureFile]()
    units = []
    groups: list[Group | NamedGroup] = [*snapshot.groups, *snapshot.named]
    for group in groups:
        files = _ordered(snapshot, files_of(group))
        if _fits(snapshot, files, settings):
            units.append(_unit_of_group(snapshot, alone, group, files, taken, place, settings))
        taken |= set(files)
    units += [
        _unit_of_file(snapshot, file, place, settings)
        for file in snapshot.discovery.files
        if file not in taken and _fits(snapshot, (file,), settings)
    ]
    return tuple(sorted(units, key=lambda unit: (unit.stated.at_ns or 0, unit.name)))


def _ordered(snapshot: Snapshot, files: set[CaptureFile]) -> tuple[CaptureFile, ...]:
    return tuple(sorted(files, key=lambda file: (file.relative, file.path)))


def _fits(snapshot: Snapshot, files: Iterable[CaptureFile], settings: Settings) -> bool:
    """Return whether a session of a group has the labels that are asked for."""
    if not settings.where:
        return True
    for file in files:
        for whose in owners(snapshot, file):
            found = labels_of(whose, settings.labels)
            if all(key in found and fnmatchcase(found[key].casefold(), fit.casefold()) for key, fit in settings.where):
                return True
    return False


def owners(snapshot: Snapshot, file: CaptureFile) -> Iterator[Whose]:
    """Yield whose the processes of a file are, before it is decoded; what is in them shows only then."""
    row = snapshot.rows.get(file)
    for capture in row.captures if row is not None else ():
        stated = capture.manifest.process_id if capture.manifest is not None else None
        yield Whose(
            id=capture.file.id, file=file, host=host_of(capture), manifest=capture.manifest,
            process_id=capture.sketch.process_id if stated is None else stated,
        )  # fmt: skip
    if row is None or not row.captures:
        manifest = snapshot.stated.get(file)
        yield Whose(
            id=file.id, file=file, host=host_named(file, manifest), manifest=manifest,
            process_id=manifest.process_id if manifest is not None else None,
        )  # fmt: skip


def _unit_of_group(
    snapshot: Snapshot,
    alone: Alone,
    group: Group | NamedGroup,
    files: tuple[CaptureFile, ...],
    taken: set[CaptureFile],
    place: str,
    settings: Settings,
) -> Unit:
    if isinstance(group, NamedGroup):
        proposals, clocks = Proposals(), ""
        at: int | None = group.at_ns
    else:
        proposals = proposed(alone, files, {}, automatic=settings.find_baselines, typed=True)
        timed = [m for m in group.members if m.clock.origin_ns is not None]
        at = (snapshot.arranged.origin_ns or 0) + min(m.start for m in timed) if timed else None
        clocks = repr([(m.id, m.evidence) for m in group.members])
    content = [(content_of(file), _sums(snapshot, file)) for file in (*files, *proposals.files)]
    whom = [(victim, [one.id for one in found]) for victim, found in sorted(proposals.automatic.items())]
    return Unit(
        name=_digest([group.id, *(content_of(file)[0] for file in files)], 6),
        key=_digest([settings.identity, place, group.id, sorted(content), clocks, whom], 8),
        stated=Stated(place=place, group=group.id, at_ns=at),
        inputs=tuple(file for file in files if file not in taken),
        group=group,
        proposals=proposals,
    )


def _sums(snapshot: Snapshot, file: CaptureFile) -> list[str | None]:
    """Return the checksums of a file's captures, as far as the index has them."""
    return [each.sketch.sha256 for each in snapshot.rows[file].captures] if file in snapshot.rows else []


def _unit_of_file(snapshot: Snapshot, file: CaptureFile, place: str, settings: Settings) -> Unit:
    """Make the unit of a file that is in no group: a copy, one that cannot be read, or one beyond the bound of a group."""
    row = snapshot.rows.get(file)
    captures = row.captures if row is not None else ()
    if not captures:
        problem = next(iter(row.problems), None) if row is not None else None
        outcome, slug = Outcome.UNREADABLE, problem.slug if problem is not None else ""
        message = problem.message if problem is not None else ""
    elif all(capture.file.id in snapshot.copies for capture in captures):
        outcome, slug = Outcome.COPY, "copy"
        message = f"a copy of {snapshot.copies[captures[0].file.id]}"
    else:
        outcome, slug = Outcome.LEFT_OUT, ""
        message = "More captures ran together than one group holds."
    return Unit(
        name=_digest([content_of(file)[0]], 6),
        key=_digest([settings.identity, place, content_of(file), outcome.value, slug], 8),
        stated=Stated(place=place, group=group_id([file.id]), at_ns=None),
        inputs=(file,),
        outcome=outcome,
        slug=slug,
        message=message,
    )


def task_of(snapshot: Snapshot, unit: Unit) -> Task:
    """Gather what a worker needs for a unit that is a group."""
    assert unit.group is not None
    files = _ordered(snapshot, files_of(unit.group))
    needed = (*files, *unit.proposals.files)
    rows = {file: snapshot.rows[file] for file in needed if file in snapshot.rows}
    ids = [SessionId(capture.file.id) for row in rows.values() for capture in row.captures]
    clocks = {key: snapshot.clocks[key] for key in ids if key in snapshot.clocks}
    part = Snapshot(
        discovery=replace(snapshot.discovery, files=files, problems=(), seen_instead=()),
        rows={file: row for file, row in rows.items() if file in set(files)},
        options=AlignOptions(clocks=clocks),
        stated={file: snapshot.stated[file] for file in files if file in snapshot.stated},
    )
    return Task(
        unit=unit.name,
        key=unit.key,
        date=unit.date,
        stated=unit.stated,
        inputs=unit.inputs,
        names=tuple(input_name(file) for file in unit.inputs),
        chosen=Chosen(snapshot=part, files=files, is_named=True),
        proposals=unit.proposals,
        alone=not unit.group.is_shared,
    )


def input_name(file: CaptureFile) -> str:
    """Name an input by its whole path."""
    return _digest([content_of(file)[0]], 8)


def _digest(parts: Sequence[object] | Mapping[str, object], size: int) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=size).hexdigest()
