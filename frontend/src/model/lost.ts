/** Where sessions lost time to each other, out of tiles: for the timeline, its tooltip and the twin table. */
import type { Tile } from '../api/tile';
import { lengthOf, type Ns, ns, type Px, type Span, span } from '../base/units';
import type { Cover, Piece } from './cover';
import type { Rows } from './rows';

export type LostKind = 'stretched' | 'stalled';

export interface Lost extends Span {
  readonly kind: LostKind;
  readonly count: number;
  /** Time really lost; of a merged slice less than its length. */
  readonly busy: Ns;
}

const KINDS: readonly LostKind[] = ['stretched', 'stalled'];

function gather(tile: Tile, clip: Span, session: number, found: Map<string, Lost>): void {
  const track = tile.lost.get(session);
  if (track === undefined) return;
  for (let i = 0; i < track.n; i += 1) {
    const kind = KINDS[track.kind[i]];
    const [start, end] = [track.start[i], track.end[i]];
    if (kind === undefined || end <= clip.start || start >= clip.end) continue;
    const item = { ...span(start, end), kind, count: track.count[i], busy: ns(track.busy[i]) };
    // A span over a tile's border comes once from each tile.
    found.set(`${kind}|${start}|${end}`, item);
  }
}

/** The lost time of one session in a cover, in time order. */
export function lostIn(pieces: readonly Piece[], session: number): readonly Lost[] {
  const found = new Map<string, Lost>();
  for (const { tile, clip } of pieces) if (tile !== null) gather(tile, clip, session, found);
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}

export const allLostIn = (cover: Cover, sessions: readonly number[]): ReadonlyMap<number, readonly Lost[]> =>
  new Map(sessions.map((session) => [session, lostIn(cover.pieces, session)]));

export interface LostHit {
  readonly session: number;
  readonly lost: Lost;
  readonly top: Px;
  readonly height: Px;
}

/** The stall under the pointer, no farther than `reach`, where `y` is in a session's strip of stalls. */
export function stallAt(
  all: ReadonlyMap<number, readonly Lost[]>,
  rows: Rows,
  at: Ns,
  y: Px,
  reach: Ns,
): LostHit | null {
  const group = rows.groups.find(({ stalls }) => stalls && y >= stalls.top && y < stalls.top + stalls.height);
  if (!group?.stalls) return null;
  let best: Lost | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const lost of all.get(group.session) ?? []) {
    const away = Math.max(lost.start - at, at - lost.end, 0);
    if (lost.kind !== 'stalled' || away > reach || away >= distance) continue;
    [best, distance] = [lost, away];
  }
  return best === null ? null : { session: group.session, lost: best, ...group.stalls };
}

/** How much of a span is stretched time; of merged slices their part. */
export function stretchedIn(all: readonly Lost[], part: Span): Ns {
  let sum = 0;
  for (const lost of all) {
    const overlap = Math.min(lost.end, part.end) - Math.max(lost.start, part.start);
    if (lost.kind !== 'stretched' || overlap <= 0) continue;
    sum += (overlap * lost.busy) / Math.max(1, lengthOf(lost));
  }
  return ns(sum);
}
