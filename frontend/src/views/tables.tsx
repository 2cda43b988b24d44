/** The report as tables: what the canvases show, for reading, sorting and copying. */

import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { ContentionPart, Device } from '../api/report';
import { formatBytes, formatCount, formatDuration, formatShare, UNKNOWN } from '../base/format';
import { lengthOf } from '../base/units';
import { stepRows } from '../model/steps';
import { tsvOf } from '../model/tsv';
import type { Panel } from '../state/panel';
import { BlameTable, blameShown } from './blame';
import { Chip } from './chip';
import { CompareView } from './compare';
import { CopyButton } from './copy';
import { Head, type TableProperties } from './head';
import { IntervalTable, LostTable, lostRows } from './interval_tables';
import { KernelTable, kernelsShown, PairTable } from './kernel_table';
import { MarksTable } from './marks_table';
import { MemoryTables } from './memory_tables';
import { ProblemTable } from './problems';
import { ScopeTable, ThreadTable } from './roll_up';
import { nameIn, SessionName } from './session_name';
import { StepsTable } from './steps';

function Name({ panel, device, id, report }: TableProperties & { id: string }): JSX.Element {
  const name = nameIn(report, id);
  return (
    <th scope="row" title={id}>
      <Chip theme={panel.theme.value} index={device.sessions.indexOf(id)} /> {name}
    </th>
  );
}

