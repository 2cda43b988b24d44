/** Who lost time to whom: victims in rows, culprits in columns, and the kernels behind it. */
import type { JSX } from 'preact';
import type { Blame, Device, Report } from '../api/report';
import { formatDuration, formatShare, UNKNOWN } from '../base/format';
import { heat, type Theme } from '../base/palette';
import { type BlameCell, type BlameRow, blameMatrix } from '../model/blame';
import { MOST_AT_ONCE } from '../model/many';
import type { Panel } from '../state/panel';
import { Explained, MEANS } from './explained';
import type { TableProperties } from './head';
import { SessionName } from './session_name';

interface BlameProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

function Cell({ cell, row, theme }: { cell: BlameCell; row: BlameRow; theme: Theme }): JSX.Element {
  if (cell.lost === null) return <td class="muted">{cell.culprit === row.victim ? '' : UNKNOWN}</td>;
  if (row.later !== null && row.total <= 0) {
    const isOnly = row.cells.filter(({ lost }) => lost !== null).length === 1;
    return <td class="muted">{isOnly ? 'waiting of requests' : UNKNOWN}</td>;
  }
  return (
    <td style={{ background: heat(theme, cell.share) }}>
      {formatDuration(cell.lost)} <small>{formatShare(cell.share, 1)}</small>
    </td>
  );
}

/** Rows of blame: losses of the whole window, or delays in a part of it. */
export function blameShown({ panel, device }: TableProperties): readonly Blame[] {
  return panel.focus.isWhole.value ? device.blame : (panel.contention.part.value?.delays ?? device.blame);
}

export function BlameView(properties: BlameProperties): JSX.Element | null {
  const { panel, report, device } = properties;
  const matrix = blameMatrix(device);
  if (matrix === null) return null;
  const theme = panel.theme.value;
  const session = (id: string): JSX.Element => <SessionName {...{ report, device, theme, id }} />;
  const isShort = device.sessions.length > MOST_AT_ONCE;
  return (
    <section class="blame" aria-labelledby="blame">
      <h2 id="blame">Who lost time to whom</h2>
      <div class="scroll">
        <table class="matrix">
          <caption class="visually-hidden">
            Time that each session in a row lost to each session in a column, and its share of the row
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <Explained means={MEANS.blame}>lost by ↓ to →</Explained>
              </th>
              {matrix.culprits.map((id) => (
                <th key={id} scope="col">
                  <SessionName {...{ report, device, theme, id, isShort }} />
                </th>
              ))}
              <th scope="col">sum</th>
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map((row) => (
              <tr key={row.victim}>
                <th scope="row">{session(row.victim)}</th>
                {row.cells.map((cell) => (
                  <Cell key={cell.culprit} {...{ cell, row, theme }} />
                ))}
                <td class="strong">
                  {row.later === null ? formatDuration(row.total) : `${formatDuration(row.later)} a request`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
