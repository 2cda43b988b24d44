import { describe, expect, it } from 'vitest';
import type { Problem } from '../api/report';
import { filterRows, groupProblems, sortRows, visibleRows } from './tables';

describe('filterRows', () => {
  const rows = ['gemm of alpha', 'Reduce of beta', 'gemv of beta'];
  const kept = (filter: string) => filterRows(rows, filter, (row) => row.split(' of '));

  it('keeps rows that hold all words, whatever their case and order', () => {
    expect(kept('GEM')).toEqual([rows[0], rows[2]]);
    expect(kept(' beta  gem ')).toEqual([rows[2]]);
    expect(kept('gemm beta')).toEqual([]);
  });

  it('keeps all without words', () => {
    expect(kept('  ')).toBe(rows);
  });
});

it.each([true, false])('puts unknown values last (descending: %s)', (descending) => {
  const rows = [{ lost: 1 }, { lost: null }, { lost: 3 }];
  expect(sortRows(rows, (row) => row.lost, descending).at(-1)?.lost).toBeNull();
});

it('sorts any rows, unknown ones last and the given ones untouched', () => {
  const rows = [{ held: null }, { held: 1 }, { held: 3 }];
  expect(sortRows(rows, (row) => row.held, true)).toEqual([{ held: 3 }, { held: 1 }, { held: null }]);
  expect(rows[0].held).toBeNull();
});

describe('visibleRows', () => {
  it('holds the rows on screen and a few more, however long the table', () => {
    const [first, last] = visibleRows(100_000, 28, 28_000, 340);
    expect(first).toBeLessThan(1000);
    expect(last).toBeGreaterThan(1012);
    expect(last - first).toBeLessThan(40);
  });

  it('stays within a short table', () => {
    expect(visibleRows(3, 28, 500, 340)).toEqual([3, 3]);
    expect(visibleRows(0, 28, 0, 340)).toEqual([0, 0]);
  });
});

it('groups problems by slug, worst first', () => {
  const problem = (slug: string, severity: Problem['severity'], count: number): Problem => ({
    file: 'f',
    slug,
    severity,
    origin: 'reading',
    message: 'm',
    advice: '',
    count,
    offset: null,
  });
  const groups = groupProblems([problem('a', 'info', 1), problem('b', 'error', 2), problem('b', 'error', 3)]);
  expect(groups.map((group) => [group.slug, group.problems.map((each) => each.count)])).toEqual([
    ['b', [2, 3]],
    ['a', [1]],
  ]);
});
