"""A small device model: several sessions' work, played together under one way of sharing. Compiled; one pass over the events.

Hosts keep their own pace and wait where they waited; kernels are ready as soon as they are launched and what they follow is done. What is
ready gets a rate from the way of sharing; copies of one direction share their engine equally, whoever they belong to.

    weigh: what has work now -> turn or queue: whose is it -> rates -> work until the next kernel ends, arrives, or the turn ends
"""

from dataclasses import dataclass

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.model.workload import Unit
from tb_contention.units import F64
from tb_contention.whatif.merged_work import F64_1, HOSTS, KERNELS, SESSIONS, STREAMS, MergedWork
from tb_contention.whatif.play_state import LOAD, PROGRESS, RULES, TURN, Turn, filled, no_load, no_progress, rules_of
from tb_contention.whatif.policy import Policy, Way
from tb_contention.whatif.readiness import FAR, GAP, go_on, ready_at
from tb_contention.whatif.turns import first_in_queue, take_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """When each host instant was and each kernel ended, ns from the part's start; inf where the play stopped before."""

    host: F64
    end: F64
    #: Something waits for what never ends, or the play was given up.
    stuck: bool


_F, _I, _B = types.float64, types.int64, types.boolean
_DONE = 1e-3  # ns of work that are rounding
#: Events of a play: so many for each kernel and each instant of a host, and so many more; kernels of days would have turns without end.
_MOST_EACH, _MOST = 32, 2_000_000


@inner(types.Tuple((_F, _I, _I))(_F, KERNELS, STREAMS, RULES, PROGRESS, LOAD, F64_1))
def _weigh(now, kernels, streams, rules, progress, load, time):
    """Fill the load; return when the next kernel arrives, how many have work, and how many sessions want the multiprocessors."""
    arrival, busy, competing = FAR, 0, 0
    for s in range(load.active.shape[0]):
        load.active[s], load.sms[s], load.bandwidth[s] = 0, 0.0, 0.0
    for unit in range(load.engine.shape[0]):
        load.engine[unit] = 0
        load.on_engine[unit] = 0
    for x in range(progress.kernel.shape[0]):
        k, s = progress.kernel[x], streams.session[x]
        if k < 0:
            continue
        ready = progress.ready[x]
        if ready > now:
            arrival = min(arrival, ready)
            # In the gap between two kernels of a stream the device is not free for others.
            launched = kernels.launch[k] < 0 or time[kernels.launch[k]] <= now
            if ready - now > GAP or kernels.previous[k] < 0 or not launched or kernels.unit[k] != Unit.COMPUTE:
                continue
        busy += 1
        unit = kernels.unit[k]
        if unit == Unit.COMPUTE:
            competing += load.active[s] == 0
            load.active[s] += 1
            load.sms[s] += rules.sm_demand[k]
            load.bandwidth[s] += rules.bandwidth_demand[k]
        elif load.on_engine[unit, s] == 0:
            load.on_engine[unit, s] = 1
            load.engine[unit] += 1
    return arrival, busy, competing


@inner(_F(_F, _F, _I, TURN, _I, KERNELS, STREAMS, RULES, PROGRESS, LOAD))
def _set_rates(now, until, competing, turn, queued, kernels, streams, rules, progress, load):
    """Give what is ready its rate; return until when the rates hold: the first end of a kernel, `until` at the latest."""
    way, rate = rules.way, progress.rate
    sms, ahead, flow = 0.0, 0.0, 0.0
    for s in range(load.active.shape[0]):
        if load.active[s] > 0:
            load.sms[s] = min(1.0, load.sms[s], rules.caps[s])
            load.bandwidth[s] = min(1.0, load.bandwidth[s])
            sms += load.sms[s]
            ahead += load.sms[s] * rules.first[s]
            flow += load.bandwidth[s]
    for x in range(rate.shape[0]):
        rate[x] = 0.0
        k, s = progress.kernel[x], streams.session[x]
        if k < 0 or progress.ready[x] > now:
            continue
        if way == Way.UNDISTURBED:
            rate[x] = 1.0
        elif kernels.unit[k] != Unit.COMPUTE:
            rate[x] = 1.0 / load.engine[kernels.unit[k]]
        elif way == Way.TURNS:
            rate[x] = 1.0 if s == turn.holder and now >= turn.begin else 0.0
        elif way == Way.QUEUE:
            rate[x] = 1.0 if x == queued else 0.0
        elif competing == 1:
            rate[x] = 1.0
        elif way == Way.MEASURED:
            rate[x] = rules.rates[s]
        else:
            if ahead == 0.0:
                enough = 1.0 / max(1.0, sms)
            elif rules.first[s] > 0.0:
                enough = 1.0 / max(1.0, ahead)
            else:  # what those before it leave
                enough = min(1.0, max(0.0, 1.0 - ahead) / max(sms - ahead, 1e-9))
            fed = 1.0 - load.bandwidth[s] * (1.0 - 1.0 / max(1.0, flow))
            rate[x] = (1.0 - rules.friction) ** (competing - 1) * min(enough, fed)
        if rate[x] > 0.0:
            progress.begun[x] = 1
        if kernels.spin[k] == 1 and progress.begun[x] == 1:  # it ends after its time, whether it runs or not
            rate[x] = 1.0
        if rate[x] > 0.0:
            until = min(until, now + progress.left[x] / rate[x])
    return until


