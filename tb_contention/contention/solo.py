"""Captures in which the same work ran alone: which of those proposed are used, and the durations that they show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline
from tb_contention.contention.exposure import expose
from tb_contention.contention.likeness import Judged, Likeness, judge_likeness
from tb_contention.contention.overlap import planes_by_session
from tb_contention.contention.work import SessionWork, session_work
from tb_contention.model.alignment import DeviceGroup, Session
from tb_contention.model.baseline import BaselineCapture, Found, Use
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, SessionId

#: Steps of different captures must not be taken for one.
_STEPS_APART = 1 << 28
#: Kinds of kernels that a program needs to be recognised by them alone.
_LEAST_KINDS = 3


@dataclass(frozen=True, kw_only=True)
class Solo:
    """A session that ran alone, and the row of the device there on which it did the same work. label: what people call it."""

    session: Session
    device: int
    label: str = ""

    @cached_property
    def work(self) -> SessionWork:
        """Its kernels and host, collected once."""
        return session_work(self.session, [self.device])


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A capture that may show the work of a session alone. company: those that ran beside it, as far as they are at hand."""

    solo: Solo
    found: Found
    is_named: bool = True
    neighbours: str = ""
    company: tuple[Solo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The captures that serve as baselines of each session, and a note on each that was considered.

    faster: by which factor kernels of the same work take less time in a capture alone that is not used for that reason, where another
    clock does not explain it: what a session shows undisturbed may be beside a program that was not captured.
    """

    solos: dict[SessionId, tuple[Solo, ...]]
    notes: tuple[BaselineCapture, ...] = ()
    faster: dict[SessionId, float] = field(default_factory=dict)


def solo_of(session: Session, label: str) -> Solo | None:
    """Take a session on the device where it ran most kernels; None without any."""
    return Solo(session=session, device=_busiest(session), label=label) if len(session.trace.kernels) else None


def choose_solos(
    group: DeviceGroup,
    sessions: Mapping[SessionId, Session],
    candidates: Mapping[SessionId, Sequence[Candidate]],
    error: int,
) -> Choice:
    """Judge the candidates of each session of a group, and choose. error: of the clocks, ns."""
    planes = planes_by_session(group)
    wanted = [session for session in planes if candidates.get(session)]
    if not wanted:
        return Choice(solos={})
    works = {session: session_work(sessions[session], devices) for session, devices in planes.items()}
    solos: dict[SessionId, tuple[Solo, ...]] = {}
    notes: list[BaselineCapture] = []
    faster: dict[SessionId, float] = {}
    for session in wanted:
        work = works[session]
        others = [part for key, w in works.items() if key != session for part in (w.pending, w.unseen())]
        seen = expose(work, Intervals.union(others), group.start, group.end, error)
        judged = [
            (c, judge_likeness(work, seen, c.solo.work, [each.work for each in c.company], c.neighbours))
            for c in candidates[session]
        ]
        used, said = _decided(session, judged)
        notes += said
        if used:
            solos[session] = used
        else:
            faster[session] = max(found.faster for _, found in judged)
    return Choice(solos=solos, notes=tuple(notes), faster=faster)


def _decided(
    session: SessionId, judged: Sequence[tuple[Candidate, Judged]]
) -> tuple[tuple[Solo, ...], list[BaselineCapture]]:
    """Use what the user names unless it is wrong; then the choice is the same as if the user had named none."""
    by_user = [(c, j) for c, j in judged if c.found is Found.USER]
    # A directory or a pattern names captures of several programs.
    if any(j.likeness is not Likeness.OTHER for _, j in by_user):
        by_user = [(c, j) for c, j in by_user if j.likeness is not Likeness.OTHER]
    used, notes = _taken(session, by_user)
    if used:
        return used, notes
    used, others = _taken(session, [(c, j) for c, j in judged if c.found is not Found.USER])
    return used, [*notes, *others]


def _taken(
    session: SessionId, judged: Sequence[tuple[Candidate, Judged]]
) -> tuple[tuple[Solo, ...], list[BaselineCapture]]:
    """Use what the user or the manifest names unless it is wrong, else the first that is like it beyond doubt."""
    used: list[Solo] = []
    notes = []
    for candidate, found in judged:
        use, reason = Use.OFFERED, found.reason
        least = Likeness.SURE if candidate.found is Found.KERNELS else Likeness.DOUBTFUL
        if found.likeness <= Likeness.WRONG:
            use = Use.REFUSED
            if not candidate.is_named or (candidate.found is Found.KERNELS and found.likeness is Likeness.OTHER):
                continue
        elif not candidate.is_named and (used or found.kinds < _LEAST_KINDS):
            continue
        elif not (candidate.is_named or found.is_paced):
            reason = (
                reason
                or "only its kernels tell that it is the same work, and none ran undisturbed to compare how long they take"
            )
        elif found.likeness >= least and (not used or candidate.found is Found.USER):
            use, reason = Use.USED, ""
            used.append(candidate.solo)
        elif used and not reason:
            reason = "another one is used"
        solo = candidate.solo
        notes.append(
            BaselineCapture(
                session=session,
                baseline=solo.session.id,
                label=solo.label,
                found=candidate.found,
                use=use,
                reason=reason,
            )
        )
    return tuple(used), notes


def captures_used(solos: Iterable[tuple[Solo, ...]]) -> set[SessionId]:
    """Return the captures that serve as baselines."""
    return {solo.session.process or solo.session.id for found in solos for solo in found}


def _busiest(session: Session) -> int:
    """Return the row of the device with most kernels."""
    trace = session.trace
    device = np.array([s.device for s in trace.streams], np.int64)
    return int(np.bincount(device[trace.kernels.stream]).argmax())


Text = tuple["str | None", "str | None", "str | None"]


def solo_baseline(work: SessionWork, solos: list[SessionWork]) -> Baseline:
    """Learn how long each kernel of `work` takes from sessions that ran alone; keys are matched by their text."""
    numbers: dict[Text, int] = {}
    works = [work, *solos]
    key = np.concatenate([_common(w, numbers) for w in works])
    step = np.concatenate([np.where(w.step >= 0, w.step + i * _STEPS_APART, -1) for i, w in enumerate(works)])
    duration = np.concatenate([(w.end - w.start).astype(np.float64) for w in works])
    learn = np.concatenate([np.zeros(len(work.start), np.bool_), *(~w.spin for w in solos)])
    base = baseline(key, len(numbers), np.concatenate([w.place for w in works]), step, duration, learn, sizes=0.0)
    here = slice(0, len(work.start))
    return Baseline(
        alone=base.alone[here],
        deviation=base.deviation[here],
        error=base.error[here],
        group=base.group[here],
        together=base.together,
    )


def longest_alone(work: SessionWork, solos: list[SessionWork]) -> tuple[F64, I64]:
    """Return the longest duration of each kernel's kind in captures alone, ns (infinite = not there), and how often it ran there."""
    numbers: dict[Text, int] = {}
    here, *there = (_common(w, numbers) for w in (work, *solos))
    key = np.concatenate(there)
    longest = np.full(len(numbers), -np.inf)
    np.maximum.at(longest, key, np.concatenate([(w.end - w.start).astype(np.float64) for w in solos]))
    count = np.bincount(key, minlength=len(numbers))
    return np.where(count[here] > 0, longest[here], np.inf), count[here]


def _common(work: SessionWork, numbers: dict[Text, int]) -> I64:
    """Number the keys of a session by their text, one look per distinct key."""
    kernels, strings = work.session.trace.kernels, work.session.trace.strings
    common = np.zeros(max(1, work.keys), np.int64)
    for key, row in enumerate(work.first_rows().tolist()):
        if row >= 0:
            columns = (kernels.name, kernels.details, kernels.op)
            name, details, op = (strings.get(int(column[row])) for column in columns)
            common[key] = numbers.setdefault((name, details, op), len(numbers))
    mapped: I64 = common[work.key]
    return mapped
