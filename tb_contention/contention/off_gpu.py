"""What a session lost where it met others elsewhere than on the GPU, as a part of its result and of the blame."""

from dataclasses import replace

import numpy as np

from tb_contention.contention.exposure import Link
from tb_contention.contention.host_part import HostEffect
from tb_contention.contention.loss import Loss, find_periods
from tb_contention.contention.replay import replay
from tb_contention.model.contention import UNTRACED, Blame, Evidence, OffGpu, SessionLoss, Slowdown
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.words.numbers import share

_SETTLE = (
    "For {met} of the window the host of {name} works beside hosts of other sessions, and nothing in these captures shows how long it "
    "takes by itself. To determine the slowdown, capture {name} alone into the same log directory (or choose a capture of it alone as its "
    "baseline), or pause the other sessions for a few of its steps."
)


def elsewhere(result: SessionLoss, loss: Loss, link: Link | None, host: HostEffect | None) -> SessionLoss:
    """Add to a session's result what it lost off the GPU; where that is unknown, let the interval allow for it."""
    if link is None and host is None:
        return result
    known = loss.alone.evidence is not Evidence.D
    rows = loss.counted if link is None else loss.counted & (link.direction >= 0)
    stretch = np.where(rows, loss.exposure.duration - loss.alone.estimate, 0.0)
    part = OffGpu(
        gpu_slowdown=_through_gpu(loss, link) if known else None,
        hosts_meet=0.0 if host is None else host.met,
        host_factor=host.factor if host is not None and host.sure else None,
        host_lost=None if host is None or host.unmeasured else Nanoseconds(round(_longer(loss, host))),
        copies_lost=None if link is None or not known else Nanoseconds(max(0, round(float(stretch.sum())))),
        unmeasured=host is not None and host.unmeasured,
    )
    with_part = replace(result, off_gpu=part, absorbed=_hidden(result, int(part.host_lost or 0)))
    return _allowing(with_part, host, loss.work.session.name) if host is not None and host.unmeasured else with_part


def _through_gpu(loss: Loss, link: Link | None) -> float | None:
    """Replay the steps with host and copies as recorded, and only kernels as they are alone."""
    duration = loss.alone.estimate
    if link is not None:
        duration = np.where(link.direction >= 0, loss.exposure.duration, duration)
    played = replay(loss.work, loss.pace, loss.gaps, duration, loss.waits.alone)
    periods, _ = find_periods(loss.work, loss.exposure, played)
    shared, alone = float(periods.shared.sum()), float(periods.alone.sum())
    return shared / alone if shared > 0 and alone > 0 else None


def _longer(loss: Loss, host: HostEffect) -> float:
    """Return by how much longer the host took within the counted periods, ns."""
    if host.gap is None or not len(loss.periods.begin):
        return 0.0
    time = loss.work.host.time
    inside = (time > loss.periods.begin[0]) & (time <= loss.periods.end[-1])
    return float((loss.pace.gap - host.gap)[inside].sum())


def _hidden(result: SessionLoss, on_host: int) -> Nanoseconds | None:
    """Return what slack hid of all that was lost, the host's part with it."""
    if result.lost is None or result.stretch is None or result.stall is None:
        return result.absorbed
    return Nanoseconds(max(0, result.stretch + result.stall + on_host - result.lost))


def _allowing(result: SessionLoss, host: HostEffect, name: str) -> SessionLoss:
    """Leave only bounds: the GPU's part at the least, and with it hosts that share one processor at the most."""
    found = result.slowdown
    high = None if found.high is None else max(found.high, 1.0 / max(1.0 / max(found.high, 1.0) - host.bound, 0.1))
    return replace(
        result,
        stretch=None,
        stall=None,
        absorbed=None,
        lost=None,
        step_alone=None,
        slowdown=Slowdown(
            estimate=None,
            low=None if found.low is None else max(1.0, found.low),
            high=high,
            evidence=Evidence.D,
            coverage=found.coverage,
            settle=_SETTLE.format(met=share(host.met), name=name),
        ),
    )


def on_gpu(result: SessionLoss) -> int:
    """Return what a session of known loss lost on the GPU and the bus, ns."""
    return int(result.lost or 0) - _on_host(result)


def _on_host(result: SessionLoss) -> int:
    host = None if result.off_gpu is None else result.off_gpu.host_lost
    return max(0, min(int(host or 0), int(result.lost or 0)))


def blamed_on_hosts(
    rows: list[Blame], results: tuple[SessionLoss, ...], hosts: dict[SessionId, HostEffect]
) -> list[Blame]:
    """Add to the blame of sessions on the device what a victim's host lost, by how long it worked beside the host of each."""
    more: dict[tuple[SessionId, SessionId], int] = {}
    for result in results:
        lost, beside = _on_host(result), hosts[result.session].beside if result.session in hosts else {}
        met = sum(beside.values())
        for culprit, length in beside.items():
            more[result.session, culprit] = round(lost * length / met) if met else 0
        if lost and not met:
            more[result.session, UNTRACED] = lost
    blamed = [replace(row, lost=Nanoseconds(row.lost + more.pop((row.victim, row.culprit), 0))) for row in rows]
    return blamed + [
        Blame(victim=victim, culprit=culprit, lost=Nanoseconds(lost))
        for (victim, culprit), lost in more.items()
        if lost
    ]
