/** Lost time of one session: a hatch over the stretched parts of its kernels, hollow spans where its work was stalled. */
import { sessionColour } from '../base/palette';
import type { Lost } from '../model/lost';
import type { GroupBox, LaneBox } from '../model/rows';
import type { Scene } from '../model/scene';
import { toPx, type Viewport } from '../model/viewport';
import type { LaneCover } from './lanes';
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

interface StretchedRects {
  readonly wide: readonly number[];
  readonly thin: readonly number[];
}

function stretchedRects(
  all: readonly Lost[],
  viewport: Viewport,
  top: number,
  height: number,
): StretchedRects {
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
  // Too narrow for stripes: the lower third of the pixel column.
  const low = Math.ceil(height / 3);
  return { wide, thin: [...thin].flatMap((x) => [x, top + height - low, 1, low]) };
}

/** The hatch over the kernels of a stream lane; null where there is none to draw. */
export function stretchedCover(renderer: Renderer, scene: Scene, box: LaneBox): LaneCover | null {
  const all = scene.lost.get(box.lane.session);
  if (all === undefined || !isCompute(box)) return null;
  const { theme, viewport } = scene;
  const { wide, thin } = stretchedRects(all, viewport, box.top, box.height - 1);
  if (wide.length + thin.length === 0) return null;
  return {
    paint: () => {
      // The ground shows through as stripes: where nothing runs there is nothing to see.
      renderer.rects(wide, theme.background, 0.3);
      renderer.pattern(wide, 'hatch', 'transparent', theme.background);
      renderer.rects(thin, theme.background, 0.55);
    },
    meets: (left, right) => wide.some((x, i) => i % 4 === 0 && x < right && x + wide[i + 2] > left),
  };
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
    [...thin].flatMap((x) => [x, top, 1, height]),
    colour,
  );
}

export function paintGroupStalls(renderer: Renderer, scene: Scene, group: GroupBox): void {
  if (group.stalls === null) return;
  const { top, height } = group.stalls;
  const all = scene.lost.get(group.session) ?? [];
  paintStalls(renderer, all, scene.viewport, top, height, sessionColour(scene.theme, group.session));
}
