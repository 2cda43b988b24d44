/** Who holds the memory: at the peak of what is shown, or at an instant of the track; by operation or by name scope. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceMemory, Holder, ScopeHeld } from '../api/report';
import { formatBytes, formatCount, formatDuration, formatShare, UNKNOWN } from '../base/format';
import { sessionColour } from '../base/palette';
import type { Bytes, Ns } from '../base/units';
import { holderText, totalText } from '../model/memory';
import type { Subject } from '../state/memory';
import { Chip } from './chip';
import { sessionColumn } from './columns';
import { type Column, DataTable } from './data_table';
import type { TableProperties } from './head';
import { nameIn } from './session_name';

type Properties = TableProperties & { readonly memory: DeviceMemory };

/** An instant that is the combined peak is called so. */
const subjectOf = ({ panel, memory }: Properties, held: Held): string =>
  panel.memory.subject.value === 'instant' && held.at === memory.combined_peak_at_ns
    ? SUBJECTS.peak
    : SUBJECTS[panel.memory.subject.value];

const SUBJECTS: Readonly<Record<Subject, string>> = {
  peak: 'At the combined peak',
  'peak-in-view': 'At the peak of what the timeline shows',
  'peak-in-range': 'At the peak of the chosen range',
  instant: 'At that instant',
};

interface Held {
  readonly at: Ns;
  readonly total: Bytes;
  readonly holders: readonly Holder[];
  readonly scopes: readonly ScopeHeld[];
}

/** What the server found for the window and instant of now; the report's own peak while nothing else was asked for. */
function heldNow({ panel, memory }: Properties): Held {
  const part = panel.memory.part.value;
  if (part !== null) {
    return { at: part.at_ns, total: part.total_bytes, holders: part.holders, scopes: part.scopes };
  }
  return {
    at: memory.combined_peak_at_ns,
    total: memory.combined_peak_bytes,
    holders: memory.holders,
    scopes: memory.holder_scopes,
  };
}

/** The share of the whole as a bar in the session's colour, and in words. */
function Share({
  properties,
  id,
  part,
  whole,
}: {
  properties: Properties;
  id: string;
  part: Bytes;
  whole: Bytes;
}): JSX.Element {
  const { device, panel } = properties;
  const index = Math.max(0, device.sessions.indexOf(id));
  const share = whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0;
  return (
    <>
      <span class="share-track" aria-hidden="true">
        <span
          class="share-bar"
          style={{ width: `${100 * share}%`, background: sessionColour(panel.theme.value, index) }}
        />
      </span>
      <span class="share-text">{formatShare(part, whole)}</span>
    </>
  );
}

interface HeldRow {
  readonly session: string;
  readonly bytes: Bytes;
  readonly count?: number;
}

/** Columns that holders by operation and by scope share. */
function heldColumns<Row extends HeldRow>(properties: Properties, whole: Bytes): readonly Column<Row>[] {
  return [
    sessionColumn(properties, (row: Row) => row.session),
    { title: 'bytes', value: (row) => row.bytes, text: (row) => formatBytes(row.bytes) },
    {
      title: 'share',
      value: (row) => row.bytes,
      text: (row) => formatShare(row.bytes, whole),
      show: (row) => <Share {...{ properties, id: row.session, part: row.bytes, whole }} />,
    },
    {
      title: 'count',
      value: (row) => row.count ?? null,
      text: (row) => (row.count ? formatCount(row.count) : UNKNOWN),
    },
  ];
}

/** Rows that stand for no operation are set apart. */
const told = (text: string, isTotal: boolean): JSX.Element => (
  <span class={isTotal ? 'muted' : undefined}>{text}</span>
);

