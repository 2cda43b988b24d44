"""Memory of a device -> tables and sentences for people."""

from tb_contention.model.memory import CombinedMemory, Holder, Holding, StallKind
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.table import TextTable, more
from tb_contention.words.memory import gaps_sentence
from tb_contention.words.names import Names, names_of
from tb_contention.words.numbers import count, duration, percent, size

#: Rows of holders of the combined peak, of each allocator's own peak, and of scopes that are printed.
MOST_HOLDERS, MOST_OWN, MOST_SCOPES = 15, 5, 10
_MOST_ROWS = 20
_UNSEEN = (
    "Not in any capture: CUDA contexts and libraries, about 500 MiB per process, what an allocator has taken and not given out, and "
    "processes that were not captured."
)
_NO_SCOPE = "(no scope)"


def memory_tables(report: Report, device: DeviceReport) -> tuple[TextTable, ...]:
    """Return the tables on memory; they have no rows where there is nothing to say."""
    memory = device.memory
    if memory is None:
        return ()
    return (
        _allocators(report, device, memory),
        _holders(report, memory),
        _scopes(report, memory),
        _own_holders(report, device, memory),
        _steps(report, memory),
        _growth(report, memory),
        _changes(report, memory),
        _stalls(report, memory),
        _pinned(report, memory),
    )


def _figure(value: float | None) -> str:
    return "–" if value is None else percent(round(1000 * value), 1000)


def _bytes(value: int | None) -> str:
    return "–" if value is None else size(value)


