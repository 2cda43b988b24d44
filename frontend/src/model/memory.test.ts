import { expect, it } from 'vitest';
import { type Bytes, bytes, ns } from '../base/units';
import { memoryTrack, tile } from '../testing/literals';
import {
  capsInOrder,
  limitsOf,
  type MemoryLayout,
  markNear,
  memoryTicks,
  peakMarks,
  reservesOf,
  stackOf,
  sumOf,
  topOf,
} from './memory';

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

const layoutOf = (more: Partial<MemoryLayout> = {}): MemoryLayout => ({
  sessions: [0, 2],
  capacity_bytes: bytes(100),
  safe_bytes: null,
  driver: null,
  limit_bytes: [bytes(40), null],
  peak_bytes: bytes(60),
  axis_top_bytes: bytes(125),
  peak_at_ns: ns(500),
  own_peaks: [
    { peak_bytes: bytes(30), peak_at_ns: ns(480) },
    { peak_bytes: bytes(35), peak_at_ns: ns(900) },
  ],
  ...more,
});

it('stacks what sessions may still take on what they use, and nothing for what is unknown', () => {
  const made = tile(0, 0, [], [memoryTrack(0, [3, 5], [3, 5]), memoryTrack(2, [2, NOT], [2, NOT])]);
  const stack = stackOf(made, [0, 2], 100);
  const edges = (limits: readonly (Bytes | null)[]) =>
    reservesOf(made, [0, 2], stack, limits).map((edge) => [...edge]);
  expect(edges([bytes(10), bytes(4)])).toEqual([
    [12, 10],
    [14, 10],
  ]);
  expect(edges([null, bytes(4)])).toEqual([
    [5, 5],
    [7, 5],
  ]);
  expect(edges([bytes(1), bytes(1)])[0]).toEqual([5, 5]);
});

it('takes a cap for the limit, and asks for nothing without one', () => {
  const caps = new Map([[2, bytes(20)]]);
  expect(limitsOf(layoutOf(), caps)).toEqual([40, 20]);
  expect(capsInOrder(layoutOf(), caps)).toEqual([null, 20]);
  expect(capsInOrder(layoutOf(), new Map())).toBeNull();
  expect(capsInOrder(layoutOf(), new Map([[7, bytes(1)]]))).toBeNull();
  expect(sumOf([bytes(1), null])).toBeNull();
  expect(sumOf(limitsOf(layoutOf(), caps))).toBe(60);
});

it('finds the mark that a click means', () => {
  expect(peakMarks(layoutOf()).map((mark) => mark.session)).toEqual([null, 0, 2]);
  expect(markNear(layoutOf(), ns(495), ns(20))?.session).toBeNull();
  expect(markNear(layoutOf(), ns(475), ns(20))?.session).toBe(0);
  expect(markNear(layoutOf(), ns(700), ns(20))).toBeNull();
  expect(peakMarks(layoutOf({ own_peaks: [] }))).toHaveLength(1);
});

it('leaves room for words above the top of the axis', () => {
  expect(topOf(layoutOf())).toBeCloseTo(130);
});
