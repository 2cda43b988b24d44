/** Memory as tables: who holds it, per allocator, under caps, what grows, what a step uses, and where it costs time. */
import type { ComponentChildren, JSX } from 'preact';
import type { SessionMemory, StepMemory } from '../api/report';
import { formatBytes, formatCount, formatDuration, formatShare, plural, UNKNOWN } from '../base/format';
import { bytes, ns } from '../base/units';
import { gapsText } from '../model/memory';
import { DriverTable } from './driver_table';
import { Head, type TableProperties } from './head';
import { HoldersView } from './holders';
import { CapsView } from './memory_caps';
import { FirstRows, ShowButton } from './more';
import { nameIn, SessionName } from './session_name';

const MOST_ROWS = 100;

function Who({ panel, report, device, id }: TableProperties & { id: string }): JSX.Element {
  return (
    <th scope="row">
      <SessionName {...{ report, device, theme: panel.theme.value, id }} />
    </th>
  );
}

/** What is not asked for again when the timeline shows a part is of the whole window, and says so. */
function Section({
  title,
  panel,
  children,
}: {
  title: string;
  panel?: TableProperties['panel'];
  children: ComponentChildren;
}): JSX.Element {
  const isPart = panel !== undefined && !panel.focus.isWhole.value;
  return (
    <section class="memory-part">
      <h3>
        {title}
        {isPart && <small class="muted"> · of the whole analysed window</small>}
      </h3>
      {children}
    </section>
  );
}

function AllocatorRow(properties: TableProperties & { entry: SessionMemory }): JSX.Element {
  const { panel, entry } = properties;
  const part = panel.memory.part.value?.per_session.find(
    (each) => each.session === entry.session && each.allocator === entry.allocator,
  );
  const [peak, at] = [part?.peak_bytes ?? entry.peak_bytes, part?.peak_at_ns ?? entry.peak_at_ns];
  return (
    <tr>
      <Who {...properties} id={entry.session} />
      <td>{entry.allocator}</td>
      <td>{formatBytes(peak)}</td>
      <td>
        <button type="button" class="link" onClick={() => panel.timeline.memoryCursor.showAt(at)}>
          {properties.panel.timeline.instantText(at)}
        </button>
      </td>
      <td>{formatBytes(entry.at_combined_peak_bytes)}</td>
      <td>{formatBytes(entry.before_capture_bytes)}</td>
      <td>{formatBytes(entry.lifetime_peak_bytes)}</td>
      <td>{formatBytes(entry.limit_bytes)}</td>
      <td>{formatBytes(entry.suggested_limit_bytes)}</td>
      <td title={`at most ${formatShare(entry.fragmentation_most, 1)}`}>
        {formatShare(entry.fragmentation_at_peak, 1)}
      </td>
      <td class="name">{gapsText(entry) || 'complete'}</td>
    </tr>
  );
}

