/** Lost time of one session: a hatch over the stretched parts of its kernels, hollow spans where its work was stalled. */
import { sessionColour, type Theme } from '../base/palette';
import type { Lost } from '../model/lost';
import type { GroupBox, LaneBox } from '../model/rows';
import type { Scene } from '../model/scene';
import { toPx, type Viewport } from '../model/viewport';
import type { Renderer } from './renderer';

/** A hatch or a hollow span needs a few pixels to be one. */
const NARROW = 4;

interface Edges {
  readonly left: number;
  readonly right: number;
}

function edgesOf(lost: Lost, viewport: Viewport, spare: number): Edges | null {
  const left = Math.max(-spare, toPx(viewport, lost.start));
  const right = Math.min(viewport.width + spare, toPx(viewport, lost.end));
  return right <= 0 || left >= viewport.width ? null : { left, right };
}

/** Streams that only move memory have no kernels to stretch. */
const isCompute = ({ lane }: LaneBox): boolean =>
  lane.kind === 'stream' && (!/mem(cpy|set)/i.test(lane.title) || /compute|kernel/i.test(lane.title));

export function paintStretched(
  renderer: Renderer,
  all: readonly Lost[],
  viewport: Viewport,
  top: number,
  height: number,
  theme: Theme,
): void {
  const wide: number[] = [];
  const thin = new Set<number>();
  for (const lost of all) {
    if (lost.kind !== 'stretched') continue;
    const edges = edgesOf(lost, viewport, 0);
    if (edges === null) continue;
    const width = edges.right - edges.left;
    if (width >= NARROW) wide.push(edges.left, top, width, height);
    else for (let x = Math.floor(edges.left); x < edges.right; x += 1) thin.add(x);
  }
  // The ground shows through as stripes: where nothing runs there is nothing to see.
  renderer.rects(wide, theme.background, 0.3);
  renderer.pattern(wide, 'hatch', 'transparent', theme.background);
  // Too narrow for stripes: the lower third of the pixel column.
  const low = Math.ceil(height / 3);
  renderer.rects(
    [...thin].flatMap((x) => [x, top + height - low, 1, low]),
    theme.background,
    0.55,
  );
}

export function paintStalls(
  renderer: Renderer,
  all: readonly Lost[],
  viewport: Viewport,
  top: number,
  height: number,
  colour: string,
): void {
  const thin = new Set<number>();
  for (const lost of all) {
    if (lost.kind !== 'stalled') continue;
    const edges = edgesOf(lost, viewport, 4);
    if (edges === null) continue;
    const width = edges.right - edges.left;
    if (width >= NARROW && lost.count === 1) renderer.outline(edges.left, top, width, height, colour, 1);
    else if (width >= NARROW) {
      // Several stalls: only top and bottom, for the sides would be those of no single one.
      renderer.rects([edges.left, top, width, 1, edges.left, top + height - 1, width, 1], colour);
    } else for (let x = Math.floor(edges.left); x < edges.right; x += 1) thin.add(x);
  }
  renderer.rects(
    [...thin].flatMap((x) => [x, top, 1, 1, x, top + height - 1, 1, 1]),
    colour,
  );
}

/** Over a group whose lanes are painted. */
export function paintLost(renderer: Renderer, scene: Scene, group: GroupBox): void {
  const { viewport, theme } = scene;
  const all = scene.lost.get(group.session) ?? [];
  for (const box of group.lanes) {
    if (isCompute(box)) paintStretched(renderer, all, viewport, box.top, box.height - 1, theme);
  }
  if (group.stalls === null) return;
  const { top, height } = group.stalls;
  paintStalls(renderer, all, viewport, top, height, sessionColour(theme, group.session));
}
