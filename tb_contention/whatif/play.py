"""A small device model: several sessions' work, played together under one way of sharing. Compiled; one pass over the events.

Hosts keep their own pace and wait where they waited; kernels are ready as soon as they are launched and what they follow is done. What is
ready gets a rate from the way of sharing; copies of one direction share their engine equally, whoever they belong to.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numba import types

from tb_contention._compiled import compiled
from tb_contention.units import F64
from tb_contention.whatif.packed import Packed


class Way(IntEnum):
    """How sessions share the multiprocessors."""

    FREELY = 0  # nobody feels the others
    TURNS = 1  # time slices
    QUEUE = 2  # one queue in the order of launches, nothing is cut
    MEASURED = 3  # each at its own rate while others have work
    CLAIMS = 4  # at once, as far as the multiprocessors go round


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A way of sharing with its figures.

    slice, switch: length of a turn and what a change costs, ns; whole: a turn ends only with a kernel. rates: per session (MEASURED).
    claims: part of the multiprocessors that each kernel asks for; wide: the same for memory bandwidth; caps: most per session;
    friction: part of the rate that every other session costs. copies: they share as kernels do, instead of on copy engines.
    """

    way: Way
    slice: float = 0.0
    switch: float = 0.0
    whole: bool = False
    rates: F64 | None = None
    claims: F64 | None = None
    wide: F64 | None = None
    caps: F64 | None = None
    friction: float = 0.0
    copies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """When each host instant was and each kernel ended, ns from the part's start; inf where the play stopped before."""

    host: F64
    end: F64
    stuck: bool


_IF = types.Array(types.float64, 1, "C", readonly=True)
_II = types.Array(types.int64, 1, "C", readonly=True)
_IB = types.Array(types.uint8, 1, "C", readonly=True)
_OF = types.Array(types.float64, 1, "C")
_OI = types.Array(types.int64, 1, "C")
_F, _I = types.float64, types.int64
_DONE = 1e-3  # ns of work that are rounding
_GAP = 20_000.0  # ns between kernels of a stream that leave nobody else in
_FAR = np.inf


@compiled(_I(_I, _I, _I, _IF, _IF, _II, _IF, _IF, _IF, _F, _OF))
def _go_on(node, first, last, host, gap, waits_for, lag, pace, end, begin, time):
    """Let a host go on until it waits for a kernel that has not ended; return the instant that is next."""
    while node < last:
        if node == first:
            time[node] = host[node] + begin
        elif waits_for[node] < 0:
            time[node] = time[node - 1] + gap[node]
        else:
            done = end[waits_for[node]]
            if done == _FAR:
                break
            time[node] = max(time[node - 1] + pace[node], done + lag[node])
        node += 1
    return node


@compiled(_F(_I, _F, _F, _F, _IF, _IF, _II, _II, _IF, _II, _IF, _IF))
def _ready(k, begin, after, latency, earliest, extra, previous, follows, behind, launch, time, end):
    """Return when a kernel is ready, inf while that is not known. The one before it in its stream has ended."""
    free = earliest[k] + begin
    if launch[k] >= 0:
        if time[launch[k]] == _FAR:
            return _FAR
        free = max(free, time[launch[k]] + latency)
    if previous[k] >= 0:
        free = max(free, end[previous[k]] + after)
    ready = free + extra[k]
    if follows[k] >= 0:
        if end[follows[k]] == _FAR:
            return _FAR
        ready = max(free, end[follows[k]] + behind[k])
    return max(ready, begin)


