"""Whose turn it is on the multiprocessors, and which kernel is next in one queue; compiled, for the device model's loop."""

from numba import types

from tb_contention._compiled import inner
from tb_contention.model.workload import Unit
from tb_contention.whatif.merged_work import F64_1, I64_1, KERNELS, STREAMS
from tb_contention.whatif.play_state import PROGRESS, RULES, TURN, Turn
from tb_contention.whatif.readiness import FAR, GAP

_F, _I, _B = types.float64, types.int64, types.boolean


@inner(_B(_I, KERNELS, STREAMS, PROGRESS))
def _inside_kernel(holder, kernels, streams, progress):
    """Return whether a session is in the middle of a kernel."""
    for x in range(progress.kernel.shape[0]):
        k = progress.kernel[x]
        if streams.session[x] == holder and progress.begun[x] == 1 and k >= 0 and kernels.unit[k] == Unit.COMPUTE:
            return True
    return False


@inner(_I(_I, I64_1))
def _after(holder, active):
    """Return the session with work that is next in the rotation."""
    sessions = active.shape[0]
    for step in range(1, sessions + 1):
        candidate = (holder + step) % sessions if holder >= 0 else step - 1
        if active[candidate] > 0:
            return candidate
    return -1


@inner(types.Tuple((TURN, _F))(_F, _I, TURN, KERNELS, STREAMS, RULES, PROGRESS, I64_1))
def take_turn(now, competing, turn, kernels, streams, rules, progress, active):
    """Return the turn at an instant, and until when it holds."""
    over = now >= turn.end
    has_work = turn.holder >= 0 and active[turn.holder] > 0
    if rules.whole and over and has_work and _inside_kernel(turn.holder, kernels, streams, progress):
        return turn, FAR
    if not has_work or (over and competing > 1):
        chosen = _after(turn.holder, active)
        begin = now + (rules.switch if turn.holder >= 0 and chosen != turn.holder else 0.0)
        turn = Turn(chosen, begin, begin + rules.slice)
    elif over:
        turn = Turn(turn.holder, turn.begin, now + rules.slice)
    return turn, turn.begin if now < turn.begin else turn.end


@inner(_I(_F, KERNELS, PROGRESS, F64_1))
def first_in_queue(now, kernels, progress, time):
    """Return the stream whose kernel was launched first, -1 where none was."""
    first, queued = FAR, -1
    for x in range(progress.kernel.shape[0]):
        k, ready = progress.kernel[x], progress.ready[x]
        if k < 0 or kernels.unit[k] != Unit.COMPUTE:
            continue
        if ready > now and (ready - now > GAP or kernels.previous[k] < 0):
            continue
        called = time[kernels.launch[k]] if kernels.launch[k] >= 0 else min(ready, now)
        if called < first and called <= now:
            first, queued = called, x
    return queued
