/** The report as tables: what the canvases show, for reading, sorting and copying. */

import { useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { Device } from '../api/types';
import { formatBytes, formatCount, formatDuration, formatShare, UNKNOWN } from '../base/format';
import { evidenceText, slowdownText } from '../model/slowdown';
import { stepRows } from '../model/steps';
import { tsvOf } from '../model/tsv';
import { gpuName } from '../model/verdict';
import { Chip } from './chip';
import { CopyButton } from './copy';
import { Head, type TableProperties } from './head';
import { IntervalTable, LostTable } from './interval_tables';
import { KernelTable } from './kernel_table';
import { MemoryTables } from './memory_tables';
import { ScopeTable, ThreadTable } from './roll_up';
import { nameIn, SessionName } from './session_name';
import { StepsTable } from './steps';

function Name({ panel, device, id, report }: TableProperties & { id: string }): JSX.Element {
  const name = report.sessions.find((session) => session.id === id)?.name ?? id;
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

function SessionTable(properties: TableProperties): JSX.Element {
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
              <td>{formatDuration(entry.absorbed_ns ?? null)}</td>
              <td>{formatDuration(entry.lost_ns)}</td>
              <td>{(entry.slowdown !== null && slowdownText(entry.slowdown)) || UNKNOWN}</td>
              <td title={entry.slowdown === null ? undefined : evidenceText(entry.slowdown)}>
                {entry.slowdown?.evidence ?? UNKNOWN}
              </td>
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
                {gpuName(each)}
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
  readonly isThere?: (device: Device) => boolean;
}

const hasLosses = (device: Device): boolean => device.per_session.some((entry) => entry.lost_ns !== null);

const MEMORY: Tab = {
  name: 'Memory',
  show: (p) => <MemoryTables {...p} />,
  rows: ({ panel, device }) => panel.memory.part.value?.holders ?? device.memory?.holders ?? [],
};

const TABS: readonly Tab[] = [
  { name: 'Kernels', show: (p) => <KernelTable {...p} />, rows: ({ device }) => device.kernels },
  { name: 'Sessions', show: (p) => <SessionTable {...p} />, rows: ({ device }) => device.per_session },
  {
    name: 'Scopes',
    show: (p) => <ScopeTable {...p} />,
    rows: ({ device }) => device.scopes ?? [],
    isThere: (d) => (d.scopes ?? []).length > 0,
  },
  {
    name: 'Threads',
    show: (p) => <ThreadTable {...p} />,
    rows: ({ device }) => device.threads ?? [],
    isThere: (d) => (d.threads ?? []).length > 0,
  },
  {
    name: 'Steps',
    show: (p) => <StepsTable {...p} />,
    rows: ({ device }) => (device.step_times ?? []).flatMap(stepRows),
    isThere: (d) => (d.step_times ?? []).some((times) => times.start_ns.length > 0),
  },
  MEMORY,
  {
    name: 'Contended intervals',
    show: (p) => <IntervalTable {...p} />,
    rows: ({ panel }) => panel.timeline.contended.value,
  },
  {
    name: 'Lost time',
    show: (p) => <LostTable {...p} />,
    rows: ({ panel }) => [...panel.timeline.lost.value.values()].flat(),
    isThere: hasLosses,
  },
  { name: 'Devices', show: (p) => <DeviceTable {...p} />, rows: ({ report }) => report.devices },
];

export function Tables(properties: TableProperties): JSX.Element {
  const { timeline, table } = properties.panel;
  useSignalEffect(() => {
    // An instant of the memory track was chosen: its holders are a table.
    if (timeline.instant.value !== null) table.value = MEMORY.name;
  });
  const tabs = TABS.filter((tab) => tab.isThere?.(properties.device) ?? true);
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
        {open.show(properties)}
      </div>
    </section>
  );
}
