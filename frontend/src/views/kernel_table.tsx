/** Kernels of the device: any number of rows, of which only the visible ones are in the document. */

import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Device, KernelRow, Report } from '../api/types';
import { formatCount, formatDuration, plural } from '../base/format';
import { ns } from '../base/units';
import { type KernelColumn, kernelRows, visibleRows } from '../model/tables';
import type { Panel } from '../state/panel';
import { Chip } from './chip';

const ROW = 28;
const HEIGHT = 340;

interface Column {
  readonly key: KernelColumn;
  readonly title: string;
  readonly text: (row: KernelRow) => string;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Kernel', text: (row) => row.name },
  { key: 'session', title: 'session', text: (row) => row.session },
  { key: 'count', title: 'count', text: (row) => formatCount(row.count) },
  { key: 'total_ns', title: 'total', text: (row) => formatDuration(row.total_ns) },
  { key: 'mean_ns', title: 'mean', text: (row) => formatDuration(ns(row.total_ns / Math.max(1, row.count))) },
  { key: 'alone_ns', title: 'alone', text: (row) => formatDuration(row.alone_ns) },
  { key: 'lost_ns', title: 'lost', text: (row) => formatDuration(row.lost_ns) },
];

interface KernelTableProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

/** Columns about which nothing is known, or nothing to be said of a session alone, would be two columns of dashes or zeros. */
const columnsFor = ({ kernels, sessions }: Device): readonly Column[] =>
  COLUMNS.filter(
    ({ key }) =>
      (key !== 'alone_ns' && key !== 'lost_ns') ||
      (sessions.length > 1 && kernels.some((row) => row[key] !== null)),
  );

export function KernelTable({ panel, report, device }: KernelTableProperties): JSX.Element {
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<{ key: KernelColumn; descending: boolean }>({
    key: 'total_ns',
    descending: true,
  });
  const [top, setTop] = useState(0);
  const rows = useMemo(
    () => kernelRows(device.kernels, filter, sort.key, sort.descending),
    [device, filter, sort],
  );
  const columns = useMemo(() => columnsFor(device), [device]);
  const [first, last] = visibleRows(rows.length, ROW, top, HEIGHT);
  const nameOf = (id: string): string => report.sessions.find((session) => session.id === id)?.name ?? id;
  const sortBy = (key: KernelColumn): void =>
    setSort({ key, descending: sort.key === key ? !sort.descending : key !== 'name' && key !== 'session' });
  const cell = (row: KernelRow, column: Column): JSX.Element | string => {
    if (column.key !== 'session') return column.text(row);
    return (
      <>
        <Chip theme={panel.theme.value} index={device.sessions.indexOf(row.session)} /> {nameOf(row.session)}
      </>
    );
  };
  return (
    <>
      <div class="filter">
        <label>
          <span class="visually-hidden">Filter kernels by name</span>
          <input
            type="search"
            placeholder="filter by name"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <span class="muted">{plural(rows.length, 'kernel name')}</span>
      </div>
      <div
        class="virtual"
        style={{ maxHeight: `${HEIGHT}px` }}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <table class="kernels" aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              {columns.map(({ key, title }) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={sort.key !== key ? 'none' : sort.descending ? 'descending' : 'ascending'}
                >
                  <button type="button" class="link" onClick={() => sortBy(key)}>
                    {title}
                    {sort.key === key ? (sort.descending ? ' ↓' : ' ↑') : ''}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {first > 0 && <tr aria-hidden="true" style={{ height: `${first * ROW}px` }} />}
            {rows.slice(first, last).map((row, index) => (
              <tr key={first + index} aria-rowindex={first + index + 2} style={{ height: `${ROW}px` }}>
                {columns.map((column) => (
                  <td key={column.key} title={column.key === 'name' ? row.name : undefined}>
                    {cell(row, column)}
                  </td>
                ))}
              </tr>
            ))}
            {last < rows.length && (
              <tr aria-hidden="true" style={{ height: `${(rows.length - last) * ROW}px` }} />
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}
