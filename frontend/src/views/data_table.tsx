/** A long table: any number of rows, of which only the visible ones are in the document; sorted by its heads, filtered by its texts. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { plural } from '../base/format';
import { filterRows, sortRows, visibleRows } from '../model/tables';
import { ShowButton } from './more';

const ROW = 28;
/** As styles.css has it. */
const HEIGHT = 340;
/** So few rows need no filter. */
const FEW = 12;

export interface Column<Row> {
  readonly title: string;
  /** What it holds, as a title of its head. */
  readonly help?: string;
  /** What the cell says; the filter looks at those of names. */
  readonly text: (row: Row) => string;
  /** What it is sorted by, where that is not its text; null is unknown. */
  readonly value?: (row: Row) => number | string | null;
  /** The cell, where it is more than its text. */
  readonly show?: (row: Row) => ComponentChildren;
  /** Text, flush left and searched by the filter; all others are numbers. */
  readonly isName?: boolean;
  /** A number with its interval. */
  readonly isWide?: boolean;
}

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

interface Order {
  readonly title: string;
  readonly descending: boolean;
}

const cellOf = <Row,>(column: Column<Row>, row: Row): number | string | null =>
  column.value === undefined ? column.text(row) : column.value(row);

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

function HeadCell<Row>({
  column,
  order,
  onSort,
}: {
  column: Column<Row>;
  order: Order | null;
  onSort: (column: Column<Row>) => void;
}): JSX.Element {
  const isSorted = order?.title === column.title;
  const arrow = isSorted ? (order.descending ? ' ↓' : ' ↑') : '';
  return (
    <th
      scope="col"
      class={column.isName ? 'name' : column.isWide ? 'wide' : undefined}
      title={column.help}
      aria-sort={!isSorted ? 'none' : order.descending ? 'descending' : 'ascending'}
    >
      <button type="button" class="link" onClick={() => onSort(column)}>
        {column.title}
        {arrow}
      </button>
    </th>
  );
}

export function DataTable<Row>(properties: DataTableProperties<Row>): JSX.Element {
  const { rows, columns, noun, sortedBy, isCurrent, onShow, className } = properties;
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<Order | null>(
    sortedBy === undefined ? null : { title: sortedBy, descending: true },
  );
  const [top, setTop] = useState(0);
  const shown = useMemo(() => arranged(properties, filter, order), [rows, columns, filter, order]);
  const [first, last] = visibleRows(shown.length, ROW, top, HEIGHT);
  const sortBy = ({ title, isName }: Column<Row>): void =>
    setOrder({ title, descending: order?.title === title ? !order.descending : !isName });
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
      <div class="virtual" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <table class={`data ${className ?? ''}`} aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {columns.map((column) => (
                <HeadCell key={column.title} {...{ column, order, onSort: sortBy }} />
              ))}
              {onShow !== undefined && <th scope="col" />}
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
            {shown.slice(first, last).map((row, index) => (
              <tr
                key={first + index}
                class={isCurrent?.(row) ? 'current' : undefined}
                aria-rowindex={first + index + 2}
                style={{ height: `${ROW}px` }}
              >
                {columns.map((column) => (
                  <td
                    key={column.title}
                    class={column.isName ? 'name' : undefined}
                    title={column.isName ? column.text(row) : undefined}
                  >
                    {column.show === undefined ? column.text(row) : column.show(row)}
                  </td>
                ))}
                {onShow !== undefined && (
                  <td>
                    <ShowButton onClick={() => onShow(row)} />
                  </td>
                )}
              </tr>
            ))}
            {last < shown.length && (
              <tr aria-hidden="true" style={{ height: `${(shown.length - last) * ROW}px` }} />
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}
