/** The head of the timeline: minimap of the whole capture, ruler, contention band. */
import { sessionColour } from '../base/palette';
import { ticks } from '../base/ticks';
import { px } from '../base/units';
import { headHeight, headRows, pinnedBoxes } from '../model/head';
import { contendedIn } from '../model/intervals';
import type { LaneBox } from '../model/rows';
import { groundOf, type Scene } from '../model/scene';
import { spanOf } from '../model/timeline';
import { toPx, type Viewport } from '../model/viewport';
import { paintFlags, paintHits } from './annotations';
import { paintBox, paintMark } from './body';
import { paintContention } from './contention';
import { paintLane } from './lanes';
import type { Renderer } from './renderer';

export const MINIMAP_TOP = 4;

export const minimapViewport = (scene: Scene): Viewport => ({
  view: spanOf(scene.layout.extent),
  width: scene.viewport.width,
});

function paintMinimap(renderer: Renderer, scene: Scene): void {
  const { layout, theme } = scene;
  const { minimap, row } = headRows(layout.sessions.length);
  const whole = minimapViewport(scene);
  renderer.rects([0, MINIMAP_TOP, whole.width, minimap - MINIMAP_TOP], theme.lane);
  const hatch = contendedIn(scene.overview).flatMap((interval) => {
    const left = toPx(whole, interval.start);
    return [left, minimap - 6, Math.max(1, toPx(whole, interval.end) - left), 5];
  });
  renderer.rects(hatch, theme.hatchLine);
  layout.sessions.forEach((_, session) => {
    const lanes = layout.lanes.filter((lane) => lane.session === session && lane.kind === 'stream');
    const look = {
      top: MINIMAP_TOP + 2 + session * row,
      rowHeight: row,
      colour: sessionColour(theme, session),
      flat: true,
    };
    // Sub-lanes lie on top of each other here: a minimap tells when, not what.
    const pieces = scene.overview.pieces;
    renderer.clip(0, look.top, whole.width, row - 1, () => {
      paintLane(
        renderer,
        pieces,
        lanes.map((lane) => lane.lane),
        whole,
        look,
      );
    });
  });
  paintWindow(renderer, scene, whole, minimap);
}

function paintWindow(renderer: Renderer, scene: Scene, whole: Viewport, height: number): void {
  const { theme, viewport } = scene;
  const left = toPx(whole, viewport.view.start);
  const width = Math.max(3, toPx(whole, viewport.view.end) - left);
  const veil = [0, MINIMAP_TOP, left, height - MINIMAP_TOP];
  veil.push(left + width, MINIMAP_TOP, Math.max(0, whole.width - left - width), height - MINIMAP_TOP);
  renderer.rects(veil, theme.background, 0.55);
  renderer.outline(left, 1, width, height + 2, theme.text, 3);
  renderer.outline(left + 1, 2, width - 2, height, theme.text, 2);
}

function paintRuler(renderer: Renderer, scene: Scene): void {
  const { viewport, layout, theme } = scene;
  const { ruler, band } = headRows(layout.sessions.length);
  for (const tick of ticks(viewport.view, viewport.width, layout.extent.start_ns, px(110))) {
    const x = Math.round(toPx(viewport, tick.at)) + 0.5;
    renderer.line([x, ruler - 6, x, band], theme.outline);
    renderer.text(tick.label, x + 5, ruler + 1, { colour: theme.muted });
  }
}

function paintUnder(renderer: Renderer, scene: Scene, boxes: readonly LaneBox[]): void {
  const { viewport, layout, theme, rows } = scene;
  const { band, bandHeight, ruler } = headRows(layout.sessions.length);
  renderer.clear(viewport.width, headHeight(layout.sessions.length, rows.pinnedHeight), theme.background);
  paintMinimap(renderer, scene);
  paintRuler(renderer, scene);
  paintContention(renderer, scene.contended, viewport, band, bandHeight, theme);
  paintFlags(renderer, scene, ruler);
  for (const box of boxes) paintBox(renderer, scene, box);
  paintHits(renderer, scene, boxes);
}

export function paintHead(renderer: Renderer, scene: Scene): void {
  const boxes = pinnedBoxes(scene.rows, scene.layout.sessions.length);
  renderer.layer(groundOf(scene), () => paintUnder(renderer, scene, boxes));
  paintMark(renderer, scene, boxes, scene.hovered, 1);
  paintMark(renderer, scene, boxes, scene.selected, 2);
}
