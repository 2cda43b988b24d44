"""Baselines from captures in which the same work ran alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline
from tb_contention.contention.work import SessionWork
from tb_contention.errors import OptionError
from tb_contention.model.alignment import AlignedTraces, Session
from tb_contention.units import I64, SessionId

#: Steps of different captures must not be taken for one.
_STEPS_APART = 1 << 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """A session that ran alone, and the row of the device there on which it did the same work."""

    session: Session
    device: int


def find_solos(aligned: AlignedTraces, baselines: Mapping[str, str]) -> dict[SessionId, tuple[Solo, ...]]:
    """Resolve the user's word `session=run` (ids, names, runs or directories of runs) to sessions; OptionError where one is not there."""
    solos: dict[SessionId, tuple[Solo, ...]] = {}
    for name, run in baselines.items():
        victims = [s for s in aligned.sessions if name in (s.id, s.name)]
        if not victims:
            known = sorted({s.id for s in aligned.sessions} | {s.name for s in aligned.sessions})
            raise OptionError(f"--baseline names the session {name!r}, which is not among {known}.", slug="bad-option")
        candidates = [s for s in aligned.sessions if run in (s.id, s.name) or _below(s.run, run)]
        if not candidates:
            known = sorted({s.run for s in aligned.sessions})
            raise OptionError(f"--baseline names the run {run!r}, which is not among {known}.", slug="bad-option")
        for victim in victims:
            others = [s for s in candidates if s.id != victim.id and s.process != victim.id]
            found = tuple(Solo(session=s, device=_busiest(s)) for s in others if len(s.trace.kernels))
            if found:
                solos[victim.id] = found
    return solos


def _below(run: str, place: str) -> bool:
    """Return whether a run is the one named, or lies in the directory named."""
    return run == place or run.startswith(place.rstrip("/") + "/")


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
    base = baseline(key, len(numbers), np.concatenate([w.place for w in works]), step, duration, learn)
    here = slice(0, len(work.start))
    return Baseline(
        alone=base.alone[here],
        deviation=base.deviation[here],
        error=base.error[here],
        group=base.group[here],
    )


def _common(work: SessionWork, numbers: dict[Text, int]) -> I64:
    """Number the keys of a session by their text, one look per distinct key."""
    kernels, strings = work.session.trace.kernels, work.session.trace.strings
    first = np.full(work.keys, -1, np.int64)
    first[work.key[::-1]] = work.rows[::-1]
    common = np.zeros(max(1, work.keys), np.int64)
    for key, row in enumerate(first.tolist()):
        if row >= 0:
            columns = (kernels.name, kernels.details, kernels.op)
            name, details, op = (strings.get(int(column[row])) for column in columns)
            common[key] = numbers.setdefault((name, details, op), len(numbers))
    mapped: I64 = common[work.key]
    return mapped
