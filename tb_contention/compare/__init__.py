"""Compare two device groups: how slowdown, steps, lost time, device time and memory changed from one to the other.

    before ──┐
             ├─ pairing ──> per program: judging <── ranks ──> comparison, with notes on its limits
    after  ──┘                           kernels, memory

The groups may be of two reports or of one. Swapping them inverts every ratio and every judgement.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

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
from tb_contention.words.names import device_label, session_labels

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
    known = tuple(before_sessions), tuple(after_sessions)
    here, there = _on(before, known[0]), _on(after, known[1])
    old, new = (session_labels(item.session for item in side) for side in known)
    sides = tuple(item.session for item in here), tuple(item.session for item in there)
    paired = pair_up(*sides, pairs or {}, (before.overlap.kernels, after.overlap.kernels))
    why = incomparable(before, after)
    met = why or unplaced(before, sides[0]) or unplaced(after, sides[1])
    found = (compare_sessions(before, after, pair, why, met) for pair in paired.pairs)
    sessions = tuple(replace(s, before_name=old[s.before], after_name=new[s.after]) for s in found)
    complete = not paired.gone and not paired.appeared
    stp = estimated(_stp(before), _stp(after), less_is_better=False)
    antt = estimated(_antt(before), _antt(after))
    apart = met or ("" if complete else _OTHERS)
    nothing = "" if sessions else _NOTHING
    return Comparison(
        before=_side(before, sides[0], old),
        after=_side(after, sides[1], new),
        contended_share=silenced(contended_share(before, after), met or nothing),
        combined_peak=silenced(combined_peak(before.memory, after.memory), nothing),
        headroom=silenced(headroom(before.memory, after.memory), nothing),
        stp=silenced(stp, apart),
        antt=silenced(antt, apart),
        sessions=sessions,
        appeared=tuple(_named(session, new) for session in paired.appeared),
        gone=tuple(_named(session, old) for session in paired.gone),
        notes=(*notes_on(before, after, paired, sessions), *losses_of(here, "before"), *losses_of(there, "after")),
    )


def _on(device: DeviceReport, sessions: Iterable[SessionReport]) -> tuple[SessionReport, ...]:
    here = set(device.sessions)
    return tuple(item for item in sessions if item.id in here)


def _named(session: Session, labels: Mapping[str, str]) -> Named:
    return Named(id=session.id, name=labels[session.id])


def _side(device: DeviceReport, sessions: tuple[Session, ...], labels: Mapping[str, str]) -> DeviceSide:
    physical = device.group.device
    return DeviceSide(
        id=device.id,
        label=device_label(device),
        host=physical.host,
        model=physical.device.model,
        is_host=physical.device.is_host,
        window=device.time.window,
        mechanism=device.mechanism,
        sessions=tuple(_named(session, labels) for session in sessions),
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
