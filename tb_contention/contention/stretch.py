"""How much longer a kernel takes for each ns that others have work meanwhile: durations regressed on the part that company covers.

Undisturbed kernels are a biased sample where kernels of one key differ: the short ones are more often spared. So the regression uses all
instances, and as instrument the company in a time from the start that is as long for each instance of a key: it does not depend on how
long the instance itself takes. Work at one place of the step is compared with the same work in other steps (fixed effects).

    duration = own + rate x covered          rate = cov(instrument, duration) / cov(instrument, covered)

Instrumental variables: J. D. Angrist, J.-S. Pischke, Mostly Harmless Econometrics, 2009, chapter 4. Shrinking the keys' rates towards the
common one: R. DerSimonian, N. Laird, Meta-analysis in clinical trials, Controlled Clinical Trials 7, 1986.
"""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.baseline import centred, group_medians
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered, numbered_places
from tb_contention.contention.work import SessionWork
from tb_contention.model.intervals import Intervals
from tb_contention.model.sampling import some
from tb_contention.units import F64, I64

#: Part of a key's median duration that the instrument looks ahead, and ns at the least.
_AHEAD, _LEAST_AHEAD = 0.7, 1_000.0
#: Kernels, and clusters (steps), without which nothing is estimated.
_FEW, _FEW_CLUSTERS = 30, 5
#: Kernels that tell the rate: the error of more is far below what the rate leaves out.
_MOST = 200_000
#: The instrument must move the covered part of a kernel by this share of what it moves itself, and enough kernels must begin with
#: hardly any company: where nearly all have company all the time, the rest is not like them.
_WEAK, _FREE, _FREE_SHARE, _LITTLE = 0.25, 12, 0.003, 0.1
#: What the rate leaves out, as a part of it.
_LEFT_OUT = 0.02
#: Rates beyond are no stretch: a kernel that is covered does something, and company speeds nobody up by more than this.
_LEAST_RATE, _MOST_RATE = -0.3, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Per kernel: rate (ns longer per covered ns) with its standard error, and covered time in ns; `common`: of all kernels together."""

    rate: F64
    error: F64
    covered: F64
    common: float
    common_error: float


def find_stretch(work: SessionWork, exposure: Exposure, company: Intervals) -> Stretch | None:
    """Estimate the rate at which company stretches a session's kernels; None where it cannot be told."""
    rows = some(np.flatnonzero(exposure.inside & ~work.spin & ~work.copy), _MOST)
    if len(rows) < _FEW:
        return None
    key, duration = work.key[rows], exposure.duration[rows]
    middle = group_medians(key, work.keys, duration)[key]
    ahead = np.maximum(_AHEAD * middle, _LEAST_AHEAD).astype(np.int64)
    start = work.start[rows]
    met = company.covered(work.start, work.end).astype(np.float64)
    seen = company.covered(start, start + ahead) / ahead
    place, places = numbered_places(key, work.place[rows])
    z, d, x = (centred(place, places, values) for values in (seen, duration, met[rows]))
    cluster, clusters = _clusters(work, rows)
    moved = float(np.sum(z * x))
    weak = moved <= _WEAK * float(np.sum(z * z * middle))
    if clusters < _FEW_CLUSTERS or weak or (seen < _LITTLE).sum() < max(_FREE, _FREE_SHARE * len(rows)):
        return None
    common = float(np.sum(z * d)) / moved
    common_error = float(np.sqrt(np.sum(np.bincount(cluster, z * (d - common * x), clusters) ** 2))) / moved
    common_error = float(np.hypot(common_error, _LEFT_OUT * common))
    rate, error = by_key(key, work.keys, z, d, x, common, common_error)
    return Stretch(
        rate=np.clip(rate, _LEAST_RATE, _MOST_RATE)[work.key],
        error=error[work.key],
        covered=met,
        common=common,
        common_error=common_error,
    )


def _clusters(work: SessionWork, rows: I64) -> tuple[I64, int]:
    """Number the steps of kernels, whose errors hang together; without steps, pieces of the window."""
    step = work.step[rows]
    if (step >= 0).mean() > 0.5:
        return numbered(step)
    return np.arange(len(rows)) * 50 // len(rows), 50


def by_key(key: I64, keys: int, z: F64, d: F64, x: F64, common: float, common_error: float) -> tuple[F64, F64]:
    """Return each key's rate and its error, pulled towards the common rate as far as its own is uncertain."""
    moved = np.bincount(key, z * x, keys)
    told = moved > 0.1 * np.bincount(key, z * z, keys) * np.maximum(
        np.bincount(key, np.abs(x), keys), 1.0
    ) / np.maximum(np.bincount(key, minlength=keys), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(told, np.bincount(key, z * d, keys) / moved, common)
        variance = np.bincount(key, (z * (d - own[key] * x)) ** 2, keys) / moved**2
    told &= np.isfinite(own) & np.isfinite(variance) & (variance > 0)
    if told.sum() < 2:
        return np.full(keys, common), np.full(keys, common_error)
    weight = np.where(told, 1 / np.where(told, variance, 1.0), 0.0)
    mean = float(np.sum(weight * np.where(told, own, 0.0)) / weight.sum())
    excess = float(np.sum(weight * np.where(told, own - mean, 0.0) ** 2)) - (int(told.sum()) - 1)
    between = max(0.0, excess / max(1e-12, float(weight.sum() - np.sum(weight**2) / weight.sum())))
    kept = np.where(told, between / (between + np.where(told, variance, 1.0)), 0.0)
    rate = kept * np.where(told, own, common) + (1 - kept) * common
    error = np.sqrt(kept**2 * np.where(told, variance, 0.0) + (1 - kept) ** 2 * (common_error**2 + between))
    return rate, error
