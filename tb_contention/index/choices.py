"""What could be the baseline of a session: every capture of the log directory, with why it may serve or why not."""

from collections import Counter
from dataclasses import replace

from tb_contention.align.place import Placed, says_alone
from tb_contention.index.baselines import Alone
from tb_contention.index.likeness import (
    PART_OF_IT,
    as_often,
    kernels_per_step,
    leaf,
    model_used,
    on_gpu,
    rank,
    same_names,
    time_apart,
)
from tb_contention.model.baseline import BaselineChoice, BaselineChoices, Found
from tb_contention.words.numbers import listing

#: Captures that are listed; more are found by a part of their names.
MOST = 500
_MANIFEST, _KERNELS = "the same run recorded it alone", "it runs the same kernels, as often per step"
_UNKNOWN = "it is compared with the session once you choose it"
#: The order in which they are listed.
_FOUND = (Found.MANIFEST, Found.KERNELS, None)


def choices(alone: Alone, session: str, wanted: str = "") -> BaselineChoices | None:
    """List the captures that a session could be measured against, the best first; None for a session of no capture.

    wanted: a part of their names, whatever its case.
    """
    victim = alone.placed(session)
    if victim is None:
        return None
    names, part = alone.snapshot.names, wanted.casefold()
    alike = Counter(names.values())  # captures of one program at several times
    listed = []
    for placed in alone.snapshot.arranged.placed:
        label = names[placed.id]
        if placed.id == victim.id or (part and part not in label.casefold() and part not in placed.id.casefold()):
            continue
        choice = _choice(alone, victim, placed)
        if alike[label] > 1:
            choice = replace(choice, label=placed.id)
        is_other = leaf(label) != leaf(names[victim.id])
        place = (_FOUND.index(choice.found), not choice.fits, is_other, time_apart(victim, placed), placed.id)
        listed.append((place, choice))
    listed.sort(key=lambda each: each[0])
    return BaselineChoices(choices=tuple(choice for _, choice in listed[:MOST]), left_out=max(0, len(listed) - MOST))


def _choice(alone: Alone, victim: Placed, placed: Placed) -> BaselineChoice:
    names = alone.snapshot.names
    against = _against(alone, victim, placed)
    found, why = None, against
    if not against:
        place = rank(victim, placed, names)
        beside = () if says_alone(placed) else alone.beside.get(placed.id, ())
        if place == 0:
            found, why = Found.MANIFEST, _MANIFEST
        elif beside:
            why = f"it ran beside {listing([names[each] for each in beside])}, which may have slowed it"
        elif as_often(victim, placed) and on_gpu(victim):
            found, why = Found.KERNELS, _KERNELS
        elif place == PART_OF_IT:
            found, why = Found.KERNELS, "it may be the work of one session of the process"
        elif place is not None:
            why = "it has the same name and ran alone"
        else:
            why = _UNKNOWN
    return BaselineChoice(baseline=placed.id, label=names[placed.id], found=found, fits=not against, why=why)


def _against(alone: Alone, victim: Placed, placed: Placed) -> str:
    """Say what speaks against a capture; empty for nothing."""
    if not (placed.sketch.use and victim.sketch.use):
        return "it holds no kernels" if victim.sketch.use else "the session holds no kernels"
    if placed.id in alone.beside.get(victim.id, ()):
        return "it ran at the same time as the session"
    if on_gpu(victim) is not on_gpu(placed):
        return "it ran on another kind of device"
    here, there = model_used(victim), model_used(placed)
    if here and there and here != there:
        return f"it ran on another GPU ({there}, not {here})"
    if not on_gpu(victim) or rank(victim, placed, alone.snapshot.names) is not None:
        return ""
    if not same_names(victim.sketch.names, placed.sketch.names):
        return "it runs other kernels"
    mine, theirs = kernels_per_step(victim), kernels_per_step(placed)
    if mine is None or theirs is None:
        return "its steps were not recorded" if theirs is None else "the steps of the session were not recorded"
    digits = 0 if round(mine) != round(theirs) else 1
    return f"it runs {theirs:,.{digits}f} kernels per step, and {mine:,.{digits}f} run per step here"
