/** The processes that the driver saw on the GPU, captured or not. */
import type { JSX } from 'preact';
import type { DriverProcess, DriverView } from '../api/report';
import { formatBytes, plural, shorten } from '../base/format';
import { Head, type TableProperties } from './head';
import { ShowButton } from './more';
import { SessionName } from './session_name';

const MOST = 20;

function Beside({ process }: { process: DriverProcess }): JSX.Element {
  const { beside_least_bytes: least, beside_most_bytes: most } = process;
  if (least === null || most === null) return <td>{formatBytes(null)}</td>;
  return <td>{least === most ? formatBytes(least) : `${formatBytes(least)} to ${formatBytes(most)}`}</td>;
}

export function DriverTable(properties: TableProperties & { driver: DriverView }): JSX.Element {
  const { panel, report, device, driver } = properties;
  const at = driver.used_peak_at_ns;
  const hidden = driver.processes.length - MOST;
  return (
    <section class="memory-part">
      <h3>What the driver saw on the GPU</h3>
      <p>
        {device.driver_words}{' '}
        {at !== null && <ShowButton onClick={() => panel.timeline.window.centreOn(at)} />}
      </p>
      {driver.processes.length > 0 && (
        <table>
          <Head
            columns={[
              'Session',
              'process',
              'name',
              'taken, peak',
              'when most was taken',
              'in use by allocators',
              'beside them',
            ]}
          />
          <tbody>
            {driver.processes.slice(0, MOST).map((process) => (
              <tr key={process.process_id}>
                <th scope="row">
                  {process.session === null ? (
                    <span class="muted">{driver.unmatched.length > 0 ? 'not known' : 'not captured'}</span>
                  ) : (
                    <SessionName {...{ report, device, theme: panel.theme.value, id: process.session }} />
                  )}
                </th>
                <td>{process.process_id}</td>
                <td class="name">{shorten(process.name, 60)}</td>
                <td>{formatBytes(process.peak_bytes)}</td>
                <td>{formatBytes(process.at_fullest_bytes)}</td>
                <td>{formatBytes(process.in_use_bytes)}</td>
                <Beside process={process} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hidden > 0 && <p class="muted">{plural(hidden, 'more process', 'more processes')}.</p>}
      <p class="muted">
        Beside them: CUDA context, libraries, and what allocators do not record. An allocator's pool lies
        between what it had in use and its limit, hence the range.
      </p>
    </section>
  );
}