@inner(_I(_F, _F, _I, KERNELS, HOSTS, STREAMS, SESSIONS, PROGRESS, F64_1, F64_1, F64_1))
def _work(now, until, queued, kernels, hosts, streams, sessions, progress, delay, time, end):
    """Let all go on at their rates until an instant, and let what waited for the ends of kernels begin; return who is queued."""
    for x in range(progress.rate.shape[0]):
        if progress.rate[x] == 0.0:
            continue
        finish = now + progress.left[x] / progress.rate[x]
        progress.left[x] -= (until - now) * progress.rate[x]
        if progress.left[x] > _DONE and finish > until:
            continue
        k, s = progress.kernel[x], streams.session[x]
        end[k] = until
        if queued == x:
            queued = -1
        progress.kernel[x], progress.ready[x], progress.begun[x] = kernels.next[k], FAR, 0
        if progress.kernel[x] >= 0:
            progress.left[x] = kernels.duration[progress.kernel[x]]
        node = progress.next[s]
        if node < sessions.host_begin[s + 1] and hosts.waits_for[node] == k:
            progress.next[s] = go_on(node, s, hosts, sessions, delay, time, end)
        for y in range(progress.rate.shape[0]):
            if streams.session[y] == s and progress.kernel[y] >= 0 and progress.ready[y] == FAR:
                progress.ready[y] = ready_at(progress.kernel[y], s, kernels, sessions, delay, time, end)
                progress.rate[y] = 0.0
    return queued


@compiled(_B(KERNELS, HOSTS, STREAMS, SESSIONS, RULES, PROGRESS, LOAD, F64_1, _F, F64_1, F64_1))
def _play(kernels, hosts, streams, sessions, rules, progress, load, delay, stop, time, end):
    """Play from event to event until nothing goes on, or too much did; return whether that was before `stop`."""
    for s in range(load.active.shape[0]):
        progress.next[s] = go_on(sessions.host_begin[s], s, hosts, sessions, delay, time, end)
    for x in range(progress.kernel.shape[0]):
        k, s = progress.kernel[x], streams.session[x]
        if k >= 0:
            progress.ready[x] = ready_at(k, s, kernels, sessions, delay, time, end)
            progress.left[x] = kernels.duration[k]
    now, turn, queued = 0.0, Turn(-1, 0.0, 0.0), -1
    for _ in range(_MOST + _MOST_EACH * (time.shape[0] + end.shape[0])):
        if now >= stop:
            break
        until, busy, competing = _weigh(now, kernels, streams, rules, progress, load, time)
        if busy == 0:
            if until == FAR:
                break
            now = until
            continue
        if rules.way == Way.TURNS and competing > 0:
            turn, hold = take_turn(now, competing, turn, kernels, streams, rules, progress, load.active)
            until = min(until, hold)
        elif rules.way == Way.QUEUE and competing > 0 and queued < 0:
            queued = first_in_queue(now, kernels, progress, time)
        until = _set_rates(now, until, competing, turn, queued, kernels, streams, rules, progress, load)
        if until == FAR:
            break
        queued = _work(now, until, queued, kernels, hosts, streams, sessions, progress, delay, time, end)
        now = until
    return now < stop


def play(work: MergedWork, policy: Policy, begin: F64 | None = None, stop: float = np.inf) -> Played:
    """Play until everything is done, or until `stop` (ns). begin: by how much later each session begins, ns >= 0."""
    kernels, sessions = work.kernels, work.count
    host, end = np.full(len(work.hosts.time), np.inf), np.full(len(kernels.duration), np.inf)
    if policy.copies:
        kernels = kernels._replace(unit=np.zeros_like(kernels.unit))
    rules, progress, load = rules_of(policy, sessions, len(end)), no_progress(work), no_load(sessions)
    over = _play(
        kernels, work.hosts, work.streams, work.sessions, rules, progress, load, filled(begin, 0.0, sessions), float(stop), host, end
    )  # fmt: skip
    return Played(host=host, end=end, stuck=bool(over and (progress.kernel >= 0).any()))
