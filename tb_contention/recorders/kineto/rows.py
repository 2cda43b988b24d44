"""Scanned events -> rows on one time axis, selectable by class, with interned names."""

import json
import secrets
from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.tables import StringTable
from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.impossible import overlong
from tb_contention.recorders.common.interning import intern_places
from tb_contention.recorders.common.plausible import THREADS, refuse_beyond
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.units import I32, I64, MAX_TRACE_PS, Bool

PS_PER_US = 1_000_000
#: How many kernels behind which their streams do nothing more are looked at, how many others of the same name each needs, and how many
#: times as long as these it lasts.
_MOST_LAST, _LIKE, _TIMES = 8, 3, 100
_SEED = np.uint64(secrets.randbits(62))


@dataclass(slots=True, kw_only=True)
class Axis:
    """The events of a file, in its order. table: columns of `events`; start: ps from trace time 0, which is `origin_us` as the file
    counts. odd: events with impossible times, which are left out.
    """

    document: parts.Document
    table: I64
    start: I64
    origin_us: int
    odd: int

    @property
    def duration(self) -> I64:
        """Return durations in ps."""
        return self.table[:, column.DURATION]

    def of_class(self, *classes: int) -> I64:
        """Return the rows of some classes, by start."""
        rows = np.flatnonzero(np.isin(self.table[:, column.CLASS], classes))
        return rows[np.argsort(self.start[rows], kind="stable")]

    def only(self, *classes: int) -> "Axis":
        """Return the events of some classes."""
        rows = np.flatnonzero(np.isin(self.table[:, column.CLASS], classes))
        return replace(self, table=self.table[rows], start=self.start[rows])

    def arguments(self, rows: I64, keys: tuple[str, ...], texts: int = 0) -> tuple[I64, I64]:
        """Read arguments: whole numbers, NONE where absent, and the places (begin, end) of the last `texts` keys."""
        names, offsets = parts.words(keys)
        numbers = np.empty((len(rows), len(keys) - texts), np.int64)
        places = np.empty((len(rows), 2 * texts), np.int64)
        start, stop = (frozen(self.table[rows, which]) for which in (column.FROM, column.TO))
        column.arguments(self.document.text, start, stop, names, offsets, numbers, places)
        return numbers, places


@dataclass(slots=True, kw_only=True)
class Rows(Axis):
    """Events with their names and threads.

    names: row of `strings` of each event. threads: (process, thread) of host threads in order of appearance; thread: which of them an
    event is on.
    """

    names: I32
    strings: StringTable
    threads: list[tuple[int, int]]
    thread: I32

    @classmethod
    def of(cls, axis: Axis, file: str = "") -> "Rows":
        """Intern the names and number the threads of events. Raises TraceFileError where there are too many threads."""
        names, strings = _names(axis.document, axis.table)
        threads, thread = _threads(axis.table)
        refuse_beyond(THREADS, len(threads), 0, file)
        return cls(
            document=axis.document, table=axis.table, start=axis.start, origin_us=axis.origin_us, odd=axis.odd, names=names,
            strings=strings, threads=threads, thread=thread,
        )  # fmt: skip


def placed(document: parts.Document) -> Axis:
    """Place all events on one axis that begins with the earliest."""
    table = document.rows
    timed = table[:, column.CLASS] != parts.METADATA
    fine = timed & (table[:, column.WHOLE] != NONE) & (table[:, column.DURATION] >= 0)
    fine &= table[:, column.DURATION] < MAX_TRACE_PS // 2
    origin = _origin(table, fine)
    # Compared before they are subtracted: a hostile time can be anything.
    low, high = origin - MAX_TRACE_PS // 2 // PS_PER_US, origin + MAX_TRACE_PS // 2 // PS_PER_US
    fine &= (table[:, column.WHOLE] >= low) & (table[:, column.WHOLE] <= high)
    start = np.where(fine, table[:, column.WHOLE] - origin, 0) * PS_PER_US
    start += np.where(fine, table[:, column.PART], 0)
    fine &= ~_impossible_work(document, table, start, fine)
    start = np.where(fine, start, 0)
    kept = np.flatnonzero(fine | ~timed)
    return Axis(
        document=document, table=table[kept], start=start[kept], origin_us=origin, odd=int((timed & ~fine).sum())
    )


