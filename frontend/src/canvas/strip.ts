/** The strip of all groups: the taller, the more groups ran together in a column; low and light where captures ran alone. */
import type { Theme } from '../base/palette';
import { px } from '../base/units';
import type { Strip } from '../model/strip';
import type { Renderer } from './renderer';

export const STRIP_HEIGHT = px(24);
/** Free above the marks, for the mark of the current group. */
const ABOVE = 5;
const FULL = STRIP_HEIGHT - ABOVE;
/** Of one group of captures that ran together, and of captures alone. */
const LEAST = 11;
const ALONE = 5;

interface Marked {
  /** First and last column of the current group; null where it has no place. */
  readonly current: readonly number[] | null;
  /** The column under the pointer. */
  readonly hovered: number | null;
}

export function paintStrip(
  renderer: Renderer,
  strip: Strip,
  theme: Theme,
  { current, hovered }: Marked,
): void {
  renderer.clear(strip.width, STRIP_HEIGHT, theme.lane);
  const [shared, alone]: [number[], number[]] = [[], []];
  const most = Math.log1p(strip.columns.reduce((max, column) => Math.max(max, column.shared), 1));
  for (const column of strip.columns) {
    const height = LEAST + (FULL - LEAST) * (Math.log1p(column.shared) / most);
    if (column.shared > 0) shared.push(column.x, STRIP_HEIGHT - height, 1, height);
    else alone.push(column.x, STRIP_HEIGHT - ALONE, 1, ALONE);
  }
  renderer.rects(alone, theme.hatchLine);
  renderer.rects(shared, theme.muted);
  if (hovered !== null) renderer.rects([hovered - 1, 0, 3, STRIP_HEIGHT], theme.muted);
  if (current === null) return;
  // Taller than all others as well: its colour need not be visible to be found.
  renderer.rects([current[0] - 1, 0, Math.max(3, current[1] - current[0] + 1), STRIP_HEIGHT], theme.accent);
}
