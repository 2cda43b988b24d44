/** The contention band: a hatch over grey where two sessions have work at once, a cross for three and more. */
import { formatDuration } from '../base/format';
import type { Theme } from '../base/palette';
import { lengthOf } from '../base/units';
import type { Contended } from '../model/intervals';
import { toPx, type Viewport } from '../model/viewport';
import type { Renderer } from './renderer';

const NARROW = 4;
/** No label fits in less: nothing is written and measured for it. */
const NARROWEST_LABEL = 40;

function labelOf(interval: Contended, room: number, renderer: Renderer): string | null {
  const length = formatDuration(lengthOf(interval));
  const whole = interval.depth > 2 ? `${length} · ${interval.depth} sessions` : length;
  const merged = interval.count > 1 ? `${interval.count} in ${length}` : whole;
  return (
    [merged, length].find((text) => renderer.measure(text, { colour: '', bold: true }) + 22 <= room) ?? null
  );
}

export function paintContention(
  renderer: Renderer,
  intervals: readonly Contended[],
  viewport: Viewport,
  top: number,
  height: number,
  theme: Theme,
): void {
  renderer.rects([0, top, viewport.width, height], theme.lane);
  const two: number[] = [];
  const more: number[] = [];
  const thin: number[] = [];
  const labels: { readonly text: string; readonly x: number }[] = [];
  for (const interval of intervals) {
    const left = Math.max(0, toPx(viewport, interval.start));
    const right = Math.min(viewport.width, toPx(viewport, interval.end));
    if (right <= 0 || left >= viewport.width) continue;
    const width = Math.max(1, right - left);
    // A hatch needs a few pixels to be one.
    const list = width < NARROW ? thin : interval.depth > 2 ? more : two;
    list.push(left, top, width, height);
    const text = width < NARROWEST_LABEL ? null : labelOf(interval, width, renderer);
    if (text !== null) labels.push({ text, x: (left + right) / 2 });
  }
  renderer.rects(thin, theme.hatchLine);
  renderer.pattern(two, 'hatch', theme.hatchBase, theme.hatchLine);
  renderer.pattern(more, 'cross', theme.hatchBase, theme.hatchLine);
  const style = { colour: theme.text, bold: true, align: 'center' } as const;
  for (const { text, x } of labels) {
    const width = renderer.measure(text, style) + 16;
    renderer.pill(x - width / 2, top + height / 2 - 9, width, 18, theme.pill);
    renderer.text(text, x, top + height / 2 + 0.5, style);
  }
}

/** A faint column through all lanes below, so that the eye finds what ran meanwhile. */
export function paintShade(
  renderer: Renderer,
  intervals: readonly Contended[],
  viewport: Viewport,
  height: number,
  theme: Theme,
): void {
  const rects: number[] = [];
  for (const interval of intervals) {
    const left = Math.max(0, toPx(viewport, interval.start));
    const right = Math.min(viewport.width, toPx(viewport, interval.end));
    if (right - left >= 2) rects.push(left, 0, right - left, height);
  }
  renderer.rects(rects, theme.hatchBase, theme.name === 'dark' ? 0.32 : 0.28);
}
