/** The aligned sessions for Perfetto: handed to its page by a click, or as files. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { failure } from '../api/source';
import { plural } from '../base/format';
import { during } from '../state/activity';
import type { Panel } from '../state/panel';
import { handOver } from '../state/perfetto';

const FILE = 'contention.pftrace';
const GOOGLE = 'ui.perfetto.dev';

async function bytesAt(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok) throw await failure(response);
  return response.arrayBuffer();
}

/** What is handed over, where to, and what that page does with it. */
function Promised({ panel, host }: { panel: Panel; host: string }): JSX.Element {
  const { sessions = [], device = '' } = panel.timeline.layout.value ?? {};
  return (
    <p>
      The button opens {host} in a new tab and hands it {plural(sessions.length, 'aligned session')} on{' '}
      {panel.labelOf(device)}: the names of sessions, hosts, kernels and operations, their times, and memory
      in use. {host === GOOGLE ? 'Google serves that page and measures its use; it' : 'That page'} reads the
      trace in your browser{host === GOOGLE && ' and, as its documentation states, sends it to no server'}.
      Before you click, nothing is loaded from it and nothing is handed over.
    </p>
  );
}

/** The files of the sessions in view, by whether Perfetto reads them. */
function filesOf(panel: Panel): Record<'read' | 'unread', string[]> {
  const shown = new Set(panel.timeline.layout.value?.sessions.map(({ id }) => id));
  const sessions = panel.report.value?.sessions.filter(({ id }) => shown.has(id)) ?? [];
  const files = [...new Set(sessions.map(({ file }) => file))];
  const isRead = (file: string): boolean => /\.json(\.gz)?$/.test(file);
  return { read: files.filter(isRead), unread: files.filter((file) => !isRead(file)) };
}

/** The original files beside the aligned sessions, where there are some that Perfetto reads. */
function Archive({ panel, url }: { panel: Panel; url: string }): JSX.Element | null {
  const { read, unread } = filesOf(panel);
  if (read.length === 0) return null;
  return (
    <>
      <a href={url} download>
        Download with {plural(read.length, 'original file')} (.tar)
      </a>
      <p>
        Perfetto 58 and newer place the original events by the aligned clocks.
        {unread.length > 0 && ` Left out, because Perfetto does not read them: ${unread.join(', ')}.`}
      </p>
    </>
  );
}

export function PerfettoMenu({ panel }: { panel: Panel }): JSX.Element | null {
  const said = useSignal('');
  const underway = useRef(new AbortController());
  useEffect(() => () => underway.current.abort(), []);
  const layout = panel.timeline.layout.value;
  if (layout === null) return null;
  const address = panel.summary.value?.perfetto || `https://${GOOGLE}`;
  const what = { device: layout.device, isMoved: panel.byHand.isInReports.value };
  const url = panel.source.reportUrl('perfetto', what);
  const open = (): void => {
    underway.current.abort();
    underway.current = new AbortController();
    void handOver({
      address,
      title: [panel.labelOf(layout.device), ...layout.sessions.map(({ id }) => panel.labelOf(id))].join(' '),
      fileName: FILE,
      load: () => during(bytesAt(url)),
      say: (text) => {
        said.value = text;
      },
      signal: underway.current.signal,
    });
  };
  return (
    <details class="menu">
      <summary>perfetto</summary>
      <div>
        <Promised panel={panel} host={new URL(address).host} />
        <button type="button" onClick={open}>
          Open in Perfetto
        </button>
        <p role="status">{said.value}</p>
        <a href={url} download>
          Download the trace
        </a>
        <Archive panel={panel} url={panel.source.reportUrl('perfetto-archive', what)} />
      </div>
    </details>
  );
}
