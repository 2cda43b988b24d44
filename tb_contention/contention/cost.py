"""What sharing cost each session of a device group: loss, slowdown with its interval, mechanism, blame, metrics.

works -> exposure (who can have been touched) -> baselines -> mechanism -> durations alone -> replay -> loss -> blame, metrics
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from tb_contention.contention.alone import Alone, as_recorded, covers, filled, find_alone, learned, no_more_than_one
from tb_contention.contention.baseline import Baseline
from tb_contention.contention.blame import TOP_PAIRS, kernel_pairs
from tb_contention.contention.blurred import blurred
from tb_contention.contention.by_steps import agreed, by_steps
from tb_contention.contention.conserved import conserve
from tb_contention.contention.drift import warm_up_end
from tb_contention.contention.exposure import Exposure, Link, expose
from tb_contention.contention.host_part import HostEffect, host_effects
from tb_contention.contention.interval import estimate
from tb_contention.contention.interval_sets import united
from tb_contention.contention.link import but_for_copies, link_between, with_copies
from tb_contention.contention.loss import Loss, measure_loss
from tb_contention.contention.measured import (
    divided,
    in_turns,
    measured_alone,
    one_context,
    takes_turns,
    turns_exposure,
)
from tb_contention.contention.mechanism import NO_LOSS, Sharing, concluded, recognise
from tb_contention.contention.off_gpu import blamed_on_hosts, elsewhere, on_gpu
from tb_contention.contention.open_loop import with_arrivals
from tb_contention.contention.overlap import planes_by_session
from tb_contention.contention.replay import find_gaps
from tb_contention.contention.residency import Residency, measure_residency
from tb_contention.contention.results import (
    kernel_costs,
    kernel_losses,
    lost_time,
    metrics_of,
    runs_of,
    session_loss,
    step_times,
)
from tb_contention.contention.shadow import Shadow, dimmed, find_shadow, lengthened, shaded, with_shadow
from tb_contention.contention.solo import Solo, solo_baseline
from tb_contention.contention.stretch import Stretch, find_stretch
from tb_contention.contention.untraced import Turns, find_turns, only_one, reassigned, without_guesses
from tb_contention.contention.work import SessionWork, session_work
from tb_contention.contention.workload import workloads
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.attribution import rest_of
from tb_contention.model.contention import (
    Blame,
    Cost,
    Evidence,
    KernelBlame,
    Mechanism,
    SessionLoss,
)
from tb_contention.model.intervals import Intervals
from tb_contention.units import F64, Nanoseconds, SessionId

A = TypeVar("A")
B = TypeVar("B")

#: A session whose baselines cover less of its contended time is guessed from the others, which must be most of all contended time.
_LEAST_COVERAGE, _MOSTLY = 0.3, 0.8
#: Undisturbed kernels, and by how much they take longer than alone, that show that something untraced ran.
_LEAST_UNTRACED, _UNTRACED_FACTOR = 20, 1.05
#: What it costs to know a slowdown where kernels of the process belong to no session that is known, as a part of the loss.
_WHOSE = 0.14
#: Kernels of a session up to which the effect of the clock error is measured.
_MOST_REPEATED = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Victim:
    """What is known of one session before the mechanism is."""

    work: SessionWork
    busy: Intervals
    link: Link | None
    host: HostEffect | None
    exposure: Exposure
    own: Baseline
    solo: Baseline | None
    solo_latency: float | None
    running: Intervals
    turns: Turns | None
    shadow: Shadow | None


def measure_cost(
    aligned: AlignedTraces,
    group: DeviceGroup,
    solos: Mapping[SessionId, tuple[Solo, ...]] | None = None,
) -> Cost:
    """Estimate the cost of sharing.

    solos: per session, captures in which the same work ran alone.
    """
    planes = planes_by_session(group)
    works = _each(lambda item: session_work(aligned.session(item[0]), item[1]), list(planes.items()))
    error = clock_error(aligned, group)
    running = {work.id: work.running for work in works}
    alone = {s: [each.work for each in found] for s, found in (solos or {}).items()}
    hosts = {} if group.device.device.is_host else host_effects(works, alone, group.start, group.end)

    def victim_of(work: SessionWork, turn: float | None = None, shadow: Shadow | None = None) -> _Victim:
        return _victim(work, works, running, group, error, alone.get(work.id, []), hosts.get(work.id), turn, shadow)

    victims = _each(victim_of, works)
    stranger = next((victim.turns.length for victim in victims if victim.turns is not None), None)
    shadow = find_shadow(works, [victim.exposure for victim in victims], [victim.busy for victim in victims])
    if stranger is not None or shadow is not None:
        victims = _each(lambda work: victim_of(work, stranger, shadow), works)
    residency = measure_residency(works, planes, group)
    sharing = one_context(blurred(works, group.start, group.end, error) or _sharing(victims, group, error), residency)
    measured = residency if takes_turns(works, residency, group.start, group.end) else None
    if measured is not None:
        sharing = in_turns(works, measured, group.start, group.end)
    processes = {work.session.process or work.id for work in works}
    on_cores = group.device.device.is_host and len(processes) > 1
    alones = _alones(victims, group, sharing, on_cores=on_cores)
    losses = _each(lambda pair: _loss(pair[0], pair[1], measured), list(zip(victims, alones, strict=True)))
    comparable = [
        len(works) > 1 or victim.solo is not None or victim.turns is not None or measured is not None
        for victim in victims
    ]
    left_out = _each(
        lambda case: _left_out(case[0], case[1], sharing, len(works), error),
        list(zip(victims, losses, strict=True)),
    )
    corrected = _each(lambda case: _by_steps(case[0], case[1], alone), list(zip(victims, losses, strict=True)))
    losses = [loss for loss, _ in corrected]
    clocks = [float(np.hypot(first, more)) for first, (_, more) in zip(left_out, corrected, strict=True)]
    if any(w.session.process is not None and w.id == rest_of(w.session.process) for w in works):
        ratios = [loss.periods.shared.sum() / max(1.0, float(loss.periods.alone.sum())) for loss in losses]
        clocks = [clock + _WHOSE * abs(float(ratio) - 1) for clock, ratio in zip(clocks, ratios, strict=True)]
    estimates = [
        estimate(loss, clock) if known else None for loss, clock, known in zip(losses, clocks, comparable, strict=True)
    ]
    paced = _each(lambda case: with_arrivals(*case), list(zip(losses, estimates, clocks, strict=True)))
    losses = [each.loss for each in paced]
    results = tuple(
        elsewhere(session_loss(each), each.loss, victim.link, victim.host)
        if each.latency is None
        else session_loss(each)
        for victim, each in zip(victims, paced, strict=True)
    )
    if measured is None:
        sharing = concluded(sharing, results, on_host=group.device.device.is_host, on_cores=on_cores)
    had = {} if measured is None else {session: turns.had for session, turns in measured.turns.items()}
    after = {session: lengthened(ran, shadow) for session, ran in running.items()}
    blames, pairs = _blames(losses, results, after, had, hosts, strange=stranger is not None and len(works) > 1)
    return Cost(
        mechanism=sharing.mechanism,
        confidence=sharing.confidence,
        detail=sharing.detail,
        slice=None if sharing.slice is None else Nanoseconds(round(sharing.slice)),
        progress_sum=sharing.progress_sum,
        metrics=metrics_of(results),
        losses=results,
        kernels=tuple(cost for loss in losses for cost in kernel_costs(loss)),
        blame=blames,
        kernel_blame=pairs,
        steps=tuple(step_times(loss) for loss in losses if loss.has_steps),
        lost=tuple(lost_time(loss) for loss, known in zip(losses, comparable, strict=True) if known),
        kernel_losses=tuple(kernel_losses(loss) for loss in losses if loss.alone.evidence is not Evidence.D),
        whole_turns=sharing.in_turns,
        workloads=workloads(losses, group.start, group.end)
        if len(works) > 1 and not group.device.device.is_host
        else (),
        had=had,
    )


def _alones(victims: list[_Victim], group: DeviceGroup, sharing: Sharing, *, on_cores: bool) -> list[Alone]:
    """Find how long the kernels of each session take alone."""
    count = len(victims)
    alones = _each(
        lambda v: find_alone(
            v.work, v.exposure, v.own, v.solo, sharing, count, on_cores=on_cores, stretch=partial(_stretch, v)
        ),
        victims,
    )
    if count > 1 and any(v.turns for v in victims):
        return [without_guesses(v.exposure, a, count) for v, a in zip(victims, alones, strict=True)]
    alones = conserve([v.work for v in victims], [v.exposure for v in victims], alones, sharing)
    alones = no_more_than_one([v.work for v in victims], alones, sharing, group.start, group.end)
    if sharing.mechanism is not Mechanism.NONE or sharing.apart or count < 2:
        return alones
    return [
        a if a.evidence is Evidence.D else but_for_copies(as_recorded(v.exposure, a, NO_LOSS), a, v.link)
        for v, a in zip(victims, alones, strict=True)
    ]


def _stretch(victim: _Victim) -> Stretch | None:
    company = victim.busy.clip(victim.exposure.start, victim.exposure.end)
    return dimmed(find_stretch(victim.work, victim.exposure, company), victim.work, victim.exposure, victim.shadow)


def _loss(victim: _Victim, alone: Alone, measured: Residency | None) -> Loss:
    """Measure one session's loss, from its turns where they were recorded and no capture alone tells more."""
    gap = None if victim.host is None else victim.host.gap
    if measured is None or alone.evidence is Evidence.A:
        return measure_loss(victim.work, victim.exposure, alone, victim.running, victim.solo_latency, host_gap=gap)
    turns = measured.turns[victim.work.id]
    exposure = turns_exposure(victim.work, turns, victim.exposure)
    own = measured_alone(victim.work, victim.exposure, victim.own, turns, measured)
    return measure_loss(victim.work, exposure, own, victim.running, victim.solo_latency, turns.away, gap)


