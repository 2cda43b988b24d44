"""A report -> Markdown: the verdict first, then tables."""

import re

from tb_contention.model.findings import Finding, Problem
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.memory_sections import memory_sentence
from tb_contention.report.sections import attributions, device_tables, provenance
from tb_contention.report.table import TextTable
from tb_contention.report.text import duration, percent, what_happened
from tb_contention.report.verdict import device_label, device_verdict, verdict

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
#: Schemes and hosts that readers turn into links by themselves.
_LINK = re.compile(r"(?i)\b(https?|ftp|javascript|data|mailto|www)(?=[:.])")


def to_markdown(report: Report) -> str:
    """Print the report as Markdown."""
    answer = verdict(report)
    parts = [f"# {escape(answer.headline)}", escape(answer.meaning), escape(" · ".join(answer.trust))]
    if report.findings:
        parts += ["## Findings", *(_finding(f) for f in report.findings)]
    for device in report.devices:
        parts += _device(report, device)
    if report.problems:
        parts += ["## Problems with the input", "\n".join(_problem(p) for p in report.problems)]
    parts += _table(provenance(report), level=2)
    inside = attributions(report)
    parts += _table(inside, level=2) if inside.rows else []
    notes = [escape(note) for note in report.notes]
    parts += [*notes, f"tb_contention {escape(report.version)}, log directory {escape(report.logdir)}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Make any text mean only itself in Markdown, in a table cell too."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text)).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    return _LINK.sub(lambda match: f"{match[0]}&#8203;", escaped)


def _device(report: Report, device: DeviceReport) -> "list[str]":
    time, answer = device.time, device_verdict(report, device)
    split = (
        f"{duration(time.window)} analysed: idle {percent(time.idle, time.window)}, "
        f"one session {percent(time.exclusive, time.window)}, "
        f"two or more {percent(time.contended, time.window)}."
    )
    parts = [f"## {escape(device_label(device))}", f"{escape(answer.headline)}. {escape(answer.meaning)}"]
    parts += [escape(" · ".join(answer.trust)), split, escape(memory_sentence(device))]
    for table in device_tables(report, device):
        parts += _table(table, level=3)
    return parts


def _table(table: TextTable, *, level: int) -> "list[str]":
    rule = ["---:" if column in table.numbers else "---" for column in range(len(table.header))]
    rows = [[escape(cell) for cell in table.header], rule, *([escape(cell) for cell in row] for row in table.rows)]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return [f"{'#' * level} {table.title}", body, escape(table.note)]


def _finding(finding: Finding) -> str:
    text = f"- **{finding.severity.value}: {escape(finding.title)}** ({escape(finding.rule)})  \n  {escape(finding.detail)}"
    return text + (f"  \n  {escape(finding.advice)}" if finding.advice else "")


def _problem(problem: Problem) -> str:
    times = f" ({problem.count:,} ×)" if problem.count != 1 else ""
    where = escape(problem.file)
    text = f"{where}: {escape(what_happened(problem))}"
    return f"- **{problem.severity.value}** {text}{times} ({escape(problem.slug)})"
