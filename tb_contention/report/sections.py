"""A report -> tables of text for people, which Markdown and HTML print each in their own way. Names are cleaned, not yet escaped."""

from tb_contention.model.contention import Evidence
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.cost_sections import blame, kernel_blame, losses
from tb_contention.report.driver_sections import driver_table
from tb_contention.report.memory_sections import memory_tables
from tb_contention.report.part_sections import scopes, threads
from tb_contention.report.table import TextTable, length, more
from tb_contention.report.whatif_text import what_if_summary, what_if_table
from tb_contention.words.answers import class_words
from tb_contention.words.names import names_of
from tb_contention.words.numbers import duration, percent

#: So many kernels of a device are printed; JSON and CSV hold all of them.
MOST_KERNELS = 20


def device_tables(report: Report, device: DeviceReport) -> tuple[TextTable, ...]:
    """Return the tables of one device; empty ones are left out."""
    made = (
        losses(report, device),
        what_if_table(report, device),
        what_if_summary(device),
        blame(report, device),
        kernel_blame(report, device),
        _time(report, device),
        _pairs(report, device),
        *memory_tables(report, device),
        driver_table(report, device),
        _kernels(report, device),
        scopes(report, device),
        threads(report, device),
    )
    return tuple(table for table in made if table is not None and table.rows)


def _time(report: Report, device: DeviceReport) -> TextTable:
    names, window = names_of(report), device.time.window
    rows = []
    for share in device.per_session:
        steps = report.session(share.session).steps
        rows.append(
            (
                names[share.session],
                f"{share.kernels:,}",
                f"{share.copies:,}",
                f"{duration(share.busy)} ({percent(share.busy, window)})",
                duration(share.exclusive),
                f"{duration(share.contended)} ({percent(share.contended, share.busy)} of its work)",
                duration(steps.mean) if steps is not None else "–",
            )
        )
    header = ("session", "kernels", "copies", "had work", "by itself", "while another had work", "step, mean")
    return TextTable(title="Time", header=header, rows=tuple(rows), numbers=frozenset(range(1, 7)))


def _pairs(report: Report, device: DeviceReport) -> TextTable:
    names, window = names_of(report), device.time.window
    rows = tuple(
        (names[p.a], names[p.b], duration(p.overlap), percent(p.overlap, window)) for p in device.overlap.pairs
    )
    header = ("session", "and", "had work at once", "of the window")
    rows = rows if len(rows) > 1 else ()
    return TextTable(title="Pairs", header=header, rows=rows, numbers=frozenset((2, 3)))


def _kernels(report: Report, device: DeviceReport) -> TextTable:
    names = names_of(report)
    ordered = sorted(device.overlap.kernels, key=lambda k: (-k.total, k.session, k.name))
    costs = {(cost.session, cost.name): (cost.alone, cost.lost) for cost in device.cost.kernels}
    rows = tuple(
        (
            shorten(clean(k.name)),
            names[k.session],
            f"{k.count:,}",
            duration(k.total),
            *map(length, costs.get((k.session, k.name), (None, None))),
        )
        for k in ordered[:MOST_KERNELS]
    )
    note = more(len(ordered) - len(rows))
    title = "Operations" if device.group.device.device.is_host else "Kernels"
    header = (title.lower()[:-1], "session", "count", "total", "alone", "lost")
    return TextTable(title=title, header=header, rows=rows, numbers=frozenset(range(2, 6)), note=note)


def provenance(report: Report) -> TextTable:
    """Say of each session which file it is, and how well its place in time is known."""
    names = names_of(report)
    rows = []
    for item in report.sessions:
        session, clock = item.session, item.session.clock
        error = "unknown" if clock.error is None else f"±{duration(clock.error)}"
        rows.append(
            (
                names[session.id] + (" (simulated)" if session.simulated else ""),
                clean(session.file),
                "–" if session.process_id is None else str(session.process_id),
                duration(session.end - session.start),
                clock.source.value.replace("_", " "),
                error,
                clean(clock.detail),
                "–" if session.trace.file_bytes is None else f"{session.trace.file_bytes:,}",
                session.trace.sha256 or "–",
            )
        )
    header = ("session", "file", "process", "captured", "clock from", "error", "evidence", "bytes", "SHA-256")
    title = "Where this comes from"
    return TextTable(title=title, header=header, rows=tuple(rows), numbers=frozenset((2, 3, 7)), narrow=frozenset((8,)))


def evidence_classes(report: Report) -> TextTable:
    """Explain the classes of evidence that the report's slowdowns have."""
    used = {loss.slowdown.evidence for device in report.devices if len(device.sessions) > 1 for loss in device.losses}
    rows = tuple((kind.value, *class_words(kind)) for kind in Evidence if kind in used)
    header = ("class", "a slowdown of it is", "how far to trust it")
    return TextTable(title="How sure the slowdowns are", header=header, rows=rows)


def attributions(report: Report) -> TextTable:
    """Say of each session inside a process how it was told apart, and what of the process belongs to none."""
    names = names_of(report)
    rows = []
    for item in report.sessions:
        found, process = item.session.attribution, item.session.process
        if found is None:
            continue
        rows.append(
            (
                names[item.session.id],
                "–" if process is None else names[process],
                found.rule.value.replace("_", " "),
                clean(found.detail),
                f"{found.kernels:,}",
                f"{found.unattributed:,}",
            )
        )
    header = ("session", "process", "rule", "how it was told apart", "kernels", "of the process, in no session")
    title = "Sessions inside a process"
    return TextTable(title=title, header=header, rows=tuple(rows), numbers=frozenset((4, 5)))
