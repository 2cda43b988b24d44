"""Step periods of a session -> a bounded number of entries, by merging neighbours."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from tb_contention.model.contention import StepTimes
from tb_contention.units import I64
from tb_contention.wire import Wire, wired

#: Entries that a session's steps are printed in at most.
MOST_STEPS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRuns:
    """Step periods of which each entry stands for equally many neighbours; lengths are sums, and the last entry stands for the rest."""

    times: Annotated[StepTimes, Wire(flat=True)]
    merged: Annotated[
        int,
        Wire(
            f"how many periods an entry stands for: more than 1 beyond {MOST_STEPS} periods; the last entry may stand for fewer"
        ),
    ]
    steps: Annotated[int, Wire("number of periods")]

    @property
    @wired("length of each entry")
    def period_ns(self) -> I64:
        """Return how long each entry lasts."""
        return self.times.end - self.times.start

    def sizes(self) -> I64:
        """Return how many periods each entry stands for."""
        starts = np.arange(0, self.steps, self.merged, dtype=np.int64)
        return np.minimum(self.merged, self.steps - starts)


def merge_steps(times: StepTimes, most: int = MOST_STEPS) -> StepRuns:
    """Merge equally many neighbours each, as few as needed to fit `most` entries."""
    steps = len(times.number)
    merged = max(1, -(-steps // most))
    first = np.arange(0, steps, merged, dtype=np.int64)
    last = np.minimum(first + merged, steps) - 1
    if merged == 1:
        return StepRuns(times=times, merged=1, steps=steps)
    runs = StepTimes(
        session=times.session,
        number=times.number[last],
        start=times.start[first],
        end=times.end[last],
        own=np.add.reduceat(times.own, first),
        host=np.add.reduceat(times.host, first),
        lost=np.add.reduceat(times.lost, first),
        known=times.known,
    )
    return StepRuns(times=runs, merged=merged, steps=steps)
