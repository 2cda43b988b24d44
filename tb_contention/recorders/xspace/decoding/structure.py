"""The skeleton of an XSpace: planes, lines, metadata maps and plane stats, found without reading one event."""

from dataclasses import dataclass

import numpy as np

from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.plausible import Most, refuse_beyond
from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.units import I64, U8


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataMap:
    """The entries of one metadata map of all planes, sorted by (plane, key); of equal keys the last in the file counts.

    keys, names: per entry, names as (position, length). low, high: the entries of each plane.
    """

    keys: I64
    names: I64
    low: I64
    high: I64

    @classmethod
    def of(cls, table: I64, planes: int) -> "MetadataMap":
        """Sort the entries that `scan` found."""
        order = np.lexsort((table[:, skeleton.META_KEY], table[:, skeleton.META_PLANE]))
        table = table[order]
        plane, key = table[:, skeleton.META_PLANE], table[:, skeleton.META_KEY]
        last = np.ones(len(table), np.bool_)
        last[:-1] = (plane[1:] != plane[:-1]) | (key[1:] != key[:-1])
        table, plane = table[last], plane[last]
        numbers = np.arange(planes)
        return cls(
            keys=frozen(table[:, skeleton.META_KEY]),
            names=np.ascontiguousarray(table[:, [skeleton.META_NAME, skeleton.META_NAME_LEN]]),
            low=np.searchsorted(plane, numbers, "left"),
            high=np.searchsorted(plane, numbers, "right"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Where everything is in the file. The tables' columns are named in `skeleton`; positions are bytes from the start of the file.

    marks: positions in long lines, after each MARK_EVERY-th event.
    """

    planes: I64
    lines: I64
    stats: I64
    texts: I64
    marks: I64
    events: MetadataMap
    stat_names: MetadataMap
    event_count: int
    bad_at: int | None
    cut_at: int | None


#: Rows to allocate at first, per table: enough for ordinary files, which are then scanned only once; and how many bytes of a file ask for
#: one more row.
_FIRST_TRY = (128, 2048, 16384, 65536, 4096, 256)
_BYTES_PER_ROW = 32
_WIDTHS = (
    skeleton.PLANE_COLUMNS,
    skeleton.LINE_COLUMNS,
    skeleton.META_COLUMNS,
    skeleton.META_COLUMNS,
    skeleton.STAT_COLUMNS,
    skeleton.TEXT_COLUMNS,
)


#: What a file may hold, by the rows of `info`. Real files have up to 12 planes, 43 lines, an event per 29 bytes and a name per 460.
_MOST = {
    skeleton.N_PLANES: Most("planes", 1 << 15, 0),
    skeleton.N_LINES: Most("lines", 1 << 15, 0),
    skeleton.N_EVENT_META: Most("names of events", 1 << 17, 100),
    skeleton.N_STAT_META: Most("names of stats", 1 << 17, 100),
    skeleton.N_PLANE_STATS: Most("stats of planes", 1 << 17, 0),
    skeleton.N_TEXTS: Most("messages", 1 << 17, 0),
    skeleton.N_EVENTS: Most("events", 1 << 19, 12),
}


def find_structure(data: U8, file: str = "") -> Structure:
    """Scan the file into tables of ordinary size; if they are too small, scan again into tables of the counted size.

    Raise TraceFileError where there is more in it than its size can hold; `file` names it then.
    """
    info = np.zeros(skeleton.N_INFO, np.int64)
    room = [min(rows, 256 + len(data) // _BYTES_PER_ROW) for rows in _FIRST_TRY]
    tables = [np.zeros((rows, width), np.int64) for rows, width in zip(room, _WIDTHS, strict=True)]
    # An event has two bytes at least, so there cannot be more marks.
    marks = np.zeros((len(data) // (2 * skeleton.MARK_EVERY) + 1, skeleton.MARK_COLUMNS), np.int64)
    skeleton.scan(data, tables[0], tables[1], tables[2], tables[3], tables[4], tables[5], marks, info)
    for row, most in _MOST.items():
        refuse_beyond(most, int(info[row]), len(data), file)
    counted = info[:6].tolist()
    if any(rows > space for rows, space in zip(counted, room, strict=True)):
        tables = [np.zeros((rows, width), np.int64) for rows, width in zip(counted, _WIDTHS, strict=True)]
        skeleton.scan(data, tables[0], tables[1], tables[2], tables[3], tables[4], tables[5], marks, info)
    tables = [table[:rows] for table, rows in zip(tables, counted, strict=True)]
    planes, lines, event_meta, stat_meta, stats, texts = tables
    beyond = len(data)
    return Structure(
        planes=planes,
        lines=lines,
        stats=stats,
        texts=texts,
        marks=marks[: info[skeleton.N_MARKS]],
        events=MetadataMap.of(event_meta, len(planes)),
        stat_names=MetadataMap.of(stat_meta, len(planes)),
        event_count=int(info[skeleton.N_EVENTS]),
        bad_at=int(info[skeleton.BAD_AT]) if info[skeleton.BAD_AT] <= beyond else None,
        cut_at=int(info[skeleton.CUT_AT]) if info[skeleton.CUT_AT] <= beyond else None,
    )


def text(data: U8, at: int, length: int) -> str:
    """Decode a short string of the file; bytes that are not UTF-8 become U+FFFD."""
    return data[at : at + length].tobytes().decode("utf-8", "replace")
