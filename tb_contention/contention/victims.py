"""What is known of each session of a device before the mechanism is: its company, and what that leaves undisturbed."""

from dataclasses import dataclass

import numpy as np

from tb_contention.contention.alone import learned
from tb_contention.contention.baseline import Baseline
from tb_contention.contention.drift import warm_up_end
from tb_contention.contention.exposure import Exposure, Link, expose
from tb_contention.contention.host_part import HostEffect, host_effects
from tb_contention.contention.kernel_keys import numbered
from tb_contention.contention.link import links_between, with_copies
from tb_contention.contention.replay import Quiet, quiet_gaps
from tb_contention.contention.shadow import Shadow, find_shadow, shaded, with_shadow
from tb_contention.contention.sm_clock import Drift
from tb_contention.contention.solo import longest_alone, solo_baseline
from tb_contention.contention.untraced import Turns, find_turns
from tb_contention.contention.work import SessionWork
from tb_contention.model.alignment import DeviceGroup
from tb_contention.model.intervals import Intervals
from tb_contention.model.side_by_side import each
from tb_contention.units import F64, Bool, SessionId

#: Undisturbed kernels, and by how much they take longer than alone, that show that something untraced ran.
_LEAST_UNTRACED, _UNTRACED_FACTOR = 20, 1.05
#: All do where their median is longer by as much, to this part of it, and this many standard errors; and more than chance picks where so
#: many take so many times as long as the longest alone.
_ALIKE, _SURELY = 0.5, 5.0
_FEW, _BEYOND, _FAR_BEYOND = 4, 1.1, 3.0
#: A clock makes all kinds of kernels longer by one part, within this of it, and hardly any kernel by more than so many times that part.
_ONE_PART, _NONE_BEYOND, _HARDLY = 0.4, 2.5, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """What is known of one session before the mechanism is. solos: the same work alone.

    dimmed: nothing of it is undisturbed, since its clock is lower than alone also while no traced session has work.
    """

    work: SessionWork
    solos: list[SessionWork]
    busy: Intervals
    link: Link | None
    host: HostEffect | None
    exposure: Exposure
    own: Baseline
    solo: Baseline | None
    quiet: Quiet | None
    others: list[SessionWork]
    turns: Turns | None
    shadow: Shadow | None
    clock: Drift | None
    dimmed: bool

    @property
    def running(self) -> Intervals:
        """Return when others ran. It matters only where it is unknown what some kernel waited for; elsewhere it is empty."""
        if self.work.cause_known.all():
            return Intervals.empty()
        return Intervals.union([other.running for other in self.others])


@dataclass(frozen=True, slots=True, kw_only=True)
class Victims:
    """All sessions of a device. hosts: what hosts cost each other; stranger: turns of somebody who was not captured interrupt a session."""

    each: list[Victim]
    hosts: dict[SessionId, HostEffect]
    shadow: Shadow | None
    stranger: bool

    @property
    def works(self) -> list[SessionWork]:
        """Return the work of each."""
        return [victim.work for victim in self.each]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Among:
    """All sessions of a device; of each, when it may have run without a record, and what captures of it alone show of its gaps."""

    works: list[SessionWork]
    unseen: dict[SessionId, Intervals]
    quiet: dict[SessionId, Quiet | None]
    clock: Drift | None


def find_victims(
    works: list[SessionWork],
    group: DeviceGroup,
    error: int,
    solos: dict[SessionId, list[SessionWork]],
    used: int | None = None,
    clock: Drift | None = None,
) -> Victims:
    """Find each session's company and learn from what it leaves undisturbed; error: of the clocks, ns; solos: the same work alone.

    used: as in `host_effects`. clock: as in `learned`.

    A stranger's turns, and the shadow of company, are known from all sessions: where there is either, all are looked at once more.
    """
    hosts = {} if group.device.device.is_host else host_effects(works, solos, group.start, group.end, used)

    links = links_between(works, (group.start, group.end), error)
    among = _Among(
        works=works,
        unseen={work.id: work.unseen() for work in works},
        quiet={work.id: quiet_gaps(solos.get(work.id, [])) for work in works},
        clock=clock,
    )

    def victim_of(work: SessionWork, turn: float | None = None, shadow: Shadow | None = None) -> Victim:
        alone, host, link = solos.get(work.id, []), hosts.get(work.id), links.get(work.id)
        return _victim(work, among, group, error, alone, host, link, turn, shadow)

    victims = each(victim_of, works)
    turn = next((victim.turns.length for victim in victims if victim.turns is not None), None)
    shadow = find_shadow(works, [victim.exposure for victim in victims], [victim.busy for victim in victims])
    if turn is not None or shadow is not None:
        victims = each(lambda work: victim_of(work, turn, shadow), works)
    return Victims(each=victims, hosts=hosts, shadow=shadow, stranger=turn is not None)


