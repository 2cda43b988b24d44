/** What stands on the timeline as document text: the measure of the selected range, and the note of a mark. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatDuration } from '../base/format';
import { lengthOf, type Ns, ns } from '../base/units';
import { headRows } from '../model/head';
import { LONGEST_NOTE } from '../model/marks';
import { toPx } from '../model/viewport';
import type { Panel } from '../state/panel';

/** From the left of the plot; null outside the window. */
function placeOf({ timeline }: Panel, at: Ns): string | null {
  const viewport = timeline.window.viewport.value;
  if (viewport === null) return null;
  const x = toPx(viewport, at);
  return x < 0 || x > viewport.width ? null : `calc(var(--labels) + ${x}px)`;
}

export function RangeTag({ panel }: { panel: Panel }): JSX.Element | null {
  const { window, layout } = panel.timeline;
  const [range, view] = [window.range.value, window.viewport.value?.view];
  if (range === null || view === undefined) return null;
  const start = Math.max(range.start, view.start);
  const end = Math.min(range.end, view.end);
  const left = placeOf(panel, ns((start + end) / 2));
  if (left === null || end < start) return null;
  const top = headRows(layout.value?.sessions.length ?? 0).ruler - 8;
  return (
    <strong class="range-tag" style={{ left, top: `${top}px` }}>
      {formatDuration(lengthOf(range))}
    </strong>
  );
}

/** Opened by M. Enter and Esc close it; the note is kept as it is typed. */
export function MarkNote({ panel }: { panel: Panel }): JSX.Element | null {
  const { marks, layout } = panel.timeline;
  const at = marks.open.value;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus({ preventScroll: true }), [at]);
  if (at === null) return null;
  const left = placeOf(panel, at);
  const close = (): void => {
    marks.open.value = null;
  };
  const mark = marks.all.value.find((each) => each.at === at);
  if (left === null || mark === undefined) return null;
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    close();
    document.querySelector<HTMLElement>('.stage')?.focus({ preventScroll: true });
  };
  return (
    <input
      ref={input}
      class="mark-note"
      style={{ left, top: `${headRows(layout.value?.sessions.length ?? 0).ruler + 10}px` }}
      aria-label={`Note on the mark at ${panel.timeline.instantText(at)}`}
      placeholder="note (Enter to close)"
      maxLength={LONGEST_NOTE}
      value={mark.note}
      onInput={(event) => marks.note(at, event.currentTarget.value)}
      onKeyDown={onKeyDown}
      onBlur={close}
    />
  );
}
