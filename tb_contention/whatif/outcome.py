"""A play -> what each session saw in it: slowdown, step period, and when its work was done."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from tb_contention.model.workload import Workload
from tb_contention.units import F64
from tb_contention.whatif.packed import Packed, pack
from tb_contention.whatif.play import Played, Policy, Way, play


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Workloads ready to be played. alone: per session, when its periods end with nobody else there; done: when its last work is."""

    works: "tuple[Workload, ...]"
    packed: Packed
    alone: "tuple[F64, ...]"
    done: "tuple[float, ...]"
    stuck: bool

    @classmethod
    def of(cls, works: "tuple[Workload, ...]") -> "Stage":
        """Play every session alone."""
        packed = pack(works)
        played = play(packed, Policy(way=Way.FREELY))
        return cls(
            works=works,
            packed=packed,
            alone=_marks(works, packed, played),
            done=_done(packed, played),
            stuck=played.stuck,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Per session: period then / alone (None where no period was whole), and when its last work was done, ns; inf: not in this play.

    periods: how many the slowdowns are of.
    """

    slowdown: "tuple[float | None, ...]"
    done: "tuple[float, ...]"
    periods: "tuple[int, ...]"


def run(stage: Stage, policy: Policy, begin: "F64 | None" = None, stop: float = np.inf) -> Outcome:
    """Play and look at the time in which all sessions have work."""
    begin = np.zeros(len(stage.works)) if begin is None else begin
    played = play(stage.packed, policy, begin, stop)
    marks = _marks(stage.works, stage.packed, played)
    return _outcome(stage, marks, float(begin.max()), stop, _done(stage.packed, played))


def run_all(stage: Stage, plays: "list[tuple[Policy, F64 | None]]", stop: float = np.inf) -> "list[Outcome]":
    """Play several ways side by side: the loop over events lets go of the interpreter's lock."""
    with ThreadPoolExecutor(min(8, max(1, len(plays)), os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda play: run(stage, play[0], play[1], stop), plays))


def recorded(stage: Stage, stop: float = np.inf) -> Outcome:
    """Look at the same periods as they were recorded."""
    marks = tuple(w.recorded for w in stage.works)
    return _outcome(stage, marks, 0.0, stop, tuple(float(m[-1]) if len(m) else 0.0 for m in marks))


def _outcome(stage: Stage, marks: "tuple[F64, ...]", first: float, stop: float, done: "tuple[float, ...]") -> Outcome:
    ends = [float(m[np.isfinite(m)].max(initial=0.0)) for m in marks]
    last = min([stop, *ends])
    found = [_slowdown(m, a, first, last) for m, a in zip(marks, stage.alone, strict=True)]
    return Outcome(slowdown=tuple(s for s, _ in found), done=done, periods=tuple(n for _, n in found))


def _slowdown(marks: F64, alone: F64, first: float, last: float) -> "tuple[float | None, int]":
    """Compare the periods in [first, last], or, where none lies in it, all that were played."""
    whole = np.isfinite(marks[1:]) & np.isfinite(marks[:-1])
    rows = np.flatnonzero(whole & (marks[:-1] >= first) & (marks[1:] <= last))
    rows = rows if len(rows) else np.flatnonzero(whole)
    length = float((alone[1:] - alone[:-1])[rows].sum())
    if length <= 0:
        return None, 0
    return float((marks[rows + 1] - marks[rows]).sum()) / length, len(rows)


def _marks(works: "tuple[Workload, ...]", packed: Packed, played: Played) -> "tuple[F64, ...]":
    """Find when each session's periods ended."""
    found = []
    for k, work in enumerate(works):
        times, begin = (played.host, packed.host_begin) if work.marks_host else (played.end, packed.kernel_begin)
        found.append(times[begin[k] : begin[k + 1]][work.marks])
    return tuple(found)


def _done(packed: Packed, played: Played) -> "tuple[float, ...]":
    """Find when each session had done its last."""
    return tuple(
        max(
            float(played.host[h0:h1].max(initial=0.0)),
            float(played.end[k0:k1].max(initial=0.0)),
        )
        for h0, h1, k0, k1 in zip(
            packed.host_begin[:-1],
            packed.host_begin[1:],
            packed.kernel_begin[:-1],
            packed.kernel_begin[1:],
            strict=True,
        )
    )
