"""Every table in every form: the same rows, the same names, the same digits."""

import csv
import io
import json
from collections.abc import Callable, Iterator

import pytest
from as_read import as_read
from golden.reports import alone, hostile, nothing, shared

from tb_contention.model.report import Report
from tb_contention.notebook.tables import TABLES as NOTEBOOK
from tb_contention.report.contract.columns import help_of, key_of, row_class
from tb_contention.report.contract.shapes import innermost, shape
from tb_contention.report.sections import tables_of
from tb_contention.report.to_csv import to_csv_files
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict
from tb_contention.report.to_markdown import escape, to_markdown
from tb_contention.tables.catalogue import DEVICE_TABLES, TABLES, table
from tb_contention.tables.people import TextTable, cell, device_table, more
from tb_contention.tables.rows import Row, ends, rows
from tb_contention.tables.sharing import BLAME, PAIRS
from tb_contention.tables.spec import Column, For, Kind, TableSpec
from tb_contention.tables.typescript import declared, typescript
from tb_contention.wire import keys
from tb_contention.words.names import names_of

MAKERS = (shared, alone, hostile, nothing)
Make = Callable[[], Report]


def printed(report: Report) -> list[TextTable]:
    devices, whole = tables_of(report)
    return [t for tables in devices for t in tables] + whole


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.slug)
def test_programs_get_every_row_with_every_value(spec: TableSpec, make: Make) -> None:
    report = make()
    found = list(rows(spec, to_dict(report)))
    read = list(csv.DictReader(io.StringIO(to_csv_files(report)[f"{spec.slug}.csv"])))
    name = next(name for name, each in NOTEBOOK.items() if each is spec)
    frame = getattr(report, name)

    assert len(read) == len(frame) == len(found)
    columns = [name for column in spec.columns for _, name in ends(column)]
    assert [column.name for column in frame.columns] == columns
    assert len(set(columns)) == len(columns)
    for row in read:
        assert list(row) == columns


@pytest.mark.parametrize("make", [shared, alone])
def test_people_read_the_same_cells_in_markdown_and_html(make: Make) -> None:
    report = make()
    page, text = as_read(to_html(report)), to_markdown(report)

    for made in printed(report):
        assert made.title in page
        assert made.title in text
        for row in made.rows:
            assert "| " + " | ".join(escape(words) for words in row) + " |" in text
            for words in row:
                assert f"\n{words}\n" in page


@pytest.mark.parametrize("spec", DEVICE_TABLES, ids=lambda spec: spec.slug)
def test_every_table_of_a_device_that_has_rows_is_printed(spec: TableSpec) -> None:
    report = shared()
    wire, names = to_dict(report)["devices"][0], names_of(report)
    made, titles = device_table(spec, wire, names), [t.title for t in printed(report)]

    if spec is not PAIRS:
        assert (made.title in titles) == bool(made.rows)
    if spec is not BLAME:
        assert len(made.header) == len(made.rows[0] if made.rows else made.header)


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.slug)
def test_a_column_shows_a_declared_key_of_its_kind(spec: TableSpec) -> None:
    for column in spec.columns:
        key = key_of(spec, column)
        found = innermost(shape(key.type))
        assert help_of(spec, column)
        assert found.form in FORMS[column.kind], (column.key, found.form)
        unit = key.name.rpartition("_")[2]
        assert (unit == "ns") == (column.kind in (Kind.DURATION, Kind.INSTANT, Kind.DURATIONS)), column.key
        assert (unit == "bytes") <= (column.kind is Kind.BYTES), column.key
        if column.of:
            assert key_of(spec, Column(key=column.of, title="", kind=Kind.COUNT)).name


def test_no_value_of_a_listed_row_is_in_no_table() -> None:
    listed: dict[type, set[str]] = {}
    for spec in TABLES:
        shown = listed.setdefault(row_class(spec), set())
        shown.update(key for column in spec.columns for key, _ in ends(column))
    for cls, shown in listed.items():
        assert {key for key in leaves(cls) if key not in shown} <= WORDS_AND_CURVES, cls


def leaves(cls: type, prefix: str = "") -> Iterator[str]:
    for key in keys(cls):
        found = shape(key.type)
        if found.form == "object" and f"{prefix}{key.name}" not in TABLES_OF_THEIR_OWN:
            yield from leaves(found.cls, f"{prefix}{key.name}.")
        elif found.item is None or found.item.form != "object":
            yield f"{prefix}{key.name}"


