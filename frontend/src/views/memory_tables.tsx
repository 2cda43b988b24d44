/** Memory as tables: who holds it, per allocator, under caps, what grows, what a step uses, and where it costs time. */
import type { JSX } from 'preact';
import { DEVICE_TABLES, type TableSpec } from '../api/tables';
import type { Ns } from '../base/units';
import { cellOf, type Row, rowsIn } from '../model/cells';
import type { TableProperties } from './head';
import { HoldersView } from './holders';
import { CapsView } from './memory_caps';
import { SpecTable } from './table';

/** The tables below who holds it, with the key of the instant that a row shows. */
const TABLES: readonly (readonly [TableSpec, string | null])[] = [
  [DEVICE_TABLES.own_holders, null],
  [DEVICE_TABLES.driver, 'used_peak_at_ns'],
  [DEVICE_TABLES.driver_processes, null],
  [DEVICE_TABLES.memory_steps, null],
  [DEVICE_TABLES.memory_growth, null],
  [DEVICE_TABLES.kernel_changes, 'at_ns'],
  [DEVICE_TABLES.memory_stalls, 'longest_at_ns'],
  [DEVICE_TABLES.host_allocators, null],
];

/** Peaks are those of the part in focus once the server found them. */
function Allocators(properties: TableProperties): JSX.Element {
  const { panel, device } = properties;
  const part = panel.memory.part.value;
  const rows = (device.memory?.per_session ?? []).map((entry) => {
    const own = part?.per_session.find(
      (each) => each.session === entry.session && each.allocator === entry.allocator,
    );
    return { ...entry, ...(own && { peak_bytes: own.peak_bytes, peak_at_ns: own.peak_at_ns }) };
  });
  return (
    <>
      <SpecTable
        {...properties}
        spec={DEVICE_TABLES.memory}
        rows={rowsIn(device, rows)}
        instants={['peak_at_ns']}
        isTitled
      />
      {part !== null && !panel.focus.isWhole.value && (
        <p class="muted">Own peaks are those of the part that is shown.</p>
      )}
    </>
  );
}

export function MemoryTables(properties: TableProperties): JSX.Element {
  const { panel, device } = properties;
  const { memory, memory_note: note } = device;
  const isPart = !panel.focus.isWhole.value;
  const showAt = (key: string) => (row: Row) => {
    const at = cellOf(row, key);
    if (at !== null) panel.timeline.window.centreOn(at as Ns);
  };
  return (
    <>
      {note && <p class="muted">{note}</p>}
      {memory !== null && (
        <>
          <HoldersView {...properties} memory={memory} />
          <Allocators {...properties} />
          <CapsView {...properties} memory={memory} />
        </>
      )}
      {device.driver_words && <p>{device.driver_words}</p>}
      {isPart && memory !== null && <p class="muted">The tables below cover the whole analysed window.</p>}
      {TABLES.map(([spec, at]) => (
        <SpecTable
          key={spec.slug}
          {...properties}
          spec={spec}
          onShow={at === null ? undefined : showAt(at)}
          isTitled
        />
      ))}
    </>
  );
}
