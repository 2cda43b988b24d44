"""When hosts go on and kernels become ready, given what has ended so far; compiled, for the device model's loop."""

import numpy as np
from numba import types

from tb_contention._compiled import inner
from tb_contention.whatif.merged_work import F64_1, HOSTS, KERNELS, SESSIONS

_F, _I = types.float64, types.int64
#: Time of an event that is unknown so far.
FAR = np.inf
#: Gaps between kernels of a stream that leave no other session in, ns.
GAP = 20_000.0


@inner(_I(_I, _I, HOSTS, SESSIONS, F64_1, F64_1, F64_1))
def go_on(node, session, hosts, sessions, delay, time, end):
    """Let a host go on until it waits for a kernel that has not ended, and until requests arrive; return the instant that is next."""
    first, last = sessions.host_begin[session], sessions.host_begin[session + 1]
    while node < last:
        if node == first:
            time[node] = hosts.time[node] + delay[session]
        elif hosts.waits_for[node] < 0:
            time[node] = max(time[node - 1] + hosts.gap[node], hosts.arrival[node] + delay[session])
        else:
            done = end[hosts.waits_for[node]]
            if done == FAR:
                break
            time[node] = max(time[node - 1] + hosts.pace[node], done + hosts.lag[node])
        node += 1
    return node


@inner(_F(_I, _I, KERNELS, SESSIONS, F64_1, F64_1, F64_1))
def ready_at(k, session, kernels, sessions, delay, time, end):
    """Return when a kernel is ready, inf while that is unknown. The one before it in its stream has ended."""
    begin = delay[session]
    free = kernels.earliest[k] + begin
    launch, previous, follows = kernels.launch[k], kernels.previous[k], kernels.follows[k]
    if launch >= 0:
        if time[launch] == FAR:
            return FAR
        free = max(free, time[launch] + sessions.latency[session])
    if previous >= 0:
        free = max(free, end[previous] + sessions.after[session])
    ready = free + kernels.extra[k]
    if follows >= 0:
        if end[follows] == FAR:
            return FAR
        ready = max(free, end[follows] + kernels.behind[k])
    return max(ready, begin)
