"""Events of chosen lines -> raw int64 columns, one per slot, with line and time per event."""

from dataclasses import dataclass

import numpy as np

from tb_contention.units import I32, I64, PS_PER_NS, U8
from tb_contention.xspace.decoding import wire
from tb_contention.xspace.decoding.structure import Structure, name_matches

#: A line's timestamp above this is Unix time, below it relative to the start of the session.
ABSOLUTE_NS = 10**17
#: Bound on any offset or duration in a file, 13 days in ps, so that sums stay inside int64.
FAR_PS = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stat to read: its names in the file, how to store it, and whether its presence alone keeps an event."""

    name: str
    also: "tuple[str, ...]" = ()
    type: int = wire.INTEGER
    keeps: bool = False


@dataclass(slots=True, kw_only=True)
class RawEvents:
    """Columns of the events that were kept. values[slot]: 0 offset, then duration, name row, and the stats in order.

    start is ps from the trace's time 0; line: row of `lines`, the rows of the structure that were read.
    """

    lines: "list[int]"
    line: I32
    values: I64
    aggregated: int
    broken: int
    broken_at: "int | None"
    bad_times: int

    @property
    def start(self) -> I64:
        """Start in ps from the trace's time 0."""
        column: I64 = self.values[0]
        return column

    @property
    def duration(self) -> I64:
        """Duration in ps."""
        column: I64 = self.values[1]
        return column

    @property
    def name(self) -> I64:
        """Row of the event metadata, -1 where the file has none."""
        column: I64 = self.values[2]
        return column

    def keep(self, rows: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
        """Drop the other rows."""
        self.values = self.values[:, rows]
        self.line = self.line[rows]

    def sort(self, tie: I64) -> None:
        """Sort by start, then by `tie`; what is sorted already, as most files are, costs one look."""
        start = self.values[0]
        if len(start) < 2 or bool(np.all(start[1:] > start[:-1])):
            return
        order = np.lexsort((tie, start)) if bool(np.any(start[1:] <= start[:-1])) else None
        if order is None:
            return
        for row in range(len(self.values)):
            self.values[row] = self.values[row][order]
        self.line = self.line[order]


def read_lines(
    data: U8,
    structure: Structure,
    lines: "list[int]",
    slots: "tuple[Slot, ...]",
    event_class: U8,
    *,
    default: int,
    origin_ns: "int | None",
) -> RawEvents:
    """Read the events of some lines. event_class: per row of the event metadata, as in `wire.read_events`; default: without metadata."""
    sizes = structure.lines[lines, wire.LINE_EVENTS]
    out = np.empty((3 + len(slots), int(sizes.sum())), np.int64)
    types = np.array([0, 0, 0, *(s.type for s in slots)], np.int64)
    keeps = np.array([0, 0, 0, *(s.keeps for s in slots)], np.uint8)
    names = {name.encode(): 3 + i for i, s in enumerate(slots) for name in (s.name, *s.also)}
    stat_slot = name_matches(data, structure.stat_names.names, names)
    active = np.unique(stat_slot[stat_slot >= 0]).astype(np.int64)
    for slot in set(range(3, len(out))) - set(active.tolist()):
        out[slot] = wire.ABSENT
    small = _SmallKeys(structure, stat_slot)
    result = np.array([0, 0, 0, len(data) + 1], np.int64)
    line = np.empty(out.shape[1], np.int32)
    bad = 0
    for number, row in enumerate(lines):
        record = structure.lines[row]
        plane = record[wire.LINE_PLANE]
        begin = int(result[0])
        wire.read_events(
            data, record[wire.LINE_START], record[wire.LINE_END], 1 - record[wire.LINE_WHOLE],
            structure.events.keys, event_class, structure.events.low[plane], structure.events.high[plane], default,
            structure.stat_names.keys, stat_slot, structure.stat_names.names,
            structure.stat_names.low[plane], structure.stat_names.high[plane], types, keeps, active, small.of(int(plane)),
            out, result,
        )  # fmt: skip
        end = int(result[0])
        kept = _place(out, begin, end, int(record[wire.LINE_TIME]), origin_ns)
        bad += end - begin - kept
        result[0] = begin + kept
        line[begin : begin + kept] = number
    rows = int(result[0])
    return RawEvents(
        lines=lines,
        line=line[:rows],
        values=out[:, :rows],
        aggregated=int(result[1]),
        broken=int(result[2]),
        broken_at=int(result[3]) if result[3] <= len(data) else None,
        bad_times=bad,
    )


class _SmallKeys:
    """Per plane, the slot of each small stat key, for a look-up without search; the last plane's is kept."""

    LIMIT = 1 << 14

    def __init__(self, structure: Structure, stat_slot: I32) -> None:
        self._map, self._stat_slot, self._plane = structure.stat_names, stat_slot, -1
        self._table = np.empty(0, np.int32)

    def of(self, plane: int) -> I32:
        """Return the table of a plane: slot by key, -1 where no slot wants the stat."""
        if plane != self._plane:
            low, high = int(self._map.low[plane]), int(self._map.high[plane])
            keys, slots = self._map.keys[low:high], self._stat_slot[low:high]
            small = (keys >= 0) & (keys < self.LIMIT)
            self._table = np.full(int(keys[small].max()) + 1 if small.any() else 0, -1, np.int32)
            self._table[keys[small]] = slots[small]
            self._plane = plane
        return self._table


def _place(out: I64, begin: int, end: int, line_ns: int, origin_ns: "int | None") -> int:
    """Turn offsets into starts, and move events with impossible times out of the way; return how many stay."""
    if line_ns > ABSOLUTE_NS:
        line_ns -= origin_ns or 0
    if not -FAR_PS < line_ns * PS_PER_NS < FAR_PS:
        return 0
    offset, duration = out[0, begin:end], out[1, begin:end]
    kept = end - begin
    # Bounds first: four reductions instead of four masks, for the lines whose times are all possible, which is nearly every line.
    if kept and not (
        offset.min() > -FAR_PS and offset.max() < FAR_PS and duration.min() >= 0 and duration.max() < FAR_PS
    ):
        fine = (offset > -FAR_PS) & (offset < FAR_PS) & (duration >= 0) & (duration < FAR_PS)
        kept = int(fine.sum())
        out[:, begin : begin + kept] = out[:, begin:end][:, fine]
    out[0, begin : begin + kept] += line_ns * PS_PER_NS
    return kept
