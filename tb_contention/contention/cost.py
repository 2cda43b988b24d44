"""What sharing cost each session of a device group: loss, slowdown with its interval, mechanism, blame, metrics.

works -> exposure (who can have been touched) -> baselines -> mechanism -> durations alone -> replay -> loss -> blame, metrics
"""

from collections.abc import Mapping
from dataclasses import replace

from tb_contention.contention.blame import TOP_PAIRS, kernel_pairs
from tb_contention.contention.blurred import blurred
from tb_contention.contention.estimating import losses_of, sharing_of
from tb_contention.contention.input_pace import with_input
from tb_contention.contention.interval import at_a_higher_clock, estimate
from tb_contention.contention.loss import Loss
from tb_contention.contention.measured import divided, in_turns, one_context, takes_turns
from tb_contention.contention.mechanism import Sharing, concluded
from tb_contention.contention.off_gpu import blamed_on_hosts, elsewhere, on_gpu
from tb_contention.contention.open_loop import Paced, unless_vague, with_arrivals
from tb_contention.contention.overlap import planes_by_session
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
from tb_contention.contention.shadow import lengthened
from tb_contention.contention.sm_clock import Higher, find_samples
from tb_contention.contention.solo import Solo
from tb_contention.contention.untraced import reassigned
from tb_contention.contention.victims import Victims, find_victims
from tb_contention.contention.work import SessionWork, session_work
from tb_contention.contention.workload import workloads
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.contention import UNTRACED, Blame, Cost, Evidence, KernelBlame, Loop, Mechanism, SessionLoss
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each
from tb_contention.units import Nanoseconds, SessionId

#: Part of a loss without a captured cause from which on somebody else was there.
_STRANGE = 0.05


def measure_cost(
    aligned: AlignedTraces,
    group: DeviceGroup,
    solos: Mapping[SessionId, tuple[Solo, ...]] | None = None,
    used: int | None = None,
    faster: Mapping[SessionId, float] | None = None,
) -> Cost:
    """Estimate the cost of sharing.

    solos: per session, captures in which the same work ran alone. used: for how long any session ran in the window, ns, where it is known.
    faster: per session, as in `Choice`.
    """
    planes = planes_by_session(group)
    works = each(lambda item: session_work(aligned.session(item[0]), item[1]), list(planes.items()))
    error = clock_error(aligned, group)
    alone = {session: [solo.work for solo in each_solo] for session, each_solo in (solos or {}).items()}
    samples = find_samples(aligned, group)
    found = find_victims(works, group, error, alone, used, None if samples is None else samples.by_itself())
    residency = measure_residency(works, planes, group)
    measured = residency if takes_turns(works, residency, group.start, group.end) else None
    sharing = _sharing(found, group, error, residency, measured)
    on_host, processes = group.device.device.is_host, {work.session.process or work.id for work in works}
    on_cores = on_host and len(processes) > 1
    losses, off = losses_of(found.each, group, sharing, measured, error, on_cores=on_cores)
    comparable = [
        len(works) > 1 or victim.solo is not None or victim.turns is not None or measured is not None
        for victim in found.each
    ]
    refused = [(faster or {}).get(work.id, 1.0) for work in works]
    higher = Higher() if samples is None else samples.higher_alone(works)
    paced = each(
        lambda case: _at_any_pace(_paced(*case[:4]), higher, sharing, case[4]),
        list(zip(losses, off, comparable, [v.solos for v in found.each], refused, strict=True)),
    )
    losses = [one.loss for one in paced]
    results = tuple(
        elsewhere(session_loss(one), one.loss, victim.link, victim.host) if one.latency is None else session_loss(one)
        for victim, one in zip(found.each, paced, strict=True)
    )
    if measured is None:
        sharing = concluded(sharing, results, on_host=on_host, on_cores=on_cores)
    had = {} if measured is None else {session: turns.had for session, turns in measured.turns.items()}
    turns = sharing.mechanism is Mechanism.TIME_SLICING
    blames, pairs = _blames(losses, results, found, had, turns=turns)
    return Cost(
        mechanism=sharing.mechanism,
        confidence=sharing.confidence,
        detail=sharing.detail,
        slice=None if sharing.slice is None else Nanoseconds(round(sharing.slice)),
        progress_sum=sharing.progress_sum,
        metrics=metrics_of(results),
        losses=results,
        kernels=tuple(cost for costs in each(kernel_costs, losses) for cost in costs),
        blame=blames,
        kernel_blame=pairs,
        steps=tuple(each(step_times, [loss for loss in losses if loss.has_steps])),
        lost=tuple(each(lost_time, [loss for loss, known in zip(losses, comparable, strict=True) if known])),
        kernel_losses=tuple(kernel_losses(loss) for loss in losses if loss.alone.evidence is not Evidence.D),
        whole_turns=sharing.in_turns,
        workloads=workloads(losses, group.start, group.end) if _is_played(aligned, group, len(works)) else (),
        had=had,
    )


def _is_played(aligned: AlignedTraces, group: DeviceGroup, count: int) -> bool:
    """Return whether a GPU's sessions are played another way: several, or one that those of another GPU may move to."""
    others = (g for g in aligned.groups if g.id != group.id and not g.device.device.is_host)
    company = count > 1 or any(len({plane.session for plane in other.planes}) > 1 for other in others)
    return company and not group.device.device.is_host


