"""The events of some lines -> one share per thread: whole lines, and pieces of long ones, cut between two events."""

from typing import NamedTuple

import numpy as np

from tb_contention.model.side_by_side import cores
from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.structure import Structure

MAX_WORKERS = 8
#: For fewer events another thread is not worth it.
MIN_EVENTS = 1 << 17


class Piece(NamedTuple):
    """Consecutive events of a line. number: index among the lines to read; row: the line's row of the structure."""

    number: int
    row: int
    begin: int
    end: int
    cut: bool
    events: int


def shares(structure: Structure, lines: list[int], workers: int | None = None) -> list[list[Piece]]:
    """Divide the events of some lines, in order, into shares of about equal size; `workers` is for tests."""
    total = int(structure.lines[lines, skeleton.LINE_EVENTS].sum())
    count = workers or max(1, min(MAX_WORKERS, cores(), total // MIN_EVENTS))
    dealt: list[list[Piece]] = [[] for _ in range(count)]
    before = 0
    for number, row in enumerate(lines):
        for piece in _pieces(structure, number, row):
            dealt[min(count - 1, before * count // max(1, total))].append(piece)
            before += piece.events
    return dealt


def _pieces(structure: Structure, number: int, row: int) -> list[Piece]:
    record = structure.lines[row]
    begin, end = int(record[skeleton.LINE_START]), int(record[skeleton.LINE_END])
    cut, events = not record[skeleton.LINE_WHOLE], int(record[skeleton.LINE_EVENTS])
    if events < skeleton.MARK_EVERY:
        return [Piece(number, row, begin, end, cut, events)]
    low, high = np.searchsorted(structure.marks[:, skeleton.MARK_LINE], [row, row + 1])
    borders = [begin, *structure.marks[low:high, skeleton.MARK_AT].tolist(), end]
    sizes = [skeleton.MARK_EVERY] * (len(borders) - 2) + [events - skeleton.MARK_EVERY * (len(borders) - 2)]
    return [
        Piece(number, row, start, stop, cut and stop == end, size)
        for start, stop, size in zip(borders[:-1], borders[1:], sizes, strict=True)
    ]
