/** What the user did to the lanes: which stand on top, in which order sessions come, what is folded or left out. */
import type { Layout, LayoutLane } from '../api/report';
import { asCount, type Codec } from './hash';

export interface Arrangement {
  /** Indexes of sessions, top to bottom; those that are not named follow in the layout's order. */
  readonly order: readonly number[];
  readonly folded: ReadonlySet<number>;
  /** Sessions that are left out. */
  readonly hidden: ReadonlySet<number>;
  /** Lanes that are left out. */
  readonly hiddenLanes: ReadonlySet<number>;
  /** Lanes that stay in sight below the ruler, in the order in which they were pinned. */
  readonly pinned: readonly number[];
  /** Sessions whose launch calls are shown. */
  readonly launches: ReadonlySet<number>;
}

export const AS_RECORDED: Arrangement = {
  order: [],
  folded: new Set(),
  hidden: new Set(),
  hiddenLanes: new Set(),
  pinned: [],
  launches: new Set(),
};

/** More would leave no room for what is not pinned. */
export const MOST_PINNED = 6;

const numbers = (text: string): readonly number[] =>
  text
    .split('.')
    .map(asCount)
    .filter((count) => count !== undefined);

const PARTS = ['order', 'folded', 'hidden', 'hiddenLanes', 'pinned', 'launches'] as const;

/** Six lists of indexes: `1.0~~2~~7.8~0`. */
export const ARRANGEMENT: Codec<Arrangement | null> = {
  pack: (value) => (value === null ? '' : PARTS.map((part) => [...value[part]].join('.')).join('~')),
  unpack: (text) => {
    const lists = text.split('~').map(numbers);
    if (lists.length !== PARTS.length) return null;
    const [order, folded, hidden, hiddenLanes, pinned, launches] = lists;
    return {
      order,
      folded: new Set(folded),
      hidden: new Set(hidden),
      hiddenLanes: new Set(hiddenLanes),
      pinned: [...new Set(pinned)].slice(0, MOST_PINNED),
      launches: new Set(launches),
    };
  },
};

const toggled = (set: ReadonlySet<number>, item: number): ReadonlySet<number> => {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
};

export type SetName = 'folded' | 'hidden' | 'hiddenLanes' | 'launches';

/** Put an index into one of the sets, or take it out. */
export const toggle = (arrangement: Arrangement, name: SetName, item: number): Arrangement => ({
  ...arrangement,
  [name]: toggled(arrangement[name], item),
});

export function togglePin(arrangement: Arrangement, lane: number): Arrangement {
  const others = arrangement.pinned.filter((each) => each !== lane);
  const pinned = others.length < arrangement.pinned.length ? others : [...others, lane].slice(-MOST_PINNED);
  return { ...arrangement, pinned };
}

/** Indexes of all sessions in the order in which they are shown, left-out ones among them. */
export function orderOf(sessions: number, { order }: Arrangement): readonly number[] {
  const named = order.filter((session, at) => session < sessions && order.indexOf(session) === at);
  const rest = Array.from({ length: sessions }, (_, session) => session).filter((s) => !named.includes(s));
  return [...named, ...rest];
}

/** Move a session up (-1) or down (1) past the next one that is shown. */
export function move(arrangement: Arrangement, sessions: number, session: number, by: 1 | -1): Arrangement {
  const order = [...orderOf(sessions, arrangement)];
  const from = order.indexOf(session);
  let to = from + by;
  while (to > 0 && to < order.length - 1 && arrangement.hidden.has(order[to])) to += by;
  if (from < 0 || to < 0 || to >= order.length) return arrangement;
  order.splice(from, 1);
  order.splice(to, 0, session);
  return { ...arrangement, order };
}

/** Whether a lane is shown at all, on its session or pinned. */
export const isShown = (lane: LayoutLane, { launches, hiddenLanes }: Arrangement): boolean =>
  (lane.kind !== 'launch' || launches.has(lane.session)) && !hiddenLanes.has(lane.lane);

export const pinnedLanes = (layout: Layout, arrangement: Arrangement): readonly LayoutLane[] =>
  arrangement.pinned
    .map((lane) => layout.lanes[lane])
    .filter((lane) => lane !== undefined && isShown(lane, arrangement));

/** Lanes of a session's group: those that are shown and not pinned. */
export const lanesOf = (layout: Layout, session: number, arrangement: Arrangement): readonly LayoutLane[] =>
  layout.lanes.filter(
    (lane) =>
      lane.session === session && isShown(lane, arrangement) && !arrangement.pinned.includes(lane.lane),
  );
