"""Sessions and the company they had -> how they share the device, how long their kernels take alone, and what their steps lost."""

from dataclasses import replace
from functools import partial

import numpy as np

from tb_contention.contention.alone import (
    Alone,
    as_recorded,
    behind_others,
    covers,
    filled,
    find_alone,
    no_more_than_one,
)
from tb_contention.contention.by_steps import agreed, by_steps
from tb_contention.contention.conserved import conserve
from tb_contention.contention.exposure import Exposure, expose
from tb_contention.contention.link import but_for_copies
from tb_contention.contention.loss import Loss, measure_loss
from tb_contention.contention.measured import measured_alone, turns_exposure
from tb_contention.contention.mechanism import NO_LOSS, Sharing, recognise
from tb_contention.contention.residency import Residency
from tb_contention.contention.shadow import dimmed, lengthened
from tb_contention.contention.stretch import Stretch, find_stretch
from tb_contention.contention.unsteady import bounded_by_pace
from tb_contention.contention.untraced import only_one, without_guesses
from tb_contention.contention.victims import Victim, exposed
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.attribution import rest_of
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.model.side_by_side import each
from tb_contention.units import F64

#: A session whose baselines cover less of its contended time is guessed from the others, which must be most of all contended time.
_LEAST_COVERAGE, _MOSTLY = 0.3, 0.8
#: What it costs to know a slowdown where kernels of the process belong to no session that is known, as a part of the loss.
_WHOSE = 0.14
#: Kernels of a session up to which the effect of the clock error is measured.
_MOST_REPEATED = 200_000


def sharing_of(victims: list[Victim], group: DeviceGroup, error: int) -> Sharing:
    """Recognise the mechanism with the best baselines at hand."""
    if len(victims) < 2:
        return only_one(victims[0].turns if victims else None)
    return recognise([victim.work for victim in victims], _best_guess(victims), group.start, group.end, error)


def _best_guess(victims: list[Victim]) -> list[F64]:
    """Complete all sessions' baselines for the progress sum; leave gaps where most of the contended time would be guessed."""
    bases = [(victim.solo or victim.own).alone for victim in victims]
    exposures = [victim.exposure for victim in victims]
    known = [covers(e, base) >= _LEAST_COVERAGE for e, base in zip(exposures, bases, strict=True)]
    contended = [float(e.duration[e.touched & e.inside].sum()) for e in exposures]
    if sum(c for c, k in zip(contended, known, strict=True) if k) < _MOSTLY * sum(contended):
        return [np.where(e.touched, base, e.duration) for e, base in zip(exposures, bases, strict=True)]
    complete = [filled(e, base)[0] for e, base in zip(exposures, bases, strict=True)]
    told = [(e, c) for e, c, k in zip(exposures, complete, known, strict=True) if k]
    recorded = sum(float(e.duration[e.touched].sum()) for e, _ in told)
    stretch = recorded / max(1.0, sum(float(c[e.touched].sum()) for e, c in told))
    return [
        c if k else np.where(e.touched, e.duration / max(stretch, 1.0), e.duration)
        for e, c, k in zip(exposures, complete, known, strict=True)
    ]


def losses_of(
    victims: list[Victim],
    group: DeviceGroup,
    sharing: Sharing,
    measured: Residency | None,
    error: int,
    *,
    on_cores: bool,
) -> tuple[list[Loss], list[float]]:
    """Measure what each session lost, and by how much its slowdown may be off beside what the loss itself says.

    measured: turns that were recorded; error: of the clocks, ns; on_cores: several processes on a processor.
    """
    alones = _alones(victims, group, sharing, error, on_cores=on_cores)
    losses = each(lambda pair: _loss(pair[0], pair[1], measured), list(zip(victims, alones, strict=True)))
    pairs = list(zip(victims, losses, strict=True))
    off = each(lambda pair: _left_out(pair[0], pair[1], sharing, len(victims), error), pairs)
    corrected = each(lambda pair: _by_steps(pair[0], pair[1]), pairs)
    off = [float(np.hypot(first, more)) for first, (_, more) in zip(off, corrected, strict=True)]
    losses = [loss for loss, _ in corrected]
    if any(v.work.session.process is not None and v.work.id == rest_of(v.work.session.process) for v in victims):
        ratios = [loss.periods.shared.sum() / max(1.0, float(loss.periods.alone.sum())) for loss in losses]
        off = [each_off + _WHOSE * abs(float(ratio) - 1) for each_off, ratio in zip(off, ratios, strict=True)]
    return losses, off


