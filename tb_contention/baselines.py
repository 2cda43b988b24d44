"""Captures alone, from proposal to use: the index proposes, the files are decoded, and what they hold is judged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tb_contention.align import AlignOptions
from tb_contention.attribution import attribute
from tb_contention.contention.cost import clock_error
from tb_contention.contention.solo import Candidate, Solo, captures_used, choose_solos, solo_of
from tb_contention.index.baselines import Proposal, fits
from tb_contention.index.proposals import Proposals
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.baseline import BaselineCapture, Found, Use
from tb_contention.model.capture import Capture, CaptureFile, DecodedFile
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Problem
from tb_contention.model.report import DeviceReport
from tb_contention.stages import aligned_traces
from tb_contention.units import SessionId
from tb_contention.words.names import session_labels
from tb_contention.words.numbers import listing
from tb_contention.words.typed import called, unnamed

#: Decodes files, those that are at hand already for nothing.
Decode = Callable[[tuple[CaptureFile, ...]], Mapping[CaptureFile, DecodedFile]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Proposals with what was decoded of them."""

    proposals: Proposals = field(default_factory=Proposals)
    captures: tuple[Capture, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """Which captures serve as baselines of each session, and a note on every capture that was considered."""

    solos: Mapping[SessionId, tuple[Solo, ...]] = field(default_factory=dict)
    notes: tuple[BaselineCapture, ...] = ()
    #: As in `Choice`.
    faster: Mapping[SessionId, float] = field(default_factory=dict)

    def notes_of(self, sessions: Iterable[SessionId]) -> tuple[BaselineCapture, ...]:
        """Return the notes on some sessions' baselines."""
        wanted = set(sessions)
        return tuple(note for note in self.notes if note.session in wanted)


def decoded_beside(proposals: Proposals, decode: Decode) -> Beside:
    """Decode what is proposed; what cannot be read is no baseline."""
    if not proposals.files:
        return Beside(proposals=proposals)
    files = decode(proposals.files)
    return Beside(
        proposals=proposals, captures=tuple(capture for file in proposals.files for capture in files[file].captures)
    )


def find_baselines(
    aligned: AlignedTraces, wanted: Mapping[str, str], beside: Beside, options: AlignOptions, faults: Faults
) -> Baselines:
    """Judge what was proposed for each session, and choose. Raises OptionError for a session or run that is not there."""
    if not wanted and not beside.captures:
        return Baselines()
    alone = attribute(aligned_traces(beside.captures, options, faults), faults) if beside.captures else aligned
    by_capture: dict[SessionId, list[Session]] = {}
    for session in alone.sessions:
        by_capture.setdefault(session.process or session.id, []).append(session)
    labels = session_labels(aligned.sessions)
    chosen = _Chosen(aligned=aligned, labels=labels, wanted=wanted, beside=beside, by_capture=by_capture)
    if beside.proposals.typed:
        chosen.require_known()
    sessions = {session.id: session for session in aligned.sessions}
    solos: dict[SessionId, tuple[Solo, ...]] = {}
    faster: dict[SessionId, float] = {}
    found: list[BaselineCapture] = []
    by_user: dict[SessionId, list[BaselineCapture]] = {}
    for group in sorted(aligned.groups, key=lambda g: -len(g.planes)):
        # What the user names is judged once, and where it is refused, the rest goes on as if it had not been named.
        ids = {plane.session for plane in group.planes} - {note.session for note in found} - set(solos)
        candidates = {key: chosen.candidates(sessions[key], is_first=key not in by_user) for key in ids}
        judged = choose_solos(group, sessions, candidates, clock_error(aligned, group))
        used, notes = judged.solos, judged.notes
        for key in sorted(ids - set(by_user)):
            by_user[key] = [n for n in notes if n.session == key and n.found is Found.USER]
            by_user[key] += chosen.missing(sessions[key])
        found += [note for note in notes if note.found is not Found.USER]
        solos |= used
        faster |= judged.faster
    refused = {(note.session, note.baseline) for notes in by_user.values() for note in notes}
    found = [note for note in found if (note.session, note.baseline) not in refused]
    return Baselines(
        solos=solos, notes=(*(note for notes in by_user.values() for note in notes), *found), faster=faster
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """Who may be whose baseline."""

    aligned: AlignedTraces
    labels: Mapping[str, str]
    wanted: Mapping[str, str]
    beside: Beside
    by_capture: Mapping[SessionId, Sequence[Session]]

    def require_known(self) -> None:
        """Raise OptionError for a session or a run that is not there."""
        for word, run in self.wanted.items():
            if not any(self._is(word, s) for s in self.aligned.sessions):
                raise unnamed("--baseline", word, called(self.aligned.sessions))
            if run and not self.beside.proposals.named.get(run) and not self._inside(run):
                runs = {s.run: (s.run,) for s in self.aligned.sessions}
                raise unnamed("--baseline", run, {**called(self.aligned.sessions), **runs}, "session, run or path")

    def _inside(self, run: str) -> list[Session]:
        """Find sessions of the analysis itself that a typed word names, also those inside a process."""
        return [s for s in self.aligned.sessions if self._is(run, s)] if self.beside.proposals.typed else []

    def _is(self, word: str, session: Session) -> bool:
        """Return whether a word names a session, as reports show it or in any other way."""
        return self.labels[session.id] == word or fits(word, session.id, session.name, session.run)

    def _words(self, session: Session) -> list[str]:
        """List the runs that the user names for a session, "" for none; an entry for its id takes precedence over names and patterns."""
        own = [run for word, run in self.wanted.items() if word == session.id]
        is_all = own or not self.beside.proposals.typed
        return own if is_all else [run for word, run in self.wanted.items() if self._is(word, session)]

    def candidates(self, session: Session, *, is_first: bool) -> list[Candidate]:
        """List the captures that may be a session's baseline, the best first. is_first: also those that the user names."""
        words = self._words(session)
        if words and not any(words):
            return []
        found = [c for run in words if run and is_first for c in self._named(session, run)]
        proposals = self.beside.proposals.automatic.get(session.process or session.id, ())
        return found + [c for one in proposals for c in self._of(session, one)]

    def _named(self, session: Session, run: str) -> list[Candidate]:
        """List the captures that the user means by a run, in the log directory or in the analysis itself."""
        proposals = self.beside.proposals.named.get(run, ())
        if (session.process or session.id) in {one.id for one in proposals}:
            return []
        found = [c for one in proposals for c in self._of(session, one, run)]
        inside = [] if proposals else self._inside(run)
        return found + [
            Candidate(solo=solo, found=Found.USER)
            for s in inside
            if s.id != session.id and (solo := solo_of(s, s.name))
        ]

    def missing(self, session: Session) -> list[BaselineCapture]:
        """Say of what the user names for a session that there is nothing to compare with."""
        notes = []
        for run in filter(None, self._words(session)):
            proposals = self.beside.proposals.named.get(run, ())
            if self._named(session, run) or (not proposals and self._inside(run)):
                continue
            if not proposals:
                notes.append(_refused(session, SessionId(run), run, "the log directory does not hold it"))
            elif (session.process or session.id) not in {one.id for one in proposals}:
                notes += [_refused(session, one.id, one.label, self._nothing_in(one)) for one in proposals]
            elif session.id in self.wanted:  # else a pattern, which names captures for other sessions
                notes.append(_refused(session, session.id, session.name, "it is the session itself"))
        return notes

    def _nothing_in(self, one: Proposal) -> str:
        is_read = any(key == one.id or key.startswith(f"{one.id}/") for key in self.by_capture)
        return "it holds no kernels" if is_read else "it cannot be read"

    def _of(self, victim: Session, one: Proposal, run: str = "") -> list[Candidate]:
        """Take a proposed capture: the process, or the sessions inside it where there are several."""
        sessions = self.by_capture.get(one.id) or [
            s for capture, held in self.by_capture.items() if capture.startswith(f"{one.id}/") for s in held
        ]  # a file outside, whose processes were not known before it was read
        inside = [s for s in sessions if s.process is not None]
        if "#" in run:
            inside = sessions = [s for s in inside if fits(run, s.id, s.name)]
        company = tuple(
            solo
            for key in one.beside
            for s in self.by_capture.get(key, ())[:1]
            if (solo := solo_of(s, s.name)) is not None
        )
        is_named = one.is_named or (victim.process is not None and one.label.rpartition("/")[2] == victim.name)
        return [
            Candidate(
                solo=solo, found=one.found, is_named=is_named, company=company,
                neighbours=listing(list(one.beside.values())) if one.beside else "",
            )
            for s in inside or sessions
            if s.id != victim.id and (solo := solo_of(s, one.label if s.process is None else f"{one.label}#{s.name}")) is not None
        ]  # fmt: skip


def _refused(session: Session, baseline: SessionId, label: str, reason: str) -> BaselineCapture:
    return BaselineCapture(
        session=session.id, baseline=baseline, label=label, found=Found.USER, use=Use.REFUSED, reason=reason
    )


def with_baselines(device: DeviceReport, baselines: Baselines) -> DeviceReport:
    """Say on a device which captures its sessions were measured against, and which were found beside."""
    notes = baselines.notes_of(device.sessions)
    labels = {
        loss.session: ", ".join(n.label for n in notes if n.session == loss.session and n.use is Use.USED)
        for loss in device.cost.losses
        if loss.slowdown.compared
    }
    losses = tuple(
        replace(loss, slowdown=replace(loss.slowdown, baseline=labels.get(loss.session, "")))
        for loss in device.cost.losses
    )
    return replace(device, cost=replace(device.cost, losses=losses, baselines=notes))


def without_baselines(
    aligned: AlignedTraces, processes: AlignedTraces, used: Mapping[SessionId, tuple[Solo, ...]]
) -> tuple[tuple[tuple[DeviceGroup, DeviceGroup], ...], AlignedTraces]:
    """Leave out groups in which captures seem to have run together that all serve as baselines, and so ran alone whatever clocks say.

    Return the groups by process and by session, and what is left.
    """
    serving = captures_used(used.values()) - set(used)
    kept = tuple(
        (whole, group)
        for whole, group in zip(processes.groups, aligned.groups, strict=True)
        if len(members := {plane.session for plane in whole.planes}) < 2 or not members <= serving
    )
    groups = tuple(group for _, group in kept)
    devices = {group.id for group in groups}
    findings = tuple(f for f in aligned.findings if f.device is None or f.device in devices)
    return kept, replace(aligned, groups=groups, findings=findings)