def _sharing(
    found: Victims, group: DeviceGroup, error: int, residency: Residency | None, measured: Residency | None
) -> Sharing:
    """Recognise the mechanism, from recorded turns where there are any."""
    if measured is not None:
        return in_turns(found.works, measured, group.start, group.end)
    seen = blurred(found.works, group.start, group.end, error) or sharing_of(found.each, group, error)
    return one_context(seen, residency)


def _paced(loss: Loss, off: float, comparable: bool, solos: list[SessionWork]) -> Paced:
    """Estimate a slowdown with what it may be off, and look whether requests start the steps, or input holds them up."""
    return unless_vague(with_input(with_arrivals(loss, estimate(loss, off) if comparable else None, off, solos)))


def _at_any_pace(paced: Paced, higher: Higher, sharing: Sharing, faster: float) -> Paced:
    """Allow for a clock that is higher alone, and for a capture alone that is faster; where requests start the steps, these come no sooner.

    Where sessions take turns, classes C and D rest on kernels in company.
    """
    if paced.estimate is None or paced.loop is Loop.OPEN:
        return paced
    in_turns = sharing.mechanism is Mechanism.TIME_SLICING and paced.loss.alone.evidence in (Evidence.C, Evidence.D)
    factor = max(higher.most, higher.known if in_turns else 1.0)
    found = replace(paced, estimate=at_a_higher_clock(paced.estimate, paced.loss, max(factor, faster)))
    return replace(unless_vague(found), is_outpaced=True) if faster > 1 else found


def _shows_stranger(rows: list[Blame], results: tuple[SessionLoss, ...]) -> bool:
    """Return whether a session lost time while no other that was captured had work, against a capture alone."""
    lost = {result.session: int(result.lost or 0) for result in results if result.slowdown.evidence is Evidence.A}
    return any(row.culprit == UNTRACED and row.lost > _STRANGE * lost.get(row.victim, 1 << 62) for row in rows)


def _among_captured(rows: list[Blame], whole: set[SessionId]) -> list[Blame]:
    """Blame captured sessions alone for the losses of some, where any had a part in them.

    What is estimated as a whole (class C) is such a loss: what single kernels lost is then no evidence of others.
    """
    seen: dict[SessionId, int] = {}
    for row in rows:
        if row.culprit != UNTRACED:
            seen[row.victim] = seen.get(row.victim, 0) + int(row.lost)
    strange = {row.victim: int(row.lost) for row in rows if row.culprit == UNTRACED and row.victim in whole}
    moved = {victim: lost for victim, lost in strange.items() if seen.get(victim, 0) > 0}
    out = []
    for row in rows:
        if row.victim not in moved:
            out.append(row)
        elif row.culprit != UNTRACED:
            before = seen[row.victim]
            part = moved[row.victim] * int(row.lost) // max(1, before)
            moved[row.victim] -= part
            seen[row.victim] -= int(row.lost)
            out.append(replace(row, lost=Nanoseconds(int(row.lost) + part)))
    return out


def clock_error(aligned: AlignedTraces, group: DeviceGroup) -> int:
    """Bound the clock error between any two sessions of a group, ns; sessions of one process share a clock."""
    sessions = [aligned.session(plane.session) for plane in group.planes]
    if len({s.process or s.id for s in sessions}) < 2:
        return 0
    return 2 * (group.max_error or 0)


def _blames(
    losses: list[Loss],
    results: tuple[SessionLoss, ...],
    found: Victims,
    had: dict[SessionId, dict[SessionId, Intervals]],
    *,
    turns: bool,
) -> tuple[tuple[Blame, ...], tuple[KernelBlame, ...]]:
    """Divide every known loss; the top kernel pairs of all victims together.

    had: who had the device, where that was measured; turns: sessions take turns.
    """
    if all(result.lost is None for result in results):
        return (), ()
    runs = each(runs_of, losses)
    running = {work.id: lengthened(work.running, found.shadow) for work in found.works}
    known = [(run, on_gpu(result)) for run, result in zip(runs, results, strict=True) if result.lost is not None]
    rows = [row for part in each(lambda item: divided(item[0], item[1], running, had), known) for row in part]
    # Company lowers the clock, and it recovers later: what is lost meanwhile is lost to those that ran.
    rows = _among_captured(rows, {victim.work.id for victim in found.each if victim.dimmed})
    strange = len(losses) > 1 and (found.stranger or (turns and _shows_stranger(rows, results)))
    as_a_whole = {result.session for result in results if result.slowdown.evidence is Evidence.C}
    rows = reassigned(rows, losses) if strange else _among_captured(rows, as_a_whole)
    rows = blamed_on_hosts(rows, results, found.hosts)
    met = each(lambda item: kernel_pairs(item[0], [r for r in runs if r is not item[0]]) if item[1] else [], known)
    pairs = [pair.blame for part in met for pair in part if pair.lost is not None]
    pairs.sort(key=lambda p: (-p.lost, p.victim, p.culprit, p.victim_kernel, p.culprit_kernel))
    return tuple(rows), tuple(pairs[:TOP_PAIRS])
