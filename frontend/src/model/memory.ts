/** Combined memory per bucket, stacked. */
import type { Tile } from '../api/tile';

export interface Stack {
  readonly n: number;
  /** Upper edge of each session's share, bottom of the stack first; at the end of each bucket. */
  readonly tops: readonly Float64Array[];
  /** An upper bound of the sum within each bucket. */
  readonly most: Float64Array;
}

/**
 * Peaks of sessions within one bucket need not coincide, so their sum may pass the true combined peak. The report knows
 * that peak exactly: the bound stops there.
 */
export function stackOf(tile: Tile, sessions: readonly number[], peak: number): Stack {
  const n = Math.max(0, ...sessions.map((session) => tile.memory.get(session)?.n ?? 0));
  const sum = new Float64Array(n);
  const most = new Float64Array(n);
  const tops = sessions.map((session) => {
    const track = tile.memory.get(session);
    for (let i = 0; i < n; i += 1) {
      const last = track?.last[i] ?? Number.NaN;
      const max = track?.max[i] ?? Number.NaN;
      if (!Number.isNaN(last)) sum[i] += last;
      if (!Number.isNaN(max)) most[i] += max;
    }
    return sum.slice();
  });
  for (let i = 0; i < n; i += 1) most[i] = Math.max(sum[i], Math.min(most[i], peak));
  return { n, tops, most };
}

const GIB = 2 ** 30;

/** Marks of the memory axis: few, round in GiB (or MiB for small pools). */
export function memoryTicks(top: number): readonly number[] {
  if (!(top > 0)) return [0];
  const unit = top >= GIB ? GIB : 2 ** 20;
  const step = [1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500].find((s) => top / unit / s <= 3.2) ?? 1000;
  const marks: number[] = [];
  for (let value = 0; value <= top; value += step * unit) marks.push(value);
  return marks;
}

export const memoryTop = (capacity: number | null, peak: number): number =>
  Math.max(1, capacity === null ? peak * 1.15 : Math.max(capacity, peak) * 1.04);
