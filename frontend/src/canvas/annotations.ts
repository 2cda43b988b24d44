/** What is drawn over the lanes: hits of a search, marks, the way from a launch call to its kernel, and each session's own ruler. */
import { sessionColour } from '../base/palette';
import { ticks } from '../base/ticks';
import { px, type Span } from '../base/units';
import type { GroupBox, LaneBox } from '../model/rows';
import { HEADING } from '../model/rows';
import type { Scene } from '../model/scene';
import { toPx, type Viewport } from '../model/viewport';
import type { Renderer } from './renderer';

const HIT = 3;
const FLAG = 16;

/** The window as a session sees it that is being moved. */
export function viewportOf(scene: Scene, session: number): Viewport {
  const { viewport, shifting } = scene;
  if (!shifting || shifting.session !== session) return viewport;
  const { start, end } = viewport.view;
  const by = shifting.by;
  return {
    view: { start: (start - by) as typeof start, end: (end - by) as typeof end },
    width: viewport.width,
  };
}

/** A bar under each hit, in the colour of text: sessions have the others. */
export function paintHits(renderer: Renderer, scene: Scene, boxes: readonly LaneBox[]): void {
  for (const { lane, top, height } of boxes) {
    const found = scene.hits?.get(lane.lane) ?? [];
    const viewport = viewportOf(scene, lane.session);
    const rects = found.flatMap((hit) => bar(hit, viewport, top + height + 1));
    if (rects.length > 0) renderer.rects(rects, scene.theme.text);
  }
}

function bar(hit: Span, viewport: Viewport, top: number): readonly number[] {
  const left = Math.max(-1, toPx(viewport, hit.start));
  const right = Math.min(viewport.width + 1, toPx(viewport, hit.end));
  return right < left || right < 0 || left > viewport.width
    ? []
    : [left, top, Math.max(2, right - left), HIT];
}

/** A session's own time, from the start of its capture; it can be dragged. */
export function paintSessionRuler(renderer: Renderer, scene: Scene, group: GroupBox): void {
  const { theme, layout } = scene;
  const viewport = viewportOf(scene, group.session);
  const recorded = layout.sessions[group.session].window;
  const base = group.top + HEADING - 8;
  const left = Math.max(0, toPx(viewport, recorded.start_ns));
  const right = Math.min(viewport.width, toPx(viewport, recorded.end_ns));
  if (right <= left) return;
  const isMoved = scene.shifting?.session === group.session;
  const colour = isMoved ? sessionColour(theme, group.session) : theme.outline;
  renderer.line([left, base + 0.5, right, base + 0.5], colour, { width: isMoved ? 2 : 1 });
  for (const tick of ticks(viewport.view, viewport.width, recorded.start_ns, px(160))) {
    const x = Math.round(toPx(viewport, tick.at)) + 0.5;
    if (x < left - 1 || x > right + 1) continue;
    renderer.line([x, base - 4, x, base], colour);
    renderer.text(tick.label, x + 4, base - 7, { colour: theme.muted, size: 9 });
  }
}

/** Numbers on flags in the ruler. */
export function paintFlags(renderer: Renderer, scene: Scene, top: number): void {
  const { theme, viewport } = scene;
  (scene.marks ?? []).forEach(({ at }, place) => {
    const x = Math.round(toPx(viewport, at));
    if (x < -FLAG || x > viewport.width) return;
    renderer.rects([x, top - 8, FLAG, FLAG], theme.text);
    renderer.text(`${place + 1}`, x + FLAG / 2, top + 0.5, {
      colour: theme.background,
      bold: true,
      align: 'center',
      size: 10,
    });
  });
}

export function paintMarkLines(renderer: Renderer, scene: Scene, height: number): void {
  for (const { at } of scene.marks ?? []) {
    const x = Math.round(toPx(scene.viewport, at)) + 0.5;
    if (x >= 0 && x <= scene.viewport.width)
      renderer.line([x, 0, x, height], scene.theme.text, { dashed: true });
  }
}

const middleOf = ({ top, height }: LaneBox): number => top + height / 2;

/** From the launch call down to its kernel; where calls have no lane of their own, from the session's ruler. */
export function paintLaunch(renderer: Renderer, scene: Scene): void {
  const { launch, theme, rows } = scene;
  if (!launch) return;
  const group = rows.groups.find(({ session }) => session === launch.session);
  const boxes = group?.lanes ?? [];
  const to = boxes.find(({ lane }) => lane.lane === launch.to.lane);
  if (group === undefined || to === undefined) return;
  const from = boxes.find(({ lane }) => lane.lane === launch.from.lane);
  const viewport = viewportOf(scene, launch.session);
  const [x0, x1] = [toPx(viewport, launch.from.at), toPx(viewport, launch.to.at)];
  const [y0, y1] = [from === undefined ? group.top + HEADING - 8 : middleOf(from), middleOf(to)];
  const middle = (y0 + y1) / 2;
  const way = [x0, y0, x0, middle, x1, middle, x1, y1];
  // Over kernels of any colour: a line of text on a wider one of background.
  renderer.line(way, theme.background, { width: 4 });
  renderer.line(way, theme.text, { width: 1.5 });
  const tip = y1 > y0 ? -5 : 5;
  renderer.line([x1 - 4, y1 + tip, x1, y1, x1 + 4, y1 + tip], theme.text, { width: 1.5 });
  renderer.circle(x0, y0, 3, theme.background, theme.text);
}
