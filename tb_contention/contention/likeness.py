"""Whether a capture shows the same work as a session, alone: by what runs in a step, and by how long undisturbed kernels take.

Work that differs (another batch size), another GPU, another clock and company make a capture useless as a baseline. Sharing slows kernels
down and never makes them faster, so a capture whose kernels take longer than they do under sharing was slowed by something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tb_contention.contention.baseline import centred, group_means, group_quantiles
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.interval_sets import covered, united
from tb_contention.contention.kernel_keys import numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.manifest import model_of
from tb_contention.model.trace import Device
from tb_contention.units import F64, I64, Bool
from tb_contention.words.numbers import number, times

#: Share of the time in kernels that both run, from which on works are the same for sure, are alike, and have anything in common.
_SURE, _ALIKE, _RELATED = 0.98, 0.9, 0.6
#: By how much counts per step may differ.
_COUNTS = 0.1
#: Steps that a capture needs to show what a step is.
_LEAST_STEPS = 3
#: Instances of a kernel that show its pace; a lower quantile, since turns of company and waits only make kernels longer.
_LEAST_PACE, _PACE = 5, 0.3
#: How much slower a baseline's kernels may be than undisturbed ones here; how much faster, where a clock that falls in company explains it.
_SLOWER, _FASTER, _FALLS = 0.97, 1.03, 1.2
#: The same against all kernels here, which are disturbed.
_SLOWER_THAN_ALL = 0.95
#: Time since the last company after which a kernel shows the clock that a session has alone, ns, and kernels that show it.
_FAR, _LEAST_FAR = 50_000_000, 20
#: Stretch per covered part of a kernel from which on company matters.
_MATTERS = 0.05
#: Part of the kernel time that company may cover without a closer look.
_HARDLY = 0.01


#: Numbers of the kernels of a session, and of those of the capture that it is compared with.
_Both = tuple[I64, I64]


class Likeness(IntEnum):
    """How like a capture is to a session. OTHER: another program, never worth a word unless the user names it."""

    OTHER = 0
    WRONG = 1
    DOUBTFUL = 2
    SURE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How like a capture is, and why no more; the reason completes `It is not used, because ...`."""

    likeness: Likeness
    reason: str = ""
    #: Undisturbed kernels of the session take as long as there.
    is_paced: bool = False
    #: How many kinds of kernels it runs.
    kinds: int = 0


def judge_likeness(
    work: SessionWork, seen: Exposure, solo: SessionWork, company: Sequence[SessionWork] = (), neighbours: str = ""
) -> Judged:
    """Compare a session with a capture that may show its work alone. company: captures that ran beside the latter by its clock."""
    wrong = _other_gpu(work, solo)
    if wrong:
        return Judged(likeness=Likeness.WRONG, reason=wrong)
    names, kinds = _numbered(work, solo)
    same = _same_work(work, solo, names, kinds)
    if same.likeness <= Likeness.WRONG:
        return same
    pace = _paces(work, seen.undisturbed, solo, kinds)
    wrong = _in_company(solo, company, neighbours) or _other_pace(work, seen, solo, kinds, pace)
    if wrong:
        return Judged(likeness=Likeness.WRONG, reason=wrong)
    doubt = same.reason or _other_machine(work, solo)
    likeness = Likeness.DOUBTFUL if doubt else Likeness.SURE
    return Judged(likeness=likeness, reason=doubt, is_paced=pace is not None, kinds=solo.keys)


def _device(work: SessionWork) -> Device | None:
    """Return the device of a session's kernels."""
    trace = work.session.trace
    if not len(work.rows):
        return None
    return trace.devices[trace.streams[int(trace.kernels.stream[work.rows[0]])].device]


def _other_gpu(work: SessionWork, solo: SessionWork) -> str:
    """Say that it ran on another kind of GPU."""
    here, there = _device(work), _device(solo)
    if here is None or there is None:
        return "it holds no kernels" if there is None else ""
    models = model_of(here, work.session.manifest), model_of(there, solo.session.manifest)
    if here.is_host != there.is_host:
        return "it ran on another kind of device"
    # Recorders write a model in their own words, but one recorder always in the same.
    other_words = None not in models and models[0] != models[1]
    if here.differs_from(there) or (other_words and work.session.trace.era is solo.session.trace.era):
        return f"it ran on another GPU{f' ({models[1]}, not {models[0]})' if other_words else ''}"
    return ""