def _by_steps(victim: _Victim, loss: Loss, solos: Mapping[SessionId, list[SessionWork]]) -> tuple[Loss, float]:
    """Let whole steps correct what the replay of a session says."""
    company = lengthened(victim.busy, victim.shadow).clip(loss.exposure.start, loss.exposure.end)
    return agreed(loss, by_steps(loss, company, solos.get(victim.work.id, [])), company)


def _each(work: Callable[[A], B], items: list[A]) -> list[B]:
    """Do the same for every session, side by side: the loops over kernels let go of the interpreter's lock."""
    with ThreadPoolExecutor(min(8, max(1, len(items)), os.cpu_count() or 1)) as pool:
        return list(pool.map(work, items))


def clock_error(aligned: AlignedTraces, group: DeviceGroup) -> int:
    """Bound the clock error between any two sessions of a group, ns; sessions of one process share a clock."""
    sessions = [aligned.session(plane.session) for plane in group.planes]
    if len({s.process or s.id for s in sessions}) < 2:
        return 0
    return 2 * (group.max_error or 0)


def _victim(
    work: SessionWork,
    works: list[SessionWork],
    running: dict[SessionId, Intervals],
    group: DeviceGroup,
    error: int,
    solo_works: list[SessionWork],
    host: HostEffect | None,
    turn: float | None,
    shadow: Shadow | None,
) -> _Victim:
    others = [other for other in works if other is not work]
    link = link_between(work, others, (group.start, group.end), error)
    pending = [other.pending for other in others] if link is None else link.apart
    busy = united([*pending, *(other.unseen() for other in others)])
    turns = find_turns(work, busy, group, error, turn)
    busy = busy if turns is None else united([busy, turns.away])
    others_running = united([running[other.id] for other in others])
    exposure, own = _own(work, busy, (group.start, group.end), error, link, shadow)
    warm = warm_up_end(work, exposure, own.alone, others_running)
    if warm > group.start:
        exposure, own = _own(work, busy, (warm, group.end), error, link, shadow)
    solo = solo_baseline(work, solo_works) if solo_works else None
    latencies = [find_gaps(w, Intervals.empty()).latency for w in solo_works if w.launches_known]
    if solo is not None and _slow_by_itself(exposure, solo):
        exposure = expose(work, Intervals.one(exposure.start, exposure.end), exposure.start, exposure.end, 0)
    return _Victim(
        work=work,
        busy=busy,
        link=link,
        host=host,
        exposure=exposure,
        own=own,
        solo=solo,
        solo_latency=sum(latencies) / len(latencies) if latencies else None,
        running=others_running,
        turns=turns,
        shadow=shadow,
    )


