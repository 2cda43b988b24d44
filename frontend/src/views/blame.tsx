/** Who lost time to whom: victims in rows, culprits in columns, and the kernels behind it. */
import type { JSX } from 'preact';
import type { Blame, Device, KernelBlame, Report } from '../api/report';
import { formatDuration, formatShare, shortenAll, UNKNOWN } from '../base/format';
import { heat, type Theme } from '../base/palette';
import { type BlameCell, blameMatrix } from '../model/blame';
import type { Panel } from '../state/panel';
import { durationColumn, sessionColumn } from './columns';
import { type Column, DataTable } from './data_table';
import type { TableProperties } from './head';
import { SessionName } from './session_name';

const MOST_PAIRS = 8;
const LONGEST = 30;

interface BlameProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

function Cell({ cell, isSelf, theme }: { cell: BlameCell; isSelf: boolean; theme: Theme }): JSX.Element {
  if (cell.lost === null) return <td class="muted">{isSelf ? '' : UNKNOWN}</td>;
  return (
    <td style={{ background: heat(theme, cell.share) }}>
      {formatDuration(cell.lost)} <small>{formatShare(cell.share, 1)}</small>
    </td>
  );
}

function Pairs({ panel, report, device, pairs }: BlameProperties & { pairs: readonly KernelBlame[] }) {
  const theme = panel.theme.value;
  const session = (id: string): JSX.Element => <SessionName {...{ report, device, theme, id }} isShort />;
  const shown = pairs.slice(0, MOST_PAIRS);
  const short = shortenAll(
    shown.flatMap((pair) => [pair.victim_kernel, pair.culprit_kernel]),
    LONGEST,
  );
  return (
    <table class="pairs">
      <caption>Top pairs of kernels</caption>
      <thead>
        <tr>
          {['Delayed kernel', 'while there was', 'lost'].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((pair, index) => (
          <tr key={index}>
            <td class="clip" title={pair.victim_kernel}>
              {session(pair.victim)} {short.get(pair.victim_kernel)}
            </td>
            <td class="clip" title={pair.culprit_kernel}>
              {session(pair.culprit)} {short.get(pair.culprit_kernel)}
            </td>
            <td>{formatDuration(pair.lost_ns)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Rows of blame: losses of the whole window, or delays in a part of it. */
export function blameShown({ panel, device }: TableProperties): readonly Blame[] {
  return panel.focus.isWhole.value ? device.blame : (panel.contention.part.value?.delays ?? device.blame);
}

export function BlameTable(properties: TableProperties): JSX.Element {
  const { panel } = properties;
  const columns: readonly Column<Blame>[] = [
    sessionColumn(properties, (row: Blame) => row.victim, 'Delayed'),
    sessionColumn(properties, (row: Blame) => row.culprit, 'by'),
    durationColumn(panel.focus.isWhole.value ? 'lost' : 'stretch and stall', (row) => row.lost_ns),
  ];
  return (
    <>
      <DataTable noun="pair of sessions" sortedBy="lost" rows={blameShown(properties)} columns={columns} />
      {!panel.focus.isWhole.value && (
        <p class="muted">
          In a part of the window these are delays of kernels; slack of the host may have hidden some of them
          from the steps.
        </p>
      )}
    </>
  );
}

export function BlameView(properties: BlameProperties): JSX.Element | null {
  const { panel, report, device } = properties;
  const matrix = blameMatrix(device);
  if (matrix === null) return null;
  const theme = panel.theme.value;
  const session = (id: string): JSX.Element => <SessionName {...{ report, device, theme, id }} />;
  const pairs = [...device.blame_kernels].sort((a, b) => b.lost_ns - a.lost_ns);
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
              <th scope="col">lost by ↓ to →</th>
              {matrix.culprits.map((id) => (
                <th key={id} scope="col">
                  {session(id)}
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
                  <Cell key={cell.culprit} cell={cell} isSelf={cell.culprit === row.victim} theme={theme} />
                ))}
                <td class="strong">{formatDuration(row.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pairs.length > 0 && <Pairs {...properties} pairs={pairs} />}
    </section>
  );
}
