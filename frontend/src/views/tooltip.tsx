/** What the pointer is over. Text nodes only: kernel names come from the traces. */
import type { ComponentChildren, JSX } from 'preact';
import { formatCount, formatDuration } from '../base/format';
import { lengthOf, type Ns, ns, type Px } from '../base/units';
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

const STALLED = 'Stalled: its work waited while other sessions had the device';

interface BoxProperties {
  readonly panel: Panel;
  /** When its subject begins, and where that stands. */
  readonly since: Ns;
  readonly place: { readonly top: Px; readonly height: Px };
  readonly children: ComponentChildren;
}

/** Beside the pointer, or beside what was reached without one, on the side that has room. */
function TooltipBox({ panel, since, place, children }: BoxProperties): JSX.Element | null {
  const { window, pointer } = panel.timeline;
  const viewport = window.viewport.value;
  if (viewport === null) return null;
  const at = pointer.cursor.value ?? toPx(viewport, since);
  const left = at + WIDTH + 24 > viewport.width ? Math.max(0, at - WIDTH - 12) : at + 14;
  return (
    <div
      class="tooltip"
      role="tooltip"
      style={{ left: `${left}px`, top: `${place.top + place.height + 6}px` }}
    >
      {children}
    </div>
  );
}

function StallTooltip({ panel, hit }: { panel: Panel; hit: LostHit }): JSX.Element {
  const { timeline } = panel;
  const { lost, session } = hit;
  return (
    <TooltipBox panel={panel} since={lost.start} place={hit}>
      <div class="name">{STALLED}</div>
      <div>
        {lost.count > 1
          ? `${formatCount(lost.count)} stalls, ${formatDuration(lost.busy)} in ${formatDuration(lengthOf(lost))}`
          : formatDuration(lengthOf(lost))}{' '}
        · at {timeline.instantText(lost.start, lengthOf(lost) / 100)}
      </div>
      <div class="muted">{timeline.nameOf(session)}</div>
    </TooltipBox>
  );
}

export function Tooltip({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const { hovered, hoveredLost } = timeline.pointer;
  const [hit, stall] = [hovered.value, hoveredLost.value];
  if (stall !== null) return <StallTooltip panel={panel} hit={stall} />;
  if (hit === null) return null;
  const { slice, box } = hit;
  const isWork = box.lane.kind === 'stream';
  const stretched = isWork ? stretchedIn(timeline.content.lost.value.get(box.lane.session) ?? [], slice) : 0;
  const merged = mergedText(hit);
  return (
    <TooltipBox panel={panel} since={slice.start} place={box}>
      {merged !== null && <div class="muted">{merged}</div>}
      <div class="name">{slice.name || 'name not recorded'}</div>
      <div>
        {formatDuration(lengthOf(slice))}
        {merged !== null && <> · busy {formatDuration(slice.busy)}</>} · at{' '}
        {timeline.instantText(slice.start, lengthOf(slice) / 100)}
      </div>
      {stretched > 0 && <div>stretched by other sessions: {formatDuration(ns(stretched))} of this</div>}
      <div class="muted">
        {timeline.nameOf(box.lane.session)} · {box.lane.label}
        {slice.count === 1 && ` · ${NOUNS[slice.kind] ?? 'event'}`}
      </div>
    </TooltipBox>
  );
}