def _impossible_work(document: parts.Document, table: I64, start: I64, fine: Bool) -> Bool:
    """Mark work of a device without a time, or whose duration covers work that its stream did only later."""
    work = np.flatnonzero(fine & np.isin(table[:, column.CLASS], (parts.KERNEL, parts.COPY, parts.MEMSET)))
    found = np.zeros(len(table), np.bool_)
    own = table[work]
    found[work] = (own[:, column.WHOLE] == 0) & (own[:, column.PART] == 0) & (own[:, column.DURATION] == 0)
    long = work[overlong(own[:, column.PROCESS], own[:, column.THREAD], start[work], own[:, column.DURATION])]
    if len(long):  # branches of one graph may run beside each other under the number of one stream
        graph = np.empty((len(long), 1), np.int64)
        names, offsets = parts.words(("graph id",))
        begin, stop = frozen(table[long, column.FROM]), frozen(table[long, column.TO])
        column.arguments(document.text, begin, stop, names, offsets, graph, np.empty((len(long), 0), np.int64))
        found[long[graph[:, 0] <= 0]] = True
    for _ in range(_MOST_LAST):
        row = _beyond_all(document, table, start, fine & ~found, work[~found[work]])
        if row < 0:
            break
        found[row] = True
    return found


def _beyond_all(document: parts.Document, table: I64, start: I64, fine: Bool, work: I64) -> int:
    """Return the last work of a device if it alone more than doubles the window and lasts longer by far than its like; else -1.

    Behind the last work of a stream nothing of the stream can tell. A kernel that really takes so long has others like it, or the host
    waits for it in a call that ends with it.
    """
    end = start + table[:, column.DURATION]
    if len(work) <= _LIKE:
        return -1
    row = int(work[end[work].argmax()])
    others = fine.copy()
    others[row] = False
    reach = int(end[others].max())
    if end[row] - reach <= reach - int(start[others].min()):
        return -1
    like = work[(table[work, column.LENGTH] == table[row, column.LENGTH]) & (work != row)]
    name = np.arange(table[row, column.LENGTH])
    place = table[like, column.NAME]
    if not len(name) or table[row, column.NAME] < 0:
        return -1
    own = document.text[table[row, column.NAME] + name]
    like = like[(document.text[np.maximum(place, 0)[:, None] + name] == own).all(1)]
    is_beyond = len(like) >= _LIKE and table[row, column.DURATION] > _TIMES * table[like, column.DURATION].max()
    return row if is_beyond else -1


def first_known(columns: I64) -> I64:
    """Return the first number of each row that is not NONE."""
    found: I64 = columns[:, 0].copy()
    for k in range(1, columns.shape[1]):
        found = np.where(found == NONE, columns[:, k], found)
    return found


def _origin(table: I64, fine: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Return the whole microsecond of the earliest event, ignoring outliers far from the median time."""
    times = table[fine, column.WHOLE]
    if not len(times):
        return 0
    middle = int(np.partition(times, len(times) // 2)[len(times) // 2])
    near = times[np.abs(times - middle) < MAX_TRACE_PS // 2 // PS_PER_US]
    return int(near.min())


def _names(document: parts.Document, table: I64) -> tuple[I32, StringTable]:
    """Intern the names, and decode the few that contain escapes."""
    places = np.stack([np.maximum(table[:, column.NAME], 0), table[:, column.LENGTH]], 1)
    ids, strings = intern_places(document.text, places)
    return ids.astype(np.int32), unescaped(strings)


def unescaped(strings: StringTable) -> StringTable:
    """Decode JSON escapes; keep invalid ones as they are written."""
    if not (strings.blob == ord("\\")).any():
        return strings
    return StringTable.of([_plain(strings[row]) for row in range(len(strings))])


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _threads(table: I64) -> tuple[list[tuple[int, int]], I32]:
    """Number the pairs of process and thread of events on the host."""
    on_host = np.isin(table[:, column.CLASS], (parts.LAUNCH, parts.OP, parts.MARK, parts.MEMORY))
    thread = np.full(len(table), -1, np.int32)
    pairs = table[on_host][:, [column.PROCESS, column.THREAD]]
    if not len(pairs):
        return [], thread
    numbers, first = distinct_rows(pairs)
    thread[on_host] = numbers
    return [(int(process), int(number)) for process, number in pairs[first]], thread


def distinct_rows(table: I64) -> tuple[I64, I64]:
    """Number equal rows alike; return the number of each row, and the first row of each number."""
    numbers, first = np.empty(len(table), np.int64), np.empty(len(table), np.int64)
    count = column.number_rows(frozen(table), numbers, first, _SEED)
    return numbers, first[:count]