def _other_machine(work: SessionWork, solo: SessionWork) -> str:
    """Say that nothing shows that both ran on the same kind of GPU."""
    here, there = _device(work), _device(solo)
    if work.session.host == solo.session.host:
        return ""
    models = [
        None if device is None else model_of(device, each.session.manifest)
        for device, each in ((here, work), (there, solo))
    ]
    return "" if all(models) else "it was recorded on another host, and the GPU's model is unknown"


def _same_work(work: SessionWork, solo: SessionWork, names: _Both, kinds: _Both) -> Judged:
    """Compare what runs in a step: names, then launch sizes, then counts."""
    weight = [(w.end - w.start).astype(np.float64) * ~w.spin for w in (work, solo)]
    related = min(_shared(names, weight), 1.0)
    if related < _RELATED:
        return Judged(likeness=Likeness.OTHER, reason="it runs other kernels")
    sizes = _shared(kinds, weight)
    if sizes < _ALIKE <= related:
        return Judged(
            likeness=Likeness.WRONG,
            reason="it runs the same kernels with other launch sizes, as with another batch size",
        )
    if related < _ALIKE:
        return Judged(likeness=Likeness.OTHER, reason="many of its kernels are others")
    here, there = _per_step(work, kinds[0]), _per_step(solo, kinds[1])
    if here is None or there is None:
        return _in_proportion(kinds, weight)
    most = max(len(here), len(there))
    here, there = (np.pad(each, (0, most - len(each))) for each in (here, there))
    agree = np.abs(here - there) <= _COUNTS * np.maximum(here, there)
    share = min(_weight_of(agree, k, w) for k, w in zip(kinds, weight, strict=True))
    if share < _ALIKE:
        return Judged(
            likeness=Likeness.WRONG,
            reason=f"it runs {number(round(there.sum()))} kernels per step, and {number(round(here.sum()))} run per step here"
            if round(there.sum()) != round(here.sum())
            else "it runs some kernels more often per step and others less often",
        )
    if min(share, sizes) < _SURE:
        return Judged(likeness=Likeness.DOUBTFUL, reason="some of its kernels are others")
    if solo.missing:
        return Judged(likeness=Likeness.DOUBTFUL, reason="the profiler dropped some of its events")
    return Judged(likeness=Likeness.SURE)


def _in_proportion(kinds: tuple[I64, I64], weight: list[F64]) -> Judged:
    """Compare how often kernels run where steps are unknown, each as a part of all."""
    most = max(int(k.max(initial=0)) for k in kinds) + 1
    here, there = (
        np.bincount(k[w > 0], minlength=most) / max(1, int((w > 0).sum())) for k, w in zip(kinds, weight, strict=True)
    )
    agree = np.abs(here - there) <= 2 * _COUNTS * np.maximum(here, there)
    share = min(_weight_of(agree, k, w) for k, w in zip(kinds, weight, strict=True))
    if share < _ALIKE:
        return Judged(likeness=Likeness.WRONG, reason="it runs the same kernels in other proportions")
    return Judged(likeness=Likeness.DOUBTFUL, reason="too few steps were recorded to compare one with another")


def _numbered(work: SessionWork, solo: SessionWork) -> tuple[_Both, _Both]:
    """Number the names of both works' kernels, and their names with launch sizes; one look per distinct key."""
    names: dict[str, int] = {}
    kinds: dict[tuple[object, ...], int] = {}
    found = [_numbers_of(each, names, kinds) for each in (work, solo)]
    return (found[0][0], found[1][0]), (found[0][1], found[1][1])


def _numbers_of(work: SessionWork, names: dict[str, int], kinds: dict[tuple[object, ...], int]) -> tuple[I64, I64]:
    kernels, strings = work.session.trace.kernels, work.session.trace.strings
    by_name, by_kind = np.zeros((2, max(1, work.keys)), np.int64)
    for key, row in enumerate(work.first_rows().tolist()):
        if row >= 0:
            name = strings.get(int(kernels.name[row])) or ""
            launched = parse_launch_config(strings.get(int(kernels.details[row])))
            size = (None, None) if launched is None else (launched.grid, launched.block)
            by_name[key] = names.setdefault(name, len(names))
            by_kind[key] = kinds.setdefault((name, *size), len(kinds))
    return by_name[work.key], by_kind[work.key]


