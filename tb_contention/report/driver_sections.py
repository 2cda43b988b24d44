"""What the driver saw of a device -> a table and a sentence for people."""

from tb_contention.model.driver_view import BesideAllocators, DriverProcess, DriverView
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.table import TextTable, more
from tb_contention.words.names import Names, names_of
from tb_contention.words.numbers import percent, size

_MOST = 12


def driver_table(report: Report, device: DeviceReport) -> TextTable:
    """List the processes that the driver saw on the GPU."""
    names, found = names_of(report), device.driver
    processes = found.processes if found is not None else ()
    rows = tuple(_row(names, p, found) for p in processes[:_MOST] if found is not None)
    header = ("process", "name", "session", "taken, peak", "when most was taken", "in use by allocators", "beside them")
    notes = [more(len(processes) - len(rows))]
    if rows:
        notes.append(
            "Beside them: CUDA context, libraries, and what the allocators do not record; an allocator's pool lies between what it had in "
            "use and its limit, hence the range."
        )
    if found is not None and found.unlisted and rows:
        notes.append(
            f"{size(found.unlisted)} belong to no listed process: the driver's own, or processes that it does not show here."
        )
    return TextTable(
        title="What the driver saw on the GPU",
        header=header,
        rows=rows,
        numbers=frozenset((0, 3, 4, 5, 6)),
        note=" ".join(filter(None, notes)),
    )


def _row(names: Names, process: DriverProcess, found: DriverView) -> tuple[str, ...]:
    unsure = "not known" if found.unmatched else "not captured"
    known = "–" if process.at_fullest is None else size(process.at_fullest)
    if process.at_fullest is not None and found.capacity:
        known += f" ({percent(process.at_fullest, found.capacity)})"
    beside = process.beside
    return (
        str(process.process_id),
        shorten(clean(process.name), 60) or "–",
        unsure if process.session is None else names[process.session],
        "–" if process.peak is None else size(process.peak),
        known,
        "–" if beside is None or beside.in_use is None else size(beside.in_use),
        _range(beside),
    )


def _range(beside: BesideAllocators | None) -> str:
    if beside is None or beside.least is None or beside.most is None:
        return "–"
    if beside.least == beside.most:
        return size(beside.least)
    return f"{size(beside.least)} to {size(beside.most)}"
