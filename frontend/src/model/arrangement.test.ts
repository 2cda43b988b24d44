import { describe, expect, it } from 'vitest';
import { layout as made } from '../testing/literals';
import {
  AS_RECORDED,
  lanesOf,
  MOST_PINNED,
  move,
  orderOf,
  pinnedLanes,
  toggle,
  togglePin,
} from './arrangement';

const lane = (number: number, session: number, kind: 'steps' | 'stream' | 'launch' = 'stream') => ({
  lane: number,
  session,
  kind,
  label: `${number}`,
  title: '',
  rows: 1,
  events: 1,
});

describe('the arrangement of lanes', () => {
  it('keeps sessions that the order does not name, and forgets those that are gone', () => {
    expect(orderOf(3, { ...AS_RECORDED, order: [2, 7, 2] })).toEqual([2, 0, 1]);
  });

  it('moves a session past hidden ones, and not over the ends', () => {
    const hidden = toggle(AS_RECORDED, 'hidden', 1);

    expect(move(hidden, 3, 0, 1).order).toEqual([1, 2, 0]);
    expect(move(AS_RECORDED, 3, 0, -1)).toBe(AS_RECORDED);
  });

  it('shows launch calls only where they are asked for', () => {
    const layout = { ...made, lanes: [lane(0, 0), lane(1, 0, 'launch')] };

    expect(lanesOf(layout, 0, AS_RECORDED).map((each) => each.lane)).toEqual([0]);
    expect(lanesOf(layout, 0, toggle(AS_RECORDED, 'launches', 0)).map((each) => each.lane)).toEqual([0, 1]);
  });

  it('takes pinned lanes out of their session, the latest few', () => {
    const layout = { ...made, lanes: Array.from({ length: 9 }, (_, at) => lane(at, 0)) };
    const all = layout.lanes.reduce((made, each) => togglePin(made, each.lane), AS_RECORDED);

    expect(pinnedLanes(layout, all).map((each) => each.lane)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(lanesOf(layout, 0, all).map((each) => each.lane)).toEqual([0, 1, 2]);
    expect(all.pinned).toHaveLength(MOST_PINNED);
    expect(togglePin(all, 3).pinned).toEqual([4, 5, 6, 7, 8]);
  });
});
