/** The head of a table that is in the order of the report. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/types';
import type { Panel } from '../state/panel';

export interface TableProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

export function Head({ columns }: { columns: readonly string[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}