@compiled(
    _I(
        _II, _IF, _IF, _IF, _II, _II, _II, _IF, _II, _IB, _IB, _IF, _IF, _II, _IF, _IF, _II, _II, _II, _IF, _IF, _IF,
        _I, _F, _F, _I, _IF, _IF, _IF, _IF, _F, _F, _OF, _OF,
    )
)  # fmt: skip
def _play(
    session, duration, earliest, extra, previous, following, follows, behind, launch, unit, spin, host, gap, waits_for,
    lag, pace, streams, head, host_begin, after, latency, begin,
    way, length, switch, whole, rates, claims, wide, caps, friction, stop, time, end,
):  # fmt: skip
    # One long function: handing the columns to others at every event makes it take twice as long (measured).
    sessions, count = host_begin.shape[0] - 1, streams.shape[0]
    node = host_begin.copy()
    for s in range(sessions):
        node[s] = _go_on(
            host_begin[s], host_begin[s], host_begin[s + 1], host, gap, waits_for, lag, pace, end, begin[s], time
        )
    current = head.copy()
    ready, left, rate = np.full(count, _FAR), np.zeros(count), np.zeros(count)
    begun = np.zeros(count, np.uint8)
    for x in range(count):
        k = current[x]
        if k >= 0:
            s = streams[x]
            ready[x] = _ready(
                k, begin[s], after[s], latency[s], earliest, extra, previous, follows, behind, launch, time, end
            )
            left[x] = duration[k]
    now, holder, turn_begin, turn_end, queued = 0.0, -1, 0.0, 0.0, -1
    active = np.zeros(sessions, np.int64)
    claim, band = np.zeros(sessions), np.zeros(sessions)
    engine = np.zeros(3, np.int64)
    on_engine = np.zeros((3, sessions), np.int64)
    while now < stop:
        arrival, busy, competing = _FAR, 0, 0
        active[:], claim[:], band[:], engine[:] = 0, 0.0, 0.0, 0
        on_engine[:] = 0
        for x in range(count):
            if current[x] < 0:
                continue
            k, s = current[x], streams[x]
            if ready[x] > now:
                arrival = min(arrival, ready[x])
                # In the gap between two kernels of a stream the device is not free for others.
                launched = launch[k] < 0 or time[launch[k]] <= now
                if ready[x] - now > _GAP or previous[k] < 0 or not launched or unit[k] > 0:
                    continue
            busy += 1
            if unit[k] == 0:
                competing += active[s] == 0
                active[s] += 1
                claim[s] += claims[k]
                band[s] += wide[k]
            elif on_engine[unit[k], s] == 0:
                on_engine[unit[k], s] = 1
                engine[unit[k]] += 1
        if busy == 0:
            if arrival == _FAR:
                break
            now = arrival
            continue
        hold = _FAR
        # Which session, or which stream of the queue, has the multiprocessors?
        if way == 1 and competing > 0:
            over = now >= turn_end
            inside = False
            if whole and over and holder >= 0 and active[holder] > 0:
                for x in range(count):
                    inside |= streams[x] == holder and begun[x] == 1 and current[x] >= 0 and unit[current[x]] == 0
            if inside:
                hold = _FAR
            else:
                if holder < 0 or active[holder] == 0 or (over and competing > 1):
                    chosen = -1
                    for step in range(1, sessions + 1):
                        candidate = (holder + step) % sessions if holder >= 0 else step - 1
                        if active[candidate] > 0:
                            chosen = candidate
                            break
                    turn_begin = now + (switch if holder >= 0 and chosen != holder else 0.0)
                    holder = chosen
                    turn_end = turn_begin + length
                elif over:
                    turn_end = now + length
                hold = turn_begin if now < turn_begin else turn_end
        if way == 2 and competing > 0 and queued < 0:
            first = _FAR
            for x in range(count):
                k = current[x]
                if k < 0 or unit[k] > 0 or (ready[x] > now and (ready[x] - now > _GAP or previous[k] < 0)):
                    continue
                called = time[launch[k]] if launch[k] >= 0 else min(ready[x], now)
                if called < first and called <= now:
                    first, queued = called, x
        total, flow = 0.0, 0.0
        for s in range(sessions):
            if active[s] > 0:
                claim[s] = min(1.0, claim[s], caps[s])
                band[s] = min(1.0, band[s])
                total += claim[s]
                flow += band[s]
        until = min(arrival, hold)
        for x in range(count):
            rate[x] = 0.0
            if current[x] < 0 or ready[x] > now:
                continue
            k, s = current[x], streams[x]
            if unit[k] > 0:
                rate[x] = 1.0 / engine[unit[k]] if way != 0 else 1.0
            elif way == 0 or (competing == 1 and way != 1 and way != 2):
                rate[x] = 1.0
            elif way == 1:
                rate[x] = 1.0 if s == holder and now >= turn_begin else 0.0
            elif way == 2:
                rate[x] = 1.0 if x == queued else 0.0
            elif way == 3:
                rate[x] = rates[s]
            else:
                enough = 1.0 / max(1.0, total)
                fed = 1.0 - band[s] * (1.0 - 1.0 / max(1.0, flow))
                rate[x] = (1.0 - friction) ** (competing - 1) * min(enough, fed)
            if rate[x] > 0.0:
                begun[x] = 1
            if spin[k] == 1 and begun[x] == 1:  # it ends after its time, whether it runs or not
                rate[x] = 1.0
            if rate[x] > 0.0:
                until = min(until, now + left[x] / rate[x])
        if until == _FAR:
            return 1
        for x in range(count):
            if rate[x] == 0.0:
                continue
            finish = now + left[x] / rate[x]
            left[x] -= (until - now) * rate[x]
            if left[x] > _DONE and finish > until:
                continue
            k, s = current[x], streams[x]
            end[k] = until
            if queued == x:
                queued = -1
            current[x], ready[x], begun[x] = following[k], _FAR, 0
            if current[x] >= 0:
                left[x] = duration[current[x]]
            n = node[s]
            if n < host_begin[s + 1] and waits_for[n] == k:
                node[s] = _go_on(
                    n, host_begin[s], host_begin[s + 1], host, gap, waits_for, lag, pace, end, begin[s], time
                )
            for y in range(count):
                if streams[y] == s and current[y] >= 0 and ready[y] == _FAR:
                    ready[y] = _ready(
                        current[y], begin[s], after[s], latency[s], earliest, extra, previous, follows, behind, launch,
                        time, end,
                    )  # fmt: skip
                    rate[y] = 0.0
        now = until
    if now >= stop:
        return 0
    for x in range(count):
        if current[x] >= 0:
            return 1
    return 0


def play(work: Packed, policy: Policy, begin: F64 | None = None, stop: float = np.inf) -> Played:
    """Play until everything is done, or until `stop` (ns). begin: by how much later each session begins, ns >= 0."""
    sessions, kernels = len(work.host_begin) - 1, len(work.duration)
    host, end = np.full(len(work.host), np.inf), np.full(kernels, np.inf)
    one = np.ones(sessions)
    unit = np.zeros_like(work.unit) if policy.copies else work.unit
    claims = np.ones(kernels) if policy.claims is None else policy.claims
    wide = np.zeros(kernels) if policy.wide is None else policy.wide
    stuck = _play(
        work.session, work.duration, work.earliest, work.extra, work.previous, work.next, work.follows, work.behind,
        work.launch, unit, work.spin, work.host, work.gap, work.waits_for, work.lag, work.pace, work.streams, work.head,
        work.host_begin, work.after, work.latency, np.zeros(sessions) if begin is None else begin,
        int(policy.way), policy.slice, policy.switch, int(policy.whole), one if policy.rates is None else policy.rates,
        claims, wide, one if policy.caps is None else policy.caps, policy.friction, stop, host, end,
    )  # fmt: skip
    return Played(host=host, end=end, stuck=bool(stuck))
