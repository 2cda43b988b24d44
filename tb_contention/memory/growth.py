"""Allocator curve and steps -> what stays from step to step and grows, and what one step uses for itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tb_contention.memory.holders import Process
from tb_contention.memory.walk import outliving, use_steps
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.memory import AllocatorCurve, Growth, StepMemory, Temporary
from tb_contention.units import I64, PS_PER_NS, Bool, Bytes

#: Step ends that are looked at, spread over all; the first part of them is warm-up.
_MOST_ENDS, _WARM_UP = 64, 0.25
#: Steps that growth is measured over.
_LEAST_STEPS = 4
#: Less growth than this is none: 64 KiB.
_LEAST_GROWTH = 64 << 10
#: What falls again may be this share of what rises, and each half must have this share of the whole.
_MOST_FALL, _EACH_HALF = 0.1, 0.25
#: Missing events, as a share of all, up to which the bytes of each operation are known.
_MOST_MISSING = 0.02
#: Operations that are looked at, by bytes that outlive a step, and that are listed.
_MOST_OPERATIONS, _MOST_LISTED = 5_000, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Ends of steps: number of each, and after how many events of the curve it comes."""

    number: I64
    events: I64


def growth_of(curve: AllocatorCurve, process: Process, group: DeviceGroup) -> list[Growth]:
    """Find operations that hold more from step to step, largest gain first; the sum of all, if it does, is the operation ""."""
    steps = _ends(curve, process, group)
    if len(steps.events) <= _LEAST_STEPS:
        return []
    chosen = np.unique(
        np.linspace(0, len(steps.events) - 1, min(_MOST_ENDS, len(steps.events))).round().astype(np.int64)
    )
    chosen = chosen[min(int(np.ceil(len(chosen) * _WARM_UP)), len(chosen) - _LEAST_STEPS) :]
    ends = steps.events[chosen]
    levels = curve.levels.value[ends]
    span = int(chosen[-1] - chosen[0])
    found = [_growth(curve, "", levels, span)] if _grows(levels) else []
    # Frees that were lost look like a leak of whatever was not freed.
    whole = curve.gaps.missing <= _MOST_MISSING * curve.gaps.events
    for op, series in zip(*_held_at(curve, process, ends), strict=True) if whole else ():
        if _grows(series):
            found.append(_growth(curve, process.session.trace.strings.get(op) or "(not recorded)", series, span))
    found.sort(key=lambda g: (-(g.last - g.first), g.op))
    return found[:_MOST_LISTED]


def _ends(curve: AllocatorCurve, process: Process, group: DeviceGroup) -> _Steps:
    """Find the ends of the steps inside the window."""
    steps = process.session.trace.steps
    ends = (steps.start + steps.duration) // PS_PER_NS + process.session.offset
    order = np.argsort(ends, kind="stable")
    order = order[(ends[order] >= group.start) & (ends[order] <= group.end)]
    return _Steps(number=steps.number[order], events=np.searchsorted(curve.time, ends[order], side="right"))


def _grows(series: I64) -> bool:
    """Distinguish a rise over the whole series from warm-up, from a constant level, and from ups and downs."""
    gain = int(series[-1] - series[0])
    if gain < _LEAST_GROWTH:
        return False
    changes = np.diff(series)
    fallen = -int(changes[changes < 0].sum())
    middle = int(series[len(series) // 2])
    halves = min(middle - int(series[0]), int(series[-1]) - middle)
    return fallen <= _MOST_FALL * (gain + fallen) and halves >= _EACH_HALF * gain


def _growth(curve: AllocatorCurve, op: str, series: I64, steps: int) -> Growth:
    return Growth(
        session=curve.session, allocator=curve.allocator, op=op, first=Bytes(int(series[0])), last=Bytes(int(series[-1])),
        steps=steps, rising=float((np.diff(series) > 0).mean()),
    )  # fmt: skip


def _held_at(curve: AllocatorCurve, process: Process, ends: I64) -> tuple[list[int], I64]:
    """Sum up what each operation's allocations hold at each of some points: op rows, and bytes as (ops, points).

    An allocation counts at the points from its event to that which ends it; most are gone before the next, and count at none.
    """
    made, begin, end = (np.empty(len(curve.time), np.int64) for _ in range(3))
    count = outliving(curve.is_allocation, curve.until, ends, made, begin, end)
    made, begin, end = made[:count], begin[:count], end[:count]
    op = process.session.trace.allocations.op[curve.row[made]].astype(np.int64)
    ops, code = np.unique(op, return_inverse=True)
    ops, code, kept = _largest(ops, code.reshape(-1), curve.size[made])
    width = len(ends) + 1
    flat = np.zeros(len(ops) * width, np.int64)
    np.add.at(flat, code * width + begin[kept], curve.size[made[kept]])
    np.subtract.at(flat, code * width + end[kept], curve.size[made[kept]])
    return ops.tolist(), np.cumsum(flat.reshape(len(ops), width), axis=1)[:, :-1]


def _largest(ops: I64, code: I64, size: I64) -> tuple[I64, I64, Bool]:
    """Keep the operations with the most bytes: their rows, and the code and a mask of what is theirs."""
    if len(ops) <= _MOST_OPERATIONS:
        return ops, code, np.ones(len(code), np.bool_)
    total = np.bincount(code, weights=size, minlength=len(ops))
    kept = np.sort(np.argsort(-total, kind="stable")[:_MOST_OPERATIONS])
    place = np.full(len(ops), -1, np.int64)
    place[kept] = np.arange(len(kept))
    mine = place[code] >= 0
    return ops[kept], place[code[mine]], mine


def step_memory(curve: AllocatorCurve, process: Process, group: DeviceGroup) -> Iterator[StepMemory]:
    """Sum up what an allocator does per step, over whole steps: from the end of one to the end of the next."""
    steps = _ends(curve, process, group)
    periods = len(steps.events) - 1
    first, last = (int(steps.events[0]), int(steps.events[-1])) if periods > 0 else (0, 0)
    if last <= first:
        return
    most, at, rise = (np.empty(periods, np.int64) for _ in range(3))
    count, total = use_steps(
        curve.is_allocation, curve.size, curve.until, curve.levels.value, steps.events, most, at, rise
    )
    yield StepMemory(
        session=curve.session,
        allocator=curve.allocator,
        steps=periods,
        allocations=count / periods,
        allocated=total / periods,
        rise=Bytes(int(rise.max())),
        temporary=_temporary(curve, process, steps, most, at),
        temporary_median=Bytes(round(float(np.median(most)))),
    )


def _temporary(curve: AllocatorCurve, process: Process, steps: _Steps, most: I64, at: I64) -> Temporary | None:
    """Describe the largest of the steps' largest temporaries."""
    period = int(most.argmax())
    if not most[period]:
        return None
    trace = process.session.trace
    row = int(curve.row[at[period]])
    text = trace.strings.get(int(trace.allocations.op[row]))
    shape = trace.strings.get(int(trace.allocations.shape[row]))
    return Temporary(
        bytes=Bytes(int(most[period])),
        op="" if text in (None, "(null)") else str(text),
        shape=shape,
        step=int(steps.number[period + 1]),
    )
