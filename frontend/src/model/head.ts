/** The parts of the timeline's head: minimap, ruler, contention band, pinned lanes. CSS pixels. */
import { type Px, px } from '../base/units';
import type { LaneBox, Rows } from './rows';

const MINIMAP_MOST = 44;

/** Heights of the parts; many sessions share the minimap's height. */
export function headRows(sessions: number): {
  readonly minimap: number;
  readonly row: number;
  readonly ruler: number;
  readonly band: number;
  readonly bandHeight: number;
  readonly height: number;
} {
  const row = Math.max(3, Math.min(11, Math.floor(MINIMAP_MOST / Math.max(1, sessions + 0.6))));
  const minimap = row * sessions + 7 + 8;
  return { minimap, row, ruler: minimap + 20, band: minimap + 34, bandHeight: 30, height: minimap + 70 };
}

/** Height of the head with the lanes that are pinned below it. */
export const headHeight = (sessions: number, pinned: number): Px => px(headRows(sessions).height + pinned);

/** Pinned lanes where the head shows them. */
export function pinnedBoxes(rows: Rows, sessions: number): readonly LaneBox[] {
  const { height } = headRows(sessions);
  return rows.pinned.map((box) => ({ ...box, top: px(box.top + height) }));
}