function HolderTable({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const columns: readonly Column<Holder>[] = [
    {
      title: 'Operation',
      isName: true,
      text: holderText,
      show: (row) => told(holderText(row), totalText(row.kind) !== null),
    },
    ...heldColumns<Holder>(properties, held.total),
    { title: 'region', text: (row) => row.region ?? UNKNOWN },
    { title: 'type', text: (row) => row.data_type ?? UNKNOWN },
    { title: 'shape', text: (row) => row.shape ?? UNKNOWN },
    {
      title: 'age',
      value: (row) => row.age_ns,
      text: (row) => formatDuration(row.age_ns),
    },
  ];
  return <DataTable noun="holder" rows={held.holders} columns={columns} />;
}

const scopeText = (row: ScopeHeld): string => row.scope || totalText(row.kind) || 'no scope';

function ScopeTable({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const columns: readonly Column<ScopeHeld>[] = [
    { title: 'Name scope', isName: true, text: scopeText, show: (row) => told(scopeText(row), !row.scope) },
    ...heldColumns<ScopeHeld>(properties, held.total),
  ];
  return <DataTable noun="name scope" rows={held.scopes} columns={columns} />;
}

/** Go to the combined peak, or to that of a session. */
function Instants({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const { panel, report, device, memory } = properties;
  const show = (at: Ns | null) => () => panel.timeline.memoryCursor.showAt(at);
  const chosen = panel.timeline.memoryCursor.instant.value;
  const isPeak = chosen === null || (panel.focus.isWhole.value && chosen === memory.combined_peak_at_ns);
  const several = new Set(memory.per_session.map(({ session }) => session)).size < memory.per_session.length;
  return (
    <div class="buttons" role="group" aria-label="Instant whose holders are shown">
      <button type="button" aria-pressed={isPeak} onClick={show(null)}>
        {panel.focus.isWhole.value
          ? 'combined peak'
          : `combined peak in ${panel.focus.isRange.value ? 'the range' : 'view'}`}
      </button>
      {memory.per_session.length > 1 &&
        memory.per_session.map((entry) => (
          <button
            key={entry.session + entry.allocator}
            type="button"
            aria-pressed={!isPeak && chosen === entry.peak_at_ns}
            title={entry.session}
            onClick={show(entry.peak_at_ns)}
          >
            <Chip theme={panel.theme.value} index={Math.max(0, device.sessions.indexOf(entry.session))} />{' '}
            peak of {nameIn(report, entry.session)}
            {several && <> · {entry.allocator}</>}
          </button>
        ))}
      {chosen !== null && (
        <button type="button" onClick={() => panel.timeline.window.centreOn(held.at)}>
          show on the timeline
        </button>
      )}
    </div>
  );
}

export function HoldersView(properties: Properties): JSX.Element {
  const [isByScope, setByScope] = useState(false);
  const { panel, memory } = properties;
  const held = heldNow(properties);
  const error = panel.memory.error.value;
  const isNowhere = panel.focus.part.value === null;
  const isLowerBound = memory.sessions_without_data.length > 0;
  return (
    <section class="memory-part" aria-label="Who holds the memory">
      <h3>Who holds it</h3>
      <p id="held">
        {subjectOf(properties, held)}, {panel.timeline.instantText(held.at)}, {isLowerBound && '≥ '}
        {formatBytes(held.total)} are in use
        {memory.capacity_bytes !== null && <> of {formatBytes(memory.capacity_bytes)}</>}. The rows add up to
        that.
      </p>
      {isNowhere && (
        <p class="muted">The timeline shows nothing of the analysed window: these are its figures.</p>
      )}
      {error !== null && (
        <p class="failure" role="alert">
          {error}
        </p>
      )}
      <Instants properties={properties} held={held} />
      <label class="choice">
        <input
          type="checkbox"
          checked={isByScope}
          onChange={(event) => setByScope(event.currentTarget.checked)}
        />{' '}
        by name scope
      </label>
      {isByScope ? (
        <ScopeTable properties={properties} held={held} />
      ) : (
        <HolderTable properties={properties} held={held} />
      )}
      <p class="muted">
        Not in any capture:
        {memory.capacity_bytes !== null && ' CUDA contexts and libraries, about 500 MiB per process,'} what an
        allocator has taken and not given out, and processes that were not captured.
        {properties.device.driver != null && ' What the driver saw of these is below.'}
      </p>
    </section>
  );
}
