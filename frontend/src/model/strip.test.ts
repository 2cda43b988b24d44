import { expect, it } from 'vitest';
import { ns, px } from '../base/units';
import { listed } from '../testing/literals';
import { columnAt, columnsOf, stripOf } from './strip';

const at = (id: string, start: number, end: number | null, shared = true) =>
  listed(id, { start_ns: ns(start), end_ns: end === null ? null : ns(end), shared });

it('merges what shares a pixel, and keeps the one that deserves a look most', () => {
  const strip = stripOf(
    [at('a', 500, 501, false), at('b', 502, 503), at('c', 504, 505), at('d', 0, 1000)],
    px(10),
  );
  const column = strip?.columns.find(({ x }) => x === 5);
  // A capture alone gives way to captures that ran together.
  expect(column).toMatchObject({ shared: 3, alone: 1, first: { id: 'b' } });
  expect(strip?.columns).toHaveLength(10);
  expect(strip?.columns[0]).toMatchObject({ shared: 1, first: { id: 'd' } });
});

it('gives every group a column, also at the end and without an end', () => {
  const strip = stripOf([at('a', 0, 1), at('b', 1000, null)], px(100));
  expect(strip?.columns.map(({ x }) => x)).toEqual([0, 99]);
  expect(strip && columnsOf(at('b', 1000, null), strip)).toEqual([99, 99]);
});

it('counts what has no clock, and has no place for it', () => {
  const lost = listed('n', { start_ns: null, end_ns: null });
  const strip = stripOf([at('a', 0, 10), lost, at('b', 90, 100)], px(100));
  expect(strip?.unclocked).toBe(1);
  expect(strip && columnsOf(lost, strip)).toBeNull();
});

it.each([
  ['no groups', []],
  ['one', [at('a', 0, 10)]],
  ['one instant', [at('a', 5, 5), at('b', 5, null)]],
])('is no line of %s', (_name, groups) => {
  expect(stripOf(groups, px(100))).toBeNull();
});

it('is reached a few pixels beside a mark, the nearest first', () => {
  const strip = stripOf([at('a', 0, 0), at('b', 60, 60), at('c', 1000, 1000)], px(100));
  const found = (x: number) => strip && (columnAt(strip, x)?.first.id ?? null);
  expect([found(2), found(4), found(9), found(30)]).toEqual(['a', 'b', 'b', null]);
});
