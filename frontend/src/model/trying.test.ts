import { expect, it } from 'vitest';
import { device } from '../testing/literals';
import { isOfOne, TRIED, TRIED_WORDS, valuesOf } from './trying';

const window = (length: number) =>
  device(['a', 'b'], { window: { start_ns: 0, end_ns: length } as never, what_if: [] });

it('lets a shift go both ways, through nothing, by steps that read well', () => {
  for (const length of [3e6, 47e6, 800e6, 20e9]) {
    const values = valuesOf('shifted', window(length));
    expect(values?.least).toBe(-(values?.most ?? 0));
    expect(values?.most).toBeLessThanOrEqual(length / 2);
    expect(values?.most).toBeGreaterThan(length / 6);
    expect(`${values?.step}`).toMatch(/^[125]0*$/);
    expect((values?.usual ?? 1) % (values?.step ?? 0)).toBe(0);
  }
});

it('caps by whole per cent', () => {
  expect(valuesOf('sm_cap', window(1e9))).toMatchObject({ least: 1, most: 100, step: 1 });
});

it('has no value for schedules without one, and words for all', () => {
  expect(TRIED.filter((each) => valuesOf(each, window(1e9)) !== null)).toEqual(['shifted', 'sm_cap']);
  expect(TRIED.filter(isOfOne)).toEqual(['shifted', 'sm_cap', 'moved']);
  expect(new Set(TRIED.map((each) => TRIED_WORDS[each])).size).toBe(TRIED.length);
});
