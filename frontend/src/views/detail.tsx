/** The selected event in full: where it came from, how it was launched, and what other sessions ran meanwhile. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { EventDetail, LaunchConfiguration } from '../api/report';
import { formatBytes, formatCount, formatDuration } from '../base/format';
import { lengthOf, type Ns, ns } from '../base/units';
import { type Hit, lanesShown, type Slice } from '../model/hit';
import { toPx } from '../model/viewport';
import type { Panel } from '../state/panel';
import { DistributionView } from './distribution';
import { Head } from './head';
import { SessionName } from './session_name';
import { TraceViewerLink } from './trace_viewer';

/** As styles.css has it. */
const WIDTH = 520;

/** As tiles number kinds. */
const HOST_OPERATION = 4;

type Field = readonly [string, string];

const field = (name: string, value: string | null | undefined): readonly Field[] =>
  value === null || value === undefined ? [] : [[name, value]];

const duration = (value: Ns | null): string | null => (value === null ? null : formatDuration(value));

function launchFields(launch: LaunchConfiguration | null): readonly Field[] {
  if (launch === null) return [];
  const { static_shared_bytes: fixed, dynamic_shared_bytes: dynamic } = launch;
  return [
    ...field('grid', launch.grid?.join(' × ')),
    ...field('block', launch.block?.join(' × ')),
    ...field('registers per thread', launch.registers?.toString()),
    ...field(
      'shared memory',
      fixed === null || dynamic === null
        ? null
        : `${formatBytes(fixed)} static, ${formatBytes(dynamic)} dynamic`,
    ),
    ...field(
      'theoretical occupancy',
      launch.occupancy_percent === null ? null : `${launch.occupancy_percent} %`,
    ),
  ];
}

function hostFields(event: EventDetail, instant: (at: Ns) => string): readonly Field[] {
  if (event.launch_ns === null) return [];
  const before = formatDuration(ns(event.start_ns - event.launch_ns));
  const thread = event.launch_thread ? ` by ${event.launch_thread}` : '';
  return [
    ...field('launched', `${instant(event.launch_ns)}, ${before} earlier${thread}`),
    ...field('launch call', duration(event.launch_duration_ns)),
    ...field('queued for', duration(event.queue_ns)),
  ];
}

function fieldsOf({ timeline }: Panel, event: EventDetail): readonly Field[] {
  const instant = (at: Ns): string => timeline.instantText(at, event.duration_ns / 100);
  const hasLaunch = event.launch !== null && event.launch !== undefined;
  return [
    ...field('start', instant(event.start_ns)),
    ...field('duration', formatDuration(event.duration_ns)),
    ...field('stretched by other sessions', duration(event.stretched_ns)),
    ...field('stalled before its start', duration(event.stalled_ns)),
    ...hostFields(event, instant),
    ...field(event.kind === HOST_OPERATION ? 'thread' : 'stream', event.stream),
    ...field('session', timeline.labelOf(event.session)),
    ...field('step', event.step?.toString()),
    ...field('op', event.op),
    ...field('bytes', event.bytes === null ? null : formatBytes(event.bytes)),
    ...launchFields(event.launch),
    ...field('correlation id', event.correlation_id?.toString()),
    ...field('details', hasLaunch ? null : event.details),
  ];
}

function Meanwhile({ panel, event }: { panel: Panel; event: EventDetail }): JSX.Element | null {
  const rows = event.meanwhile;
  const [report, device] = [panel.report.value, panel.device.value];
  if (rows.length === 0 || report === null || device === null) return null;
  return (
    <table>
      <Head columns={['Running meanwhile', 'kernel', 'overlap', 'count']} names={2} />
      <tbody>
        {rows.map((row) => (
          <tr key={row.session + row.name}>
            <th scope="row">
              <SessionName {...{ report, device, theme: panel.theme.value, id: row.session }} />
            </th>
            <td class="name">{row.name}</td>
            <td>{formatDuration(row.overlap_ns)}</td>
            <td>{formatCount(row.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Whole({ panel, event }: { panel: Panel; event: EventDetail }): JSX.Element {
  const sessions = panel.device.value?.sessions ?? [];
  return (
    <>
      <dl>
        {fieldsOf(panel, event).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {event.distribution && (
        <DistributionView
          distribution={event.distribution}
          theme={panel.theme.value}
          session={sessions.indexOf(event.session)}
        />
      )}
      <Meanwhile panel={panel} event={event} />
    </>
  );
}

/** From a kernel to the call that launched it and back, and to the others of its name. */
function Ways({ panel, event, slice }: { panel: Panel; event: EventDetail; slice: Slice }): JSX.Element {
  const { timeline, searching } = panel;
  const other = event.launch_place ?? event.launched;
  return (
    <>
      {other !== null && (
        <button type="button" onClick={() => void timeline.selection.selectPlace(other, slice)}>
          {event.launched ? 'go to its kernel' : 'go to its launch call'}
        </button>
      )}
      <button type="button" onClick={() => searching.look(event.name, true)}>
        find by name
      </button>
      <TraceViewerLink panel={panel} id={event.session} view={slice}>
        trace viewer
      </TraceViewerLink>
    </>
  );
}

/** Below the lane of the event, on the side that has room. */
function placeOf({ timeline }: Panel, { box, slice }: Hit): { readonly left: string; readonly top: string } {
  const [viewport, rows] = [timeline.window.viewport.value, timeline.lanes.rows.value];
  const shown = rows === null ? undefined : lanesShown(rows).find(({ lane }) => lane === box.lane);
  const width = viewport?.width ?? 0;
  const at = viewport === null ? 0 : Math.min(Math.max(0, toPx(viewport, slice.start)), width);
  const left = at + WIDTH > width ? Math.max(0, Math.min(at, width) - WIDTH) : at;
  return {
    left: `calc(var(--labels) + ${left}px)`,
    top: `${shown === undefined ? 8 : shown.top + shown.height + 8}px`,
  };
}

export function Detail({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const { selected, detail } = timeline.selection;
  const [hit, event] = [selected.value, detail.value];
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.scrollIntoView?.({ block: 'nearest' }), [hit, event]);
  if (hit === null) return null;
  return (
    <section ref={element} class="detail" aria-label="Selected event" style={placeOf(panel, hit)}>
      <div class="detail-title">
        <strong class="name">{event?.name ?? hit.slice.name}</strong>
        <button type="button" onClick={() => timeline.window.frame(hit.slice)}>
          zoom to event
        </button>
        {event !== null && <Ways panel={panel} event={event} slice={hit.slice} />}
        <button type="button" aria-label="Close" onClick={() => timeline.clear()}>
          ×
        </button>
      </div>
      {event === null ? (
        <p class="muted">{formatDuration(lengthOf(hit.slice))}</p>
      ) : (
        <Whole panel={panel} event={event} />
      )}
    </section>
  );
}
