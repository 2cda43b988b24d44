"""The declarations of the tables -> the module of the panel that holds them."""

import json
from collections.abc import Callable

from tb_contention.tables.catalogue import DEVICE_TABLES, REPORT_TABLES
from tb_contention.tables.spec import Column, Kind, TableSpec

Help = Callable[[TableSpec, Column], str]

_HEAD = """/** The tables of a report. Generated from `tb_contention/tables/`; do not edit. */

export type Kind = {kinds};

export interface Column {{
  /** Where the value is in a row; `device.` looks in the device, `outer.` in the object around the row. */
  readonly key: string;
  readonly title: string;
  readonly kind: Kind;
  readonly help?: string;
  /** Key of the whole that the value is a part of. */
  readonly of?: string;
  /** What stands instead of an empty text. */
  readonly unless?: string;
}}

export interface TableSpec {{
  readonly slug: string;
  readonly title: string;
  readonly help: string;
  readonly note?: string;
  /** Path of its rows from the report, or from a device behind `devices`. */
  readonly source: readonly string[];
  readonly together?: boolean;
  readonly forHost?: string;
  readonly columnar?: boolean;
  readonly columns: readonly Column[];
}}

"""


def typescript(help_of: Help) -> str:
    """Write the module; help_of: what a column of a table holds."""
    kinds = "".join(f"\n  | '{kind.value}'" for kind in Kind)
    tables = (("DEVICE_TABLES", DEVICE_TABLES), ("REPORT_TABLES", REPORT_TABLES))
    return _HEAD.format(kinds=kinds) + "\n".join(_tables(name, specs, help_of) for name, specs in tables)


def _tables(name: str, specs: tuple[TableSpec, ...], help_of: Help) -> str:
    """Write some tables by their slugs."""
    entries = "".join(f"  {spec.slug}: {_table(spec, help_of)},\n" for spec in specs)
    return f"export const {name} = {{\n{entries}}} as const satisfies Record<string, TableSpec>;\n"


def _table(spec: TableSpec, help_of: Help) -> str:
    columns = "".join(f"      {_column(column, help_of(spec, column))},\n" for column in spec.for_people)
    facts = (
        f"slug: {_text(spec.slug)}",
        f"title: {_text(spec.title)}",
        f"help: {_text(spec.help)}",
        f"source: [{', '.join(_text(part) for part in spec.source.split('/'))}]",
        *_given(note=spec.note, together=spec.together, forHost=spec.for_host, columnar=spec.columnar),
    )
    return "{\n" + "".join(f"    {fact},\n" for fact in facts) + f"    columns: [\n{columns}    ],\n  }}"


def _column(column: Column, says: str) -> str:
    """Write a column; figures are explained by the first clause of what they are, since every byte of the panel is loaded."""
    kind = column.kind.value
    says = says.partition(";")[0] if column.kind.is_number else ""
    facts = _given(key=column.key, title=column.title, kind=kind, help=says, of=column.of, unless=column.unless)
    return "{ " + ", ".join(facts) + " }"


def _given(**facts: str | bool) -> list[str]:
    """Write what is not empty."""
    return [f"{key}: {_text(value) if isinstance(value, str) else 'true'}" for key, value in facts.items() if value]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if "'" in value else f"'{value}'"
