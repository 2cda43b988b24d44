"""A report -> CSV tables, safe to open in a spreadsheet: text that a spreadsheet would run as a formula gets an apostrophe in front."""

import csv
import io
from functools import partial
from typing import Any

from tb_contention.model.faults import Faults
from tb_contention.model.findings import Problem
from tb_contention.model.names import clean
from tb_contention.model.report import Report
from tb_contention.report.to_json import to_dict
from tb_contention.tables.catalogue import TABLES
from tb_contention.tables.programs import ProgramColumn, program_columns
from tb_contention.tables.rows import Wire
from tb_contention.tables.spec import TableSpec
from tb_contention.words.problems import what_happened

#: Characters that start a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


def to_csv_files(report: Report) -> dict[str, str]:
    """Return the tables by file name."""
    return {f"{name}.csv": text for name, text in _tables(report).items()}


def to_csv(report: Report) -> str:
    """Return all tables as one text: each under a line `# name`, with an empty line between."""
    return "\n".join(f"# {name}\n{text}" for name, text in _tables(report).items())


def _tables(report: Report) -> dict[str, str]:
    """Write each table; one that fails holds nothing but the problem."""
    wire, faults = to_dict(report), Faults(logdir=report.logdir, output="report.csv")
    return {
        spec.slug: faults.attempt(f"The table {spec.slug}", partial(_table, spec, wire), _failed) for spec in TABLES
    }


def _table(spec: TableSpec, wire: Wire) -> str:
    return _text(program_columns(spec, wire))


def _failed(problem: Problem) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([[problem.slug], [_cell(what_happened(problem))]])
    return stream.getvalue()


def _text(columns: tuple[ProgramColumn, ...]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*([_cell(value) for value in column.values] for column in columns), strict=True))
    return stream.getvalue()


def _cell(value: Any) -> Any:
    """Keep numbers numbers, leave out what is unknown, and disarm text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    dangerous = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA[:4])
    return ("'" if dangerous else "") + clean(text)
