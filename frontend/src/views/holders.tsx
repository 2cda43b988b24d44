/** Who holds the memory: at the peak of what is shown, or at an instant of the track; by operation or by name scope. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeviceMemory, Holder, ScopeHeld } from '../api/report';
import { DEVICE_TABLES } from '../api/tables';
import { formatBytes } from '../base/format';
import type { Bytes, Ns } from '../base/units';
import { rowsIn } from '../model/cells';
import type { Subject } from '../state/memory';
import { Chip } from './chip';
import type { TableProperties } from './head';
import { nameIn } from './session_name';
import { SpecTable } from './table';

type Properties = TableProperties & { readonly memory: DeviceMemory };

/** An instant that is the combined peak is called so. */
const subjectOf = ({ panel, memory }: Properties, held: Held): string =>
  panel.memory.subject.value === 'instant' && held.at === memory.combined_peak_at_ns
    ? SUBJECTS.peak
    : SUBJECTS[panel.memory.subject.value];

const SUBJECTS: Readonly<Record<Subject, string>> = {
  peak: 'At the combined peak',
  'peak-in-view': 'At the peak of what the timeline shows',
  'peak-in-range': 'At the peak of the selected range',
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
            {device.sessions.includes(entry.session) && (
              <Chip theme={panel.theme.value} index={device.sessions.indexOf(entry.session)} />
            )}{' '}
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
      <SpecTable
        key={isByScope ? 'scopes' : 'operations'}
        {...properties}
        spec={isByScope ? DEVICE_TABLES.holder_scopes : DEVICE_TABLES.holders}
        rows={rowsIn(properties.device, isByScope ? held.scopes : held.holders, {
          combined_peak_bytes: held.total,
        })}
        bar="bytes"
      />
    </section>
  );
}
