import { describe, expect, it } from 'vitest';
import type { KernelRow, Problem } from '../api/types';
import { ns } from '../base/units';
import { groupProblems, kernelRows, sortRows, visibleRows } from './tables';

const row = (name: string, total: number, lost: number | null = null): KernelRow => ({
  session: 's',
  name,
  count: 2,
  total_ns: ns(total),
  alone_ns: null,
  lost_ns: lost === null ? null : ns(lost),
});

describe('kernelRows', () => {
  const rows = [row('gemm', 5, 1), row('Reduce', 9), row('gemv', 7, 3)];

  it('filters without regard to case and sorts', () => {
    expect(kernelRows(rows, 'GEM', 'total_ns', true).map((r) => r.name)).toEqual(['gemv', 'gemm']);
    expect(kernelRows(rows, '', 'name', false).map((r) => r.name)).toEqual(['gemm', 'gemv', 'Reduce']);
  });

  it.each([true, false])('puts unknown values last (descending: %s)', (descending) => {
    expect(kernelRows(rows, '', 'lost_ns', descending).at(-1)?.name).toBe('Reduce');
  });
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
