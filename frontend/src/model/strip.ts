/** All groups of a directory on one line of time, merged where they share a pixel. */
import type { ListedGroup } from '../api/report';
import { type Ns, type Px, type Span, span } from '../base/units';

/** What one column of pixels shows. */
export interface StripColumn {
  readonly x: Px;
  /** Groups of two or more captures, and captures alone. */
  shared: number;
  alone: number;
  /** The one that deserves a look most. */
  first: ListedGroup;
}

export interface Strip {
  readonly span: Span;
  readonly width: Px;
  /** Left to right; columns without a group are left out. */
  readonly columns: readonly StripColumn[];
  /** Groups that have no clock, so no place here. */
  readonly unclocked: number;
}

type Clocked = ListedGroup & { readonly start_ns: Ns };

const isClocked = (group: ListedGroup): group is Clocked => group.start_ns !== null;

/** A group that was not read yet has no end. */
const endOf = ({ start_ns, end_ns }: Clocked): Ns => end_ns ?? start_ns;

/** The columns that a group covers: at least one. */
export function columnsOf(
  group: ListedGroup,
  { span: { start, end }, width }: Strip,
): readonly number[] | null {
  if (!isClocked(group)) return null;
  const perNs = width / (end - start);
  const at = (time: Ns): number => Math.max(0, Math.min(width - 1, Math.floor((time - start) * perNs)));
  return [at(group.start_ns), at(endOf(group))];
}

/** `groups` in the order of the server. Null where there is no line: without two groups that differ in time. */
export function stripOf(groups: readonly ListedGroup[], width: Px): Strip | null {
  const clocked = groups.filter(isClocked);
  const start = clocked.reduce((least, group) => Math.min(least, group.start_ns), Number.POSITIVE_INFINITY);
  const end = clocked.reduce((most, group) => Math.max(most, endOf(group)), Number.NEGATIVE_INFINITY);
  if (clocked.length < 2 || end <= start || width < 1) return null;
  const columns = new Map<number, StripColumn>();
  const strip: Strip = {
    span: span(start, end),
    width,
    columns: [],
    unclocked: groups.length - clocked.length,
  };
  for (const group of clocked) {
    const [from, to] = columnsOf(group, strip) ?? [0, -1];
    for (let x = from; x <= to; x += 1) {
      const column = columns.get(x) ?? { x: x as Px, shared: 0, alone: 0, first: group };
      if (group.shared && column.shared === 0) column.first = group;
      if (group.shared) column.shared += 1;
      else column.alone += 1;
      columns.set(x, column);
    }
  }
  return { ...strip, columns: [...columns.values()].sort((a, b) => a.x - b.x) };
}

/** A pointer need not meet a mark of one pixel exactly. */
const REACH = 4;

/** The column nearest to the pointer; null without one in reach. */
export function columnAt(strip: Strip, x: number): StripColumn | null {
  let nearest: StripColumn | null = null;
  for (const column of strip.columns) {
    const distance = Math.abs(column.x - x);
    if (distance <= REACH && (nearest === null || distance < Math.abs(nearest.x - x))) nearest = column;
  }
  return nearest;
}
