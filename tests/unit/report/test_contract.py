"""What is generated from the declarations is as it would be written now, and says what it should."""

from dataclasses import dataclass
from typing import Annotated

import jsonschema
import pytest

from tb_contention.report.contract.markdown import with_tables
from tb_contention.report.contract.schema import schema
from tb_contention.report.contract.typescript import typescript
from tb_contention.units import Bytes, Nanoseconds
from tb_contention.wire import Choice, Wire


class Way(Choice):
    """How they share."""

    TURNS = "turns", "one after the other"
    BESIDE = "beside", "at the same time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One session."""

    busy: Annotated[Nanoseconds | None, Wire("work")]
    gain: Annotated[Bytes, Wire("what is won", signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All of it. More for readers of the code."""

    way: Annotated[Way, Wire("how")]
    rows: Annotated[tuple[Row, ...], Wire("each")] = ()


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        ({"way": "turns", "rows": [{"busy_ns": None, "gain_bytes": -1}]}, True),
        ({"way": "turns", "rows": [{"busy_ns": -1, "gain_bytes": 0}]}, False),
        ({"way": "turns", "rows": [{"busy_ns": 1, "gain_bytes": None}]}, False),
        ({"way": "turns", "rows": [{"busy_ns": 1}]}, False),
        ({"way": "sideways", "rows": []}, False),
        ({"way": "turns", "rows": [], "more": 1}, False),
    ],
)
def test_a_schema_holds_exactly_the_declared_keys(value: object, is_valid: bool) -> None:
    assert jsonschema.Draft202012Validator(schema(Answer, "an answer")).is_valid(value) is is_valid


def test_a_page_has_a_row_for_each_key() -> None:
    page = "# Keys\n<!-- keys of Answer -->\nold\n<!-- end of keys -->\nprose\n"
    assert with_tables(page, [Answer]).splitlines()[4:] == [
        "| Key | Type | Meaning |",
        "|---|---|---|",
        "| `way` | name | how: `turns` (one after the other), `beside` (at the same time) |",
        "| `rows[]` | list | each |",
        "| `rows[].busy_ns` | integer or null | work |",
        "| `rows[].gain_bytes` | integer | what is won |",
        "",
        "<!-- end of keys -->",
        "prose",
    ]
    assert with_tables(with_tables(page, [Answer]), [Answer]) == with_tables(page, [Answer])


def test_types_of_the_panel_bear_units_and_names() -> None:
    written = typescript([Answer])
    assert "  readonly busy_ns: Ns | null;" in written
    assert "  readonly gain_bytes: Bytes;" in written
    assert "  readonly rows: readonly Row[];" in written
    assert "export type Way = 'turns' | 'beside';" in written
    assert "/** All of it. */\nexport interface Answer {" in written
