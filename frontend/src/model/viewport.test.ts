import { describe, expect, it } from 'vitest';
import { lengthOf, ns, px, span } from '../base/units';
import { clampView, fitTo, levelFor, panBy, tileLength, tileRange, toNs, toPx, zoomAt } from './viewport';

const limits = span(1000, 101_000);
const LEVELS = { min: 0, max: 40 };

describe('levelFor', () => {
  it.each([
    0.3, 1, 1.5, 7, 8, 1e3, 123_456, 1e9,
  ])('makes a bucket of half a pixel to one at %d ns a pixel', (perPx) => {
    const bucket = 2 ** levelFor(perPx, LEVELS) / perPx;
    expect(bucket).toBeGreaterThan(0.5);
    if (perPx >= 1) expect(bucket).toBeLessThanOrEqual(1);
  });

  it('stays within the levels of the server', () => {
    expect(levelFor(1e-6, LEVELS)).toBe(0);
    expect(levelFor(1e300, { min: 0, max: 12 })).toBe(12);
  });
});

describe('tileRange', () => {
  it('covers the view, counted from the start of the extent', () => {
    const [first, last] = tileRange(span(1000 + 600, 1000 + 1100), limits, 0);
    expect([first, last]).toEqual([1, 2]);
    expect(tileLength(0)).toBe(512);
  });

  it('does not touch the tile after a view that ends on a border', () => {
    expect(tileRange(span(1000, 1512), limits, 0)).toEqual([0, 0]);
  });

  it('never leaves the extent', () => {
    expect(tileRange(span(-1e9, 1e9), limits, 0)).toEqual([0, Math.ceil(100_000 / 512) - 1]);
  });
});

describe('zooming and panning', () => {
  it('keeps the instant under the pointer where it is', () => {
    const before = { view: span(20_000, 30_000), width: px(1000) };
    const at = toNs(before, px(250));
    const after = { view: zoomAt(before.view, limits, at, 0.5), width: px(1000) };
    expect(toPx(after, at)).toBeCloseTo(250);
    expect(lengthOf(after.view)).toBe(5000);
  });

  it('stops at the limits', () => {
    expect(zoomAt(limits, limits, ns(50_000), 2)).toEqual(limits);
    expect(panBy(span(1000, 2000), limits, ns(-500))).toEqual(span(1000, 2000));
    expect(panBy(span(100_000, 101_000), limits, ns(5e9))).toEqual(span(100_000, 101_000));
  });

  it('does not zoom below what the wire can tell apart', () => {
    expect(lengthOf(zoomAt(span(5000, 5050), limits, ns(5025), 1e-9))).toBeGreaterThanOrEqual(40);
  });

  it('fits a target with a margin on both sides', () => {
    expect(fitTo(span(40_000, 50_000), limits, 0.5)).toEqual(span(35_000, 55_000));
  });

  it('survives an extent without length', () => {
    expect(clampView(span(0, 100), span(5, 5))).toEqual(span(5, 5));
  });
});
