"""Predictions of a device -> plain text for a terminal: a paragraph for each change."""

from tb_contention.model.advice import Standing
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.contract import encode
from tb_contention.tables.people import cell
from tb_contention.tables.rows import Row, rows_of_device
from tb_contention.tables.sharing import PREDICTIONS, SCHEDULES
from tb_contention.tables.spec import TableSpec
from tb_contention.words.advice import action_parts, asked_words
from tb_contention.words.names import Names, device_label, names_of
from tb_contention.words.numbers import UNKNOWN
from tb_contention.words.requests import in_brief


def to_text(report: Report, device: DeviceReport) -> str:
    """Print a device's predictions; names are cleaned."""
    names, wire = names_of(report), encode(device, report)
    now = [f"{names[loss.session]} {in_brief(loss)}" for loss in device.losses]
    lines = [f"{device_label(device)}: predictions for other schedules", f"Slowdown now: {', '.join(now)}", ""]
    lines += _advice(names, device)
    sessions = rows_of_device(PREDICTIONS, wire)
    for schedule in rows_of_device(SCHEDULES, wire):
        setting, *facts = _cells(SCHEDULES, schedule, names)
        lines.append(f"{setting[1][:1].upper()}{setting[1][1:]}")
        lines += [f"  {_session(row, names)}" for row in sessions if row.outer is schedule.own]
        lines += [f"  {title}: {words}" for title, words in facts if words != UNKNOWN]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _advice(names: Names, device: DeviceReport) -> list[str]:
    """Print what to do first."""
    if device.advice is None:
        return []
    found, ranked = device.advice.recommendation, device.advice.ranked
    lines = [f"{asked_words(names, found)}: {found.headline}. {found.why}"]
    lines += [f"  Record: {clean(found.command)}"] if found.command else []
    if ranked and found.standing is Standing.ACT:
        lines += [f"  {what}: {words}" for what, words in action_parts(ranked[0])]
    return [*(clean(line) for line in lines), ""]


def _session(row: Row, names: Names) -> str:
    _, (_, session), *facts = _cells(PREDICTIONS, row, names)
    known = ", ".join(f"{title} {words}" for title, words in facts if words != UNKNOWN)
    return f"{session}: {known or 'unknown'}"


def _cells(spec: TableSpec, row: Row, names: Names) -> list[tuple[str, str]]:
    return [(column.title, cell(column, row, names)) for column in spec.for_people]
