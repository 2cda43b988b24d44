/** What lies under the pointer. */
import type { LaneTrack } from '../api/tile';
import { type Ns, type Px, type Span, span } from '../base/units';
import type { Cover } from './cover';
import { type LaneBox, type Rows, rowHeight } from './rows';

export interface Slice extends Span {
  readonly name: string;
  readonly count: number;
  readonly busy: Ns;
  readonly row: number;
  readonly kind: number;
}

export interface Hit {
  readonly box: LaneBox;
  readonly slice: Slice;
}

const sliceAt = (track: LaneTrack, names: readonly string[], i: number): Slice => ({
  ...span(track.start[i], track.end[i]),
  name: names[track.name[i]] ?? '',
  count: track.count[i],
  busy: track.busy[i] as Ns,
  row: track.row[i],
  kind: track.kind[i],
});

const isIn = (clip: Span, at: number): boolean => at >= clip.start && at < clip.end;

/** The slice of a lane's row that is nearest to `at`, no farther than `reach`. */
export function sliceNear(cover: Cover, lane: number, row: number, at: Ns, reach: Ns): Slice | null {
  let best: Slice | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const { tile, clip } of cover.pieces) {
    const track = tile?.lanes.get(lane);
    if (!tile || !track || !(isIn(clip, at - reach) || isIn(clip, at) || isIn(clip, at + reach))) continue;
    for (let i = 0; i < track.n; i += 1) {
      if (track.row[i] !== row) continue;
      const away = Math.max(track.start[i] - at, at - track.end[i], 0);
      if (away > reach || away >= distance) continue;
      distance = away;
      best = sliceAt(track, tile.names, i);
    }
  }
  return best;
}

/** The slice after (1) or before (-1) a hit in the same sub-lane. */
export function neighbourOf(cover: Cover, { box, slice }: Hit, direction: 1 | -1): Slice | null {
  let best: Slice | null = null;
  for (const { tile } of cover.pieces) {
    const track = tile?.lanes.get(box.lane.lane);
    if (!tile || !track) continue;
    for (let i = 0; i < track.n; i += 1) {
      const ahead = direction * (track.start[i] - slice.start);
      if (track.row[i] !== slice.row || ahead <= 0) continue;
      if (best === null || ahead < direction * (best.start - slice.start))
        best = sliceAt(track, tile.names, i);
    }
  }
  return best;
}

/** The lanes of all open groups. */
export const lanesShown = (rows: Rows): readonly LaneBox[] => rows.groups.flatMap((group) => group.lanes);

export function hitTest(cover: Cover, boxes: readonly LaneBox[], at: Ns, y: Px, reach: Ns): Hit | null {
  const box = boxes.find(({ top, height }) => y >= top && y < top + height);
  if (box === undefined) return null;
  const tall = box.lane.kind === 'steps' ? box.height / Math.max(1, box.lane.rows) : rowHeight(box.lane.rows);
  const slice = sliceNear(cover, box.lane.lane, Math.floor((y - box.top) / tall), at, reach);
  return slice === null ? null : { box, slice };
}
