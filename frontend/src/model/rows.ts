/** Where each lane stands below the other: one group a session, then memory. Heights in CSS pixels. */
import type { Layout, LayoutLane } from '../api/report';
import { type Px, px } from '../base/units';
import { type Arrangement, AS_RECORDED, lanesOf, orderOf, pinnedLanes } from './arrangement';

export interface LaneBox {
  readonly lane: LayoutLane;
  readonly top: Px;
  readonly height: Px;
}

export interface GroupBox {
  readonly session: number;
  readonly top: Px;
  readonly height: Px;
  readonly folded: boolean;
  readonly lanes: readonly LaneBox[];
  /** Where the session's stalls are drawn, above its lanes; null where its loss is not known. */
  readonly stalls: { readonly top: Px; readonly height: Px } | null;
  /** Where all streams lie on top of each other when the group is folded. */
  readonly strip: { readonly top: Px; readonly height: Px } | null;
}

export interface Rows {
  readonly height: Px;
  /** Lanes that stay in sight, counted from the top of their own strip. */
  readonly pinned: readonly LaneBox[];
  readonly pinnedHeight: Px;
  readonly groups: readonly GroupBox[];
  readonly memory: { readonly top: Px; readonly height: Px } | null;
}

export const HEADING = 44;
const STEPS = 18;
const ROW = 22;
const SUB_ROW = 14;
const STALLS = 10;
const GAP = 6;
const GROUP_GAP = 14;
/** Among more sessions than this all start folded, and a folded one is no taller than its button. */
const MANY = 24;
const SLIM = 26;
const SLIM_GAP = 2;
const MEMORY = 124;
const MEMORY_HEAD = 24;

export const rowHeight = (rows: number): number => (rows > 1 ? SUB_ROW : ROW);
const laneHeight = (lane: LayoutLane): number =>
  lane.kind === 'steps' ? STEPS * Math.max(1, lane.rows) : rowHeight(lane.rows) * Math.max(1, lane.rows);

function boxesFrom(top: number, lanes: readonly LayoutLane[]): readonly LaneBox[] {
  let y = top;
  return lanes.map((lane) => {
    const box = { lane, top: px(y), height: px(laneHeight(lane)) };
    y += box.height + GAP;
    return box;
  });
}

const heightOf = (boxes: readonly LaneBox[]): number => boxes.reduce((sum, box) => sum + box.height + GAP, 0);

function openGroup(session: number, lanes: readonly LayoutLane[], top: number, isLost: boolean): GroupBox {
  let y = top + HEADING;
  const stalls = isLost ? { top: px(y), height: px(STALLS) } : null;
  if (isLost) y += STALLS + GAP;
  const boxes = boxesFrom(y, lanes);
  y += heightOf(boxes);
  return { session, top: px(top), height: px(y - top), folded: false, lanes: boxes, stalls, strip: null };
}

function foldedGroup(session: number, top: number, isSlim: boolean): GroupBox {
  const [height, inset] = isSlim ? [SLIM, 3] : [HEADING, 8];
  const strip = { top: px(top + inset), height: px(height - 2 * inset) };
  return { session, top: px(top), height: px(height), folded: true, lanes: [], stalls: null, strip };
}

export function rowsOf(layout: Layout, arrangement: Arrangement): Rows {
  let y = 4;
  const shown = orderOf(layout.sessions.length, arrangement).filter((s) => !arrangement.hidden.has(s));
  const isMany = layout.sessions.length > MANY;
  const groups = shown.map((session) => {
    const lanes = lanesOf(layout, session, arrangement);
    const isLost = layout.lost.includes(session);
    const group = arrangement.folded.has(session)
      ? foldedGroup(session, y, isMany)
      : openGroup(session, lanes, y, isLost);
    y += group.height + (isMany && group.folded ? SLIM_GAP : GROUP_GAP);
    return group;
  });
  const pinned = boxesFrom(0, pinnedLanes(layout, arrangement));
  const pinnedHeight = px(heightOf(pinned));
  if (layout.memory === null) return { height: px(y), groups, memory: null, pinned, pinnedHeight };
  const memory = { top: px(y + MEMORY_HEAD), height: px(MEMORY) };
  return { height: px(memory.top + memory.height + 12), groups, memory, pinned, pinnedHeight };
}

/** Groups that start folded: a canvas has a largest size, and nobody reads a hundred lanes at once. */
export function foldedAtFirst(layout: Layout, tallest = 2400): ReadonlySet<number> {
  if (layout.sessions.length > MANY) return new Set(layout.sessions.keys());
  if (rowsOf(layout, AS_RECORDED).height <= tallest) return AS_RECORDED.folded;
  const order = layout.sessions.map((_, session) => session).reverse();
  const folded = new Set<number>();
  for (const session of order) {
    folded.add(session);
    if (rowsOf(layout, { ...AS_RECORDED, folded }).height <= tallest) break;
  }
  return folded;
}
