"""A report -> its tables, as `tables/` declares them: times in ns, memory in bytes, None where something is unknown."""

from collections.abc import Iterator
from types import MappingProxyType

from tb_contention.model.report import Report
from tb_contention.notebook.columns import Column, Kind, Table
from tb_contention.report.contract.columns import help_of
from tb_contention.report.to_json import to_dict
from tb_contention.tables.catalogue import TABLES as SPECS
from tb_contention.tables.programs import ProgramColumn, program_columns
from tb_contention.tables.rows import Row
from tb_contention.tables.sharing import STEPS
from tb_contention.tables.spec import Kind as Meaning
from tb_contention.tables.spec import TableSpec

#: Names that a report has in use for its values, or that notebooks know a table by.
_NAMES = {
    "sessions": "sessions_table",
    "devices": "devices_table",
    "per_session": "shares",
    "blame_kernels": "kernel_pairs",
    "findings": "findings_table",
    "problems": "problems_table",
}
#: Every table by its name, as the report has it.
TABLES = MappingProxyType({_NAMES.get(spec.slug, spec.slug): spec for spec in SPECS})

_WHOLE = frozenset((Meaning.COUNT, Meaning.DURATION, Meaning.DURATIONS, Meaning.INSTANT))
_RATIOS = frozenset((Meaning.NUMBER, Meaning.FACTORS, Meaning.SLOWDOWN, Meaning.SHARE))


def table(report: Report, name: str) -> Table:
    """Make one of the tables of a report; KeyError if there is none of that name."""
    spec = TABLES[name]
    periods = _periods(report) if spec is STEPS else None
    columns = program_columns(spec, {} if periods is not None else to_dict(report), periods)
    return Table(name=name, columns=tuple(_column(spec, column) for column in columns))


def _column(spec: TableSpec, column: ProgramColumn) -> Column:
    kind = _kind(column)
    values = tuple(map(_text, column.values)) if kind is Kind.TEXT else column.values
    return Column(name=column.name, unit=column.unit, kind=kind, values=values, help=help_of(spec, column.shows))


def _kind(column: ProgramColumn) -> Kind:
    if column.kind is Meaning.FLAG:
        return Kind.FLAG
    is_whole = not any(isinstance(value, float) for value in column.values)
    if column.kind in _WHOLE or (column.kind in (Meaning.BYTES, Meaning.IDENTIFIER) and is_whole):
        return Kind.INTEGER
    return Kind.NUMBER if column.kind in _RATIOS or column.kind is Meaning.BYTES else Kind.TEXT


def _text(value: object) -> str | None:
    """Keep a name as it was recorded, but for halves of characters, which neither Arrow nor a file can hold."""
    return None if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


_COLUMNS = ("number", "start_ns", "end_ns", "period_ns", "own_ns", "host_ns", "lost_ns")


def _periods(report: Report) -> Iterator[Row]:
    """Walk over all step periods; the JSON report merges neighbours where there are many."""
    for device in report.devices:
        for times in device.cost.steps:
            columns = (times.number, times.start, times.end, times.end - times.start, times.own, times.host)
            lost = times.lost.tolist() if times.known else [None] * len(times.number)
            for values in zip(*(column.tolist() for column in columns), lost, strict=True):
                own = dict(zip(_COLUMNS, values, strict=True))
                yield Row({"session": times.session, "merged": 1, **own}, {}, {"id": device.id})
