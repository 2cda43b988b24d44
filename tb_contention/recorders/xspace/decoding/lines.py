"""Events of chosen lines -> raw int64 columns, one per slot, with the line and time of each event."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from tb_contention.model.side_by_side import cores
from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.events import read_events
from tb_contention.recorders.xspace.decoding.fast_events import Names
from tb_contention.recorders.xspace.decoding.matching import KnownNames
from tb_contention.recorders.xspace.decoding.shares import MAX_WORKERS, Piece, shares
from tb_contention.recorders.xspace.decoding.stats import ABSENT, INTEGER, Slots, Stats
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.units import I32, I64, PS_PER_NS, U8

#: A line's timestamp above this is Unix time, below it counts from the start of the session.
ABSOLUTE_NS = 10**17
#: Bound on any offset or duration in a file, 13 days in ps, so that sums stay inside int64.
FAR_PS = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stat to read: its names in the file, how to store it, and whether its presence alone keeps an event."""

    name: str
    also: tuple[str, ...] = ()
    type: int = INTEGER
    keeps: bool = False


@dataclass(slots=True, kw_only=True)
class RawEvents:
    """Columns of the kept events. values[slot]: 0 start, 1 duration, 2 name row, then the stats in order.

    line: index into `lines`, the rows of the structure that were read. A stat that the file has not is one ABSENT seen at every row
    (`is_absent`): most slots of most files are, and their columns would be half of what is written.
    """

    lines: list[int]
    line: I32
    values: list[I64]
    aggregated: int
    broken: int
    broken_at: int | None
    bad_times: int

    @property
    def start(self) -> I64:
        """Start in ps from the trace's time 0."""
        return self.values[0]

    @property
    def duration(self) -> I64:
        """Duration in ps."""
        return self.values[1]

    @property
    def name(self) -> I64:
        """Row of the event metadata, -1 where the file has none."""
        return self.values[2]

    def keep(self, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Keep only the given rows."""
        kept = int(rows.sum())
        self.values = [absent(kept) if is_absent(column) else column[rows] for column in self.values]
        self.line = self.line[rows]

    def sort(self, tie: I32 | I64 | None) -> None:
        """Sort by start, then by `tie`, or else in file order; sorted files, as most are, cost only a comparison."""
        start = self.values[0]
        later = start[1:] > start[:-1]
        if later.all():
            return
        same = start[1:] == start[:-1]
        if (later | (same if tie is None else same & (tie[1:] >= tie[:-1]))).all():
            return
        order = np.argsort(start, kind="stable") if tie is None else np.lexsort((tie, start))

        def arrange(column: I64) -> I64:
            return column if is_absent(column) else column.take(order)

        # NumPy releases the interpreter's lock while it gathers, and gathering the columns dominates a long sort.
        with ThreadPoolExecutor(min(MAX_WORKERS, cores())) as pool:
            self.values = list(pool.map(arrange, self.values))
        self.line = self.line.take(order)


def absent(rows: int) -> I64:
    """Return a column of a stat that no event has, without the memory of one."""
    return np.broadcast_to(np.int64(ABSENT), (rows,))


def is_absent(column: I64) -> bool:
    """Return whether a column is of a stat that no event has."""
    return column.strides == (0,)


def read_lines(
    data: U8,
    structure: Structure,
    lines: list[int],
    slots: tuple[Slot, ...],
    event_class: U8,
    *,
    default: int,
    origin_ns: int | None,
    workers: int | None = None,
) -> RawEvents:
    """Read the events of some lines. event_class: per row of the event metadata, as in `Names`; default: of events without metadata."""
    reading = Reading.of(data, structure, slots, event_class, default, origin_ns)
    dealt = shares(structure, lines, workers)
    sizes = [sum(piece.events for piece in share) for share in dealt]
    out = np.empty((3 + len(slots), sum(sizes)), np.int64)
    line = np.empty(out.shape[1], np.int32)
    begins = np.cumsum([0, *sizes[:-1]]).tolist()
    with ThreadPoolExecutor(len(dealt)) as pool:
        results = list(pool.map(lambda share, begin: reading.read(share, out, line, begin), dealt, begins))
    rows = 0
    for begin, result in zip(begins, results, strict=True):
        kept = result.rows - begin
        if begin > rows:
            for column in (*out, line):
                column[rows : rows + kept] = column[begin : begin + kept]
        rows += kept
    inactive = set(reading.inactive)
    broken_at = min(r.broken_at for r in results)
    return RawEvents(
        lines=lines,
        line=line[:rows],
        values=[absent(rows) if slot in inactive else out[slot, :rows] for slot in range(len(out))],
        aggregated=sum(r.aggregated for r in results),
        broken=sum(r.broken for r in results),
        broken_at=broken_at if broken_at <= len(data) else None,
        bad_times=sum(r.bad_times for r in results),
    )


@dataclass(slots=True)
class _Result:
    """rows: the row after the last kept one; broken_at: beyond the file if no event is damaged."""

    rows: int
    broken_at: int
    aggregated: int = 0
    broken: int = 0
    bad_times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What to read, the same for all lines. inactive: slots that no stat of the file can fill, so reading leaves them unwritten."""

    data: U8
    structure: Structure
    event_class: U8
    default: int
    origin_ns: int | None
    stat_slot: I32
    slots: Slots
    inactive: list[int]

    @classmethod
    def of(
        cls,
        data: U8,
        structure: Structure,
        slots: tuple[Slot, ...],
        event_class: U8,
        default: int,
        origin_ns: int | None,
    ) -> "Reading":
        """Find the stats that fill the slots."""
        stat_slot = _known(slots).look_up(data, structure.stat_names.names)
        active = set(stat_slot[stat_slot >= 0].tolist())
        return cls(
            data=data,
            structure=structure,
            event_class=event_class,
            default=default,
            origin_ns=origin_ns,
            stat_slot=stat_slot,
            slots=Slots(
                np.array([0, 0, 0, *(s.type for s in slots)], np.int64),
                sum(1 << slot for slot in active),
                sum(1 << slot for slot, s in enumerate(slots, 3) if s.keeps),
            ),
            inactive=sorted({*range(3, 3 + len(slots))} - active),
        )

    def read(self, share: list[Piece], out: I64, line: I32, begin: int) -> _Result:
        """Read the pieces of a share into rows from `begin` on."""
        found = _Result(begin, len(self.data) + 1)
        small = SmallKeys(self.structure, self.stat_slot)
        for piece in share:
            self._read_piece(piece, small, out, found, line)
        return found

    def _read_piece(self, piece: Piece, small: "SmallKeys", out: I64, found: _Result, line: I32) -> None:
        record = self.structure.lines[piece.row]
        plane, begin = int(record[skeleton.LINE_PLANE]), found.rows
        result = np.array([begin, begin + piece.events, 0, 0, len(self.data) + 1], np.int64)
        events, stats = self.structure.events, self.structure.stat_names
        read_events(
            self.data, piece.begin, piece.end, piece.cut,
            Names(events.keys, self.event_class, events.low[plane], events.high[plane], self.default),
            Stats(stats.keys, self.stat_slot, stats.names, stats.low[plane], stats.high[plane], small.of(plane)),
            self.slots, out, result,
        )  # fmt: skip
        end, _, aggregated, broken, broken_at = result.tolist()
        kept = _place(out, begin, end, int(record[skeleton.LINE_TIME]), self.origin_ns)
        line[begin : begin + kept] = piece.number
        found.rows += kept
        found.aggregated += aggregated
        found.broken += broken
        found.broken_at = min(found.broken_at, broken_at)
        found.bad_times += end - begin - kept


@cache
def _known(slots: tuple[Slot, ...]) -> KnownNames:
    return KnownNames({name.encode(): 3 + i for i, s in enumerate(slots) for name in (s.name, *s.also)})


class SmallKeys:
    """The slot of each small stat key of a plane, for a look-up without search; the last plane's table is kept."""

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


def _place(out: I64, begin: int, end: int, line_ns: int, origin_ns: int | None) -> int:
    """Turn offsets into starts, and drop events with impossible times; return how many remain."""
    line_ps = line_start(line_ns, origin_ns)
    if line_ps is None:
        return 0
    offset, duration = out[0, begin:end], out[1, begin:end]
    kept = end - begin
    # Bounds first: nearly every line has only possible times, and four reductions cost less than four masks.
    if kept and not (
        offset.min() > -FAR_PS and offset.max() < FAR_PS and duration.min() >= 0 and duration.max() < FAR_PS
    ):
        fine = (offset > -FAR_PS) & (offset < FAR_PS) & (duration >= 0) & (duration < FAR_PS)
        kept = int(fine.sum())
        out[:, begin : begin + kept] = out[:, begin:end][:, fine]
    out[0, begin : begin + kept] += line_ps
    return kept


def line_start(line_ns: int, origin_ns: int | None) -> int | None:
    """Return where a line's offsets count from, ps from trace time 0; None where that is impossible."""
    if line_ns > ABSOLUTE_NS:
        line_ns -= origin_ns or 0
    line_ps = line_ns * PS_PER_NS
    return line_ps if -FAR_PS < line_ps < FAR_PS else None
