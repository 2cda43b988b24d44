"""Do sessions meet on the processor? What a session's host takes beside the hosts of others, against what it takes by itself.

host of one      ======|launches, waits for the GPU|==========|launches, waits|=====
host of another  ==============|waits|=========================

A host works where it does not wait for the GPU and does not pause. A capture of the session alone shows its own pace; else stretches of
work that began while the others paused or waited do. Where hosts work side by side for most of the time and neither is there, nothing in
the captures tells what one costs the other, and an interval has to allow for it.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from tb_contention.contention.host import HostPace, host_pace, kinds_of
from tb_contention.contention.input_pace import fetching
from tb_contention.contention.work import STEP_END, SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, I64, SessionId

#: The device idles for this part of the window, and a session's host works beside another's, with nothing on the GPU, for that part: so
#: much that what it costs is looked for, and so much that it cannot be left open. Beside a pipeline that always works the former is enough.
_IDLE, _LOOKED_FOR, _MEETS = 0.3, 0.1, 0.4
#: A session that waits for batches for this part of the window keeps processors busy all the time: its pipeline works ahead.
_STARVED = 0.1
#: A stretch of host work this many times as long as usual for its kind is a pause.
_PAUSE = 3.0
#: Stretches that began beside others, and by themselves, how many of each tell, and which part of their shortest counts as their begin.
_BESIDE, _BY_ITSELF, _EACH, _BEGIN = 0.9, 0.1, 5, 10
#: A part lost that is known no better than this is not known.
_UNSURE = 0.15
#: Error of a part lost that is taken from other kinds of work, as a part of it.
_UNTOLD = 0.5
#: Stretches of steps that tell how long the host takes per step, of captures together and alone.
_LEAST_UNITS = 4
#: Least part of an equal share that a host is taken to get where only bounds can be given.
_LEAST_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWork:
    """A session's stretches of host work: the instants that end them (rows of `work.host`), their kinds, begin and end, and pauses apart.

    exposed: the host works and the session has nothing on the GPU, so that its step waits for the host. fetching: it waits for a batch.
    """

    work: SessionWork
    pace: HostPace
    rows: I64
    kind: I64
    begin: I64
    end: I64
    working: Intervals
    exposed: Intervals
    fetching: Intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEffect:
    """What other hosts cost a session's host. met: part of the window for which it worked beside another's, with nothing on the GPU.

    gap: each gap of the host without others (ns), None where that is unknown; error: of the slowdown of its steps that comes of it.
    factor: how many times as long its work takes, sure: that is more than chance. bound: what the steps can take at the most, as a part of
    them that the others cost, where nothing tells. beside: for how long it worked beside the host of each other session, ns.
    """

    met: float
    gap: F64 | None = None
    error: float = 0.0
    factor: float | None = None
    sure: bool = False
    bound: float = 0.0
    beside: dict[SessionId, int] = field(default_factory=dict)

    @property
    def unmeasured(self) -> bool:
        """Return whether hosts meet and nothing tells what that costs."""
        return self.bound > 0


def host_effects(
    works: list[SessionWork], solos: dict[SessionId, list[SessionWork]], start: int, end: int, used: int | None = None
) -> dict[SessionId, HostEffect]:
    """Find what hosts cost each other in the window; sessions without a finding are left out. solos: captures of the same work alone.

    used: for how long the device was busy in the window, ns, where that is known.
    """
    window = max(1, end - start)
    if used is None:
        used = Intervals.union([w.running for w in works]).clip(start, end).total
    idle = 1.0 - used / window if works else 0.0
    if len(works) < 2 or (idle < _IDLE and not solos and not any(fetching(work).total for work in works)):
        return {}
    hosts = [host_work(work) for work in works]
    starved = [(host.fetching & host.exposed).clip(start, end).total >= _STARVED * window for host in hosts]
    loads = [
        Intervals.one(host.work.session.start, host.work.session.end) if waits else host.working
        for host, waits in zip(hosts, starved, strict=True)
    ]
    found = {}
    for host, waits in zip(hosts, starved, strict=True):
        if idle < _IDLE and not any(starved) and host.work.id not in solos:
            continue
        apart = {h.work.id: load for h, load in zip(hosts, loads, strict=True) if h is not host}
        others = Intervals.union(list(apart.values()))
        beside = {other: (host.exposed & load).total for other, load in apart.items()}
        met = (host.exposed & others).clip(start, end).total / window
        effect = _against_solo(host, solos.get(host.work.id, []), met, start, end)
        if effect is None and met >= _LOOKED_FOR:
            effect = _from_gaps(host, others, met, start, end)
        if effect is None and met >= (_LOOKED_FOR if any(starved) else _MEETS):
            waited = (host.fetching & host.exposed).clip(start, end).total / window if waits else 0.0
            effect = _unknown(met, len(works), min(waited, others.clip(start, end).total / window))
        if effect is not None:
            found[host.work.id] = replace(effect, beside=beside)
    return found


def host_work(work: SessionWork) -> HostWork:
    """Find when a session's host worked."""
    pace, kinds, time = host_pace(work), kinds_of(work.host.kind).astype(np.int64), work.host.time
    own = np.flatnonzero((pace.waits_for < 0) & (np.arange(len(time)) > 0))
    usual = np.zeros(int(kinds.max(initial=0)) + 1)
    for kind in np.unique(kinds[own]).tolist():
        usual[kind] = float(np.median(pace.gap[own[kinds[own] == kind]]))
    rows = own[pace.gap[own] <= _PAUSE * usual[kinds[own]]]
    working = Intervals.union_of(time[rows - 1], time[rows])
    return HostWork(
        work=work, pace=pace, rows=rows, kind=kinds[rows], begin=time[rows - 1], end=time[rows], working=working,
        exposed=_without(working, work.pending), fetching=fetching(work),
    )  # fmt: skip


