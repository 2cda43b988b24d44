import { describe, expect, it } from 'vitest';
import { formatInstant, niceStep, ticks } from './ticks';
import { ns, px, span } from './units';

describe('niceStep', () => {
  it.each([
    [0.1, 1],
    [1, 1],
    [1.1, 2],
    [3, 5],
    [60, 100],
    [200, 200],
  ])('rounds %d up to %d', (value, step) => {
    expect(niceStep(value)).toBe(step);
  });
});

describe('ticks', () => {
  it('labels milliseconds from the start of the capture', () => {
    const marks = ticks(span(1e9, 1e9 + 480e6), px(1000), ns(1e9), px(110));
    expect(marks.map((mark) => mark.label)).toEqual(['0 ms', '100 ms', '200 ms', '300 ms', '400 ms']);
    expect(marks[1].at).toBe(1e9 + 100e6);
  });

  it.each([
    40, 1e3, 1e6, 1e9, 1e12,
  ])('keeps marks distinct and apart in a window of %d ns deep in a long capture', (length) => {
    const width = px(1000);
    const view = span(7.3e12, 7.3e12 + length);
    const marks = ticks(view, width, ns(0), px(110));
    expect(marks.length).toBeGreaterThan(0);
    expect(new Set(marks.map((mark) => mark.label)).size).toBe(marks.length);
    const gaps = marks.slice(1).map((mark, i) => ((mark.at - marks[i].at) * width) / length);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(110 - 1e-3);
  });

  it('is empty without a width', () => {
    expect(ticks(span(0, 1), px(0), ns(0), px(100))).toEqual([]);
  });
});

describe('formatInstant', () => {
  it('shows as many digits as the precision needs', () => {
    expect(formatInstant(ns(161_400_000), ns(0), ns(100_000))).toBe('161.4 ms');
    expect(formatInstant(ns(0), ns(0), ns(480_000))).toBe('0.0 ms');
    expect(formatInstant(ns(161_400_123), ns(0), ns(1))).toBe('161.400123 ms');
  });
});
