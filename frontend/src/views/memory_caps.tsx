/** Memory limits to try: one slider per session, and the predicted outcome. */
import type { JSX } from 'preact';
import type { CappedMemory, DeviceMemory } from '../api/report';
import { formatBytes, formatDuration } from '../base/format';
import { type Bytes, bytes } from '../base/units';
import { limitsOf, type MemoryLayout, sumOf } from '../model/memory';
import { Chip } from './chip';
import type { TableProperties } from './head';

const STEPS = 200;

type Properties = TableProperties & { readonly memory: DeviceMemory };

interface Range {
  readonly most: number;
  readonly step: number;
}

function rangeOf(layout: MemoryLayout): Range {
  const largest = Math.max(layout.peak_bytes, ...layout.limit_bytes.map((limit) => limit ?? 0));
  // Without a capacity a limit may be the whole of the host's memory, where a step would pass over all that is used.
  const most = layout.capacity_bytes ?? Math.min(largest, 4 * layout.peak_bytes);
  return { most, step: Math.max(1, Math.ceil(most / STEPS)) };
}

function Slider({
  panel,
  session,
  limit,
  range,
}: {
  panel: Properties['panel'];
  session: number;
  limit: Bytes | null;
  range: Range;
}): JSX.Element {
  const { timeline } = panel;
  const cap = timeline.memoryCursor.caps.value.get(session) ?? null;
  // Of the sessions inside a process the first stands for it: the limit is the process's.
  const shown = timeline.layout.value?.sessions[session];
  const owner = panel.report.value?.sessions.find((each) => each.id === shown?.id)?.process ?? null;
  const name = panel.labelOf(owner ?? shown?.id ?? '');
  const now = cap ?? limit;
  const text =
    cap !== null ? formatBytes(cap) : limit === null ? 'limit unknown' : `${formatBytes(limit)}, as recorded`;
  return (
    <div class="cap">
      <label>
        <Chip theme={panel.theme.value} index={session} /> <span class="clip">{name}</span>
        <input
          type="range"
          min={0}
          max={STEPS * range.step}
          step={range.step}
          value={Math.min(now ?? range.most, range.most)}
          aria-valuetext={text}
          onInput={(event) =>
            timeline.memoryCursor.cap(session, bytes(Math.min(range.most, Number(event.currentTarget.value))))
          }
        />
      </label>
      <output>{text}</output>
      <button
        type="button"
        disabled={cap === null}
        onClick={(event) => {
          // The button is about to be disabled: the focus would be lost with it.
          event.currentTarget.parentElement?.querySelector('input')?.focus();
          timeline.memoryCursor.cap(session, null);
        }}
      >
        reset
      </button>
    </div>
  );
}

/** Whether the limits fit the GPU, in words. */
export function fitText(sum: Bytes | null, memory: DeviceMemory): string {
  const capacity = memory.capacity_bytes;
  if (sum === null || capacity === null)
    return "Whether these limits fit is unknown, because the capacity or a session's limit is not in the traces.";
  const text = `These limits add up to ${formatBytes(sum)} of ${formatBytes(capacity)}`;
  if (sum > capacity) return `${text}: they do not fit, and the session that allocates last can fail.`;
  const safe = memory.safe_bytes;
  if (safe !== null && sum > safe) {
    return `${text}: they fit, but leave too little for the system and the processes' contexts (${formatBytes(safe)} is safe).`;
  }
  return `${text}: they fit.`;
}

function Outcome({ panel, capped, memory }: Properties & { capped: CappedMemory }): JSX.Element {
  const { part } = panel.memory;
  const { isWhole, isRange } = panel.focus;
  const peak = part.value?.peak_bytes ?? memory.combined_peak_bytes;
  const where = isWhole.value ? '' : isRange.value ? 'in the selected range' : 'in the visible part';
  const over = capped.sessions.filter((each) => each.cap_bytes !== null && each.peak_bytes > each.cap_bytes);
  return (
    <>
      <p>
        If no session exceeded its limit, the combined peak {where} would{' '}
        {capped.peak_bytes < peak ? 'be ' : 'stay '}
        {formatBytes(capped.peak_bytes)}
        {capped.peak_bytes < peak && <> instead of {formatBytes(peak)}</>}.
      </p>
      {over.map((each) => (
        <p key={each.session} class="settle">
          {panel.labelOf(each.session)} would fail or have to use less: its peak exceeds the limit by{' '}
          {formatBytes(bytes(each.peak_bytes - (each.cap_bytes ?? 0)))}, and it stays above it for{' '}
          {formatDuration(each.over_ns)}.
        </p>
      ))}
    </>
  );
}

export function CapsView(properties: Properties): JSX.Element | null {
  const { panel, memory } = properties;
  const layout = panel.timeline.layout.value?.memory ?? null;
  if (layout === null) return null;
  const caps = panel.timeline.memoryCursor.caps.value;
  const limits = limitsOf(layout, caps);
  const range = rangeOf(layout);
  const capped = panel.memory.part.value?.capped ?? null;
  return (
    <section class="memory-part" aria-label="What if capped">
      <h3>What if sessions had other memory limits?</h3>
      {layout.sessions.map((session, place) => (
        <Slider
          key={session}
          panel={panel}
          session={session}
          limit={layout.limit_bytes[place]}
          range={range}
        />
      ))}
      <p id="fit">{fitText(sumOf(limits), memory)}</p>
      {capped !== null && caps.size > 0 && <Outcome {...properties} capped={capped} />}
    </section>
  );
}
