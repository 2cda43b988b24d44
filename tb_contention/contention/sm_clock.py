"""What the driver's samples say of the clock of a GPU's multiprocessors: steady, falling by itself, or lower in company.

    steady         all samples are alike                    nothing follows the clock
    by itself      neighbouring samples are alike           kernels are compared at one clock
    in company     samples are low in company               what kernels take alone may be shorter where those in company,
                                                            or soon after it, show it: intervals allow for that

Samples say when the clock changed and by how much. How much longer a kind of kernel takes for it, from not at all (it waits for memory) to
all of it, is fitted to its own undisturbed instances.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import centred, group_means, group_medians
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered_places
from tb_contention.contention.shadow import LONGEST_SHADOW
from tb_contention.contention.stretch import by_key
from tb_contention.contention.work import SessionWork
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.intervals import at_depth
from tb_contention.model.manifest import GpuSamples
from tb_contention.units import F64, I64

#: Samples that say anything, and the longest time without one, as a part of the window.
_LEAST, _HOLE = 16, 0.15
#: Samples that differ by no more than this part (middle 90 %) are alike; a change counts from here on.
_ALIKE, _CHANGE = 0.015, 0.02
#: Differences of neighbours are that part of all differences at most where the clock changes slowly; chance gives 1, with this deviation
#: times the root of the number of samples.
_SLOWLY, _BY_CHANCE = 0.25, 3.5
#: Samples in company that tell its clock, and samples after it that tell by how much it is higher then.
_TOLD, _RETURNED = 5, 3
#: How far a kind of kernel follows the clock before anything is seen: from not at all to all of it, evenly.
_FOLLOWS, _FOLLOWS_ERROR = 0.5, 0.29
#: Undisturbed kernels that show it, and steps; a kernel that takes longer or shorter by more than this (logarithm) is no instance.
_FEW, _FEW_STEPS, _OTHER = 40, 5, 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Samples of a GPU's clock in the window, of all sessions that recorded some. time: ns, rising; clock: MHz.

    highest: MHz, also before and after the window.
    """

    time: I64
    clock: F64
    highest: float

    @property
    def is_steady(self) -> bool:
        """Return whether all are alike."""
        low, high = np.quantile(self.clock, [0.05, 0.95])
        return bool(high <= (1 + _ALIKE) * low)

    def by_itself(self) -> "Drift | None":
        """Return how the clock changes where it does so slowly against the samples; None where it is steady, or jumps to and fro."""
        if self.is_steady:
            return None
        near = np.concatenate([self.clock[:1], self.clock, self.clock[-1:]])
        calm = np.median(np.stack([near[:-2], near[1:-1], near[2:]]), axis=0)
        low, high = np.quantile(calm, [0.05, 0.95])
        spread = float(np.mean((self.clock - self.clock.mean()) ** 2))
        apart = float(np.mean(np.diff(self.clock) ** 2)) / (2 * spread)
        if high <= (1 + _CHANGE) * low or apart > min(_SLOWLY, 1 - _BY_CHANCE / np.sqrt(len(self.clock))):
            return None
        return Drift(time=self.time, slower=np.log(calm.max() / calm))

    def higher_alone(self, works: list[SessionWork]) -> "Higher":
        """Compare the clock without company with that in company."""
        pending = [work.kernels_pending() for work in works]
        both, one = at_depth(pending, 2), at_depth(pending, 1)
        in_company, at_work = (where.covered(self.time, self.time + 1) > 0 for where in (both, one))
        if in_company.sum() < _TOLD:
            return Higher()
        low, usual, high = np.quantile(self.clock[in_company], [0.1, 0.5, 0.9])
        if high > (1 + _ALIKE) * low:
            return Higher()
        last = np.searchsorted(both.end, self.time, "right") - 1
        after = at_work & ~in_company & (last >= 0)
        since, clock = self.time[after] - both.end[last[after]], self.clock[after]
        faster = clock > (1 + _ALIKE) * usual
        if faster.any():
            return Higher(known=float(np.median(clock[faster]) / usual) if faster.sum() >= _RETURNED else 1.0)
        factor = float(self.highest / usual)
        return Higher() if (since > LONGEST_SHADOW).any() or factor < 1 + _CHANGE else Higher(most=factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Higher:
    """By which factor the clock is higher without company than in it. known: as samples after company show; 1 = it is not, or they do not.

    most: at the most, where company never leaves for so long that it could return, but it was as high before, after, or with no work;
    else 1.
    """

    known: float = 1.0
    most: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A clock that changes by itself. slower: logarithm of its highest over the clock at each time (ns)."""

    time: I64
    slower: F64

    def at(self, time: I64) -> F64:
        """Return how much slower it was, in logarithms."""
        return np.interp(time, self.time, self.slower)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """By which factor each kernel takes longer at its clock than at the highest, and the relative standard error against its baseline.

    part: of a change of the clock that it takes longer for, 0 to 1.
    """

    factor: F64
    error: F64
    part: F64

    @classmethod
    def same(cls, work: SessionWork) -> "Speed":
        """Take the clock for the same all the time."""
        ones, none = np.ones(len(work.start)), np.zeros(len(work.start))
        return cls(factor=ones, error=none, part=none)


def find_samples(aligned: AlignedTraces, group: DeviceGroup) -> Sampled | None:
    """Put together what the driver told a group's sessions of its GPU; None where that is too little, or does not cover the window."""
    if aligned.origin_ns is None or group.device.device.is_host:
        return None
    seen: dict[str, GpuSamples] = {}
    for plane in group.planes:
        session = aligned.session(plane.session)
        ordinal = session.trace.devices[plane.device].ordinal
        stated = None if session.manifest is None else session.manifest.devices.get(ordinal)
        if stated is not None and stated.samples is not None:
            seen[session.process or session.id] = stated.samples
    if not seen:
        return None
    time = np.concatenate([each.time for each in seen.values()]) - aligned.origin_ns
    clock = np.concatenate([each.sm_clock for each in seen.values()])
    known = np.isfinite(clock) & (clock > 0)
    order = np.argsort(time, kind="stable")
    order = order[(known & (time >= group.start) & (time <= group.end))[order]]
    highest = float(clock[known].max(initial=0.0))
    time, clock = time[order], clock[order]
    holes = np.diff(time, prepend=group.start, append=group.end)
    if len(time) < _LEAST or holes.max() > _HOLE * (group.end - group.start):
        return None
    return Sampled(time=time, clock=clock, highest=highest)


def follows(work: SessionWork, exposure: Exposure, slower: F64) -> Speed:
    """Fit how far each kind of kernel follows the clock, to undisturbed instances. slower: of each kernel, in logarithms.

    Kinds are pulled towards all kernels of the session as far as their own are uncertain, and these towards the middle of what is possible.
    """
    copies = work.copy | work.spin
    rows = np.flatnonzero(exposure.undisturbed & ~copies & (exposure.duration > 0) & np.isfinite(slower))
    group, groups = numbered_places(work.key[rows], work.place[rows])
    log = np.log(exposure.duration[rows])
    usual = np.abs(log - group_medians(group, groups, log)[group]) < _OTHER
    rows, group, log = rows[usual], group[usual], log[usual]
    x, y = centred(group, groups, slower[rows]), centred(group, groups, log)
    moved, steps = float(np.sum(x * x)), len(np.unique(work.step[rows]))
    part, error = np.full(len(work.start), _FOLLOWS), np.full(len(work.start), _FOLLOWS_ERROR)
    if len(rows) >= _FEW and steps >= _FEW_STEPS and moved > 0:
        seen = float(np.sum(x * y)) / moved
        step = np.unique(work.step[rows], return_inverse=True)[1]
        own = float(np.sqrt(np.sum(np.bincount(step, x * (y - seen * x)) ** 2))) / moved
        weight = 1 / max(own, 1e-6) ** 2, 1 / _FOLLOWS_ERROR**2
        common = (seen * weight[0] + _FOLLOWS * weight[1]) / sum(weight)
        of_key = by_key(work.key[rows], work.keys, x, y, x, common, float(sum(weight) ** -0.5))
        part, error = (each[work.key] for each in of_key)
    part = np.where(copies, 0.0, np.clip(part, 0.0, 1.0))
    seen_at = group_means(work.key[rows], work.keys, slower[rows]).mean[work.key]
    away = np.abs(slower - np.where(np.isfinite(seen_at), seen_at, 0.0))
    return Speed(
        factor=np.exp(part * slower),
        error=np.where(copies, 0.0, np.minimum(error, _FOLLOWS_ERROR) * away),
        part=part,
    )