/** Sessions that share a process, and what no session could be found for. */
function InsideTable({ report, device, panel }: TableProperties): JSX.Element | null {
  const inside = report.sessions.filter(
    (session) => session.kind === 'in_process' && device.sessions.includes(session.id),
  );
  if (inside.length === 0) return null;
  const theme = panel.theme.value;
  return (
    <table>
      <Head
        columns={['Inside a process', 'process', 'told apart by', 'kernels of the process', 'of no session']}
      />
      <tbody>
        {inside.map((session) => (
          <tr key={session.id}>
            <th scope="row">
              <SessionName {...{ report, device, theme, id: session.id }} />
            </th>
            <td>{session.process ? nameIn(report, session.process) : UNKNOWN}</td>
            <td>{session.attribution?.detail || session.attribution?.rule || UNKNOWN}</td>
            <td>{session.attribution ? formatCount(session.attribution.kernels) : UNKNOWN}</td>
            <td>{session.attribution ? formatCount(session.attribution.unattributed) : UNKNOWN}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Sessions in a part of the window: sums over what of them lies there. */
function SessionPartTable(properties: TableProperties & { part: ContentionPart }): JSX.Element {
  const { window_ns: window } = properties.part.time;
  return (
    <table>
      <Head
        columns={[
          'Session',
          'kernels',
          'busy',
          'busy share',
          'contended',
          'contended share',
          'stretch',
          'stall',
          'whole steps',
          'own',
          'host',
          'lost',
        ]}
      />
      <tbody>
        {properties.part.per_session.map((entry) => (
          <tr key={entry.session}>
            <Name {...properties} id={entry.session} />
            <td>{formatCount(entry.kernels)}</td>
            <td>{formatDuration(entry.busy_ns)}</td>
            <td>{formatShare(entry.busy_ns, window)}</td>
            <td>{formatDuration(entry.contended_ns)}</td>
            <td>{formatShare(entry.contended_ns, window)}</td>
            <td>{formatDuration(entry.stretch_ns)}</td>
            <td>{formatDuration(entry.stall_ns)}</td>
            <td>{formatCount(entry.steps.count)}</td>
            <td>{formatDuration(entry.steps.count > 0 ? entry.steps.own_ns : null)}</td>
            <td>{formatDuration(entry.steps.count > 0 ? entry.steps.host_ns : null)}</td>
            <td>{formatDuration(entry.steps.count > 0 ? entry.steps.lost_ns : null)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SessionTable(properties: TableProperties): JSX.Element {
  const part = properties.panel.contention.part.value;
  return part === null || properties.panel.focus.isWhole.value ? (
    <WholeSessionTable {...properties} />
  ) : (
    <SessionPartTable {...properties} part={part} />
  );
}

function WholeSessionTable(properties: TableProperties): JSX.Element {
  const { device } = properties;
  const window = device.time.window_ns;
  return (
    <>
      <table>
        <Head
          columns={[
            'Session',
            'kernels',
            'busy',
            'busy share',
            'contended',
            'contended share',
            'stretch',
            'stall',
            'absorbed',
            'lost',
            'slowdown',
            'evidence',
          ]}
        />
        <tbody>
          {device.per_session.map((entry) => (
            <tr key={entry.session}>
              <Name {...properties} id={entry.session} />
              <td>{formatCount(entry.kernels)}</td>
              <td>{formatDuration(entry.busy_ns)}</td>
              <td>{formatShare(entry.busy_ns, window)}</td>
              <td>{formatDuration(entry.contended_ns)}</td>
              <td>{formatShare(entry.contended_ns, window)}</td>
              <td>{formatDuration(entry.stretch_ns)}</td>
              <td>{formatDuration(entry.stall_ns)}</td>
              <td>{formatDuration(entry.absorbed_ns)}</td>
              <td>{formatDuration(entry.lost_ns)}</td>
              <td>
                {entry.figure || UNKNOWN} {entry.interval}
              </td>
              <td title={entry.basis}>{entry.slowdown.evidence}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <InsideTable {...properties} />
    </>
  );
}

function DeviceTable({ panel, report, device }: TableProperties): JSX.Element {
  return (
    <table>
      <Head columns={['Device', 'host', 'model', 'sessions', 'window', 'contended', 'combined peak']} />
      <tbody>
        {report.devices.map((each) => (
          <tr key={each.id} class={each.id === device.id ? 'current' : ''}>
            <th scope="row">
              <button type="button" class="link" onClick={() => panel.choose(each.id)}>
                {each.label}
              </button>
            </th>
            <td>{each.host}</td>
            <td>{each.model ?? UNKNOWN}</td>
            <td>{each.sessions.length}</td>
            <td>{formatDuration(each.time.window_ns)}</td>
            <td>{formatShare(each.time.contended_ns, each.time.window_ns)}</td>
            <td>{formatBytes(each.memory?.combined_peak_bytes ?? null)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Tab {
  readonly name: string;
  readonly show: (properties: TableProperties) => ComponentChildren;
  /** The rows behind it, for a spreadsheet. */
  readonly rows: (properties: TableProperties) => readonly object[];
  /** A table without rows for this device is not offered. */
  readonly isThere?: (properties: TableProperties) => boolean;
  /** It is of the part in focus. */
  readonly isOfPart?: boolean;
}

const hasLosses = (device: Device): boolean => device.per_session.some((entry) => entry.lost_ns !== null);

const MEMORY: Tab = {
  name: 'Memory',
  show: (p) => <MemoryTables {...p} />,
  rows: ({ panel, device }) => panel.memory.part.value?.holders ?? device.memory?.holders ?? [],
};

const TABS: readonly Tab[] = [
  { name: 'Kernels', isOfPart: true, show: (p) => <KernelTable {...p} />, rows: kernelsShown },
  {
    name: 'Kernel pairs',
    isOfPart: true,
    show: (p) => <PairTable {...p} />,
    rows: ({ panel }) => panel.contention.part.value?.pairs ?? [],
    isThere: ({ device }) => device.sessions.length > 1,
  },
  {
    name: 'Sessions',
    isOfPart: true,
    show: (p) => <SessionTable {...p} />,
    rows: ({ panel, device }) => panel.contention.part.value?.per_session ?? device.per_session,
  },
  {
    name: 'Blame',
    isOfPart: true,
    show: (p) => <BlameTable {...p} />,
    rows: blameShown,
    isThere: ({ device }) => device.blame.length > 0,
  },
  {
    name: 'Scopes',
    show: (p) => <ScopeTable {...p} />,
    rows: ({ device }) => device.scopes,
    isThere: ({ device }) => device.scopes.length > 0,
  },
  {
    name: 'Threads',
    show: (p) => <ThreadTable {...p} />,
    rows: ({ device }) => device.threads,
    isThere: ({ device }) => device.threads.length > 0,
  },
  {
    name: 'Steps',
    isOfPart: true,
    show: (p) => <StepsTable {...p} />,
    rows: ({ device }) => device.step_times.flatMap(stepRows),
    isThere: ({ device }) => device.step_times.some((times) => times.start_ns.length > 0),
  },
  MEMORY,
  {
    name: 'Contended intervals',
    show: (p) => <IntervalTable {...p} />,
    rows: ({ panel }) => panel.timeline.content.contended.value,
  },
  {
    name: 'Lost time',
    show: (p) => <LostTable {...p} />,
    rows: lostRows,
    isThere: ({ device }) => hasLosses(device),
  },
  { name: 'Marks', show: (p) => <MarksTable {...p} />, rows: ({ panel }) => panel.timeline.marks.all.value },
  {
    name: 'Problems',
    show: (p) => <ProblemTable {...p} />,
    rows: ({ report }) => report.problems,
    isThere: ({ report }) => report.problems.length > 0,
  },
  { name: 'Devices', show: (p) => <DeviceTable {...p} />, rows: ({ report }) => report.devices },
  {
    name: 'Compare',
    show: (p) => <CompareView {...p} />,
    rows: ({ panel }) => panel.comparison.found.value?.sessions ?? [],
    isThere: ({ report }) => report.devices.length > 1,
  },
];

/** What the open table is of, where it may be a part of the window. */
function Told({ panel }: { panel: Panel }): JSX.Element {
  const { focus, contention } = panel;
  const [told, whole] = [focus.told.value, panel.device.value?.time.window_ns ?? null];
  const length = told === null ? null : lengthOf(told);
  const subject =
    focus.part.value === null
      ? 'Nothing of the analysed window is shown: the table is of all of it'
      : focus.isWhole.value
        ? 'Of the whole analysed window'
        : focus.isRange.value
          ? 'Of the chosen range'
          : 'Of what the timeline shows';
  return (
    <p id="told" class="muted small" aria-busy={contention.isLate.value}>
      {subject}, {formatDuration(length)}
      {!focus.isWhole.value && whole !== null && ` of ${formatDuration(whole)}`}
      {contention.isLate.value && ' …'}
      {contention.error.value !== null && ` (as before: ${contention.error.value})`}
    </p>
  );
}

export function Tables(properties: TableProperties): JSX.Element {
  const { timeline, table } = properties.panel;
  useSignalEffect(() => {
    // An instant of the memory track was chosen: its holders are a table.
    if (timeline.memoryCursor.instant.value !== null) table.value = MEMORY.name;
  });
  const tabs = TABS.filter((tab) => tab.isThere?.(properties) ?? true);
  const open = tabs.find(({ name }) => name === table.value) ?? tabs[0];
  return (
    <section class="tables" aria-label="Tables">
      <div class="tabs" role="tablist">
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            aria-selected={tab === open}
            aria-controls="table"
            onClick={() => {
              table.value = tab.name;
            }}
          >
            {tab.name}
          </button>
        ))}
        <span class="copy">
          <CopyButton text={() => tsvOf(open.rows(properties))} label="Copy as TSV" />
        </span>
      </div>
      <div id="table" role="tabpanel" aria-label={open.name}>
        {open.isOfPart && <Told panel={properties.panel} />}
        {open.show(properties)}
      </div>
    </section>
  );
}
