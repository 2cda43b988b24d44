"""The declarations of the tables -> what the panel has of them: types as a module, and the tables as JSON, a file of its own."""

import json
from collections.abc import Callable, Iterable

from tb_contention.tables.catalogue import DEVICE_TABLES, REPORT_TABLES
from tb_contention.tables.spec import Column, Kind, TableSpec
from tb_contention.wire import Json

Help = Callable[[TableSpec, Column], str]

_HEAD = """/** The tables of a report. Generated from `tb_contention/tables/`; do not edit. */
import address from './tables.json?url';

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

export type DeviceTable = {device};

export type ReportTable = {report};

export interface Tables {{
  readonly device: Readonly<Record<DeviceTable, TableSpec>>;
  readonly report: Readonly<Record<ReportTable, TableSpec>>;
}}

export let DEVICE_TABLES: Tables['device'];
export let REPORT_TABLES: Tables['report'];

export function adoptTables({{ device, report }}: Tables): void {{
  [DEVICE_TABLES, REPORT_TABLES] = [device, report];
}}

let loading: Promise<void> | null = null;

async function load(): Promise<void> {{
  try {{
    if (DEVICE_TABLES === undefined) adoptTables(await (await fetch(address)).json());
  }} catch (error) {{
    loading = null;
    throw error;
  }}
}}

/** Views with tables take them for granted, so this comes before their file. Several ask at a time. */
export function loadTables(): Promise<void> {{
  loading ??= load();
  return loading;
}}
"""


def typescript() -> str:
    """Write the module with the types."""
    kinds = _either(kind.value for kind in Kind)
    device, report = (_either(spec.slug for spec in specs) for specs in (DEVICE_TABLES, REPORT_TABLES))
    return _HEAD.format(kinds=kinds, device=device, report=report)


def declared(help_of: Help) -> str:
    """Write the tables by their slugs as JSON; help_of: what a column of a table holds."""
    groups = {"device": DEVICE_TABLES, "report": REPORT_TABLES}
    tables = {name: {spec.slug: _table(spec, help_of) for spec in specs} for name, specs in groups.items()}
    return json.dumps(tables, ensure_ascii=False, indent=1) + "\n"


def _either(words: Iterable[str]) -> str:
    return "".join(f"\n  | '{word}'" for word in words)


def _table(spec: TableSpec, help_of: Help) -> Json:
    return _given(
        slug=spec.slug,
        title=spec.title,
        help=spec.help,
        note=spec.note,
        source=spec.source.split("/"),
        together=spec.together,
        forHost=spec.for_host,
        columnar=spec.columnar,
        columns=[_column(column, help_of(spec, column)) for column in spec.for_people],
    )


def _column(column: Column, says: str) -> Json:
    """Write a column; figures are explained by the first clause of what they are, since every byte of the panel is loaded."""
    says = says.partition(";")[0] if column.kind.is_number else ""
    return _given(
        key=column.key, title=column.title, kind=column.kind.value, help=says, of=column.of, unless=column.unless
    )


def _given(**facts: Json) -> Json:
    """Leave out what is empty."""
    return {key: value for key, value in facts.items() if value}
