/** The selected event, whole, as the server knows it. */
import type { JSX } from 'preact';
import type { EventDetail } from '../api/types';
import { formatBytes, formatDuration } from '../base/format';
import { formatInstant } from '../base/ticks';
import { lengthOf, type Ns, ns } from '../base/units';
import type { Panel } from '../state/panel';

type Field = readonly [string, string];

function fieldsOf(event: EventDetail, zero: Ns): readonly Field[] {
  const precision = ns(Math.max(1, event.duration_ns / 100));
  const instant = (at: Ns): string => formatInstant(at, zero, precision);
  const fields: (Field | null)[] = [
    ['start', instant(event.start_ns)],
    ['duration', formatDuration(event.duration_ns)],
    event.launch_ns === null
      ? null
      : [
          'launched',
          `${instant(event.launch_ns)}, ${formatDuration(ns(event.start_ns - event.launch_ns))} before`,
        ],
    event.stream === null ? null : ['stream', String(event.stream)],
    ['session', event.session],
    event.op === null ? null : ['op', event.op],
    event.bytes === null ? null : ['bytes', formatBytes(event.bytes)],
    event.correlation_id === null ? null : ['correlation id', String(event.correlation_id)],
    event.details === null ? null : ['details', event.details],
  ];
  return fields.filter((field) => field !== null);
}

export function Detail({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const [hit, event, extent] = [timeline.selected.value, timeline.detail.value, timeline.extent.value];
  if (hit === null || extent === null) return null;
  return (
    <section class="detail" aria-label="Selected event">
      <div class="detail-title">
        <strong class="name">{event?.name ?? hit.slice.name}</strong>
        <button type="button" onClick={() => timeline.frame(hit.slice)}>
          zoom to it
        </button>
        <button type="button" aria-label="Close" onClick={() => timeline.clear()}>
          ×
        </button>
      </div>
      {event === null ? (
        <p class="muted">{formatDuration(lengthOf(hit.slice))}</p>
      ) : (
        <dl>
          {fieldsOf(event, extent.start).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
