/** The lanes of all sessions and their memory, on the time axis of the head. */
import { sessionColour } from '../base/palette';
import { ticks } from '../base/ticks';
import { px, type Span } from '../base/units';
import type { Slice } from '../model/hit';
import { type GroupBox, type LaneBox, rowHeight } from '../model/rows';
import type { Scene } from '../model/scene';
import { spanOf } from '../model/timeline';
import { toPx } from '../model/viewport';
import { paintShade } from './contention';
import { paintLane, paintSteps, unloadedIn } from './lanes';
import { paintGroupStalls, stretchedCover } from './lost';
import { paintMemory } from './memory';
import type { Renderer } from './renderer';

const linesOf = (box: LaneBox): number =>
  box.lane.kind === 'steps' ? box.height / Math.max(1, box.lane.rows) : rowHeight(box.lane.rows);

function rectOf(scene: Scene, part: Span, top: number, height: number): readonly number[] {
  const left = Math.max(0, toPx(scene.viewport, part.start));
  const right = Math.min(scene.viewport.width, toPx(scene.viewport, part.end));
  return right > left ? [left, top, right - left, height] : [];
}

function paintUnloaded(renderer: Renderer, scene: Scene, top: number, height: number): void {
  const rects = unloadedIn(scene.cover.pieces).flatMap((part) => rectOf(scene, part, top, height));
  if (rects.length > 0) renderer.pattern(rects, 'unloaded', scene.theme.lane, scene.theme.outline);
}

/** Where this session was recorded; outside of it an empty lane says nothing about the session. */
function paintGround(renderer: Renderer, scene: Scene, session: number, top: number, height: number): void {
  const recorded = spanOf(scene.layout.sessions[session].window);
  renderer.rects(rectOf(scene, recorded, top, height), scene.theme.lane, 0.85);
}

function paintBox(renderer: Renderer, scene: Scene, box: LaneBox): void {
  const { theme, viewport, cover } = scene;
  const { lane, top } = box;
  if (lane.kind === 'steps') {
    const look = { top, rowHeight: linesOf(box), outline: theme.outline, text: theme.muted };
    paintSteps(renderer, cover.pieces, lane.lane, viewport, look);
    return;
  }
  paintGround(renderer, scene, lane.session, top, box.height);
  paintUnloaded(renderer, scene, top, box.height);
  const colour = sessionColour(theme, lane.session);
  paintLane(renderer, cover.pieces, [lane.lane], viewport, {
    top,
    rowHeight: linesOf(box),
    colour,
    flat: false,
    cover: stretchedCover(renderer, scene, lane.session) ?? undefined,
  });
}

function paintGroup(renderer: Renderer, scene: Scene, group: GroupBox): void {
  for (const box of group.lanes) paintBox(renderer, scene, box);
  paintGroupStalls(renderer, scene, group);
  if (group.strip === null) return;
  const { top, height } = group.strip;
  const lanes = scene.layout.lanes.filter((l) => l.session === group.session && l.kind === 'stream');
  paintGround(renderer, scene, group.session, top, height);
  paintUnloaded(renderer, scene, top, height);
  renderer.clip(0, top, scene.viewport.width, height, () => {
    paintLane(
      renderer,
      scene.cover.pieces,
      lanes.map((l) => l.lane),
      scene.viewport,
      {
        top,
        rowHeight: height,
        colour: sessionColour(scene.theme, group.session),
        flat: true,
      },
    );
  });
}

function paintMark(renderer: Renderer, scene: Scene, lane: number, slice: Slice, weight: number): void {
  const box = scene.rows.groups.flatMap((group) => group.lanes).find((b) => b.lane.lane === lane);
  if (box === undefined) return;
  const left = Math.max(-2, toPx(scene.viewport, slice.start));
  const right = Math.min(scene.viewport.width + 2, toPx(scene.viewport, slice.end));
  const top = box.top + slice.row * linesOf(box);
  for (let inset = 0; inset < weight; inset += 1) {
    const width = Math.max(3, right - left) + 2 - 2 * inset;
    renderer.outline(
      left - 1 + inset,
      top - 1 + inset,
      width,
      linesOf(box) + 1 - 2 * inset,
      scene.theme.text,
      1,
    );
  }
}

function paintOverlay(renderer: Renderer, scene: Scene, height: number): void {
  const { hovered, hoveredLost, selected, range, cursor, theme, viewport } = scene;
  if (hoveredLost !== null) {
    const { lost, top } = hoveredLost;
    const left = Math.max(-2, toPx(viewport, lost.start));
    const right = Math.min(viewport.width + 2, toPx(viewport, lost.end));
    renderer.outline(left - 1, top - 1, Math.max(3, right - left) + 2, hoveredLost.height + 2, theme.text, 1);
  }
  if (hovered !== null) paintMark(renderer, scene, hovered.lane, hovered.slice, 1);
  if (selected !== null) paintMark(renderer, scene, selected.lane, selected.slice, 2);
  if (range !== null) {
    const rect = rectOf(scene, range, 0, height);
    if (rect.length > 0) {
      renderer.rects(rect, theme.text, 0.12);
      renderer.outline(rect[0], 0, rect[2], height, theme.text, 0);
    }
  }
  if (cursor !== null) renderer.rects([Math.round(cursor), 0, 1, height], theme.muted, 0.5);
}

export function paintBody(renderer: Renderer, scene: Scene): void {
  const { viewport, rows, theme, layout } = scene;
  const height = rows.height;
  renderer.clear(viewport.width, height, theme.background);
  paintShade(renderer, scene.contended, viewport, height, theme);
  for (const tick of ticks(viewport.view, viewport.width, layout.extent.start_ns, px(110))) {
    const x = Math.round(toPx(viewport, tick.at)) + 0.5;
    renderer.line([x, 0, x, height], theme.grid);
  }
  for (const group of rows.groups) paintGroup(renderer, scene, group);
  paintMemory(renderer, scene);
  paintOverlay(renderer, scene, height);
}
