/** Contended intervals out of tiles, for the band, its twin table and the jumps between them. */
import { ns, type Span, span } from '../base/units';
import type { Cover } from './cover';

export interface Contended extends Span {
  readonly count: number;
  readonly depth: number;
}

/** Intervals of a cover in order. What a tile border cut in two is one again; a merged slice keeps its count. */
export function contendedIn(cover: Cover): readonly Contended[] {
  const found: Contended[] = [];
  for (const { tile, clip } of cover.pieces) {
    const track = tile?.contention;
    if (!track) continue;
    for (let i = 0; i < track.n; i += 1) {
      if (track.end[i] <= clip.start || track.start[i] >= clip.end) continue;
      found.push({ ...span(track.start[i], track.end[i]), count: track.count[i], depth: track.depth[i] });
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  return found.reduce<Contended[]>(join, []);
}

/** The same interval comes once from each tile that it touches: overlapping slices are one. */
function join(done: Contended[], next: Contended): Contended[] {
  const last = done.at(-1);
  if (last === undefined || next.start >= last.end) {
    done.push(next);
    return done;
  }
  const isSame = next.start === last.start && next.end === last.end;
  done[done.length - 1] = {
    start: last.start,
    end: ns(Math.max(last.end, next.end)),
    count: isSame ? last.count : Math.max(last.count, next.count),
    depth: Math.max(last.depth, next.depth),
  };
  return done;
}

/** The next interval after `from` in direction 1 or -1, round the ends. */
export function neighbour(
  all: readonly Contended[],
  from: number,
  direction: 1 | -1,
): { readonly interval: Contended; readonly number: number } | null {
  if (all.length === 0) return null;
  const after = all.findIndex((interval) => interval.start > from);
  const next = after < 0 ? 0 : after;
  const before = all.findLastIndex((interval) => interval.start < from);
  const previous = before < 0 ? all.length - 1 : before;
  const number = direction === 1 ? next : previous;
  return { interval: all[number], number };
}