def _without(where: Intervals, other: Intervals) -> Intervals:
    """Return the part of a set that another one leaves."""
    if not len(where) or not len(other):
        return where
    first, last = int(where.start[0]), int(where.end[-1])
    between = Intervals.union_of(np.append(first, other.end), np.append(other.start, last))
    return where & between


def _against_solo(host: HostWork, solos: list[SessionWork], met: float, start: int, end: int) -> HostEffect | None:
    """Compare the host's time per step with that in captures of the session alone."""
    together = _per_step(host.work, host.pace, start, end)
    parts: list[F64] = [_per_step(s, host_pace(s), s.session.start, s.session.end) for s in solos]
    alone: F64 = np.concatenate([np.empty(0), *parts])
    if len(together) < _LEAST_UNITS or len(alone) < _LEAST_UNITS or not alone.mean() > 0:
        return None
    factor = float(together.mean() / alone.mean())
    spread = [float(each.var(ddof=1) / len(each) / each.mean() ** 2) for each in (together, alone)]
    error = factor * sum(spread) ** 0.5
    sure = factor - 1.0 > max(2.0 * error, 0.02)
    if not sure:
        return HostEffect(met=met)
    share = host.exposed.clip(start, end).total / max(1, end - start)
    gap = np.where(host.pace.waits_for < 0, host.pace.gap / factor, host.pace.gap)
    return HostEffect(met=met, gap=gap, error=share * error, factor=factor, sure=True)


def _per_step(work: SessionWork, pace: HostPace, start: int, end: int) -> F64:
    """Return the host's own time in each step period of the window."""
    ends = np.flatnonzero((work.host.kind == STEP_END) & (work.host.time >= start) & (work.host.time <= end))
    if len(ends) < 2:
        return np.empty(0)
    own = np.where(pace.waits_for < 0, pace.gap, np.minimum(pace.pace, pace.gap))
    total = np.cumsum(own)
    return np.diff(total[ends])


def _from_gaps(host: HostWork, others: Intervals, met_share: float, start: int, end: int) -> HostEffect | None:
    """Compare stretches of host work that began beside other hosts with those that began by themselves, kind by kind.

    How much of a stretch lay beside others depends on its length, how it began does not.
    """
    inside = (host.begin >= start) & (host.end <= end)
    length = (host.end - host.begin).astype(np.float64)
    beside = others.covered(host.begin, host.end).astype(np.float64)
    gap = host.pace.gap.copy()
    unknown = variance = longer = 0.0
    open_kinds = []
    for kind in np.unique(host.kind[inside]).tolist():
        rows = np.flatnonzero(inside & (host.kind == kind))
        first = max(1, int(np.percentile(length[rows], _BEGIN)))
        began = others.covered(host.begin[rows], host.begin[rows] + first) / first
        lost = _part_lost(length[rows], beside[rows], began)
        met = float(beside[rows].sum())
        if lost is None:
            unknown += met
            open_kinds.append(rows)
            continue
        gap[host.rows[rows]] -= lost[0] * beside[rows]
        longer += lost[0] * met
        variance += (lost[1] * met) ** 2
    if variance == 0.0 or unknown >= _MEETS * (end - start):
        return None
    known, error = float(beside[inside].sum()) - unknown, float(np.sqrt(variance))
    factor = known / max(known - longer, 0.1 * known)
    # What never ran by itself is taken to lose as much as what did, and may lose none or twice that.
    rate = max(0.0, longer / known)
    for rows in open_kinds:
        gap[host.rows[rows]] -= rate * beside[rows]
    off = float(np.hypot(error, _UNTOLD * rate * unknown))
    alone = max(end - start - longer - rate * unknown, 0.1 * (end - start))
    return HostEffect(
        met=met_share, gap=gap, error=off * (end - start) / alone**2, factor=factor, sure=longer > 2.0 * error
    )


def _part_lost(length: F64, beside: F64, began: F64) -> tuple[float, float] | None:
    """Find the part of its pace that a host loses beside others, from stretches of one kind, and its error; None where they do not tell.

    began: the part of their begin that lay beside others.
    """
    together, alone = began >= _BESIDE, began <= _BY_ITSELF
    if min(together.sum(), alone.sum()) < _EACH:
        return None
    more = float(beside[together].mean() - beside[alone].mean())
    if more <= 0:
        return None
    lost = float(length[together].mean() - length[alone].mean()) / more
    rest = length - lost * beside
    error = float(np.sqrt(sum(rest[rows].var() / rows.sum() for rows in (together, alone)))) / more
    return None if error > _UNSURE else (float(np.clip(lost, 0.0, 0.9)), error)


def _unknown(met: float, sessions: int, waited: float) -> HostEffect:
    """Allow for hosts that share one processor, each with a fair share or somewhat less.

    waited: part of the window for which the session waits for a pipeline that works beside others all the time: the whole wait may be due
    to them, if not more than they can take from the pipeline.
    """
    lost = 1.0 - _LEAST_SHARE / sessions
    return HostEffect(met=met, bound=min(0.9, max(met * lost, min(waited, lost))))
