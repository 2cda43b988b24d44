import { expect, it } from 'vitest';
import { tsvOf } from './tsv';

it('writes a head and raw values, nested ones flat, lists left out', () => {
  const rows = [
    { session: 'a', lost_ns: 12, slowdown: { low: 1.1, high: null }, steps: [1, 2] },
    { session: 'b', lost_ns: null, slowdown: null, more: true },
  ];
  expect(tsvOf(rows)).toBe(
    'session\tlost_ns\tslowdown.low\tslowdown.high\tslowdown\tmore\na\t12\t1.1\t\t\t\nb\t\t\t\t\ttrue\n',
  );
});

it('keeps a text in its cell, and from being a formula', () => {
  expect(tsvOf([{ name: '=1+1\tx\ny', other: ' -2', low: -2 }])).toBe(
    "name\tother\tlow\n'=1+1 x y\t' -2\t-2\n",
  );
});

it('has nothing to say of no rows', () => {
  expect(tsvOf([])).toBe('');
});