def _shared(of: tuple[I64, I64], weight: list[F64]) -> float:
    """Return the share of the time that both spend in what they have in common, of the one where it is less."""
    both = np.isin(np.arange(1 + max(int(k.max(initial=-1)) for k in of)), np.intersect1d(of[0], of[1]))
    return min(_weight_of(both, k, w) for k, w in zip(of, weight, strict=True))


def _weight_of(marked: Bool, kind: I64, weight: F64) -> float:
    total = float(weight.sum())
    return float(weight[marked[kind]].sum()) / total if total else 0.0


def _per_step(work: SessionWork, kind: I64) -> F64 | None:
    """Count each kind per step, over the steps between the first and the last that have kernels; None with too few."""
    inside = work.step >= 0
    steps = np.unique(work.step[inside])
    if len(steps) < _LEAST_STEPS + 2 or inside.mean() < 0.5:
        return None
    whole = inside & (work.step != steps[0]) & (work.step != steps[-1]) & ~work.spin
    counts: F64 = np.bincount(kind[whole]) / (len(steps) - 2)
    return counts


def _other_pace(work: SessionWork, seen: Exposure, solo: SessionWork, kinds: _Both, pace: "_Pace | None") -> str:
    """Say that kernels take another time there than undisturbed ones do here (pace), all of them alike or each its own."""
    if pace is None:
        pace = _paces(work, seen.inside, solo, kinds)
        if pace is not None and pace.usual < _SLOWER_THAN_ALL - 2 * pace.error:
            return _slow(1 / pace.usual)
        return _clocks(work, solo)
    if pace.usual < min(_SLOWER, 1 - 2 * pace.error):
        return _slow(1 / pace.usual)
    if pace.usual > max(_FASTER, 1 + 2 * pace.error):
        far = _paces(work, seen.undisturbed & _far_from(work, seen.foreign), solo, kinds)
        is_far = far is not None and far.count >= _LEAST_FAR and far.usual > max(_FASTER, 1 + 2 * far.error)
        common = pace.apart < 0.5 * (pace.usual - 1)
        if common and (is_far or pace.usual > _FALLS):
            return f"undisturbed kernels here take {times(pace.usual)} as long as there, as at another clock"
    if pace.strange > 1 - _ALIKE:
        return "undisturbed kernels here take other times than there, as with another batch size"
    return _clocks(work, solo)


def _slow(factor: float) -> str:
    return f"its kernels take {times(factor)} as long as undisturbed ones here, as at another clock or in company"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """Durations here against there. usual: their ratio; apart: how far the middle half of the kernels lie apart; error: of the ratio.

    strange: share of the time in kernels with quite another ratio. count: kernels here that were compared.
    """

    usual: float
    apart: float
    error: float
    strange: float
    count: int


def _paces(work: SessionWork, rows: Bool, solo: SessionWork, of: _Both) -> _Pace | None:
    """Compare a low quantile of each kind of kernel at its place in the step; None without enough of them."""
    here, there = of
    kept, others = np.flatnonzero(rows & ~work.spin), np.flatnonzero(~solo.spin)
    if not len(kept) or not len(others):
        return None
    both, kinds = numbered_places(
        np.concatenate([here[kept], there[others]]), np.concatenate([work.place[kept], solo.place[others]])
    )
    a, b = both[: len(kept)], both[len(kept) :]
    mine = (work.end - work.start)[kept].astype(np.float64)
    theirs = (solo.end - solo.start)[others].astype(np.float64)
    low, base = (group_quantiles(part, kinds, taken, _PACE)[0] for part, taken in ((a, mine), (b, theirs)))
    many, seen = np.bincount(a, minlength=kinds), np.bincount(b, minlength=kinds)
    known = (many >= _LEAST_PACE) & (seen >= _LEAST_PACE) & (low > 0) & (base > 0)
    if not known.any():
        return None
    weight = (np.bincount(b, theirs, kinds) / theirs.sum())[known]
    if weight.sum() < 0.3:
        return None
    ratio = low[known] / base[known]
    spread = group_means(b, kinds, theirs).deviation[known] / base[known]
    usual = _weighted(ratio, weight, 0.5)
    error = float(np.median(1.25 * spread * np.sqrt(1 / many[known] + 1 / seen[known]))) / np.sqrt(known.sum())
    apart = _weighted(ratio, weight, 0.75) - _weighted(ratio, weight, 0.25)
    far = np.abs(np.log(ratio / usual)) > np.maximum(0.25, 4 * spread)
    return _Pace(
        usual=usual,
        apart=apart,
        error=error + 0.5 * apart / np.sqrt(known.sum()),
        strange=float(weight[far].sum() / weight.sum()),
        count=int(many[known].sum()),
    )


