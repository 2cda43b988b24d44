/** The lanes of all sessions and their memory, on the time axis of the head. */
import { sessionColour } from '../base/palette';
import { ticks } from '../base/ticks';
import { px, type Span } from '../base/units';
import { type Hit, lanesShown } from '../model/hit';
import { type GroupBox, type LaneBox, rowHeight } from '../model/rows';
import { groundOf, type Scene } from '../model/scene';
import { spanOf } from '../model/timeline';
import { toPx } from '../model/viewport';
import { paintHits, paintLaunch, paintMarkLines, paintSessionRuler, viewportOf } from './annotations';
import { paintShade } from './contention';
import { paintLane, paintSteps, unloadedIn } from './lanes';
import { paintGroupStalls, stretchedCover } from './lost';
import { paintMemory } from './memory';
import type { Renderer } from './renderer';

const linesOf = (box: LaneBox): number =>
  box.lane.kind === 'steps' ? box.height / Math.max(1, box.lane.rows) : rowHeight(box.lane.rows);

function rectOf(
  scene: Scene,
  part: Span,
  top: number,
  height: number,
  viewport = scene.viewport,
): readonly number[] {
  const left = Math.max(0, toPx(viewport, part.start));
  const right = Math.min(viewport.width, toPx(viewport, part.end));
  return right > left ? [left, top, right - left, height] : [];
}

function paintUnloaded(renderer: Renderer, scene: Scene, top: number, height: number): void {
  const rects = unloadedIn(scene.cover.pieces).flatMap((part) => rectOf(scene, part, top, height));
  if (rects.length > 0) renderer.pattern(rects, 'unloaded', scene.theme.lane, scene.theme.outline);
}

/** Where this session was recorded; outside of it an empty lane says nothing about the session. */
function paintGround(renderer: Renderer, scene: Scene, session: number, top: number, height: number): void {
  const recorded = spanOf(scene.layout.sessions[session].window);
  const rect = rectOf(scene, recorded, top, height, viewportOf(scene, session));
  renderer.rects(rect, scene.theme.lane, 0.85);
}

/** One lane, wherever it stands. */
export function paintBox(renderer: Renderer, scene: Scene, box: LaneBox): void {
  const { theme, cover } = scene;
  const { lane, top } = box;
  const viewport = viewportOf(scene, lane.session);
  if (lane.kind === 'steps') {
    const look = { top, rowHeight: linesOf(box), outline: theme.outline, text: theme.muted };
    paintSteps(renderer, cover.pieces, lane.lane, viewport, look);
    return;
  }
  paintGround(renderer, scene, lane.session, top, box.height);
  paintUnloaded(renderer, scene, top, box.height);
  const colour = sessionColour(theme, lane.session);
  // While a session is moved its lost time is that of where it was.
  const isMoved = viewport !== scene.viewport;
  const isWork = lane.kind === 'stream' && !isMoved;
  paintLane(renderer, cover.pieces, [lane.lane], viewport, {
    top,
    rowHeight: linesOf(box),
    colour,
    flat: false,
    cover: isWork ? (stretchedCover(renderer, scene, lane.session) ?? undefined) : undefined,
  });
}

function paintGroup(renderer: Renderer, scene: Scene, group: GroupBox): void {
  for (const box of group.lanes) paintBox(renderer, scene, box);
  paintHits(renderer, scene, group.lanes);
  if (group.strip === null) paintSessionRuler(renderer, scene, group);
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
      viewportOf(scene, group.session),
      {
        top,
        rowHeight: height,
        colour: sessionColour(scene.theme, group.session),
        flat: true,
      },
    );
  });
}

/** An outline around a slice, where its lane is among the boxes. */
export function paintMark(
  renderer: Renderer,
  scene: Scene,
  boxes: readonly LaneBox[],
  hit: Hit | null,
  weight: number,
): void {
  const box = boxes.find((each) => each.lane.lane === hit?.box.lane.lane);
  if (box === undefined || hit === null) return;
  const { slice } = hit;
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
  const boxes = lanesShown(scene.rows);
  paintMark(renderer, scene, boxes, hovered, 1);
  paintMark(renderer, scene, boxes, selected, 2);
  paintLaunch(renderer, scene);
  paintMarkLines(renderer, scene, height);
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
  const height = scene.rows.height;
  renderer.layer(groundOf(scene), () => paintUnder(renderer, scene));
  paintOverlay(renderer, scene, height);
}

function paintUnder(renderer: Renderer, scene: Scene): void {
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
}
