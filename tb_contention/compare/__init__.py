"""Compare two device groups: how slowdown, steps, lost time, device time and memory changed from one to the other.

    before ──┐
             ├─ pairing ──> per program: judging <── ranks ──> comparison, with notes on its limits
    after  ──┘                           kernels, memory

The groups may be of two reports or of one. Swapping them inverts every ratio and every judgement.
"""

from collections.abc import Iterable, Mapping

from tb_contention.compare.contended import contended_share
from tb_contention.compare.judging import estimated, silenced
from tb_contention.compare.memory import combined_peak, headroom
from tb_contention.compare.notes import incomparable, losses_of, notes_on, unplaced
from tb_contention.compare.pairing import pair_up
from tb_contention.compare.sessions import compare_sessions
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Comparison, DeviceSide, Interval, Named
from tb_contention.model.estimates import Estimate, slowdown_of
from tb_contention.model.report import DeviceReport, SessionReport

_OTHERS = "the two sides have different sessions"
_NOTHING = "the two sides have no session in common"

__all__ = ["compare"]


def compare(
    before: DeviceReport,
    after: DeviceReport,
    before_sessions: Iterable[SessionReport],
    after_sessions: Iterable[SessionReport],
    pairs: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare a device group before with one after; `*_sessions` are those of their reports.

    pairs: sessions before -> sessions after that are one program, by id, name, or last part of the name; OptionError if one is missing.
    Other sessions are paired where the match is unambiguous.
    """
    here, there = _on(before, before_sessions), _on(after, after_sessions)
    sides = tuple(item.session for item in here), tuple(item.session for item in there)
    paired = pair_up(*sides, pairs or {}, (before.overlap.kernels, after.overlap.kernels))
    why = incomparable(before, after)
    met = why or unplaced(before, sides[0]) or unplaced(after, sides[1])
    sessions = tuple(compare_sessions(before, after, pair, why, met) for pair in paired.pairs)
    complete = not paired.gone and not paired.appeared
    stp = estimated(_stp(before), _stp(after), less_is_better=False)
    antt = estimated(_antt(before), _antt(after))
    apart = met or ("" if complete else _OTHERS)
    nothing = "" if sessions else _NOTHING
    return Comparison(
        before=_side(before, sides[0]),
        after=_side(after, sides[1]),
        contended_share=silenced(contended_share(before, after), met or nothing),
        combined_peak=silenced(combined_peak(before.memory, after.memory), nothing),
        headroom=silenced(headroom(before.memory, after.memory), nothing),
        stp=silenced(stp, apart),
        antt=silenced(antt, apart),
        sessions=sessions,
        appeared=tuple(map(_named, paired.appeared)),
        gone=tuple(map(_named, paired.gone)),
        notes=(*notes_on(before, after, paired, sessions), *losses_of(here, "before"), *losses_of(there, "after")),
    )


def _on(device: DeviceReport, sessions: Iterable[SessionReport]) -> tuple[SessionReport, ...]:
    here = set(device.sessions)
    return tuple(item for item in sessions if item.id in here)


def _named(session: Session) -> Named:
    return Named(id=session.id, name=session.name)


def _side(device: DeviceReport, sessions: tuple[Session, ...]) -> DeviceSide:
    physical = device.group.device
    return DeviceSide(
        id=device.id,
        host=physical.host,
        model=physical.device.model,
        is_host=physical.device.is_host,
        window=device.time.window,
        mechanism=device.mechanism,
        sessions=tuple(map(_named, sessions)),
    )


def _antt(device: DeviceReport) -> Estimate:
    """Return the mean slowdown; the ends of its interval are the means of the slowdowns' ends, so it is wider than necessary."""
    found = _intervals(device)
    if device.metrics is None or not found:
        return Estimate()
    low, high = sum(i.low for i in found) / len(found), sum(i.high for i in found) / len(found)
    return Estimate(value=device.metrics.antt, interval=Interval(low=low, high=high))


def _stp(device: DeviceReport) -> Estimate:
    """Return the sum of 1 / slowdown, with its ends as those of the mean."""
    found = _intervals(device)
    if device.metrics is None or not found:
        return Estimate()
    low, high = sum(1 / i.high for i in found), sum(1 / i.low for i in found)
    return Estimate(value=device.metrics.stp, interval=Interval(low=low, high=high))


def _intervals(device: DeviceReport) -> list[Interval]:
    """Return the slowdowns' intervals; none if one of them is unknown."""
    found = [slowdown_of(loss) for loss in device.losses]
    known = [e.interval for e in found if e.value is not None and e.interval is not None and e.interval.low > 0]
    return known if len(known) == len(found) else []
