import { expect, it } from 'vitest';
import { bytes, ns, px, span } from '../base/units';
import { driverView } from '../testing/literals';
import { driverText } from './driver';
import { levelPieces } from './memory';

const GIB = 2 ** 30;
const view = driverView({
  samples: 40,
  period_ns: ns(5e7),
  capacity_bytes: bytes(80 * GIB),
  used_peak_bytes: bytes(60 * GIB),
  used_peak_at_ns: ns(5),
  free_least_bytes: bytes(20 * GIB),
  untraced_peak_bytes: bytes(3 * GIB),
  untraced_peak_at_ns: ns(5),
  unlisted_bytes: bytes(0),
  unmatched: [],
  processes: [
    {
      process_id: 9,
      name: 'python',
      session: null,
      peak_bytes: bytes(3 * GIB),
      at_fullest_bytes: bytes(3 * GIB),
      in_use_bytes: null,
      beside_least_bytes: null,
      beside_most_bytes: null,
    },
  ],
});

it('says how much was taken, what was left, and what was not captured', () => {
  expect(driverText(view)).toBe(
    'The driver saw at most 60.0 GiB of 80.0 GiB taken, 20.0 GiB free at the least (40 samples, one every 50.0 ms). ' +
      'Processes that were not captured held up to 3.00 GiB of that.',
  );
});

it('does not say that nobody else was there where it cannot know', () => {
  const unsure = { ...view, untraced_peak_bytes: null, unmatched: ['a'] };
  expect(driverText(unsure)).toContain('is not known');
  expect(driverText({ ...unsure, processes: [] })).toContain('does not tell whose');
  expect(driverText({ ...view, untraced_peak_bytes: bytes(0) })).toContain('No other process');
  expect(driverText({ ...view, used_peak_bytes: null })).toBe('The driver did not tell how much was taken.');
});

it('cuts a step function to what the viewport and the window show', () => {
  const viewport = { view: span(0, 100), width: px(100) };
  const levels = { time_ns: [ns(20), ns(50), ns(50.2)], bytes: [1, 2, 3, 4].map((n) => bytes(n)) };
  expect(levelPieces(levels, viewport, { start_ns: ns(10), end_ns: ns(80) })).toEqual([
    { left: 10, right: 20, value: 1 },
    { left: 20, right: 50, value: 2 },
    { left: 50, right: 80, value: 4 },
  ]);
  expect(levelPieces(levels, viewport, { start_ns: ns(200), end_ns: ns(300) })).toEqual([]);
});