#: Objects inside a row that have a table.
TABLES_OF_THEIR_OWN = {"driver", "attribution", "recording"}
#: What is made of values that are in a table, or drawn.
WORDS_AND_CURVES = {
    "driver", "attribution", "recording", "verdict.meaning", "verdict.trust", "mechanism_words", "memory_words", "driver_words", "figure",
    "figure_of", "interval", "options", "request_times", "busy_with", "loss", "place.kind", "place.near", "place.name", "place.at_ns",
    "known", "steps",
    "cannot_be_one_gpu", "used.time_ns", "used.bytes", "untraced.time_ns", "untraced.bytes", "slowdown_scale.low", "slowdown_scale.high",
    "advice.recommendation.session", "advice.recommendation.standing", "advice.recommendation.headline", "advice.recommendation.why",
    "advice.recommendation.command", "advice.recommendation.actions",
}  # fmt: skip
FORMS = {
    Kind.TEXT: {"string", "constant", "choice"}, Kind.WORD: {"choice", "constant"}, Kind.NAME: {"string"}, Kind.SESSION: {"string"},
    Kind.SESSIONS: {"string"}, Kind.DEVICE: {"string"}, Kind.LIST: {"string"}, Kind.MAP: {"string", "any"}, Kind.FLAG: {"boolean"},
    Kind.COUNT: {"integer"}, Kind.IDENTIFIER: {"integer"}, Kind.DURATION: {"integer"}, Kind.INSTANT: {"integer"},
    Kind.BYTES: {"integer", "number"}, Kind.NUMBER: {"number"}, Kind.SHARE: {"number"}, Kind.SLOWDOWN: {"object"},
    Kind.FACTORS: {"object"}, Kind.DURATIONS: {"object"},
}  # fmt: skip


def test_rows_beyond_the_most_are_counted_and_point_to_where_they_are() -> None:
    kernel = {"session": "s", "name": "k", "count": 1, "total_ns": 2, "alone_ns": None, "lost_ns": None}
    made = device_table(table("kernels"), {"id": "d", "is_host": False, "kernels": [kernel] * 25}, {})

    assert len(made.rows) == 20
    assert made.note.startswith("5 more rows are in the JSON and CSV reports.")


def test_a_processor_has_operations_instead_of_kernels() -> None:
    kernel = {"session": "s", "name": "k", "count": 1, "total_ns": 2, "alone_ns": None, "lost_ns": None}
    assert device_table(table("kernels"), {"is_host": True, "kernels": [kernel]}, {}).title == "Operations"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.DURATION, 2_300_000, "2.30 ms"), (Kind.BYTES, 3 << 30, "3.00 GiB"), (Kind.SHARE, 0.534, "53 %"),
        (Kind.COUNT, 12_345, "12,345"),
        (Kind.FLAG, False, "no"), (Kind.WORD, "time_slicing", "time slicing"), (Kind.TEXT, "a_b\n", "a_b\\x0a"),
        (Kind.SESSION, "x", "label"),
        (Kind.SESSIONS, ["x", "y"], "label, y"), (Kind.IDENTIFIER, 12_345, "12345"), (Kind.TEXT, "", "–"), (Kind.DURATION, None, "–"),
        (Kind.SLOWDOWN, {"estimate": 1.3, "low": None, "high": 1.4, "evidence": "B"}, "at most 1.40"),
        (Kind.SLOWDOWN, {"estimate": 1.77, "low": 1.0, "high": 2.7, "evidence": "D"}, "1.00 to 2.70"),
        (Kind.SLOWDOWN, {"estimate": 1.45, "low": 1.41, "high": 1.52, "evidence": "B"}, "1.45× (1.41 to 1.52)"),
        (Kind.SLOWDOWN, {"estimate": None, "low": None, "high": None, "evidence": "D"}, "–"),
        (Kind.DURATIONS, {"estimate": None, "low": 1_000, "high": 2_000}, "1.00 µs to 2.00 µs"),
    ],
)  # fmt: skip
def test_a_kind_decides_how_people_read_a_value(kind: Kind, value: object, words: str) -> None:
    column = Column(key="v", title="v", kind=kind)
    assert cell(column, Row({"v": value}, {}, {}), {"x": "label"}) == words


def test_a_part_is_shown_with_its_share_and_an_instant_from_the_start_of_the_window() -> None:
    row = Row({"busy_ns": 500, "at_ns": 1_700}, {}, {"time": {"window_ns": 2_000}, "window": {"start_ns": 700}})
    part = Column(key="busy_ns", title="busy", kind=Kind.DURATION, of="device.time.window_ns")
    assert cell(part, row, {}) == "500 ns (25 %)"
    assert cell(Column(key="at_ns", title="at", kind=Kind.INSTANT), row, {}) == "1.00 µs"


def test_the_panels_tables_are_the_declared_ones() -> None:
    types, tables = typescript(), json.loads(declared(help_of))
    found = tables["device"] | tables["report"]
    assert set(found) == {spec.slug for spec in TABLES}
    for spec in TABLES:
        assert f"\n  | '{spec.slug}'" in types
        assert [column["key"] for column in found[spec.slug]["columns"]] == [c.key for c in spec.for_people]
    assert "audience" not in json.dumps(tables)
    assert all(c.audience is not For.PROGRAMS for spec in TABLES for c in spec.for_people)


def test_what_is_left_out_is_counted_as_in_a_sentence() -> None:
    assert [more(n) for n in (0, 1, 2_000)] == [
        "", "1 more row is in the JSON and CSV reports.", "2,000 more rows are in the JSON and CSV reports.",
    ]  # fmt: skip
