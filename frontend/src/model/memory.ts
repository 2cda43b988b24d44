/** Combined memory per bucket, stacked; the room up to their limits; where the peaks are. */

import type { DriverLevels, Layout, WireSpan } from '../api/report';
import type { Tile } from '../api/tile';
import { type Bytes, bytes, type Ns } from '../base/units';
import { asCount, type Codec, mapOf } from './hash';
import { toPx, type Viewport } from './viewport';

export type { DriverLevels };

export type MemoryLayout = NonNullable<Layout['memory']>;

/** Bytes that a session must not pass, by its index in the layout. */
export type Caps = ReadonlyMap<number, Bytes>;

export const CAPS: Codec<Caps> = mapOf(asCount, asCount as (text: string) => Bytes | undefined);

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

/** What each session may take, bottom of the stack first: its cap, else its allocators' limit; null where that is unknown. */
export const limitsOf = (memory: MemoryLayout, caps: Caps): readonly (Bytes | null)[] =>
  memory.sessions.map((session, place) => caps.get(session) ?? memory.limit_bytes[place] ?? null);

/** One entry a session in the order of the layout, as the route wants them; null when no session is capped. */
export const capsInOrder = (memory: MemoryLayout, caps: Caps): readonly (Bytes | null)[] | null =>
  memory.sessions.some((session) => caps.has(session))
    ? memory.sessions.map((session) => caps.get(session) ?? null)
    : null;

/** Upper edges of what each session may still take, stacked on what all have in use. Where a session is unknown it adds nothing. */
export function reservesOf(
  tile: Tile,
  sessions: readonly number[],
  stack: Stack,
  limits: readonly (Bytes | null)[],
): readonly Float64Array[] {
  let below = stack.tops.at(-1) ?? new Float64Array(stack.n);
  return sessions.map((session, place) => {
    const track = tile.memory.get(session);
    const limit = limits[place] ?? null;
    const above = below.slice();
    for (let i = 0; i < stack.n; i += 1) {
      const used = track?.last[i] ?? Number.NaN;
      if (limit !== null && !Number.isNaN(used)) above[i] += Math.max(0, limit - used);
    }
    below = above;
    return above;
  });
}

export interface PeakMark {
  /** Index of the session; null: all together. */
  readonly session: number | null;
  readonly at: Ns;
  readonly bytes: Bytes;
}

/** The combined peak, and each session's own where there are several; nothing where only the driver counted. */
export function peakMarks(memory: MemoryLayout): readonly PeakMark[] {
  if (memory.peak_at_ns === null) return [];
  const own = memory.sessions.flatMap((session, place): PeakMark[] => {
    const peak = memory.own_peaks?.[place];
    return peak === undefined ? [] : [{ session, at: peak.peak_at_ns, bytes: peak.peak_bytes }];
  });
  const combined = { session: null, at: memory.peak_at_ns, bytes: memory.peak_bytes };
  return own.length > 1 ? [combined, ...own] : [combined];
}

/** The mark that a click means: the nearest within reach, the combined peak before others. */
export const markNear = (memory: MemoryLayout, at: Ns, reach: Ns): PeakMark | null =>
  peakMarks(memory).find((mark) => Math.abs(mark.at - at) <= reach) ?? null;

const GIB = 2 ** 30;
/** Room above the top of the axis for the words at its lines. */
const ROOM = 1.04;

export interface LevelPiece {
  readonly left: number;
  readonly right: number;
  readonly value: number;
}

/** What a viewport shows of a step function within a window, in pixels; pieces too narrow to see are joined to the next. */
export function levelPieces(
  levels: DriverLevels,
  viewport: Viewport,
  window: WireSpan,
): readonly LevelPiece[] {
  const pieces: LevelPiece[] = [];
  const [first, last] = [toPx(viewport, window.start_ns), toPx(viewport, window.end_ns)].map((x) =>
    Math.min(Math.max(x, 0), viewport.width),
  );
  let left = first;
  levels.bytes.forEach((value, index) => {
    const until = index < levels.time_ns.length ? toPx(viewport, levels.time_ns[index]) : last;
    const right = Math.min(Math.max(until, first), last);
    if (right - left < 0.5 && index < levels.time_ns.length) return;
    if (right > left) pieces.push({ left, right, value });
    left = right;
  });
  return pieces;
}

/** Marks of the memory axis: few, round in GiB (or MiB for small pools). */
export function memoryTicks(top: number): readonly number[] {
  if (!(top > 0)) return [0];
  const unit = top >= GIB ? GIB : 2 ** 20;
  const step = [1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 400, 500].find((s) => top / unit / s <= 3.2) ?? 1000;
  const marks: number[] = [];
  for (let value = 0; value <= top; value += step * unit) marks.push(value);
  return marks;
}

/** The top of the axis, with room for words; it stays where it is while caps are moved. */
export const topOf = (memory: MemoryLayout): number => ROOM * memory.axis_top_bytes;

/** The sum of what sessions may take, null where one is not known. */
export const sumOf = (limits: readonly (Bytes | null)[]): Bytes | null =>
  limits.reduce<Bytes | null>(
    (sum, limit) => (sum === null || limit === null ? null : bytes(sum + limit)),
    bytes(0),
  );
