"""What a log directory held when it was looked through: its captures arranged in groups, copies set aside, the rest by name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tb_contention.align import AlignOptions, Arranged, arrange, is_simulated, options_among, unambiguous
from tb_contention.align.apart import short_name
from tb_contention.align.repeated import repeated_finding
from tb_contention.index.copies import copy_problem, find_copies
from tb_contention.index.grouping import Group, capture_id, groups_of
from tb_contention.index.named import NamedGroup, host_named, named_groups
from tb_contention.index.rows import Row
from tb_contention.model.alignment import ClockOffset, ClockSource
from tb_contention.model.capture import CaptureFile, Discovery, Sketched
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.listing import (
    Depth,
    KnownAnswer,
    ListedCapture,
    ListedDevice,
    ListedGroup,
    Listing,
)
from tb_contention.model.manifest import ManifestSession
from tb_contention.units import Bytes, Nanoseconds, SessionId
from tb_contention.words.listing import group_title, nothing_together, worst_first
from tb_contention.words.problems import lost_from


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What is known of a log directory.

    rows: by file, for those that were skimmed. answers: of earlier analyses, by revision of the group. stated: what manifests say of files
    of which else only the name is known.
    """

    discovery: Discovery
    rows: Mapping[CaptureFile, Row]
    options: AlignOptions
    answers: Mapping[str, KnownAnswer] = field(default_factory=dict)
    stated: Mapping[CaptureFile, ManifestSession] = field(default_factory=dict)

    @cached_property
    def pending(self) -> tuple[CaptureFile, ...]:
        """The files of which only the name is known."""
        return tuple(file for file in self.discovery.files if file not in self.rows)

    @cached_property
    def everything(self) -> tuple[Sketched, ...]:
        """The captures of all files, copies too."""
        return tuple(c for file in self.discovery.files if file in self.rows for c in self.rows[file].captures)

    @cached_property
    def copies(self) -> Mapping[str, str]:
        """The captures that are copies: session id -> id of the one that is kept."""
        return find_copies(self.everything)

    @cached_property
    def captures(self) -> tuple[Sketched, ...]:
        """The captures without copies."""
        return tuple(c for c in self.everything if c.file.id not in self.copies)

    @cached_property
    def arranged(self) -> Arranged:
        """The captures in time and on devices."""
        return arrange(self.captures, unambiguous(self.options, self.captures))

    def require_known_options(self, whole: "Snapshot") -> None:
        """Raise OptionError when an option names several of these sessions, or none of those in the whole directory."""
        if self.options.shifts or self.options.gpus:
            arrange(self.captures, options_among(self.options, self.captures, whole.captures))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups, the most interesting first."""
        return groups_of(self.arranged)

    @cached_property
    def _by_session(self) -> Mapping[SessionId, tuple[Group, ...]]:
        """The groups that hold a session, in their order."""
        found: dict[SessionId, list[Group]] = {}
        for group in self.groups:
            for member in group.members:
                found.setdefault(member.id, []).append(group)
        return {session: tuple(groups) for session, groups in found.items()}

    def groups_with(self, sessions: Collection[SessionId]) -> tuple[Group, ...]:
        """Return the groups that hold all of these sessions, in their order."""
        first = next(iter(sessions), SessionId(""))
        return tuple(
            group for group in self._by_session.get(first, ()) if {m.id for m in group.members}.issuperset(sessions)
        )

    @cached_property
    def named(self) -> tuple[NamedGroup, ...]:
        """The groups of files of which only the name is known."""
        return named_groups(self.pending, self.stated)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of sessions for people, by id; captures of one program at several times have the same."""
        named = zip(self.arranged.placed, self.arranged.names, strict=True)
        return {p.id: short_name(p.file) if name == p.id else name for p, name in named}

    @cached_property
    def clocks(self) -> Mapping[SessionId, ClockOffset]:
        """The clocks of all captures, as all of them together tell; before the user's hand is on them."""
        return {p.id: p.evidence for p in self.arranged.placed}

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the directory, the files that cannot be read, and the copies that are left out."""
        unread = (p for file in self.discovery.files if file in self.rows for p in self.rows[file].problems)
        copies = (copy_problem(c, self.copies[c.file.id]) for c in self.everything if c.file.id in self.copies)
        return (*self.discovery.problems, *unread, *copies)

    @cached_property
    def listing(self) -> Listing:
        """The whole directory as it is shown."""
        listed = sorted((*self._placed(), *self._unplaced()), key=lambda c: (c.run, c.file, c.session))
        return Listing(
            logdir=self.discovery.logdir,
            captures=tuple(listed),
            groups=(groups := worst_first(self.listed_groups)),
            apart=nothing_together(groups),
            pending=len(self.pending),
            findings=(*self.arranged.findings, *self._repeated()),
            problems=self.problems,
        )

    def _repeated(self) -> Iterator[Finding]:
        """Yield what is said of recordings of one process that hold the same work."""
        for group in self.groups:
            if group.is_repeated:
                yield repeated_finding(group.members, [self.names[member.id] for member in group.members])

    @cached_property
    def listed_groups(self) -> tuple[ListedGroup, ...]:
        """The groups as they are shown, those that are only named last."""
        return (*map(self.listed_group, self.groups), *(_by_name(group, self.stated) for group in self.named))

    def listed_group(self, group: Group | NamedGroup) -> ListedGroup:
        """Describe a group."""
        if isinstance(group, NamedGroup):
            return _by_name(group, self.stated)
        names = tuple(self.names[m.id] for m in group.members)
        placed = [m for m in group.members if m.clock.origin_ns is not None]
        origin = self.arranged.origin_ns or 0
        start = origin + min(m.start for m in placed) if placed else None
        models = dict.fromkeys(d.device.device.model for d in group.devices if d.device.device.model)
        return ListedGroup(
            id=group.id,
            title=group_title(names, start),
            captures=tuple(capture_id(m.id) for m in group.members),
            names=names,
            host=", ".join(dict.fromkeys(m.host for m in group.members)),
            devices=tuple(dict.fromkeys(str(d.device.id) for d in group.devices)),
            models=tuple(map(str, models)),
            start_ns=start,
            end_ns=origin + max(m.end for m in placed) if placed else None,
            shared=group.is_shared,
            repeated=group.is_repeated,
            on_host=group.on_host,
            overlap=group.overlap,
            overlap_share=group.share,
            error=group.error,
            kernels=sum(use.kernels for m in group.members for use in m.sketch.use),
            simulated=sum(map(is_simulated, group.members)),
            by_name=False,
            left_out=group.left_out,
            found=(found := self.answers.get(group.revision)),
            problems=found.problems if found is not None else lost_from(self._read_so_far(group)),
        )

    def _read_so_far(self, group: Group) -> Iterator[Problem]:
        """Yield what is wrong with the captures of a group before any of their events is decoded."""
        for member in group.members:
            yield from member.sketch.problems
            if member.file in self.rows:
                yield from self.rows[member.file].problems

    def _placed(self) -> list[ListedCapture]:
        """Describe the captures that were skimmed."""
        arranged = self.arranged
        physical = {(ref.session, ref.device): device for device in arranged.devices for ref in device.planes}
        of_original: dict[str, list[str]] = {}
        for copy in self.everything:
            if copy.file.id in self.copies:
                of_original.setdefault(self.copies[copy.file.id], []).append(copy.file.relative)
        listed = []
        for placed in arranged.placed:
            sketch, manifest, clock = placed.sketch, placed.manifest, placed.clock
            stated = manifest.devices if manifest is not None else {}
            devices = []
            for use in sketch.use:
                device, on = sketch.devices[use.device], physical[placed.id, use.device]
                said = stated.get(device.ordinal)
                devices.append(
                    ListedDevice(
                        name=str(on.id), ordinal=device.ordinal, model=device.model or (said.model if said else None),
                        uuid=(said.uuid if said else None) or device.uuid, identity=on.identity, kernels=use.kernels,
                        copies=use.copies,
                    )
                )  # fmt: skip
            known = clock.origin_ns is not None
            origin = arranged.origin_ns or 0
            listed.append(
                ListedCapture(
                    id=capture_id(placed.id), session=placed.id, run=placed.file.run, file=placed.file.relative, host=placed.host,
                    process_id=placed.process_id, depth=Depth.SKIMMED, start_ns=origin + placed.start if known else None,
                    end_ns=origin + placed.end if known else None, clock=clock.source, error=clock.absolute_error,
                    devices=tuple(devices), kernels=sum(use.kernels for use in sketch.use), steps=sketch.steps,
                    memory_events=sketch.allocations, simulated=is_simulated(placed), size=Bytes(placed.file.size),
                    modified_ns=placed.file.mtime_ns, problems=tuple(dict.fromkeys(p.slug for p in sketch.problems)),
                    copies=tuple(of_original.get(placed.id, ())),
                )
            )  # fmt: skip
        return listed

    def _unplaced(self) -> list[ListedCapture]:
        """Describe the files of which only the name is known, and those that cannot be read."""
        unread = [(f, Depth.UNREADABLE) for f in self.discovery.files if f in self.rows and not self.rows[f].captures]
        return [
            ListedCapture(
                id=capture_id(file.id), session=SessionId(file.id), run=file.run, file=file.relative,
                host=host_named(file, stated), process_id=stated.process_id if stated is not None else None, depth=depth,
                start_ns=None, end_ns=None, clock=ClockSource.NONE, error=None, devices=(), kernels=None, steps=None,
                memory_events=None, simulated=stated is not None and stated.simulated, size=Bytes(file.size),
                modified_ns=file.mtime_ns,
                problems=tuple(p.slug for p in self.rows[file].problems) if file in self.rows else (),
            )
            for file, depth in (*unread, *((file, Depth.NAMED) for file in self.pending))
            for stated in (self.stated.get(file),)
        ]  # fmt: skip

    def only(self, keep: Sequence[CaptureFile]) -> "Snapshot":
        """Return the part of the directory that some files are, with the clocks that all files tell."""
        files = set(keep)
        discovery = replace(self.discovery, files=tuple(f for f in self.discovery.files if f in files))
        rows = {f: row for f, row in self.rows.items() if f in files}
        return replace(self, discovery=discovery, rows=rows, options=replace(self.options, clocks=self.clocks))


def _by_name(group: NamedGroup, stated: Mapping[CaptureFile, ManifestSession]) -> ListedGroup:
    names = tuple(map(short_name, group.files))
    known = [stated.get(file) for file in group.files]
    gpus = [device for manifest in known if manifest is not None for device in manifest.devices.values()]
    host = host_named(group.files[0], known[0])
    return ListedGroup(
        id=group.id, title=group_title(names, group.at_ns), captures=tuple(capture_id(file.id) for file in group.files), names=names,
        host=host, devices=tuple(dict.fromkeys(f"{host}/{gpu.uuid}" for gpu in gpus if gpu.uuid)),
        models=tuple(dict.fromkeys(gpu.model for gpu in gpus if gpu.model)), start_ns=group.at_ns, end_ns=None,
        shared=group.is_shared, repeated=False, on_host=False, overlap=Nanoseconds(0), overlap_share=0.0, error=None, kernels=0,
        simulated=sum(manifest is not None and manifest.simulated for manifest in known), by_name=True, left_out=0,
    )  # fmt: skip