def _allocators(report: Report, device: DeviceReport, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    header = (
        "session", "allocator", "own peak", "at", "at the combined peak", "before capture", "limit", "peak since start",
        "would do", "fragmented",
    )  # fmt: skip
    rows = tuple(
        (
            names[a.session],
            clean(a.allocator),
            size(a.peak),
            duration(a.peak_at - device.window.start_ns),
            size(a.at_combined_peak),
            size(a.before_capture),
            _bytes(a.limit),
            _bytes(a.lifetime_peak),
            size(a.suggested_limit),
            _figure(a.fragmentation_at_peak),
        )
        for a in memory.allocators
    )
    broken = {a: gaps_sentence(a.gaps.missing, a.gaps.repeated) for a in memory.allocators}
    gaps = [f"{names[a.session]}: {words}." for a, words in broken.items() if words]
    note = " ".join((*gaps, device.memory_note, _UNSEEN)).strip()
    return TextTable(title="Memory", header=header, rows=rows, numbers=frozenset(range(2, 10)), note=note)


_HOLDER_HEADER = ("session", "operation", "bytes", "of the peak", "count", "region", "type and shape", "age")
_HOLDER_NUMBERS = frozenset((2, 3, 4, 7))


def _holder_row(names: Names, holder: Holder, total: int) -> tuple[str, ...]:
    kind = " ".join(filter(None, (holder.data_type, holder.shape)))
    return (
        names[holder.session],
        shorten(clean(holder.op), 90) or Holding.OP.words,
        size(holder.bytes),
        percent(holder.bytes, total),
        f"{holder.count:,}" if holder.count else "–",
        clean(holder.region or "–"),
        shorten(clean(kind), 40) or "–",
        "–" if holder.age is None else duration(holder.age),
    )


def _holders(report: Report, memory: CombinedMemory) -> TextTable:
    names, rows, total = names_of(report), memory.holders.rows, memory.holders.total
    shown = _first_rows(rows, MOST_HOLDERS)
    rest = total - sum(row.bytes for row in shown)
    note = f"The rows add up to the combined peak of {size(total)}."
    if len(shown) < len(rows):
        note = f"The other {count(len(rows) - len(shown), 'row')} hold {size(rest)} together; they are in the JSON and CSV reports."
    return TextTable(
        title="Who holds the combined peak",
        header=_HOLDER_HEADER,
        rows=tuple(_holder_row(names, row, total) for row in shown),
        numbers=_HOLDER_NUMBERS,
        note=note,
    )


def _first_rows(rows: tuple[Holder, ...], most: int) -> tuple[Holder, ...]:
    """Keep the largest, and what is no operation's wherever it stands."""
    return tuple(r for k, r in enumerate(rows) if k < most or r.kind in (Holding.BEFORE_CAPTURE, Holding.NOT_RECORDED))


def _own_holders(report: Report, device: DeviceReport, memory: CombinedMemory) -> TextTable:
    """List who holds each session's own peak, where that is another instant than the combined peak."""
    names = names_of(report)
    apart = [a for a in memory.allocators if a.peak_at != memory.peak_at]
    rows = tuple(
        (*_holder_row(names, row, a.peak), duration(a.peak_at - device.window.start_ns))
        for a in apart
        for row in _first_rows(a.holders.rows, MOST_OWN)
    )
    header = (*_HOLDER_HEADER, "at")
    return TextTable(title="Who holds each session's own peak", header=header, rows=rows, numbers=_HOLDER_NUMBERS | {8})


def _scopes(report: Report, memory: CombinedMemory) -> TextTable:
    names, found, total = names_of(report), memory.holders.scopes, memory.holders.total
    rows = tuple(
        (
            names[s.session],
            shorten(clean(s.scope), 80) or (_NO_SCOPE if s.kind is Holding.OP else s.kind.words),
            size(s.bytes),
            percent(s.bytes, total),
            f"{s.count:,}" if s.count else "–",
        )
        for s in found[:MOST_SCOPES]
    )
    rows = rows if any(s.scope for s in found) else ()
    header = ("session", "scope", "bytes", "of the peak", "count")
    note = more(len(found) - len(rows)) if rows else ""
    return TextTable(
        title="The combined peak by name scope", header=header, rows=rows, numbers=frozenset((2, 3, 4)), note=note
    )


def _steps(report: Report, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    rows = tuple(
        (
            names[s.session],
            clean(s.allocator),
            f"{s.steps:,}",
            f"{s.allocations:,.1f}",
            size(round(s.allocated)),
            size(s.rise),
            "–" if s.temporary is None else size(s.temporary.bytes),
            "–" if s.temporary is None else shorten(clean(s.temporary.op), 70) or Holding.OP.words,
        )
        for s in memory.steps
    )
    header = (
        "session", "allocator", "steps", "allocations per step", "allocated per step", "rise within a step", "largest temporary", "of",
    )  # fmt: skip
    return TextTable(title="Memory per step", header=header, rows=rows, numbers=frozenset(range(2, 7)))


def _growth(report: Report, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    rows = tuple(
        (
            names[g.session],
            shorten(clean(g.op), 90) or "all together",
            size(round(g.per_step)),
            size(g.first),
            size(g.last),
            f"{g.steps:,}",
        )
        for g in memory.growth[:_MOST_ROWS]
    )
    header = ("session", "operation", "more per step", "from", "to", "over steps")
    note = "What a step gives and no later one takes back: perhaps a leak, perhaps a cache that fills." if rows else ""
    return TextTable(
        title="Growing from step to step", header=header, rows=rows, numbers=frozenset(range(2, 6)), note=note
    )


def _changes(report: Report, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    rows = tuple(
        (
            names[c.session],
            shorten(clean(c.op), 70),
            shorten(clean(c.before), 60),
            shorten(clean(c.after), 60),
            "a capture alone" if c.neighbour is None else names[c.neighbour],
            f"{duration(c.mean_before)} → {duration(c.mean_after)}",
            f"{_bytes(c.workspace_before)} → {_bytes(c.workspace_after)}",
            f"{c.count_after:,}",
        )
        for c in memory.kernel_changes[:_MOST_ROWS]
    )
    header = ("session", "operation", "kernel before", "kernel after", "since", "mean duration", "workspace", "times")
    note = "Durations after it hold what sharing the GPU adds as well." if rows else ""
    return TextTable(
        title="Operations that changed their kernel", header=header, rows=rows, numbers=frozenset((5, 6, 7)), note=note
    )


def _stalls(report: Report, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    words = {
        StallKind.DRIVER: "calls of the driver",
        StallKind.ROOM: "allocations that came only after a free",
    }
    rows = tuple(
        (
            names[s.session],
            f"{words[s.kind]}: {shorten(clean(s.what), 60)}",
            f"{s.count:,}",
            ("" if s.kind is StallKind.DRIVER else "≤ ") + duration(s.total),
            ("" if s.kind is StallKind.DRIVER else "≤ ") + duration(s.longest),
        )
        for s in memory.stalls
    )
    header = ("session", "what", "count", "in all", "longest")
    return TextTable(title="Time spent getting memory", header=header, rows=rows, numbers=frozenset((2, 3, 4)))


def _pinned(report: Report, memory: CombinedMemory) -> TextTable:
    names = names_of(report)
    rows = tuple(
        (
            names[a.session],
            clean(a.allocator),
            size(a.peak),
            size(a.before_capture),
            _bytes(a.limit),
        )
        for a in memory.host
    )
    header = ("session", "allocator", "peak", "before capture", "limit")
    note = "Of the host, not of the GPU, and not part of the sums." if rows else ""
    return TextTable(title="Pinned host memory", header=header, rows=rows, numbers=frozenset((2, 3, 4)), note=note)
