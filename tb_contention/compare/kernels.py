"""Kernels of one program before and after, by name: counts and durations of those that began in whole step periods.

Without steps on both sides they are those that began in the window. Unlike the sums of a report they are not clipped, so that means are
means of whole kernels and counts divide by steps.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Basis, KernelDifference, KernelSums
from tb_contention.model.contention import StepTimes
from tb_contention.model.report import DeviceReport
from tb_contention.units import NS_PER_S, PS_PER_NS, Nanoseconds

#: Kernel names per side; of names beyond the largest nothing is said, so that a hostile trace cannot make a comparison grow without bound.
MOST_NAMES = 1000
_NAME_LOST = "(name lost with the end of the file)"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSide:
    """The kernels of one side by name; whole: all names are listed. per_step: number of kernels per step, None without steps."""

    sums: dict[str, KernelSums]
    whole: bool
    per_step: float | None


def basis_of(before: StepTimes | None, after: StepTimes | None) -> Basis:
    """Choose steps where both sides have whole periods."""
    stepped = before is not None and after is not None and len(before.start) and len(after.start)
    return Basis.STEP if stepped else Basis.SECOND


def kernel_side(device: DeviceReport, session: Session, steps: StepTimes | None, basis: Basis) -> KernelSide:
    """Sum up the kernels of one side."""
    begin, end = int(device.group.start), int(device.group.end)
    if basis is Basis.STEP and steps is not None:
        begin, end, parts = int(steps.start[0]), int(steps.end[-1]), float(len(steps.start))
    else:
        parts = max(1, end - begin) / NS_PER_S
    kernels, strings = session.trace.kernels, session.trace.strings
    rows = {plane.device for plane in device.group.planes if plane.session == session.id}
    here = np.array([stream.device in rows for stream in session.trace.streams], np.bool_)
    start = kernels.start // PS_PER_NS + session.offset
    chosen = np.flatnonzero((start >= begin) & (start < end))
    chosen = chosen[here[kernels.stream[chosen]]] if len(chosen) else chosen
    slots = kernels.name[chosen].astype(np.int64) + 1  # -1, a lost name, becomes 0
    length = (start[chosen] + kernels.duration[chosen] // PS_PER_NS) - start[chosen]
    count = np.bincount(slots)
    total = np.zeros(len(count), np.int64)
    np.add.at(total, slots, length)
    used = np.flatnonzero(count)
    order = used[np.argsort(-total[used], kind="stable")]
    merged: dict[str, tuple[int, int]] = {}
    for slot in order[:MOST_NAMES].tolist():
        name = (strings.get(slot - 1) or "") if slot else _NAME_LOST
        number, time = merged.get(name, (0, 0))
        merged[name] = (number + int(count[slot]), time + int(total[slot]))
    sums = {
        name: KernelSums(count=number, total=Nanoseconds(time), rate=time / parts)
        for name, (number, time) in merged.items()
    }
    per_step = len(chosen) / parts if basis is Basis.STEP else None
    return KernelSide(sums=sums, whole=len(order) <= MOST_NAMES, per_step=per_step)


def kernel_differences(before: KernelSide, after: KernelSide) -> tuple[KernelDifference, ...]:
    """Set kernels against each other, largest change of time per step or second first."""
    one, two = before.sums, after.sums
    found = [
        KernelDifference(name=name, before=one.get(name), after=two.get(name))
        for name in dict.fromkeys((*one, *two))
        if (name in one or before.whole) and (name in two or after.whole)
    ]
    return tuple(sorted(found, key=lambda k: (-abs(k.difference), k.name)))
