"""Under turns the device's time is conserved: what a session cannot have had, others had.

While m sessions have work, each has the device for 1/m of the time, less what switching costs. Sessions whose durations alone are known
show how near that is to the truth; the others' kernels are then bounded on both sides: an equal turn is the least they had, and all that
the known sessions left is the most.
"""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.contention.alone import Alone
from tb_contention.contention.baseline import group_quantiles, scatter
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.mechanism_features import slice_length
from tb_contention.contention.uncut import NO_TURN
from tb_contention.contention.work import SessionWork
from tb_contention.model.contention import Confidence, Evidence, Mechanism
from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.units import F64, Bool

#: What a change of turns costs, ns (20 to 200 us are reported), and the slice where none can be seen.
_SWITCH, _SWITCH_ERROR, _SLICE = 80_000.0, 40_000.0, 1_500_000.0
#: The same where no slice can be seen: it may be a short one.
_ANY_SWITCH = 160_000.0, 140_000.0
#: A kernel that waited for so long shows when the one that it waited for ended; so many show what a change costs, to this at best; ns.
_FRESH, _LONGEST_SWITCH, _SWITCHES, _SWITCH_KNOWN = 5_000, 400_000.0, 5, 8_000.0
#: Deviation of the part of a turn that is left when work runs out; error of the share that known sessions had.
_REST, _TOLD = 0.29, 0.006
#: Which part of a disagreement is error, and beyond how many standard errors turns are not equal.
_DISAGREE, _FAR = 0.2, 2.5
#: The longest turn is as long as the shortest within the first factor, and longer beyond the second; error of a share where that is unseen.
_SAME_TURN, _OTHER_TURN, _UNEQUAL = 1.06, 1.1, 0.1
#: Durations and switches that sum up to the time are not doubted: to no more than this above it, since a cut kernel that is taken for an
#: uncut one adds a slice, and to no more than this below, where switches that cost more and starts of kernels are missing.
_TOO_MUCH, _TOO_LITTLE = 0.02, 0.05
#: Parts of an equal share that sessions have where turns are equal.
_LEAST_TURN, _MOST_TURN = 0.75, 1.02
#: The same, of sessions whose durations are a guess.
_LEAST_GUESS, _MOST_GUESS = 0.5, 1.6
#: Relative error of durations alone beyond which turns tell more.
_NOISY = 0.04
_MOST_RATE, _BOUND = 0.95, 2.5
#: By which part work may be slower in company, by caches that are cold and clocks that fall, where only bounds are given.
_COLDER = 0.1
#: Instances that show by how much kernels of a kind differ, and from which factor on the shortest says nothing.
_FEW, _ALIKE = 10, 1.15
#: Kernels that take this part of a slice at most, and in company no more than this many times what they take alone, are not cut; so many
#: tell by how much their work takes longer there, if it is more than this and so many standard errors.
_UNCUT, _TWICE, _MANY = 0.5, 2.0, 30
_LEAST_COLDER, _SURELY = 0.01, 2.5
#: By which part of that the work of another session may differ.
_MAY_DIFFER = 0.4
#: Steps of a search, each of which halves what is left.
_HALVINGS = 20
#: Relative standard error beyond which turns give bounds, and no estimate.
_SURE = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Of one session: which kernels had company; ns from when each could have run to its end.

    share: equal shares of that in company. free: out of company. met: in company, while it ran. ends: how often it ran out of work in
    company, and gave up the rest of its turn.
    """

    ends: int
    rows: Bool
    share: F64
    free: F64
    met: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turns:
    """Turns: length of one and what a change costs, ns, with its error. ratio: of the longest to the shortest, where kernels show both."""

    length: float
    switch: float
    error: float
    ratio: float | None

    @property
    def uneven(self) -> float:
        """Return the error of an equal share."""
        if self.ratio is None:
            return _UNEQUAL
        return 0.0 if self.ratio < _SAME_TURN else max(_UNEQUAL, (self.ratio - 1) / (self.ratio + 1) / 2)

    @property
    def unequal(self) -> bool:
        """Return whether some are longer for sure."""
        return self.ratio is not None and self.ratio > _OTHER_TURN

    def switching(self, total: float, ends: int) -> tuple[float, float]:
        """Return which part of a time (ns) changes of turns take, in which sessions ran out of work so often, and the error."""
        turn = self.length + self.switch
        changes, unsure = (total + ends * self.length / 2) / turn, _REST * ends * self.length / turn
        return changes * self.switch / total, float(np.hypot(changes * self.error, unsure * self.switch)) / total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Colder:
    """By how much work takes longer in company while it has the device (caches are cold, clocks fall), and the standard error."""

    factor: float
    error: float


_AS_ALONE = _Colder(factor=1.0, error=0.0)


def conserve(
    works: list[SessionWork], exposures: list[Exposure], alones: list[Alone], sharing: Sharing, error: int
) -> list[Alone]:
    """Estimate durations without a baseline (class D) where sessions take turns that can cut a kernel; error: of the clocks, ns."""
    sure = sharing.mechanism is Mechanism.TIME_SLICING and sharing.confidence is Confidence.SURE
    if not sure or sharing.in_turns or len(works) < 2:
        return alones
    pending = [work.kernels_pending() for work in works]
    deep = [at_depth(pending, k) for k in range(2, len(works) + 1)]
    parts = [_part(w, e, p, deep) for w, e, p in zip(works, exposures, pending, strict=True)]
    turns = _turns(works, pending, deep, sharing.slice, error)
    known = all(a.evidence is not Evidence.D and _noise(a, p) < _NOISY for a, p in zip(alones, parts, strict=True))
    colder = [_colder(w, e, a, sharing.slice) for w, e, a in zip(works, exposures, alones, strict=True)]
    had = [_times(a, p.rows, c.factor) for a, p, c in zip(alones, parts, colder, strict=True)]
    told = alones
    if not known or not _adds_up(works, had, parts, deep[0], turns):
        told = [_doubted(e, a, p, by_all=known) for e, a, p in zip(exposures, alones, parts, strict=True)]
    usual = _usually(colder)
    # What was learned from kernels in company is as long as there.
    alones = [_but_for(a, p, usual) if a.evidence is Evidence.C else a for a, p in zip(told, parts, strict=True)]
    if all(alone.evidence is not Evidence.D for alone in told):
        return alones
    open_ = [alone.evidence is Evidence.D for alone in told]
    contested = at_depth([p for p, unknown in zip(pending, open_, strict=True) if unknown], 1) & deep[0]
    had = [a if a.evidence is Evidence.D else h for a, h in zip(told, had, strict=True)]
    factor, off = _factor(works, had, parts, contested, turns)
    found = [
        _remainder(exposure, alone, part, factor, off, _at_most(work, exposure, alone), usual)
        if alone.evidence is Evidence.D
        else alone
        for work, exposure, alone, part in zip(works, exposures, alones, parts, strict=True)
    ]
    # What its own kernels say, however uncertain, is better than bounds.
    return [
        a if f.evidence is Evidence.D and a.evidence is Evidence.B else f for a, f in zip(alones, found, strict=True)
    ]


def _colder(work: SessionWork, exposure: Exposure, alone: Alone, length: float | None) -> _Colder:
    """Measure by how much work takes longer in company while it has the device: by kernels that no turn cuts, and nothing else slows."""
    if alone.evidence not in (Evidence.A, Evidence.B) or not length:
        return _AS_ALONE
    took, alone_took = exposure.duration, alone.estimate
    rows = exposure.touched & exposure.inside & ~work.copy & ~work.spin & ~alone.borrowed & (alone_took > 0)
    rows &= (
        (alone_took < _UNCUT * length) & (np.abs(took - alone_took) < NO_TURN * length) & (took < _TWICE * alone_took)
    )
    if rows.sum() < _MANY:
        return _AS_ALONE
    took, alone_took = took[rows], alone_took[rows]
    middle, mean = float(np.median(took / alone_took)), float(took.sum() / alone_took.sum())
    step, steps = numbered(work.step[rows])
    rest = np.bincount(step, took - mean * alone_took, steps)
    error = float(np.hypot(np.sqrt(np.sum(rest**2)) / alone_took.sum(), (mean - middle) / 2))
    factor = (mean + middle) / 2
    return _Colder(factor=factor, error=error) if factor - 1 > max(_LEAST_COLDER, _SURELY * error) else _AS_ALONE


def _usually(found: list[_Colder]) -> _Colder:
    """Return by how much the work of others takes longer, as it may of those that cannot tell; a part of which is error."""
    told = [each for each in found if each.factor > 1]
    if not told:
        return _AS_ALONE
    factor = float(np.mean([each.factor for each in told]))
    error = float(np.hypot(np.mean([each.error for each in told]), _MAY_DIFFER * (factor - 1)))
    return _Colder(factor=factor, error=error)


def _times(alone: Alone, rows: Bool, factor: float) -> Alone:
    """Return durations alone as they are in company."""
    return alone if factor == 1 else replace(alone, estimate=np.where(rows, alone.estimate * factor, alone.estimate))


def _but_for(alone: Alone, part: _Part, colder: _Colder) -> Alone:
    """Take off durations learned in company what work takes longer there."""
    if colder.factor == 1:
        return alone
    estimate, shortest = (np.where(part.rows, each / colder.factor, each) for each in (alone.estimate, alone.shortest))
    more = np.where(part.rows, colder.error * estimate, 0.0)
    return replace(alone, estimate=estimate, shortest=shortest, error=np.hypot(alone.error, more))


def _turns(
    works: list[SessionWork], pending: list[Intervals], deep: list[Intervals], length: float | None, clocks: int
) -> _Turns:
    """Measure turns and their changes as far as kernels show them.

    deep: when two, three, ... had work. length: of a slice with its switches, ns; clocks: their error.
    """
    where = deep[0]
    depth = 1 + sum(each.total for each in deep) / max(1, where.total)
    switch, error = _switch(works, pending, clocks) or ((_SWITCH, _SWITCH_ERROR) if length else _ANY_SWITCH)
    # What a kernel is cut for is a turn of each other session that has work, and a switch more.
    rounds = max(1.0, depth - 1)
    turn = max((length - switch) / rounds - switch, length / rounds / 2) if length else _SLICE
    seen = [slice_length([work], where) for work in works] if length else []
    both = [each for each in seen if each is not None]
    if not both:  # of long kernels the commonest may meet several turns
        error = max(error, switch)
    ratio = max(both) / min(both) if len(both) == len(works) else None
    return _Turns(length=turn, switch=switch, error=error, ratio=ratio)


def _switch(works: list[SessionWork], pending: list[Intervals], clocks: int) -> tuple[float, float] | None:
    """Measure what a change of turns costs, ns, and its error: from when a session runs out of work until a kernel of another starts.

    That is to be seen where the other's kernel waited, and did not begin before. Two clocks that are off make it longer for one session
    and shorter for the other.
    """
    gaps = []
    for work in works:
        others = Intervals.union([p for p, other in zip(pending, works, strict=True) if other is not work])
        first = np.flatnonzero(~work.copy & (work.start - work.ready > _FRESH))
        at = np.searchsorted(others.end, work.start[first], "right") - 1
        rows = first[at >= 0]
        end = others.end[at[at >= 0]]
        gap = (work.start[rows] - end).astype(np.float64)
        gaps.append(gap[(end > work.ready[rows] + _FRESH) & (gap < _LONGEST_SWITCH)])
    shown = [gap for gap in gaps if len(gap) >= _SWITCHES]
    if not shown:
        return None
    middle = [float(np.median(gap)) for gap in shown]
    spread = max(scatter(gap - m) for gap, m in zip(shown, middle, strict=True))
    unsure = max(_SWITCH_KNOWN, spread, clocks if len(shown) < len(works) else 0)
    return (float(np.mean(middle)), unsure) if unsure < _SWITCH_ERROR else None


def _part(work: SessionWork, exposure: Exposure, pending: Intervals, deep: list[Intervals]) -> _Part:
    """Share the time of each kernel, from when it could have run, equally among those that had work."""
    company = deep[0].covered(work.ready, work.end).astype(np.float64)
    share = company / 2
    for sessions, where in enumerate(deep[1:], 3):
        share -= where.covered(work.ready, work.end) * (1 / (sessions - 1) - 1 / sessions)
    return _Part(
        ends=int(deep[0].covered(pending.end - 1, pending.end).sum()),
        rows=exposure.touched & exposure.inside & ~work.copy,
        share=share,
        free=(work.end - work.ready) - company,
        met=deep[0].covered(work.start, work.end).astype(np.float64),
    )


def _adds_up(
    works: list[SessionWork], alones: list[Alone], parts: list[_Part], where: Intervals, turns: _Turns
) -> bool:
    """Return whether durations that are all known sum up to the time, with what switching costs."""
    done = sum(_done(w, a, p, where) for w, a, p in zip(works, alones, parts, strict=True))
    total = max(1.0, float(where.total))
    switches, error = turns.switching(total, sum(part.ends for part in parts))
    apart = done / total + switches - 1
    return -_TOO_LITTLE - error < apart < _TOO_MUCH + error


def _doubted(exposure: Exposure, alone: Alone, part: _Part, *, by_all: bool) -> Alone:
    """Give up durations that vary too much, or that were guessed and would give the session much more or less than turns do.

    by_all: guesses are wrong, since those of all do not sum up to the time.
    """
    share = float(part.share[part.rows].sum())
    likely = alone.evidence is Evidence.B or (
        not by_all and _LEAST_GUESS < _had(alone, part) / max(share, 1.0) < _MOST_GUESS
    )
    if alone.evidence in (Evidence.A, Evidence.D) or not share or (likely and _noise(alone, part) < _NOISY):
        return alone
    none = np.zeros(len(part.rows))
    return replace(
        alone, evidence=Evidence.D, estimate=exposure.duration, borrowed=exposure.touched, deviation=none, error=none
    )


def _noise(alone: Alone, part: _Part) -> float:
    """Return the standard error of the work done in company, as a part of it."""
    rows = np.flatnonzero(part.rows)
    shared = np.bincount(alone.group[rows], alone.error[rows])
    total = np.sqrt(np.sum(alone.deviation[rows] ** 2) + np.sum(shared**2))
    return float(total / max(1.0, float(alone.estimate[rows].sum())))


def _factor(
    works: list[SessionWork], alones: list[Alone], parts: list[_Part], contested: Intervals, turns: _Turns
) -> tuple[float, float]:
    """Return which part of an equal share the sessions without a baseline had, and its standard error."""
    open_ = [a.evidence is Evidence.D for a in alones]
    (share, ends), (known, known_ends) = (
        (
            sum(float(p.share[p.rows].sum()) for p, unknown in zip(parts, open_, strict=True) if unknown is which),
            sum(p.ends for p, unknown in zip(parts, open_, strict=True) if unknown is which),
        )
        for which in (True, False)
    )
    total = max(1.0, float(contested.total))
    switches, switch_error = turns.switching(total, sum(p.ends for p in parts))
    # Who runs out of work gives up the rest of a turn. Sessions that meet in one phase do so by the same each time.
    uneven = _REST * turns.length * float(np.hypot(ends, known_ends)) / max(1.0, share)
    if not known or not share:
        return 1 - switches, float(np.hypot(np.hypot(switch_error, uneven), turns.uneven))
    had = [_had(a, p) for a, p, unknown in zip(alones, parts, open_, strict=True) if not unknown]
    done = sum(
        _done(w, a, p, contested) for w, a, p, unknown in zip(works, alones, parts, open_, strict=True) if not unknown
    )
    equal = sum(had) / known + turns.length / 2 * (known_ends / known - ends / share)
    left = max(0.0, (total * (1 - switches) - done) / share)
    spread = np.array([np.hypot(uneven, _TOLD), total / share * switch_error])
    far = abs(left - equal) > _FAR * float(np.hypot(*spread))
    if turns.unequal or far or not _LEAST_TURN < sum(had) / known < _MOST_TURN:  # turns are not equal
        return left, float(spread[1])
    weight = 1 / spread**2
    mean = (weight[0] * equal + weight[1] * left) / weight.sum()
    return float(mean), float(np.hypot(1 / np.sqrt(weight.sum()), _DISAGREE * (left - equal)))


def _had(alone: Alone, part: _Part) -> float:
    """Sum what a session got done in company."""
    return float((alone.estimate - part.free)[part.rows].sum())


def _done(work: SessionWork, alone: Alone, part: _Part, contested: Intervals) -> float:
    """Sum what a session got done in the contested time: what of its kernels is not done outside."""
    inside = contested.covered(work.ready, work.end)
    waited = contested.covered(work.ready, work.start)
    outside = (work.end - work.start) - (inside - waited)
    rows = part.rows & (inside > 0)
    return float(np.sum(np.clip(alone.estimate - outside, 0.0, inside)[rows]))


def _at_most(work: SessionWork, exposure: Exposure, alone: Alone) -> F64:
    """Return what each kernel takes at most, ns: turns only make kernels longer, so the shortest of its kind is hardly interrupted.

    Kernels whose duration alone is known show how much those of one kind vary. Where they vary a lot, there is no limit.
    """
    duration, rows = exposure.duration, exposure.inside & (exposure.duration > 0)
    known, unknown = rows & ~alone.borrowed, rows & alone.borrowed
    if not known.any() or not unknown.any():
        return np.full(len(duration), np.inf)
    low, usual = (group_quantiles(work.key[known], work.keys, duration[known], part)[0] for part in (0.0, 0.5))
    many = np.bincount(work.key[known], minlength=work.keys) >= _FEW
    spread = float(np.median((usual / low)[many])) if many.any() else np.inf
    if not spread < _ALIKE:
        return np.full(len(duration), np.inf)
    (least,) = group_quantiles(work.key[unknown], work.keys, duration[unknown], 0.0)
    most: F64 = np.nan_to_num(spread * least, nan=np.inf)[work.key]
    return most


def _rate(duration: F64, met: F64, most: F64, own: float) -> float:
    """Return the part of the time in company that others had, so that kernels of at most so long sum up to what is their own."""
    low, high = 0.0, _MOST_RATE
    if not np.isfinite(most).any():
        return float(np.clip((float(duration.sum()) - own) / float(met.sum()), low, high))
    for _ in range(_HALVINGS):
        rate = (low + high) / 2
        enough = float(np.minimum(duration - rate * met, most).sum()) > own
        low, high = (rate, high) if enough else (low, rate)
    return low


def _remainder(
    exposure: Exposure, alone: Alone, part: _Part, factor: float, error: float, most_each: F64, colder: _Colder
) -> Alone:
    """Take off each unknown kernel what others had meanwhile: the same part of the time in which they had work.

    most_each: its longest; colder: by how much what is left takes longer than alone.
    """
    rows = part.rows & alone.borrowed
    met, share = float(part.met[rows].sum()), float(part.share[part.rows].sum())
    if met <= 0:
        return alone
    known = part.rows & ~alone.borrowed
    own = factor * share + float(part.free[rows].sum()) - float((alone.estimate - part.free)[known].sum())
    # Others can only have had the time in which they had work.
    most_each = np.maximum(most_each, exposure.duration - part.met)
    at_most = float(np.minimum(exposure.duration, most_each)[rows].sum())
    if at_most < own:  # sizes differ by more than kernels without company show
        most_each = np.full(len(rows), np.inf)
    rate = _rate(exposure.duration[rows], part.met[rows], most_each[rows], own)
    estimate = np.where(rows, np.minimum(exposure.duration - rate * part.met, most_each), alone.estimate)
    if error > _SURE * factor:
        wide = _BOUND * error * share / met
        # As bounds, what the others may have had counts without the shortest of each kind, too.
        plain = _rate(exposure.duration[rows], part.met[rows], np.full(int(rows.sum()), np.inf), own)
        most = max(rate, plain) + wide
        # Neither turns nor their equality show what work costs more in company.
        least, most = max(min(rate, plain) - wide, 0.0), min(most + _COLDER * (1 - most), _MOST_RATE)
        longest, shortest = (
            np.where(rows, np.minimum(exposure.duration - r * part.met, most_each), alone.estimate)
            for r in (least, most)
        )
        shortest = np.where(rows, shortest / max(1.0, colder.factor + colder.error), shortest)
        return replace(alone, estimate=longest, shortest=shortest, bounded=True)
    unsure = np.hypot(error * share / met * part.met, colder.error * estimate) / colder.factor
    estimate = np.where(rows, estimate / colder.factor, estimate)
    return replace(
        alone,
        evidence=Evidence.C,
        estimate=estimate,
        shortest=estimate,
        error=np.where(rows, unsure, alone.error),
        group=np.where(rows, int(alone.group.max(initial=0)) + 1, alone.group),
        borrowed=np.zeros(len(estimate), np.bool_),
    )