def _alones(victims: list[Victim], group: DeviceGroup, sharing: Sharing, error: int, *, on_cores: bool) -> list[Alone]:
    """Find how long the kernels of each session take alone."""
    count = len(victims)
    alones = each(
        lambda v: find_alone(
            v.work, v.exposure, v.own, v.solo, sharing, count, on_cores=on_cores, stretch=partial(_stretch, v)
        ),
        victims,
    )
    if count > 1:
        alones = bounded_by_pace([v.work for v in victims], [_bright(v, error) for v in victims], alones)
    if count > 1 and any(v.turns for v in victims):
        return [without_guesses(v.exposure, a, count) for v, a in zip(victims, alones, strict=True)]
    works, exposures = [v.work for v in victims], [v.exposure for v in victims]
    alones = behind_others(works, exposures, alones, sharing)
    alones = conserve(works, exposures, alones, sharing, error)
    alones = no_more_than_one(works, alones, sharing, group.start, group.end)
    if sharing.mechanism is not Mechanism.NONE or sharing.apart or count < 2:
        return alones
    return [
        a if a.evidence is Evidence.D else but_for_copies(as_recorded(v.exposure, a, NO_LOSS), a, v.link)
        for v, a in zip(victims, alones, strict=True)
    ]


def _bright(victim: Victim, error: int) -> Exposure:
    """Return what company itself leaves undisturbed, less what its shadow costs."""
    seen, shadow = victim.exposure, victim.shadow
    if shadow is None:
        return seen
    bright = expose(victim.work, victim.busy, seen.start, seen.end, error, victim.link)
    dark = bright.undisturbed & seen.touched
    return replace(bright, duration=np.where(dark, seen.duration / shadow.factor, seen.duration))


def _stretch(victim: Victim) -> Stretch | None:
    company = victim.busy.clip(victim.exposure.start, victim.exposure.end)
    return dimmed(find_stretch(victim.work, victim.exposure, company), victim.work, victim.exposure, victim.shadow)


def _loss(victim: Victim, alone: Alone, measured: Residency | None) -> Loss:
    """Measure one session's loss, from its turns where they were recorded and no capture alone tells more."""
    gap = None if victim.host is None else victim.host.gap
    if measured is None or alone.evidence is Evidence.A:
        return measure_loss(victim.work, victim.exposure, alone, victim.running, victim.quiet, host_gap=gap)
    turns = measured.turns[victim.work.id]
    exposure = turns_exposure(victim.work, turns, victim.exposure)
    own = measured_alone(victim.work, victim.exposure, victim.own, turns, measured)
    return measure_loss(victim.work, exposure, own, victim.running, victim.quiet, turns.away, gap)


def _by_steps(victim: Victim, loss: Loss) -> tuple[Loss, float]:
    """Let whole steps correct what the replay of a session says."""
    company = lengthened(victim.busy, victim.shadow).clip(loss.exposure.start, loss.exposure.end)
    return agreed(loss, by_steps(loss, company, victim.solos), company)


def _left_out(victim: Victim, loss: Loss, sharing: Sharing, sessions: int, error: int) -> float:
    """Return by how much the slowdown may be off through the clocks and through what hosts cost each other."""
    on_host = 0.0 if victim.host is None else victim.host.error
    return float(np.hypot(_clock_effect(victim, loss, sharing, sessions, error), on_host))


def _clock_effect(victim: Victim, loss: Loss, sharing: Sharing, sessions: int, error: int) -> float:
    """Return by how much the slowdown changes when the clocks are taken for exact; of long captures it is not looked at.

    The longer a capture, the less the kernels that a clock error puts on the wrong side of a border weigh.
    """
    work, seen = victim.work, loss.exposure
    if not error or len(work.start) > _MOST_REPEATED or loss.alone.evidence is Evidence.D or loss.alone.measured:
        return 0.0
    exposure, own = exposed(work, victim.busy, (seen.start, seen.end), 0, victim.link, victim.shadow, victim.clock)
    alone = find_alone(work, exposure, own, victim.solo, sharing, sessions)
    if loss.alone.unresolved or alone.evidence is Evidence.D:
        return 0.0
    gap = None if victim.host is None else victim.host.gap
    exact = measure_loss(work, exposure, alone, victim.running, victim.quiet, host_gap=gap).periods
    if min(exact.alone.sum(), loss.periods.alone.sum()) < 1:  # less than a nanosecond in all: nothing to compare with
        return 0.0
    change = exact.shared.sum() / exact.alone.sum() - loss.periods.shared.sum() / loss.periods.alone.sum()
    return abs(float(change))
