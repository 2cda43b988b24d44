"""Which kernels no turn of another session cut, and what they tell of those that were cut: their durations lie whole slices apart."""

from dataclasses import replace

import numpy as np

from tb_contention.contention.baseline import Baseline, baseline, group_medians, group_scatter, preferring
from tb_contention.contention.exposure import Exposure
from tb_contention.contention.kernel_keys import numbered_places, pairs
from tb_contention.contention.work import SessionWork
from tb_contention.units import F64, I64

#: A kernel is short against slices when its uncut instances take at most this part of one; a cut one takes the other part longer.
_SHORT, CUT = 0.9, 0.6
#: Uncut instances of a key that tell how long it takes, and what part of those that chance leaves uncut they must be.
_UNCUT, _UNCUT_SHARE = 3, 0.4
#: They agree within this part, or within so many times what the session's kernels usually vary: turns that ended early cut, too.
_AGREE, _USUALLY = 0.12, 3.0
#: Of a kind that chance would cut so often, some instances are cut, this part of what chance would cut, else all may be. They are not if
#: they scatter by no more than this many times what others do: turns that end early are of any length.
_OFTEN_CUT, _SOME_CUT, _STEADY = 0.35, 0.3, 1.5
#: Kinds of one launch are alike within this factor; the shortest instance of another takes this part of what they take at least. One that
#: takes longer by a slice, to this part of it, is always cut.
_ALIKE, _NO_SHORTER, _ONE_SLICE = 1.15, 0.8, 0.05
#: Turns shorter than this part of a slice do not meet all kernels of a kind.
NO_TURN = 0.25
#: Kernels that are always cut take longer by whole slices, to this part of one.
_WHOLE = 0.15


def learn_uncut(work: SessionWork, exposure: Exposure, length: float) -> Baseline:
    """Learn from touched kernels that no slice of this length cut: those at the low end of their key, a gap below the cut ones.

    Where turns meet every step at the same place, they cut all instances of a key, or none. Whether such a key is cut is judged by other
    keys of the same launch, if these agree.
    """
    picked = np.flatnonzero(exposure.inside & exposure.touched)
    key, duration = work.key[picked], exposure.duration[picked]
    # The low end is looked for from below: where most instances of a key are cut, its median is a cut one.
    lowest = np.full(work.keys, np.inf)
    np.minimum.at(lowest, key, duration)
    low = duration < lowest[key] + CUT * length
    middle = group_medians(key[low], work.keys, duration[low])
    low &= duration < middle[key] + CUT * length
    count, all_of_key = np.bincount(key[low], minlength=work.keys), np.bincount(key, minlength=work.keys)
    short = np.nan_to_num(middle, nan=np.inf) < _SHORT * length
    spread = group_scatter(key[low], work.keys, np.abs(duration[low] / middle[key[low]] - 1))
    usual = float(np.nanmedian(spread[count >= _UNCUT])) if (count >= _UNCUT).any() else 0.0
    agree = spread <= max(_AGREE, _USUALLY * usual)
    chance = np.nan_to_num(middle) / length
    enough = short & (count >= np.maximum(_UNCUT, _UNCUT_SHARE * all_of_key * (1 - chance)))
    told = enough & agree
    cut = all_of_key - count >= _SOME_CUT * chance * all_of_key
    sure = cut | (chance < _OFTEN_CUT)
    sure |= spread <= _STEADY * float(np.median(spread[told & sure])) if (told & sure).any() else False
    launch, launches = launches_of(work)
    least = np.full(launches, np.inf)
    np.minimum.at(least, launch[told], middle[told])
    longer = told & (middle > _ALIKE * least[launch])
    several = np.bincount(launch[told & ~longer & sure], minlength=launches)
    # A longer one of the same launch is another size if some of its instances are cut, or if no turn is as short; else all are cut.
    told &= np.where(longer, cut | (middle - least[launch] < NO_TURN * length), sure | (several[launch] > 0))
    # Sizes that a key hides, each at its places of the step.
    sized = enough & ~agree & (cut | (chance < _OFTEN_CUT))
    sized &= _by_place(work, picked[low], duration[low]) <= max(_AGREE, _USUALLY * usual)
    learn = np.zeros(len(work.key), np.bool_)
    learn[picked[low & (told | sized)[key]]] = True
    # Where slices cut the same place of every step, only the other places of the key tell how long it takes uncut.
    anywhere = np.full(len(work.place), -1, np.int64)
    at = np.where(sized[work.key], work.place, anywhere)
    found = baseline(work.key, work.keys, at, work.step, exposure.duration, learn, sizes=1.0)
    learn[picked[low & ~told[key]]] = False
    by_launch = baseline(launch[work.key], launches, anywhere, work.step, exposure.duration, learn, sizes=1.0)
    usually = group_medians(key, work.keys, duration)[work.key]
    cut_once = np.abs(usually - by_launch.alone - length) < _ONE_SLICE * length
    shown = not (told & longer).any() and bool((several > 1).any())
    over = usually - by_launch.alone
    fits = cut_once | (shown & (lowest[work.key] > _NO_SHORTER * by_launch.alone))
    whole = np.abs(over / length - np.round(over / length)) < _WHOLE
    fits &= ((over > NO_TURN * length) & whole) | (over < (_ALIKE - 1) * by_launch.alone)
    return preferring(found, replace(by_launch, alone=np.where(fits, by_launch.alone, np.nan)))


def _by_place(work: SessionWork, rows: I64, duration: F64) -> F64:
    """Return the relative scatter of kernels of each key around the usual one at their place."""
    place, places = numbered_places(work.key[rows], work.place[rows])
    away = np.abs(duration / group_medians(place, places, duration)[place] - 1)
    return group_scatter(work.key[rows], work.keys, away)


def launches_of(work: SessionWork) -> tuple[I64, int]:
    """Number the launches (name, grid, block, ...) that keys are of, whatever op they belong to."""
    kernels, first = work.session.trace.kernels, work.first_rows()
    row = np.maximum(first, 0)
    return pairs(kernels.name[row], kernels.details[row], len(work.session.trace.strings))
