"""What a session lost: its steps as recorded against the same steps replayed with the durations that its kernels take alone."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.host import HostPace, host_pace
from tb_contention.contention.replay import Gaps, Played, Quiet, find_gaps, replay
from tb_contention.contention.work import STEP_END, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each, together
from tb_contention.units import F64, I64, Bool

#: Later than due by less than this is no waiting, ns.
_PROMPT = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Gaps before kernels: `alone` is each one's own gap (ns), `stall` what others added.

    possible: time before kernels whose cause is unknown in which others were running: it may have been waiting too.
    """

    alone: F64
    stall: F64
    possible: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Whole step periods inside the window: rows of the steps that end them; begin and end as recorded and as replayed, ns."""

    step: I64
    begin: F64
    end: F64
    begin_alone: F64
    end_alone: F64

    @property
    def shared(self) -> F64:
        """Return the lengths as recorded."""
        return self.end - self.begin

    @property
    def alone(self) -> F64:
        """Return the lengths as replayed."""
        return self.end_alone - self.begin_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A session's loss. periods: one that spans all of its kernels where it has no steps. counted: kernels that lie in them.

    shortest: the replay with the shortest durations that are possible (class D), else the same as `played`.
    """

    work: SessionWork
    exposure: Exposure
    alone: Alone
    gaps: Gaps
    pace: HostPace
    waits: Waits
    played: Played
    periods: Periods
    shortest: Periods
    counted: Bool
    has_steps: bool


def measure_loss(
    work: SessionWork,
    exposure: Exposure,
    alone: Alone,
    running: Intervals,
    quiet: Quiet | None = None,
    away: Intervals | None = None,
    host_gap: F64 | None = None,
) -> Loss:
    """Replay a session without its co-runners; running: when kernels of others were on the device; quiet: as in `find_gaps`.

    away: when the session surely did not have the device, where that was measured; what it waited then is known to the ns. host_gap: what
    each gap of the host would be without other hosts (ns), where those make it longer.
    """
    gaps, pace = together(lambda: find_gaps(work, exposure.foreign, quiet), lambda: host_pace(work))
    waits = find_waits(work, exposure, gaps, running) if away is None else _measured_waits(work, exposure, gaps, away)
    eased = pace if host_gap is None else replace(pace, gap=host_gap)
    played, periods, shortest, has_steps = replayed(work, exposure, alone, eased, gaps, waits)
    counted = np.zeros(len(work.start), np.bool_)
    if len(periods.begin):
        counted = (work.start >= periods.begin[0]) & (work.start < periods.end[-1])
    return Loss(
        work=work, exposure=exposure, alone=alone, gaps=gaps, pace=pace, waits=waits, played=played, periods=periods,
        shortest=shortest, counted=counted, has_steps=has_steps,
    )  # fmt: skip


def replayed(
    work: SessionWork, exposure: Exposure, alone: Alone, pace: HostPace, gaps: Gaps, waits: Waits
) -> tuple[Played, Periods, Periods, bool]:
    """Play a session alone; return with it the periods, those with the shortest durations, and whether they are steps."""
    differ = alone.shortest is not alone.estimate
    durations = [alone.estimate, alone.shortest] if differ else [alone.estimate]
    played, *fastest = each(lambda duration: replay(work, pace, gaps, duration, waits.alone), durations)
    periods, has_steps = find_periods(work, exposure, played)
    if not differ:
        return played, periods, periods, has_steps
    return played, periods, find_periods(work, exposure, fastest[0])[0], has_steps


def find_waits(work: SessionWork, exposure: Exposure, gaps: Gaps, running: Intervals) -> Waits:
    """Part the time by which kernels started later than due into their own gap and waiting for others."""
    judged = exposure.inside & (gaps.follows < 0)
    late = np.flatnonzero(judged & (gaps.extra > _PROMPT))
    due, start = np.minimum(gaps.due[late], work.start[late]).astype(np.int64), work.start[late]
    met = exposure.foreign.covered(due, start) > 0
    judged[late[met]] = False
    own, known = _own_gaps(work, gaps.extra, judged), work.cause_known[late]
    alone, stall, possible = gaps.extra.copy(), np.zeros(len(judged)), np.zeros(len(judged))
    rows = late[met & known]
    alone[rows] = np.minimum(own[work.key[rows]], gaps.extra[rows])
    stall[rows] = gaps.extra[rows] - alone[rows]
    unknown = met & ~known
    possible[late[unknown]] = running.covered(due[unknown], start[unknown])
    return Waits(alone=alone, stall=stall, possible=possible)


def _measured_waits(work: SessionWork, exposure: Exposure, gaps: Gaps, away: Intervals) -> Waits:
    """Part the time by which kernels started later than due by when the device was taken away."""
    due = np.minimum(gaps.due, work.start).astype(np.int64)
    stall = np.where(exposure.inside & (gaps.follows < 0), away.covered(due, work.start), 0).astype(np.float64)
    return Waits(alone=gaps.extra - stall, stall=stall, possible=np.zeros(len(stall)))


def _own_gaps(work: SessionWork, extra: F64, undisturbed: Bool) -> F64:
    """Return the mean own gap of each key where undisturbed ones are known, else 0."""
    key, own = (work.key, extra) if undisturbed.all() else (work.key[undisturbed], extra[undisturbed])
    count = np.bincount(key, minlength=work.keys)
    mean: F64 = np.where(count >= 2, np.bincount(key, own, work.keys) / np.maximum(count, 1), 0.0)
    return mean


def find_periods(work: SessionWork, exposure: Exposure, played: Played) -> tuple[Periods, bool]:
    """Find the step periods that lie wholly in the window; without two steps, one from the first kernel to the last."""
    ends = np.flatnonzero(work.host.kind == STEP_END)
    time = work.host.time[ends]
    ends = ends[(time >= exposure.start) & (time <= exposure.end)]
    if len(ends) >= 2:
        recorded, replayed = work.host.time[ends].astype(np.float64), played.host[ends]
        return Periods(
            step=work.host.step[ends[1:]],
            begin=recorded[:-1],
            end=recorded[1:],
            begin_alone=replayed[:-1],
            end_alone=replayed[1:],
        ), True
    inside = exposure.inside
    if not inside.any():
        none = np.empty(0)
        return Periods(step=np.empty(0, np.int64), begin=none, end=none, begin_alone=none, end_alone=none), False
    first = int(inside.argmax())
    waited = max(0.0, float(work.start[first] - work.ready[first]))
    last, last_alone = (np.max(end, where=inside, initial=end[first]) for end in (work.end, played.end))
    return Periods(
        step=np.array([-1]),
        begin=np.full(1, float(work.ready[first])),
        end=np.full(1, float(last)),
        begin_alone=np.full(1, float(played.start[first]) - waited),
        end_alone=np.full(1, float(last_alone)),
    ), False
