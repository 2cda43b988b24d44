"""Capture windows and the errors between their clocks, in vectors: which pairs surely ran together, and which perhaps."""

from collections.abc import Iterator, Sequence

import numpy as np

from tb_contention.align.place import Placed
from tb_contention.units import I64, Bool

#: Pairs that are looked at at once, which bounds the memory.
_BLOCK = 1 << 20
#: Pairs that are looked at in all; a directory with more has no use for their number.
MOST_PAIRS = 1 << 25


class Windows:
    """The windows of some captures on one device, in order of `rows`; all arrays are by capture."""

    def __init__(self, members: Sequence[Placed]) -> None:
        clocks = [m.clock for m in members]
        self.start = np.array([m.start for m in members], np.int64)
        self.end = np.array([m.end for m in members], np.int64)
        self.known = np.array([c.error is not None and c.absolute_error is not None for c in clocks], np.bool_)
        self.absolute = np.array([c.absolute_error or 0 for c in clocks], np.int64)
        self._error = np.array([c.error or 0 for c in clocks], np.int64)
        self._naming_error = np.array([c.naming_error or 0 for c in clocks], np.int64)
        self._capture = _codes([c.capture for c in clocks])
        self._naming = _codes([c.naming for c in clocks])

    def errors(self, a: I64, b: I64) -> I64:
        """Bound the error of the distance between the clocks of pairs of captures with known clocks, ns."""
        one_capture = (self._capture[a] == self._capture[b]) & (self._capture[a] >= 0)
        one_naming = (self._naming[a] == self._naming[b]) & (self._naming[a] >= 0)
        far = self.absolute[a] + self.absolute[b]
        far = np.where(one_naming, self._naming_error[a] + self._naming_error[b], far)
        return np.where(one_capture, self._error[a] + self._error[b], far)

    def surely(self, a: I64, b: I64) -> Bool:
        """Return which pairs overlap by more than the error between their clocks."""
        found: Bool = self.known[a] & self.known[b] & (self._overlap(a, b) > self.errors(a, b))
        return found

    def perhaps(self, a: I64, b: I64) -> Bool:
        """Return which pairs may overlap, for all that is known, though not surely."""
        overlap, error = self._overlap(a, b), self.errors(a, b)
        known = self.known[a] & self.known[b]
        found: Bool = ~known | ((overlap <= error) & (overlap > -error))
        return found

    def _overlap(self, a: I64, b: I64) -> I64:
        return np.minimum(self.end[a], self.end[b]) - np.maximum(self.start[a], self.start[b])

    def near_pairs(self, rows: I64) -> Iterator[tuple[I64, I64]]:
        """List the pairs among some captures that may overlap if each clock errs by its bound, in blocks."""
        start, end = self.start[rows] - self.absolute[rows], self.end[rows] + self.absolute[rows]
        order = np.argsort(start, kind="stable")
        rows, start, end = rows[order], start[order], end[order]
        first = np.arange(1, len(rows) + 1)
        beyond = np.maximum(np.searchsorted(start, end, "left"), first)
        each = beyond - first
        done = np.concatenate([[0], np.cumsum(each)])
        at = 0
        while at < len(rows):
            stop = max(at + 1, int(np.searchsorted(done, done[at] + _BLOCK, "right")) - 1)
            count = each[at:stop]
            a = np.repeat(np.arange(at, stop), count)
            b = np.arange(len(a)) - np.repeat(done[at:stop] - done[at], count) + np.repeat(first[at:stop], count)
            yield rows[a], rows[b]
            at = stop

    def families(self, rows: I64) -> list[I64]:
        """List the captures that share the clock of file names, or of one remote request, as places in `rows`."""
        codes = np.where(self._capture[rows] >= 0, self._capture[rows], self._naming[rows] + len(self._capture))
        codes[(self._capture[rows] < 0) & (self._naming[rows] < 0)] = -1
        return [np.flatnonzero(codes == code) for code in np.unique(codes[codes >= 0]).tolist()]

    def shortened(self, rows: I64, *, shared: bool) -> tuple[I64, I64]:
        """Return windows shortened at both ends by the error of their clocks; shared: among captures of one family."""
        error = self.absolute[rows]
        if shared:
            error = np.where(self._capture[rows] >= 0, self._error[rows], self._naming_error[rows])
        return self.start[rows] + error, self.end[rows] - error

    def components(self) -> list[I64]:
        """Split the captures with a clock where time has a gap between their windows; each part by start."""
        rows = np.flatnonzero(self.known)
        rows = rows[np.lexsort((rows, self.start[rows]))]
        if not len(rows):
            return []
        ends = np.maximum.accumulate(self.end[rows])
        gaps = (np.flatnonzero(self.start[rows][1:] >= ends[:-1]) + 1).tolist()
        return [rows[low:high] for low, high in zip([0, *gaps], [*gaps, len(rows)], strict=True)]


def _codes(names: list[str | None]) -> I64:
    """Number equal names; -1 where there is none."""
    numbers: dict[str, int] = {}
    return np.array([-1 if n is None else numbers.setdefault(n, len(numbers)) for n in names], np.int64)