def _own(
    work: SessionWork, busy: Intervals, window: tuple[int, int], error: int, link: Link | None, shadow: Shadow | None
) -> tuple[Exposure, Baseline]:
    """Expose a session to its company, and learn from what that leaves undisturbed."""
    bright = expose(work, busy, *window, error, link)
    exposure = shaded(work, bright, busy, shadow)
    own = with_shadow(work, bright, learned(work, exposure), shadow)
    return exposure, with_copies(work, exposure, own, link)


def _slow_by_itself(exposure: Exposure, solo: Baseline) -> bool:
    """Return whether kernels that no traced session touched take longer than in the capture alone: somebody untraced was there."""
    rows = exposure.undisturbed & np.isfinite(solo.alone)
    if rows.sum() < _LEAST_UNTRACED:
        return False
    return float(exposure.duration[rows].sum()) > _UNTRACED_FACTOR * float(solo.alone[rows].sum())


def _sharing(victims: list[_Victim], group: DeviceGroup, error: int) -> Sharing:
    """Recognise the mechanism with the best baselines at hand."""
    if len(victims) < 2:
        return only_one(victims[0].turns if victims else None)
    return recognise([victim.work for victim in victims], _best_guess(victims), group.start, group.end, error)


def _best_guess(victims: list[_Victim]) -> list[F64]:
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


