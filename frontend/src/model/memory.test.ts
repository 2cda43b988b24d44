import { expect, it } from 'vitest';
import { memoryTrack, tile } from '../testing/literals';
import { memoryTicks, memoryTop, stackOf } from './memory';

const NOT = Number.NaN;

it('stacks what is known and bounds the sum by the true combined peak', () => {
  const made = tile(
    0,
    0,
    [],
    [memoryTrack(0, [NOT, 4, 5], [NOT, 3, 5]), memoryTrack(1, [2, 9, 1], [2, 1, 1])],
  );
  const stack = stackOf(made, [0, 1], 7);
  expect(stack.tops.map((top) => [...top])).toEqual([
    [0, 3, 5],
    [2, 4, 6],
  ]);
  expect([...stack.most]).toEqual([2, 7, 6]);
});

it('marks few round values', () => {
  const GIB = 2 ** 30;
  expect(memoryTicks(82 * GIB).map((mark) => mark / GIB)).toEqual([0, 40, 80]);
  expect(memoryTicks(0)).toEqual([0]);
  for (const top of [3e5, 5e6, 3e9, 2e12]) expect(memoryTicks(top).length).toBeLessThan(6);
});

it('leaves room above a peak whose capacity is unknown', () => {
  expect(memoryTop(null, 100)).toBeGreaterThan(100);
  expect(memoryTop(50, 100)).toBeGreaterThan(100);
});
