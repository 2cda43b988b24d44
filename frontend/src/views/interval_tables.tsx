/** What the timeline hatches, as tables: contended intervals, and where time was lost. */
import type { JSX } from 'preact';
import { formatCount, formatDuration } from '../base/format';
import { formatInstant } from '../base/ticks';
import { lengthOf, ns } from '../base/units';
import { Head, type TableProperties } from './head';
import { FirstRows, ShowButton } from './more';
import { SessionName } from './session_name';

const MOST_INTERVALS = 200;
const ZOOM_IN = 'zoom in for the others';

/** The twin of the contention band. */
export function IntervalTable({ panel }: TableProperties): JSX.Element {
  const { timeline } = panel;
  const intervals = timeline.contended.value;
  const zero = timeline.extent.value?.start ?? ns(0);
  const viewport = timeline.viewport.value;
  const precision = ns(viewport === null ? 1 : lengthOf(viewport.view) / 1000);
  if (intervals.length === 0) return <p class="muted">No contended interval in the window.</p>;
  return (
    <>
      <table>
        <Head columns={['From', 'length', 'sessions at once', 'intervals', '']} />
        <tbody>
          {intervals.slice(0, MOST_INTERVALS).map((interval) => (
            <tr key={interval.start}>
              <th scope="row">{formatInstant(interval.start, zero, precision)}</th>
              <td>{formatDuration(lengthOf(interval))}</td>
              <td>{interval.depth}</td>
              <td>{formatCount(interval.count)}</td>
              <td>
                <ShowButton onClick={() => timeline.frame(interval)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_INTERVALS} of={intervals.length} hint={ZOOM_IN} />
    </>
  );
}

/** The twin of the hatches and hollow spans on the timeline. */
export function LostTable({ panel, report, device }: TableProperties): JSX.Element {
  const { timeline } = panel;
  const ids = timeline.layout.value?.sessions.map((session) => session.id) ?? [];
  const all = [...timeline.lost.value].flatMap(([at, lost]) =>
    lost.map((item) => ({ id: ids[at] ?? '', item })),
  );
  all.sort((a, b) => a.item.start - b.item.start);
  const zero = timeline.extent.value?.start ?? ns(0);
  const viewport = timeline.viewport.value;
  const precision = ns(viewport === null ? 1 : lengthOf(viewport.view) / 1000);
  if (all.length === 0) return <p class="muted">No lost time in the window.</p>;
  return (
    <>
      <table>
        <Head columns={['Session', 'what', 'from', 'length', 'lost', 'spans', '']} />
        <tbody>
          {all.slice(0, MOST_INTERVALS).map(({ id, item }, index) => (
            <tr key={index}>
              <th scope="row">
                <SessionName {...{ report, device, theme: panel.theme.value, id }} />
              </th>
              <td>{item.kind}</td>
              <td>{formatInstant(item.start, zero, precision)}</td>
              <td>{formatDuration(lengthOf(item))}</td>
              <td>{formatDuration(item.busy)}</td>
              <td>{formatCount(item.count)}</td>
              <td>
                <ShowButton onClick={() => timeline.frame(item)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_INTERVALS} of={all.length} hint={ZOOM_IN} />
    </>
  );
}