def _weighted(value: F64, weight: F64, part: float) -> float:
    """Return a weighted quantile."""
    order = np.argsort(value)
    total = np.cumsum(weight[order])
    return float(value[order][min(int(np.searchsorted(total, part * total[-1])), len(value) - 1)])


def _far_from(work: SessionWork, foreign: Intervals) -> Bool:
    """Mark kernels that start long after others last had work."""
    if not len(foreign):
        return np.ones(len(work.start), np.bool_)
    near = covered(foreign, work.start - _FAR, work.start) > 0
    return ~near


def _clocks(work: SessionWork, solo: SessionWork) -> str:
    """Say that the driver reports other clocks of the multiprocessors; in company they may fall, but no further than `_FALLS`."""
    here, there = _sm_clock(work), _sm_clock(solo)
    if here is None or there is None:
        return ""
    if np.quantile(there, 0.9) * _FASTER < np.quantile(here, 0.1) or np.quantile(here, 0.9) * _FALLS < np.median(there):
        return f"its SM clock was {number(round(float(np.median(there))))} MHz, and {number(round(float(np.median(here))))} MHz here"
    return ""


def _sm_clock(work: SessionWork) -> F64 | None:
    """Return the clocks, MHz, that the driver reported of the device while it had work."""
    device, manifest = _device(work), work.session.manifest
    stated = manifest.devices.get(device.ordinal) if device is not None and manifest is not None else None
    samples = stated.samples if stated is not None else None
    if samples is None:
        return None
    busy = np.isfinite(samples.sm_clock) & ~(samples.utilisation == 0)
    found: F64 = samples.sm_clock[busy]
    return found if len(found) else None


def _in_company(solo: SessionWork, company: Sequence[SessionWork], neighbours: str) -> str:
    """Say that it was slowed by captures beside it: kernels that those cover take longer than others of their kind."""
    if not neighbours:
        return ""
    unknown = f"it ran beside {neighbours}, and whether that slowed it is unknown"
    if not company:
        return unknown
    cover = covered(united([each.pending for each in company]), solo.start, solo.end)
    duration = (solo.end - solo.start).astype(np.float64)
    rows = np.flatnonzero(~solo.spin & (duration > 0))
    if cover[rows].sum() <= _HARDLY * duration[rows].sum():
        return ""
    kind, kinds = numbered_places(solo.key[rows], solo.place[rows])
    (usual,) = group_quantiles(kind, kinds, duration[rows], _PACE)
    stretch, part = duration[rows] / usual[kind], cover[rows] / duration[rows]
    many = np.bincount(kind, minlength=kinds)[kind] >= _LEAST_PACE
    if many.sum() < _LEAST_FAR:
        return unknown
    kind, stretch, part = kind[many], stretch[many], part[many]
    x, y = (centred(kind, kinds, v) for v in (part, stretch))
    square = float(np.sum(x * x))
    if square < 1e-6 * len(x):
        return unknown
    slope = float(np.sum(x * y)) / square
    error = float(np.sqrt(np.sum((y - slope * x) ** 2) / max(1, len(x) - kinds) / square))
    if slope - 2 * error > 0 and slope > _MATTERS:
        return f"it ran beside {neighbours}, which slowed it"
    return "" if slope + 2 * error < 2 * _MATTERS else unknown
