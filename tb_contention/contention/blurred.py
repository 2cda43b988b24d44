"""Whether the clocks agree well enough to show which kernels of several sessions met."""

import numpy as np

from tb_contention.contention.co_pending import co_pending
from tb_contention.contention.interval_sets import closed
from tb_contention.contention.mechanism import Sharing
from tb_contention.contention.work import SessionWork
from tb_contention.model.alignment import ClockCheck
from tb_contention.model.contention import Confidence, Mechanism
from tb_contention.model.intervals import Intervals
from tb_contention.words.numbers import duration

#: Pauses of a session up to so many ns do not end a piece of its work.
_PAUSE = 200_000
#: Clocks that agree to so many ns are good enough whatever the pieces; else they must agree to this part of a piece, and of one that the
#: kernels put in doubt to the smaller part: it is wrong, not merely coarse.
_EXACT, _PART, _PART_IN_DOUBT = 50_000, 0.25, 0.05


def blurred(works: list[SessionWork], start: int, end: int, error: int) -> Sharing | None:
    """Return that the mechanism is unknown, where the clock error is as long as the pieces of overlap; error: between sessions, ns."""
    if error <= _EXACT or len(works) < 2:
        return None
    phases = [closed(work.pending, _PAUSE).clip(start, end) for work in works]
    piece = min([_usual(p) for p in phases] + [_usual(co_pending(phases, start, end).where)], default=0.0)
    in_doubt = any(work.session.clock.check is ClockCheck.DOUBTED for work in works)
    if error <= (_PART_IN_DOUBT if in_doubt else _PART) * piece:
        return None
    return Sharing(
        mechanism=Mechanism.UNKNOWN,
        confidence=Confidence.UNSURE,
        detail=f"The clocks of the sessions may differ by {duration(error)}, and they overlap for about {duration(piece)} at a time: "
        "which kernels met could not be determined.",
    )


def _usual(pieces: Intervals) -> float:
    """Return the length of the piece that an instant of all pieces lies in, at the median."""
    if not len(pieces):
        return np.inf
    length = np.sort(pieces.end - pieces.start)
    return float(length[np.searchsorted(np.cumsum(length), length.sum() / 2)])