def _left_out(victim: _Victim, loss: Loss, sharing: Sharing, sessions: int, error: int) -> float:
    """Return by how much the slowdown may be off through the clocks and through what hosts cost each other."""
    on_host = 0.0 if victim.host is None else victim.host.error
    return float(np.hypot(_clock_effect(victim, loss, sharing, sessions, error), on_host))


def _clock_effect(victim: _Victim, loss: Loss, sharing: Sharing, sessions: int, error: int) -> float:
    """Return by how much the slowdown changes when the clocks are taken for exact; of long captures it is not looked at.

    The longer a capture, the less the kernels that a clock error puts on the wrong side of a border weigh.
    """
    work, seen = victim.work, loss.exposure
    if not error or len(work.start) > _MOST_REPEATED or loss.alone.evidence is Evidence.D or loss.alone.measured:
        return 0.0
    exposure, own = _own(work, victim.busy, (seen.start, seen.end), 0, victim.link, victim.shadow)
    alone = find_alone(work, exposure, own, victim.solo, sharing, sessions)
    if loss.alone.unresolved or alone.evidence is Evidence.D:
        return 0.0
    gap = None if victim.host is None else victim.host.gap
    exact = measure_loss(work, exposure, alone, victim.running, victim.solo_latency, host_gap=gap).periods
    if not exact.alone.sum() or not loss.periods.alone.sum():
        return 0.0
    change = exact.shared.sum() / exact.alone.sum() - loss.periods.shared.sum() / loss.periods.alone.sum()
    return abs(float(change))


def _blames(
    losses: list[Loss],
    results: tuple[SessionLoss, ...],
    running: dict[SessionId, Intervals],
    had: dict[SessionId, dict[SessionId, Intervals]],
    hosts: dict[SessionId, HostEffect],
    *,
    strange: bool,
) -> tuple[tuple[Blame, ...], tuple[KernelBlame, ...]]:
    """Divide every known loss; the top kernel pairs of all victims together. strange: somebody who was not captured took turns."""
    runs = [runs_of(loss) for loss in losses]
    known = [(run, on_gpu(result)) for run, result in zip(runs, results, strict=True) if result.lost is not None]
    rows = [row for part in _each(lambda item: divided(item[0], item[1], running, had), known) for row in part]
    rows = blamed_on_hosts(reassigned(rows, losses) if strange else rows, results, hosts)
    found = _each(lambda item: kernel_pairs(item[0], [r for r in runs if r is not item[0]]) if item[1] else [], known)
    pairs = [pair.blame for part in found for pair in part if pair.lost is not None]
    pairs.sort(key=lambda p: (-p.lost, p.victim, p.culprit, p.victim_kernel, p.culprit_kernel))
    return tuple(rows), tuple(pairs[:TOP_PAIRS])
