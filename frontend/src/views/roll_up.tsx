/** The parts of sessions: by name scope, and by the threads that drive them. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Device, Report, ScopeRow, ThreadRow } from '../api/report';
import { formatBytes, formatCount, formatDuration, UNKNOWN } from '../base/format';
import { sortRows } from '../model/tables';
import type { Panel } from '../state/panel';
import { FirstRows } from './more';
import { SessionName } from './session_name';

const MOST_ROWS = 400;

interface RollUpProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

interface Column<Row> {
  readonly key: keyof Row & string;
  readonly title: string;
  readonly show: (row: Row) => ComponentChildren;
  readonly isName?: boolean;
}

/** A table that sorts by any of its columns; `session` is the row's mark. */
function SortedTable<Row extends ScopeRow | ThreadRow>({
  rows,
  columns,
  first,
}: {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  first: keyof Row & string;
}): JSX.Element {
  const [sort, setSort] = useState({ key: first, descending: true });
  const sorted = useMemo(
    () => sortRows(rows, (row) => row[sort.key] as number | string | null, sort.descending),
    [rows, sort],
  );
  const sortBy = ({ key, isName }: Column<Row>): void =>
    setSort({ key, descending: sort.key === key ? !sort.descending : !isName });
  return (
    <>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                class={column.isName ? 'name' : undefined}
                aria-sort={sort.key !== column.key ? 'none' : sort.descending ? 'descending' : 'ascending'}
              >
                <button type="button" class="link" onClick={() => sortBy(column)}>
                  {column.title}
                  {sort.key === column.key ? (sort.descending ? ' ↓' : ' ↑') : ''}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column.key} class={column.isName ? 'name' : undefined}>
                  {column.show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_ROWS} of={sorted.length} />
    </>
  );
}

const sessionColumn = <Row extends ScopeRow | ThreadRow>({ panel, report, device }: RollUpProperties) =>
  ({
    key: 'session',
    title: 'session',
    show: (row: Row) => <SessionName {...{ report, device, theme: panel.theme.value, id: row.session }} />,
    isName: true,
  }) as const;

export function ScopeTable(properties: RollUpProperties): JSX.Element {
  const columns: readonly Column<ScopeRow>[] = [
    { key: 'scope', title: 'Scope', show: (row) => row.scope || '(none)', isName: true },
    sessionColumn<ScopeRow>(properties),
    { key: 'kernels', title: 'kernels', show: (row) => formatCount(row.kernels) },
    { key: 'total_ns', title: 'device time', show: (row) => formatDuration(row.total_ns) },
    { key: 'peak_bytes', title: 'most bytes held', show: (row) => formatBytes(row.peak_bytes) },
  ];
  return <SortedTable rows={properties.device.scopes} columns={columns} first="total_ns" />;
}

export function ThreadTable(properties: RollUpProperties): JSX.Element {
  const columns: readonly Column<ThreadRow>[] = [
    { key: 'thread', title: 'Thread', show: (row) => row.thread, isName: true },
    sessionColumn<ThreadRow>(properties),
    { key: 'runs', title: 'runs', show: (row) => formatCount(row.runs) },
    { key: 'busy_ns', title: 'inside runs', show: (row) => formatDuration(row.busy_ns) },
    { key: 'waited_ns', title: 'waited', show: (row) => formatDuration(row.waited_ns) },
    { key: 'waits_for', title: 'mostly for', show: (row) => row.waits_for || UNKNOWN, isName: true },
    { key: 'kernels', title: 'kernels', show: (row) => formatCount(row.kernels) },
    { key: 'total_ns', title: 'device time', show: (row) => formatDuration(row.total_ns) },
  ];
  return <SortedTable rows={properties.device.threads} columns={columns} first="waited_ns" />;
}
