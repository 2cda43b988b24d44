/** Who holds the memory: at the peak of what is shown, or at an instant of the track; by operation or by name scope. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceMemory, Holder, ScopeHeld } from '../api/types';
import { formatBytes, formatCount, formatDuration, formatShare, UNKNOWN } from '../base/format';
import { sessionColour } from '../base/palette';
import { formatInstant } from '../base/ticks';
import { type Bytes, type Ns, ns } from '../base/units';
import { holderText, totalText } from '../model/memory';
import type { Subject } from '../state/memory';
import { Chip } from './chip';
import { Head, type TableProperties } from './head';
import { FirstRows } from './more';
import { nameIn, SessionName } from './session_name';

const MOST_ROWS = 100;
const HOLDER_COLUMNS = ['Operation', 'session', 'bytes', 'share', 'count', 'region', 'type', 'shape', 'age'];
const SCOPE_COLUMNS = ['Name scope', 'session', 'bytes', 'share', 'allocations'];

type Properties = TableProperties & { readonly memory: DeviceMemory };

/** An instant that is the combined peak is called so. */
const subjectOf = ({ panel, memory }: Properties, held: Held): string =>
  panel.memory.subject.value === 'instant' && held.at === memory.combined_peak_at_ns
    ? SUBJECTS.peak
    : SUBJECTS[panel.memory.subject.value];

const SUBJECTS: Readonly<Record<Subject, string>> = {
  peak: 'At the combined peak',
  'peak-in-view': 'At the peak of what the timeline shows',
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
    scopes: memory.holder_scopes ?? [],
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
}) {
  const { device, panel } = properties;
  const index = Math.max(0, device.sessions.indexOf(id));
  const share = whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0;
  return (
    <td class="share">
      <span class="share-track" aria-hidden="true">
        <span
          class="share-bar"
          style={{ width: `${100 * share}%`, background: sessionColour(panel.theme.value, index) }}
        />
      </span>
      <span class="share-text">{formatShare(part, whole)}</span>
    </td>
  );
}

function HolderTable({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const { report, device, panel } = properties;
  const theme = panel.theme.value;
  return (
    <>
      <table>
        <Head columns={HOLDER_COLUMNS} names={2} />
        <tbody>
          {held.holders.slice(0, MOST_ROWS).map((holder, index) => (
            <tr key={index}>
              <td class={totalText(holder.kind) === null ? 'name' : 'name muted'}>{holderText(holder)}</td>
              <td class="name">
                <SessionName {...{ report, device, theme, id: holder.session }} />
              </td>
              <td>{formatBytes(holder.bytes)}</td>
              <Share {...{ properties, id: holder.session, part: holder.bytes, whole: held.total }} />
              <td>{holder.count ? formatCount(holder.count) : UNKNOWN}</td>
              <td>{holder.region ?? UNKNOWN}</td>
              <td>{holder.data_type ?? UNKNOWN}</td>
              <td>{holder.shape ?? UNKNOWN}</td>
              <td>{formatDuration(holder.age_ns ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_ROWS} of={held.holders.length} />
    </>
  );
}

function ScopeTable({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const { report, device, panel } = properties;
  const theme = panel.theme.value;
  return (
    <>
      <table>
        <Head columns={SCOPE_COLUMNS} names={2} />
        <tbody>
          {held.scopes.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              <td class={row.scope ? 'name' : 'name muted'}>
                {row.scope || totalText(row.kind) || 'no scope'}
              </td>
              <td class="name">
                <SessionName {...{ report, device, theme, id: row.session }} />
              </td>
              <td>{formatBytes(row.bytes)}</td>
              <Share {...{ properties, id: row.session, part: row.bytes, whole: held.total }} />
              <td>{row.count ? formatCount(row.count) : UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <FirstRows most={MOST_ROWS} of={held.scopes.length} />
    </>
  );
}

/** Go to the combined peak, or to that of a session. */
function Instants({ properties, held }: { properties: Properties; held: Held }): JSX.Element {
  const { panel, report, device, memory } = properties;
  const show = (at: Ns | null) => () => panel.timeline.showMemoryAt(at);
  const chosen = panel.timeline.instant.value;
  const isPeak = chosen === null || (panel.memory.isWhole.value && chosen === memory.combined_peak_at_ns);
  const several = new Set(memory.per_session.map(({ session }) => session)).size < memory.per_session.length;
  return (
    <div class="buttons" role="group" aria-label="Instant whose holders are shown">
      <button type="button" aria-pressed={isPeak} onClick={show(null)}>
        {panel.memory.isWhole.value ? 'combined peak' : 'combined peak in view'}
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
        <button type="button" onClick={() => panel.timeline.centreOn(held.at)}>
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
  const zero = panel.timeline.extent.value?.start ?? ns(0);
  const error = panel.memory.error.value;
  const isNowhere = panel.memory.shown.value === null;
  const isLowerBound = (memory.sessions_without_data ?? []).length > 0;
  return (
    <section class="memory-part" aria-label="Who holds the memory">
      <h3>Who holds it</h3>
      <p id="held">
        {subjectOf(properties, held)}, {formatInstant(held.at, zero, ns(1000))}, {isLowerBound && '≥ '}
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
      </p>
    </section>
  );
}
