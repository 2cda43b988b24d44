/** The visible rows of a table of any length, under heads that sort it. */
import type { ComponentChildren, HTMLAttributes, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { visibleRows } from '../model/tables';

/** As styles.css has it. */
export const ROW = 28;
const HEIGHT = 340;

export interface Column<Row> {
  readonly title: string;
  /** What it holds, as an explanation of its head. */
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
  /** A number with its share of the whole. */
  readonly isParted?: boolean;
}

export interface Order {
  readonly title: string;
  readonly descending: boolean;
}

export const cellOf = <Row,>(column: Column<Row>, row: Row): number | string | null =>
  column.value === undefined ? column.text(row) : column.value(row);

/** What a click on a head asks for: its column, or that in the other direction. */
export const nextOrder = <Row,>({ title, isName }: Column<Row>, order: Order | null): Order => ({
  title,
  descending: order?.title === title ? !order.descending : !isName,
});

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
      class={column.isName ? 'name' : column.isWide ? 'wide' : column.isParted ? 'parted' : undefined}
      data-means={column.help}
      aria-sort={!isSorted ? 'none' : order.descending ? 'descending' : 'ascending'}
    >
      <button type="button" class="link" onClick={() => onSort(column)}>
        {column.title}
        {arrow}
      </button>
    </th>
  );
}

interface VirtualTableProperties<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly order: Order | null;
  readonly onSort: (column: Column<Row>) => void;
  /** What more a row's element has. */
  readonly rowProperties?: (row: Row, index: number) => HTMLAttributes<HTMLTableRowElement>;
  readonly tableProperties?: HTMLAttributes<HTMLTableElement>;
  /** A last column without a title. */
  readonly last?: (row: Row) => ComponentChildren;
  readonly className?: string;
  /** The row that is scrolled to, inside the table; -1: none. */
  readonly current?: number;
  /** What the table is at most as high as until it is scrolled, px. */
  readonly height?: number;
  /** All rows at once, each as high as its text needs: for few rows that must be read in full. */
  readonly isWhole?: boolean;
}

export function VirtualTable<Row>(properties: VirtualTableProperties<Row>): JSX.Element {
  const {
    rows,
    columns,
    order,
    onSort,
    rowProperties,
    tableProperties,
    last: lastCell,
    className,
    current = -1,
    height: most = HEIGHT,
    isWhole = false,
  } = properties;
  const [{ top, height }, setPlace] = useState({ top: 0, height: most });
  const [first, last] = isWhole ? [0, rows.length] : visibleRows(rows.length, ROW, top, height);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (box.current === null || current < 0) return;
    if (isWhole) {
      box.current.querySelectorAll('tbody tr')[current]?.scrollIntoView({ block: 'nearest' });
      return;
    }
    const { scrollTop, clientHeight } = box.current;
    // Under the head, which stays.
    if (current * ROW < scrollTop || (current + 2) * ROW > scrollTop + clientHeight)
      box.current.scrollTop = Math.max(0, current * ROW - clientHeight / 2);
  }, [current]);
  const onScroll = ({ currentTarget: { scrollTop, clientHeight } }: { currentTarget: HTMLElement }): void =>
    setPlace({ top: scrollTop, height: Math.max(most, clientHeight) });
  return (
    <div ref={box} class="virtual" onScroll={onScroll}>
      <table
        class={`data ${isWhole ? 'whole-rows ' : ''}${className ?? ''}`}
        aria-rowcount={rows.length + 1}
        style={{ '--least': `${columns.reduce((sum, { isWide }) => sum + (isWide ? 232 : 104), 0)}px` }}
        {...tableProperties}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.title} {...{ column, order, onSort }} />
            ))}
            {lastCell !== undefined && <th scope="col" />}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <tr aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
          {rows.slice(first, last).map((row, index) => (
            <tr
              key={first + index}
              aria-rowindex={first + index + 2}
              style={isWhole ? undefined : { height: `${ROW}px` }}
              {...rowProperties?.(row, first + index)}
            >
              {columns.map((column) => (
                <td
                  key={column.title}
                  class={column.isName ? 'name' : undefined}
                  title={column.isName && !isWhole ? column.text(row) : undefined}
                >
                  {column.show === undefined ? column.text(row) : column.show(row)}
                </td>
              ))}
              {lastCell !== undefined && <td>{lastCell(row)}</td>}
            </tr>
          ))}
          {last < rows.length && (
            <tr aria-hidden="true" style={{ height: `${(rows.length - last) * ROW}px` }} />
          )}
        </tbody>
      </table>
    </div>
  );
}