def _victim(
    work: SessionWork,
    among: _Among,
    group: DeviceGroup,
    error: int,
    solo_works: list[SessionWork],
    host: HostEffect | None,
    link: Link | None,
    turn: float | None,
    shadow: Shadow | None,
) -> Victim:
    others = [other for other in among.works if other is not work]
    pending = [other.pending for other in others] if link is None else link.apart
    busy = Intervals.union([*pending, *(among.unseen[other.id] for other in others)])
    turns = find_turns(work, busy, group, error, turn)
    busy = busy if turns is None else Intervals.union([busy, turns.away])
    exposure, own = exposed(work, busy, (group.start, group.end), error, link, shadow, among.clock)
    warm = warm_up_end(work, exposure, own.alone, others)
    if warm > group.start:
        exposure, own = exposed(work, busy, (warm, group.end), error, link, shadow, among.clock)
    solo = solo_baseline(work, solo_works) if solo_works else None
    dimmed = False
    if solo is not None and _slow_by_itself(work, exposure, solo, solo_works):
        dimmed = _at_a_lower_clock(work, exposure, solo)
        exposure = expose(work, Intervals.one(exposure.start, exposure.end), exposure.start, exposure.end, 0)
    return Victim(
        work=work,
        solos=solo_works,
        busy=busy,
        link=link,
        host=host,
        exposure=exposure,
        own=own,
        solo=solo,
        quiet=among.quiet[work.id],
        others=others,
        turns=turns,
        shadow=shadow,
        clock=among.clock,
        dimmed=dimmed,
    )


def exposed(
    work: SessionWork,
    busy: Intervals,
    window: tuple[int, int],
    error: int,
    link: Link | None,
    shadow: Shadow | None,
    clock: Drift | None,
) -> tuple[Exposure, Baseline]:
    """Expose a session to its company, and learn from what that leaves undisturbed."""
    bright = expose(work, busy, *window, error, link)
    exposure = shaded(work, bright, busy, shadow)
    own = with_shadow(work, bright, learned(work, exposure, clock), shadow)
    return exposure, with_copies(work, exposure, own, link)


def _against(exposure: Exposure, solo: Baseline) -> tuple[Bool, F64, F64]:
    """Return the kernels that no traced session touched and that ran alone as well, what they took here, and there."""
    rows = exposure.undisturbed & np.isfinite(solo.alone)
    return rows, exposure.duration[rows], solo.alone[rows]


def _slow_by_itself(work: SessionWork, exposure: Exposure, solo: Baseline, alone: list[SessionWork]) -> bool:
    """Return whether kernels that no traced session touched take longer than in the capture alone: somebody untraced was there.

    All do, beyond what steps differ by; or more of them than chance picks take longer than any of their kind alone. A name that hides
    several sizes, of which others ran here, is neither.
    """
    rows, took, usual = _against(exposure, solo)
    if rows.sum() < _LEAST_UNTRACED:
        return False
    more = float(took.sum() / usual.sum()) - 1
    if more <= _UNTRACED_FACTOR - 1:
        return False
    step, steps = numbered(work.step[rows])
    rest = np.bincount(step, took - (1 + more) * usual, steps)
    error = float(np.sqrt(np.sum(rest**2)) / usual.sum())
    all_do = abs(float(np.median(took / usual)) - 1 - more) < _ALIKE * more
    if all_do and more > _SURELY * error:
        return True
    longest, count = longest_alone(work, alone)
    chance = float(np.sum(1 / (1 + count[rows])))
    beyond, far = (int((took > times * longest[rows]).sum()) for times in (_BEYOND, _FAR_BEYOND))
    return far >= _FEW or beyond > max(_FEW, 2 * chance)


def _at_a_lower_clock(work: SessionWork, exposure: Exposure, solo: Baseline) -> bool:
    """Return whether kernels that no traced session touched take longer than alone as at a lower clock: all by one part.

    What is beside them now and then, or has the multiprocessors that some do not fill, makes some far longer and leaves others as they are.
    """
    rows, took, usual = _against(exposure, solo)
    more = float(took.sum() / usual.sum()) - 1
    kind, kinds = numbered(work.key[rows])
    weight = np.bincount(kind, usual, kinds)
    apart = np.bincount(kind, took, kinds) / weight - 1 - more
    spread = float(np.sqrt(np.sum(weight * apart**2) / weight.sum()))
    return spread < _ONE_PART * more and float(np.mean(took > (1 + _NONE_BEYOND * more) * usual)) < _HARDLY
