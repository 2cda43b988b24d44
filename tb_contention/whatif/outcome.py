"""A play -> what each session saw in it: slowdown, step period, and when its work was done."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.side_by_side import each
from tb_contention.model.workload import Workload
from tb_contention.units import F64, I64
from tb_contention.whatif.merged_work import MergedWork, merge
from tb_contention.whatif.play import Played, play
from tb_contention.whatif.policy import Policy, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What starts a session's periods where they do not start by themselves: arrivals (ns), and the mark at which each is done."""

    arrival: F64
    mark: I64

    @classmethod
    def of(cls, work: Workload) -> "Requests":
        """Find the requests whose steps end within the marks."""
        if not work.marks_host:
            return cls(arrival=np.empty(0), mark=np.empty(0, np.int64))
        asked = np.flatnonzero(np.isfinite(work.arrival))
        mark = np.searchsorted(work.marks, asked)
        done = mark < len(work.marks)
        return cls(arrival=work.arrival[asked[done]], mark=mark[done])

    def times(self, marks: F64, begin: float = 0.0) -> F64:
        """Return from arrival to end, inf where a play stopped before; begin: by how much later all arrive."""
        return np.asarray(marks[self.mark] - self.arrival - begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Workloads ready to be played. alone: per session, when its periods end without other sessions; done: when its last work is.

    latest: per session and mark, the kernel launched last before it (row over all sessions, -1 none; empty where marks are kernels).
    """

    works: tuple[Workload, ...]
    merged: MergedWork
    alone: tuple[F64, ...]
    done: tuple[float, ...]
    latest: tuple[I64, ...]
    requests: tuple[Requests, ...]
    stuck: bool

    @classmethod
    def of(cls, works: tuple[Workload, ...]) -> "Stage":
        """Play every session alone."""
        merged = merge(works)
        played = play(merged, Policy(way=Way.UNDISTURBED))
        return cls(
            works=works,
            merged=merged,
            alone=_marks(works, merged, played),
            done=_done(merged, played),
            requests=tuple(Requests.of(w) for w in works),
            latest=tuple(_latest(w, int(k)) for w, k in zip(works, merged.kernel_begin[:-1], strict=True)),
            stuck=played.stuck,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Per session: period then / alone (None where no period was whole), and when its last work was done, ns; inf: not in this play.

    periods: how many the slowdowns are of. behind: by how much the device fell behind a host that does not wait for it, as a part of what
    the periods take alone. latency: mean time per request then / alone, None where requests do not start the periods. stuck: the play did
    not come to an end, and tells nothing.
    """

    slowdown: tuple[float | None, ...]
    done: tuple[float, ...]
    periods: tuple[int, ...]
    behind: tuple[float, ...] = ()
    latency: tuple[float | None, ...] = ()
    stuck: bool = False


def run(stage: Stage, policy: Policy, begin: F64 | None = None, stop: float = np.inf) -> Outcome:
    """Play and look at the time in which all sessions are there."""
    begin = np.zeros(len(stage.works)) if begin is None else begin
    played = play(stage.merged, policy, begin, stop)
    if played.stuck:
        none = (None,) * len(stage.works)
        return Outcome(
            slowdown=none, done=(np.inf,) * len(none), periods=(0,) * len(none), behind=(0.0,) * len(none), latency=none, stuck=True
        )  # fmt: skip
    marks = _marks(stage.works, stage.merged, played)
    found = _outcome(stage, marks, float(begin.max()), stop, _done(stage.merged, played))
    latency = tuple(_latency(stage, k, marks[k], float(begin[k])) for k in range(len(marks)))
    return replace(found, latency=latency, behind=tuple(_behind(stage, played, k, marks[k]) for k in range(len(marks))))


def run_all(stage: Stage, plays: list[tuple[Policy, F64 | None]], stop: float = np.inf) -> list[Outcome]:
    """Play several ways side by side: the loop over events lets go of the interpreter's lock."""
    return each(lambda play: run(stage, play[0], play[1], stop), plays)


def recorded(stage: Stage, stop: float = np.inf) -> Outcome:
    """Look at the same periods as they were recorded."""
    marks = tuple(w.recorded for w in stage.works)
    found = _outcome(stage, marks, 0.0, stop, tuple(float(m[-1]) if len(m) else 0.0 for m in marks))
    return replace(found, latency=tuple(_latency(stage, k, m, 0.0) for k, m in enumerate(marks)))


def _outcome(stage: Stage, marks: tuple[F64, ...], first: float, stop: float, done: tuple[float, ...]) -> Outcome:
    last = min([stop, *(_present(w, m) for w, m in zip(stage.works, marks, strict=True))])
    found = [_slowdown(m, a, first, last) for m, a in zip(marks, stage.alone, strict=True)]
    return Outcome(slowdown=tuple(s for s, _ in found), done=done, periods=tuple(n for _, n in found))


def _latency(stage: Stage, k: int, marks: F64, begin: float) -> float | None:
    """Compare the mean time of the requests that were played with the one alone."""
    requests = stage.requests[k]
    then, alone = requests.times(marks, begin), requests.times(stage.alone[k])
    rows = np.isfinite(then) & np.isfinite(alone)
    total = float(alone[rows].sum())
    return float(then[rows].sum()) / total if total > 0 else None


def _present(work: Workload, marks: F64) -> float:
    """Return until when a session is there: after its last period as long as it was in the recorded part; ns."""
    rest = float(work.end - work.start - work.recorded[-1]) if len(work.recorded) else 0.0
    return float(marks[np.isfinite(marks)].max(initial=0.0)) + max(0.0, rest)


def _slowdown(marks: F64, alone: F64, first: float, last: float) -> tuple[float | None, int]:
    """Compare the periods in [first, last], or, where none lies in it, all that were played."""
    whole = np.isfinite(marks[1:]) & np.isfinite(marks[:-1])
    rows = np.flatnonzero(whole & (marks[:-1] >= first) & (marks[1:] <= last))
    rows = rows if len(rows) else np.flatnonzero(whole)
    length = float((alone[1:] - alone[:-1])[rows].sum())
    if length <= 0:
        return None, 0
    return float((marks[rows + 1] - marks[rows]).sum()) / length, len(rows)


def _latest(work: Workload, begin: int) -> I64:
    """Find the kernel that was launched last before each mark."""
    if not work.marks_host:
        return np.empty(0, np.int64)
    rows = np.flatnonzero(work.launch >= 0)
    last = np.full(len(work.host) + 1, -1, np.int64)
    np.maximum.at(last, work.launch[rows] + 1, rows)
    found = np.maximum.accumulate(last)[work.marks]
    return np.where(found >= 0, found + begin, -1)


def _behind(stage: Stage, played: Played, k: int, marks: F64) -> float:
    """Return by how much the device fell behind the host from the first mark to the last, as a part of the time alone."""
    latest, alone = stage.latest[k], stage.alone[k]
    rows = np.flatnonzero((latest >= 0) & np.isfinite(marks[: len(latest)]))
    if len(rows) < 2:
        return 0.0
    late = np.maximum(0.0, played.end[latest[rows]] - marks[rows])
    late = late[np.isfinite(late)]
    length = float(alone[rows[-1]] - alone[rows[0]])
    return float(late[-1] - late[0]) / length if len(late) > 1 and length > 0 else 0.0


def _marks(works: tuple[Workload, ...], merged: MergedWork, played: Played) -> tuple[F64, ...]:
    """Find when each session's periods ended."""
    found = []
    for k, work in enumerate(works):
        times, begin = (played.host, merged.host_begin) if work.marks_host else (played.end, merged.kernel_begin)
        found.append(times[begin[k] : begin[k + 1]][work.marks])
    return tuple(found)


def _done(merged: MergedWork, played: Played) -> tuple[float, ...]:
    """Find when each session had done its last."""
    return tuple(
        max(
            float(played.host[h0:h1].max(initial=0.0)),
            float(played.end[k0:k1].max(initial=0.0)),
        )
        for h0, h1, k0, k1 in zip(
            merged.host_begin[:-1],
            merged.host_begin[1:],
            merged.kernel_begin[:-1],
            merged.kernel_begin[1:],
            strict=True,
        )
    )
