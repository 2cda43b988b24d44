/** A long table of the report: sorted by its heads, filtered by its texts. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { plural } from '../base/format';
import { filterRows, sortRows } from '../model/tables';
import { ShowButton } from './more';
import { type Column, cellOf, nextOrder, type Order, VirtualTable } from './virtual_table';

export type { Column } from './virtual_table';

/** So few rows need no filter. */
const FEW = 12;

interface DataTableProperties<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What a row is: "kernel name". */
  readonly noun: string;
  /** Title of the column by which it is sorted at first, largest first; else the order of the rows. */
  readonly sortedBy?: string;
  readonly isCurrent?: (row: Row) => boolean;
  /** Takes the timeline to a row. */
  readonly onShow?: (row: Row) => void;
  readonly className?: string;
}

function arranged<Row>(
  { rows, columns }: DataTableProperties<Row>,
  filter: string,
  order: Order | null,
): readonly Row[] {
  const names = columns.filter((column) => column.isName);
  const kept = filterRows(rows, filter, (row) => names.map((column) => column.text(row)));
  const by = columns.find((column) => column.title === order?.title);
  return by === undefined || order === null
    ? kept
    : sortRows(kept, (row) => cellOf(by, row), order.descending);
}

export function DataTable<Row>(properties: DataTableProperties<Row>): JSX.Element {
  const { rows, columns, noun, sortedBy, isCurrent, onShow, className } = properties;
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<Order | null>(
    sortedBy === undefined ? null : { title: sortedBy, descending: true },
  );
  const shown = useMemo(() => arranged(properties, filter, order), [rows, columns, filter, order]);
  return (
    <>
      <div class="filter" hidden={rows.length <= FEW}>
        <label>
          <span class="visually-hidden">Filter by name</span>
          <input
            type="search"
            placeholder="filter by name"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <span class="muted">{plural(shown.length, noun)}</span>
      </div>
      <VirtualTable
        rows={shown}
        current={isCurrent === undefined ? -1 : shown.findIndex(isCurrent)}
        {...{ columns, order, className }}
        onSort={(column) => setOrder(nextOrder(column, order))}
        rowProperties={(row) => ({ class: isCurrent?.(row) ? 'current' : undefined })}
        last={onShow === undefined ? undefined : (row) => <ShowButton onClick={() => onShow(row)} />}
      />
    </>
  );
}