function AllocatorTable(properties: TableProperties & { entries: readonly SessionMemory[] }): JSX.Element {
  const { part } = properties.panel.memory;
  const { isWhole } = properties.panel.focus;
  // Until the answer is here the figures are those of the whole window.
  const own = part.value === null || isWhole.value ? 'own peak' : 'own peak in view';
  return (
    <table>
      <Head
        columns={[
          'Session',
          'allocator',
          own,
          'at',
          'at combined peak',
          'before capture',
          'peak since start',
          'limit',
          'limit that would do',
          'fragmented',
          'recording',
        ]}
      />
      <tbody>
        {properties.entries.slice(0, MOST_ROWS).map((entry) => (
          <AllocatorRow key={entry.session + entry.allocator} {...properties} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function GrowthTable(properties: TableProperties): JSX.Element | null {
  const rows = properties.device.memory?.growth ?? [];
  if (rows.length === 0) return null;
  return (
    <Section
      title="Growing from step to step: perhaps a leak, perhaps a cache that fills"
      panel={properties.panel}
    >
      <table>
        <Head columns={['Session', 'operation', 'more per step', 'from', 'to', 'over']} names={2} />
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.session + row.allocator + row.op}>
              <Who {...properties} id={row.session} />
              <td class="name">{row.op || 'all together'}</td>
              <td>{formatBytes(bytes(row.bytes_per_step))}</td>
              <td>{formatBytes(row.first_bytes)}</td>
              <td>{formatBytes(row.last_bytes)}</td>
              <td>{plural(row.steps, 'step')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_ROWS} of={rows.length} />
    </Section>
  );
}

function temporaryText({ temporary }: StepMemory): string {
  if (temporary === null) return UNKNOWN;
  const shape = temporary.shape === null ? '' : ` ${temporary.shape}`;
  return `${temporary.op || 'not recorded'}${shape}, step ${temporary.step}`;
}

function StepTable(properties: TableProperties): JSX.Element | null {
  const rows = properties.device.memory?.steps ?? [];
  if (rows.length === 0) return null;
  return (
    <Section title="In one step" panel={properties.panel}>
      <table>
        <Head
          columns={[
            'Session',
            'steps',
            'allocations',
            'allocated',
            'rise above its beginning, at most',
            'largest temporary',
            'of',
          ]}
        />
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.session + row.allocator}>
              <Who {...properties} id={row.session} />
              <td>{formatCount(row.steps)}</td>
              <td>{row.allocations.toLocaleString('en-US', { maximumFractionDigits: 1 })}</td>
              <td>{formatBytes(bytes(row.allocated_bytes))}</td>
              <td>{formatBytes(row.rise_bytes)}</td>
              <td>{formatBytes(row.temporary?.bytes ?? null)}</td>
              <td class="name">{temporaryText(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function ChangeTable(properties: TableProperties): JSX.Element | null {
  const rows = properties.device.memory?.kernel_changes ?? [];
  const { report } = properties;
  if (rows.length === 0) return null;
  return (
    <Section title="Operations that changed their kernel" panel={properties.panel}>
      <table>
        <Head
          columns={[
            'Session',
            'operation',
            'kernel before',
            'kernel since',
            'since',
            'mean',
            'workspace',
            '',
          ]}
        />
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              <Who {...properties} id={row.session} />
              <td class="name">{row.op}</td>
              <td class="name">{row.before}</td>
              <td class="name">{row.after}</td>
              <td>{row.neighbour === null ? 'a capture alone' : `${nameIn(report, row.neighbour)} came`}</td>
              <td>
                {formatDuration(row.mean_before_ns)} → {formatDuration(row.mean_after_ns)}
              </td>
              <td>
                {formatBytes(row.workspace_before_bytes)} → {formatBytes(row.workspace_after_bytes)}
              </td>
              <td>
                {row.at_ns !== null && (
                  <ShowButton onClick={() => properties.panel.timeline.window.centreOn(row.at_ns ?? ns(0))} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_ROWS} of={rows.length} />
    </Section>
  );
}

function StallTable(properties: TableProperties): JSX.Element | null {
  const rows = properties.device.memory?.stalls ?? [];
  if (rows.length === 0) return null;
  const { timeline } = properties.panel;
  return (
    <Section title="Time spent getting memory" panel={properties.panel}>
      <table>
        <Head columns={['Session', 'what', 'count', 'in all', 'longest', '']} names={2} />
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              <Who {...properties} id={row.session} />
              <td class="name">
                {row.kind === 'driver'
                  ? `calls of the driver: ${row.what}`
                  : `allocations that came only after a free (${row.what}); times are upper bounds`}
              </td>
              <td>{formatCount(row.count)}</td>
              <td>{formatDuration(row.total_ns)}</td>
              <td>{formatDuration(row.longest_ns)}</td>
              <td>
                <ShowButton onClick={() => timeline.window.centreOn(row.longest_at_ns)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function MemoryTables(properties: TableProperties): JSX.Element {
  const { memory, memory_note: note, driver = null } = properties.device;
  const seen = driver === null ? null : <DriverTable {...properties} driver={driver} />;
  if (memory === null)
    return (
      <>
        <p class="muted">{note || 'No allocator events: memory is unknown.'}</p>
        {seen}
      </>
    );
  const host = memory.host_allocators;
  return (
    <>
      {note && <p class="muted">{note}</p>}
      <HoldersView {...properties} memory={memory} />
      <Section title="Per allocator">
        <AllocatorTable {...properties} entries={memory.per_session} />
      </Section>
      {seen}
      <CapsView {...properties} memory={memory} />
      <StepTable {...properties} />
      <GrowthTable {...properties} />
      <ChangeTable {...properties} />
      <StallTable {...properties} />
      {host.length > 0 && (
        <Section title="Pinned memory of the host, which is not on the GPU and in no sum">
          <table>
            <Head columns={['Session', 'allocator', 'peak', 'before capture', 'limit']} />
            <tbody>
              {host.map((entry) => (
                <tr key={entry.session + entry.allocator}>
                  <Who {...properties} id={entry.session} />
                  <td>{entry.allocator}</td>
                  <td>{formatBytes(entry.peak_bytes)}</td>
                  <td>{formatBytes(entry.before_capture_bytes)}</td>
                  <td>{formatBytes(entry.limit_bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </>
  );
}
