"""For how much of the window two or more sessions had work at once: exact for a window, a sample of how the programs meet."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from tb_contention.compare.judging import exact, silenced
from tb_contention.model.comparison import Change, Interval, Judgement
from tb_contention.model.contention import Mechanism
from tb_contention.model.report import DeviceReport
from tb_contention.model.series import likeness

#: Parts of a window whose shares show the scatter, and the 95 % point of Student's t with one degree less.
_PARTS, _T_90 = 20, 1.729
_OTHER_WAY = "it is unknown whether the device is shared in the same way on both sides"


def contended_share(before: DeviceReport, after: DeviceReport) -> Change:
    """Compare the shares: exactly, and a direction only where they differ by more than they change within the windows.

    Programs that start at another moment meet at other moments; that alone moves the share. Less is better only under one way of
    sharing: side by side, more work at once may cost nothing.
    """
    (first, one), (second, two) = _share(before), _share(after)
    made = replace(exact(first, second, scale=1.0), before_interval=one, after_interval=two)
    if made.judgement in (Judgement.SAME, Judgement.UNCLEAR):
        return made
    if one is not None and two is not None and one.high >= two.low and two.high >= one.low:
        return silenced(made, "it changes as much within the windows")
    return silenced(made, "" if _same_way(before, after) else _OTHER_WAY)


def _same_way(before: DeviceReport, after: DeviceReport) -> bool:
    """Return whether more overlap means the same on both sides: one known mechanism, or a session alone on one side."""
    found = {before.mechanism, after.mechanism}
    if Mechanism.UNKNOWN in found:
        return False
    return len(found) == 1 or len(before.sessions) < 2 or len(after.sessions) < 2


def _share(device: DeviceReport) -> tuple[float | None, Interval | None]:
    """Return the share, and where it lies by the shares of equal parts of the window."""
    start, end, contended = int(device.group.start), int(device.group.end), device.overlap.contended
    if end <= start:
        return None, None
    share = device.time.contended / device.time.window
    edges = np.linspace(start, end, _PARTS + 1).astype(np.int64).tolist()
    if len(set(edges)) <= _PARTS:
        return share, None
    parts = np.array([contended.clip(a, b).total / (b - a) for a, b in pairwise(edges)])
    off = _T_90 * float(parts.std(ddof=1)) * float(np.sqrt(likeness(parts) / _PARTS))
    return share, Interval(low=max(0.0, share - off), high=min(1.0, share + off))
