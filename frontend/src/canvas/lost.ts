/** Lost time of one session: a hatch over the stretched parts of its kernels, hollow spans where its work was stalled. */
import { sessionColour } from '../base/palette';
import type { Lost } from '../model/lost';
import type { GroupBox } from '../model/rows';
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

/** A pixel range; lists of them are sorted. */
type Range = readonly [number, number];

/** Rectangles of a lane by their rows: top, height and the ranges that are covered. */
function rowsOf(drawn: readonly number[]): readonly { top: number; height: number; ranges: Range[] }[] {
  const rows = new Map<number, { top: number; height: number; ranges: Range[] }>();
  for (let i = 0; i < drawn.length; i += 4) {
    const [x, top, width, height] = [drawn[i], drawn[i + 1], drawn[i + 2], drawn[i + 3]];
    const row = rows.get(top) ?? { top, height, ranges: [] };
    rows.set(top, row);
    row.ranges.push([x, x + width]);
  }
  for (const row of rows.values()) row.ranges.sort((a, b) => a[0] - b[0]);
  return [...rows.values()];
}

/** Where both lists have something. */
function intersect(a: readonly Range[], b: readonly Range[]): readonly Range[] {
  const found: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [from, to] = [Math.max(a[i][0], b[j][0]), Math.min(a[i][1], b[j][1])];
    if (to > from) found.push([from, to]);
    if (a[i][1] < b[j][1]) i += 1;
    else j += 1;
  }
  return found;
}

function stretchedRanges(all: readonly Lost[], viewport: Viewport): readonly Range[] {
  return all.flatMap((lost) => {
    const edges = lost.kind === 'stretched' ? edgesOf(lost, viewport, 0) : null;
    // What is shorter than a pixel still marks its column.
    return edges === null ? [] : [[edges.left, Math.max(edges.right, edges.left + 1)] as const];
  });
}

/**
 * The hatch over what runs in a stream lane while its session is stretched. The tiles tell the session, not the stream: of two
 * streams at work at once both are hatched.
 */
export function stretchedCover(renderer: Renderer, scene: Scene, session: number): LaneCover | null {
  const { theme, viewport } = scene;
  const ranges = stretchedRanges(scene.lost.get(session) ?? [], viewport);
  if (ranges.length === 0) return null;
  return {
    paint: (drawn) => {
      const [wide, thin]: [number[], number[]] = [[], []];
      for (const { top, height, ranges: covered } of rowsOf(drawn)) {
        // Too narrow for stripes: the lower third of the pixel column.
        const low = Math.ceil(height / 3);
        for (const [from, to] of intersect(covered, ranges)) {
          if (to - from >= NARROW) wide.push(from, top, to - from, height);
          else thin.push(from, top + height - low, to - from, low);
        }
      }
      renderer.rects(wide, theme.background, 0.3);
      renderer.pattern(wide, 'hatch', 'transparent', theme.background);
      renderer.rects(thin, theme.background, 0.55);
    },
    meets: (left, right) => ranges.some(([from, to]) => from < right && to > left),
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
