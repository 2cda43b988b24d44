/** What the pointer is on. Text nodes only: kernel names come from the traces. */
import type { JSX } from 'preact';
import { formatCount, formatDuration } from '../base/format';
import { lengthOf, ns } from '../base/units';
import type { Hit } from '../model/hit';
import { type LostHit, stretchedIn } from '../model/lost';
import { toPx } from '../model/viewport';
import type { Panel } from '../state/panel';

const WIDTH = 380;

const NOUNS = ['kernel', 'copy', 'memset', 'step', 'host operation', 'event'];
const MANY = ['kernels', 'copies', 'memsets', 'steps', 'host operations', 'events'];

/** "17 kernels, longest:", or nothing for a single event. */
export function mergedText({ slice }: Hit): string | null {
  return slice.count > 1 ? `${formatCount(slice.count)} ${MANY[slice.kind] ?? 'events'}, longest:` : null;
}

const STALLED = 'Stalled: own work waited while others had the device';

function StallTooltip({ panel, hit }: { panel: Panel; hit: LostHit }): JSX.Element | null {
  const { timeline } = panel;
  const viewport = timeline.window.viewport.value;
  if (viewport === null) return null;
  const { lost, session } = hit;
  const left = leftOf(timeline.pointer.cursor.value ?? toPx(viewport, lost.start), viewport.width);
  return (
    <div class="tooltip" role="tooltip" style={{ left: `${left}px`, top: `${hit.top + hit.height + 6}px` }}>
      <div class="name">{STALLED}</div>
      <div>
        {lost.count > 1
          ? `${formatCount(lost.count)} stalls, ${formatDuration(lost.busy)} in ${formatDuration(lengthOf(lost))}`
          : formatDuration(lengthOf(lost))}{' '}
        · at {timeline.instantText(lost.start, lengthOf(lost) / 100)}
      </div>
      <div class="muted">{timeline.nameOf(session)}</div>
    </div>
  );
}

const leftOf = (at: number, width: number): number =>
  at + WIDTH + 24 > width ? Math.max(0, at - WIDTH - 12) : at + 14;

export function Tooltip({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const { hovered, hoveredLost, cursor } = timeline.pointer;
  const [hit, stall, viewport] = [hovered.value, hoveredLost.value, timeline.window.viewport.value];
  if (stall !== null) return <StallTooltip panel={panel} hit={stall} />;
  if (hit === null || viewport === null) return null;
  const { slice, box } = hit;
  const at = cursor.value ?? toPx(viewport, slice.start);
  const left = leftOf(at, viewport.width);
  const isWork = box.lane.kind === 'stream';
  const stretched = isWork ? stretchedIn(timeline.content.lost.value.get(box.lane.session) ?? [], slice) : 0;
  const merged = mergedText(hit);
  return (
    <div class="tooltip" role="tooltip" style={{ left: `${left}px`, top: `${box.top + box.height + 6}px` }}>
      {merged !== null && <div class="muted">{merged}</div>}
      <div class="name">{slice.name || 'name lost'}</div>
      <div>
        {formatDuration(lengthOf(slice))}
        {merged !== null && <> · busy {formatDuration(slice.busy)}</>} · at{' '}
        {timeline.instantText(slice.start, lengthOf(slice) / 100)}
      </div>
      {stretched > 0 && <div>stretched by others: {formatDuration(ns(stretched))} of it</div>}
      <div class="muted">
        {timeline.nameOf(box.lane.session)} · {box.lane.label}
        {slice.count === 1 && ` · ${NOUNS[slice.kind] ?? 'event'}`}
      </div>
    </div>
  );
}
