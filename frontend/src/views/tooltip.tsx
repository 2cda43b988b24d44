/** What the pointer is on. Text nodes only: kernel names come from the traces. */
import type { JSX } from 'preact';
import { formatCount, formatDuration } from '../base/format';
import { formatInstant } from '../base/ticks';
import { lengthOf, ns } from '../base/units';
import type { Hit } from '../model/hit';
import { toPx } from '../model/viewport';
import type { Panel } from '../state/panel';

const WIDTH = 380;

const NOUNS = ['kernel', 'copy', 'memset', 'step', 'host operation', 'event'];
const MANY = ['kernels', 'copies', 'memsets', 'steps', 'host operations', 'events'];

/** "17 kernels, longest:", or nothing for a single event. */
export function mergedText({ slice }: Hit): string | null {
  return slice.count > 1 ? `${formatCount(slice.count)} ${MANY[slice.kind] ?? 'events'}, longest:` : null;
}

export function Tooltip({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const [hit, viewport, extent] = [timeline.hovered.value, timeline.viewport.value, timeline.extent.value];
  if (hit === null || viewport === null || extent === null) return null;
  const { slice, box } = hit;
  const at = timeline.cursor.value ?? toPx(viewport, slice.start);
  const session = timeline.layout.value?.sessions[box.lane.session]?.name ?? '';
  const left = at + WIDTH + 24 > viewport.width ? Math.max(0, at - WIDTH - 12) : at + 14;
  const precision = ns(Math.max(1, lengthOf(slice) / 100));
  const merged = mergedText(hit);
  return (
    <div class="tooltip" role="tooltip" style={{ left: `${left}px`, top: `${box.top + box.height + 6}px` }}>
      {merged !== null && <div class="muted">{merged}</div>}
      <div class="name">{slice.name || 'name lost'}</div>
      <div>
        {formatDuration(lengthOf(slice))}
        {merged !== null && <> · busy {formatDuration(slice.busy)}</>} · at{' '}
        {formatInstant(slice.start, extent.start, precision)}
      </div>
      <div class="muted">
        {session} · {box.lane.label}
        {slice.count === 1 && ` · ${NOUNS[slice.kind] ?? 'event'}`}
      </div>
    </div>
  );
}
