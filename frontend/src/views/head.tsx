/** The head of a table that is in the order of the report. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import type { Panel } from '../state/panel';

export interface TableProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

/** `names`: so many of the first columns are text, the others are set flush right as numbers are. */
export function Head({ columns, names = 1 }: { columns: readonly string[]; names?: number }): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map((column, index) => (
          <th key={column} scope="col" class={index > 0 && index < names ? 'name' : undefined}>
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}
