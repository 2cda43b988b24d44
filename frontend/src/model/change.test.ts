import { describe, expect, it } from 'vitest';
import type { Change } from '../api/report';
import { changeText, scaleOf, verdictText } from './change';

const change = (before: number | null, after: number | null, more: Partial<Change> = {}): Change => ({
  before,
  after,
  difference: before === null || after === null ? null : after - before,
  ratio: before === null || after === null || before <= 0 ? null : after / before,
  verdict: 'same',
  why: '',
  before_interval: null,
  after_interval: null,
  ratio_interval: null,
  ...more,
});

describe('a change', () => {
  it.each([
    [2, 3, '+50 %'],
    [100, 99.6, '−0.4 %'],
    [5, 5, '±0 %'],
    [0, 3, ''],
    [null, 3, ''],
  ])('from %s to %s is %j', (before, after, text) => {
    expect(changeText(change(before, after))).toBe(text);
  });

  it('claims nothing without saying why', () => {
    expect(verdictText(change(1, 2, { verdict: 'unclear', why: 'the intervals overlap' }))).toBe(
      'unclear: the intervals overlap',
    );
    expect(verdictText(change(2, 1, { verdict: 'better' }))).toBe('better');
  });

  it('is drawn on one scale with the others', () => {
    const scale = scaleOf([change(2, 8), change(null, 4)]);

    expect([8, 4, null].map(scale)).toEqual([1, 0.5, 0]);
    expect(scaleOf([])(3)).toBe(0);
  });
});
