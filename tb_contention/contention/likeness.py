"""Whether a capture shows the same work as a session, alone: by what runs in a step, and by how long undisturbed kernels take.

Work that differs (another batch size), another GPU, another clock and company make a capture useless as a baseline. Sharing slows kernels
down and never makes them faster, so a capture whose kernels take longer than they do under sharing was slowed by something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tb_contention.contention.exposure import Exposure
from tb_contention.contention.like_pace import Numbers, device_of, in_company, other_pace, paces
from tb_contention.contention.work import SessionWork
from tb_contention.model.launch_config import parse_launch_config
from tb_contention.model.manifest import model_of
from tb_contention.units import F64, I64, Bool
from tb_contention.words.numbers import number

#: Share of the time in kernels that both run, from which on works are the same for sure, are alike, and have anything in common.
_SURE, _ALIKE, _RELATED = 0.98, 0.9, 0.6
#: By how much counts per step may differ.
_COUNTS = 0.1
#: Part of the time from which on a kind of kernel tells how often a step ran.
_HEAVY = 0.01
#: Steps that a capture needs to show what a step is.
_LEAST_STEPS = 3


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
    #: By which factor its kernels are faster than undisturbed ones of the session, where that alone speaks against it; else 1.
    faster: float = 1.0
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
    pace = paces(work, seen.undisturbed, solo, kinds)
    wrong = in_company(solo, company, neighbours)
    if wrong:
        return Judged(likeness=Likeness.WRONG, reason=wrong)
    other = other_pace(work, seen, solo, kinds, pace)
    if other.reason:
        is_same = same.likeness is Likeness.SURE
        return Judged(likeness=Likeness.WRONG, reason=other.reason, faster=other.faster if is_same else 1.0)
    doubt = same.reason or _other_machine(work, solo)
    likeness = Likeness.DOUBTFUL if doubt else Likeness.SURE
    return Judged(likeness=likeness, reason=doubt, is_paced=pace is not None, kinds=solo.keys)


def _other_gpu(work: SessionWork, solo: SessionWork) -> str:
    """Say that it ran on another kind of GPU."""
    here, there = device_of(work), device_of(solo)
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
    here, there = device_of(work), device_of(solo)
    if work.session.host == solo.session.host:
        return ""
    models = [
        None if device is None else model_of(device, each.session.manifest)
        for device, each in ((here, work), (there, solo))
    ]
    return "" if all(models) else "it was recorded on another host, and the GPU's model is unknown"


def _same_work(work: SessionWork, solo: SessionWork, names: Numbers, kinds: Numbers) -> Judged:
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
    most = max(int(k.max(initial=0)) for k in kinds) + 1
    here, there = (_per_step(w, k, most) for w, k in zip((work, solo), kinds, strict=True))
    if here is None or there is None:
        return _in_proportion(kinds, weight, most)
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


def _in_proportion(kinds: Numbers, weight: list[F64], most: int) -> Judged:
    """Compare how often kernels run where steps are unknown, each as a part of those that take most of the time.

    Recorders of a processor leave out operations that they know to be short, at times.
    """
    spent = [np.bincount(k, w, most) / max(1.0, float(w.sum())) for k, w in zip(kinds, weight, strict=True)]
    heavy = np.minimum(*spent) >= _HEAVY
    counts = [np.bincount(k[w > 0], minlength=most) * heavy for k, w in zip(kinds, weight, strict=True)]
    here, there = (count / max(1, int(count.sum())) for count in counts)
    agree = np.abs(here - there) <= 2 * _COUNTS * np.maximum(here, there)
    share = min(_weight_of(agree, k, w) for k, w in zip(kinds, weight, strict=True))
    if share < _ALIKE:
        return Judged(likeness=Likeness.WRONG, reason="it runs the same kernels in other proportions")
    return Judged(likeness=Likeness.DOUBTFUL, reason="too few steps were recorded to compare one with another")


def _numbered(work: SessionWork, solo: SessionWork) -> tuple[Numbers, Numbers]:
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


def _per_step(work: SessionWork, kind: I64, most: int) -> F64 | None:
    """Count each of `most` kinds per step, over the steps between the first and the last that have kernels; None with too few."""
    inside = work.step >= 0
    steps = np.unique(work.step[inside])
    if len(steps) < _LEAST_STEPS + 2 or inside.mean() < 0.5:
        return None
    whole = inside & (work.step != steps[0]) & (work.step != steps[-1]) & ~work.spin
    counts: F64 = np.bincount(kind[whole], minlength=most) / (len(steps) - 2)
    return counts
