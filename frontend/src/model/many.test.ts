import { expect, it } from 'vitest';
import { device } from '../testing/literals';
import { MOST_AT_ONCE, partedByLoss } from './many';

const names = (count: number) => Array.from({ length: count }, (_, k) => `s${k}`);

it('shows few sessions all, in their order', () => {
  const few = device(names(MOST_AT_ONCE));
  expect(partedByLoss(few)).toEqual([few.sessions, []]);
});

it('shows those of many that lose most, and keeps the others in their order', () => {
  const made = device(names(40));
  const per_session = made.per_session.map((entry, k) => ({
    ...entry,
    slowdown: { ...entry.slowdown, estimate: k === 30 ? 1.2 : k === 7 ? 3 : null, high: k },
  }));
  const [first, rest] = partedByLoss({ ...made, per_session });
  expect(first.slice(0, 3)).toEqual([made.sessions[7], made.sessions[30], made.sessions[39]]);
  expect(first.length + rest.length).toBe(40);
  expect(rest[0]).toBe(made.sessions[0]);
  expect(rest).not.toContain(made.sessions[7]);
});
