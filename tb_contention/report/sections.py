"""A report -> the tables that Markdown and HTML print, each in their own way. Text is cleaned, not yet escaped."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tb_contention.model.contention import UNTRACED, Evidence
from tb_contention.model.faults import INTERNAL, Faults
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.report import Report
from tb_contention.report.to_json import to_dict
from tb_contention.tables import overview, sharing
from tb_contention.tables.catalogue import DEVICE_TABLES
from tb_contention.tables.memory import ALLOCATORS
from tb_contention.tables.people import TextTable, device_table, report_table
from tb_contention.tables.rows import Wire
from tb_contention.words.answers import SWITCHES, class_words
from tb_contention.words.names import Names, device_label, names_of
from tb_contention.words.numbers import UNKNOWN, duration, listing
from tb_contention.words.problems import not_printed

#: Shades of a cell of the blame matrix, 0 for none.
SHADES = 5
#: Culprits that get a column of their own; the others share one.
MOST_CULPRITS = 10


def tables_of(report: Report) -> tuple[list[list[TextTable]], list[TextTable]]:
    """Return the tables of each device, and those of the report as a whole; those without rows are left out."""
    wire, names = to_dict(report), names_of(report)
    names.update((device["id"], device["label"]) for device in wire["devices"])
    faults = Faults(logdir=report.logdir, output="report.html")
    encoded = {device["id"]: device for device in wire["devices"]}
    devices = [
        device_tables(encoded[device.id], names, faults.on(device_label(device)))
        if device.id in encoded
        else [_not_encoded(device_label(device), wire)]
        for device in report.devices
    ]
    specs = (overview.DEVICES, overview.SESSIONS, overview.RECORDINGS, overview.ATTRIBUTIONS)
    whole = [_kept(spec.title, partial(report_table, spec, wire, names), faults) for spec in specs]
    classes = _kept("How certain the slowdowns are", lambda: evidence_classes(report), faults)
    return devices, [t for t in (classes, *whole) if t.rows]


def device_tables(device: Wire, names: Names, faults: Faults) -> list[TextTable]:
    """Return the tables of one device, given as JSON values, that have rows."""
    made = [
        _kept(
            spec.title,
            partial(blame_matrix, device, names)
            if spec is sharing.BLAME
            else partial(slowdowns, device, names)
            if spec is sharing.SLOWDOWNS
            else partial(device_table, spec, device, names),
            faults,
        )
        for spec in DEVICE_TABLES
        if spec is not sharing.PAIRS or len(device["pairs"]) > 1
    ]
    return [_with_note(t, device) if t.title == ALLOCATORS.title else t for t in made if t.rows]


def _not_encoded(label: str, wire: Wire) -> TextTable:
    """Say in the place of a device's tables why the JSON, which they show, leaves it out."""
    rows = tuple(
        (p["message"], p["advice"]) for p in wire["problems"] if p["slug"] == INTERNAL and label in p["message"]
    )
    return TextTable(title="Tables", header=("problem", "what to do"), rows=rows)


def _kept(title: str, make: Callable[[], TextTable], faults: Faults) -> TextTable:
    """Make a table; one that fails holds nothing but the problem."""

    def failed(problem: Problem) -> TextTable:
        return TextTable(title=title, header=("problem",), rows=((not_printed(problem),),))

    return faults.attempt(f"The table “{title}”", make, failed)


def _with_note(table: TextTable, device: Wire) -> TextTable:
    """Add why the memory is incomplete."""
    return replace(table, note=" ".join(filter(None, (device["memory_note"], table.note))))


def slowdowns(device: Wire, names: Names) -> TextTable:
    """List what sharing cost; whoever serves requests is judged by them, here as in every other place."""
    served = {row["session"]: row["slowdown"] for row in device["requests"]}
    rows = [{**row, "slowdown": served.get(row["session"], row["slowdown"])} for row in device["per_session"]]
    table = device_table(sharing.SLOWDOWNS, {**device, "per_session": rows}, names)
    if not served or not table.rows:
        return table
    who = listing([names[session] for session in served])
    return replace(table, note=f"The slowdown of {who} is that of a request, all else that of throughput. {table.note}")


def blame_matrix(device: Wire, names: Names) -> TextTable:
    """Set victims against culprits, with the sums of both; the worst culprits come first, untraced work last.

    Whoever serves requests loses no throughput as long as it catches up between them: its sum is what a request takes longer.
    """
    later = {row["session"]: words for row in device["requests"] if (words := _later(row))}
    lost = {(row["victim"], row["culprit"]): row["lost_ns"] for row in device["blame"]}
    victims = list(dict.fromkeys(victim for victim, _ in lost))
    sums = {c: sum(lost.get((v, c), 0) for v in victims) for c in dict.fromkeys(culprit for _, culprit in lost)}
    order = sorted(sums, key=lambda c: (c == UNTRACED, -sums[c], c))
    columns = [[c] for c in order[:MOST_CULPRITS]] + ([order[MOST_CULPRITS:]] if len(order) > MOST_CULPRITS else [])
    cells = [[sum(lost.get((v, c), 0) for c in group) for group in columns] for v in victims]
    heads = [names[group[0]] if len(group) == 1 else f"{len(group)} others" for group in columns]
    rows = [
        (names[v], *map(_cell, row), later.get(v) or duration(sum(row))) for v, row in zip(victims, cells, strict=True)
    ]
    if len(victims) > 1:
        whole = [sum(row[i] for row in cells) for i in range(len(columns))]
        rows.append(("all", *map(_cell, whole), duration(sum(whole))))
    most = max((cell for row in cells for cell in row), default=0)
    return TextTable(
        title=sharing.BLAME.title,
        header=("lost by \u2193 to \u2192", *heads, "all"),
        rows=tuple(rows),
        numbers=frozenset(range(1, len(columns) + 2)),
        shades=tuple((0, *(-(-cell * SHADES // most) if cell > 0 else 0 for cell in row), 0) for row in cells),
    )


def _later(served: Wire) -> str:
    together, alone = (served[when] and served[when]["mean_ns"]["estimate"] for when in ("shared", "alone"))
    return "" if together is None or alone is None else f"{duration(together - alone)} per request"


def _cell(nanoseconds: int) -> str:
    return duration(nanoseconds) if nanoseconds else UNKNOWN


def evidence_classes(report: Report) -> TextTable:
    """Explain the classes of evidence that the report's slowdowns have."""
    found = [loss.slowdown for device in report.devices if len(device.sessions) > 1 for loss in device.losses]
    measured = ", ".join(sorted({slowdown.evidence.value for slowdown in found if slowdown.measured}))
    used = {slowdown.evidence for slowdown in found if not slowdown.measured}
    rows = tuple((kind.value, *class_words(kind)) for kind in Evidence if kind in used)
    rows = ((measured, *SWITCHES), *rows) if measured else rows
    header = ("class", "the slowdown is", "how far to trust it")
    return TextTable(title="How certain the slowdowns are", header=header, rows=rows)


def finding_parts(finding: Finding) -> list[tuple[str, str]]:
    """List what a finding says behind its evidence, each part under its name."""
    parts = (
        ("Cause", finding.cause),
        ("Remedy", finding.advice),
        ("Options to copy", " ".join(finding.options)),
        ("Expected effect", finding.effect),
        ("Check", finding.verify),
    )
    return [(what, words) for what, words in parts if words]
