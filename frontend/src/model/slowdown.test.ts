import { describe, expect, it } from 'vitest';
import type { Slowdown } from '../api/report';
import { ns } from '../base/units';
import { device, deviceSession, slowdown } from '../testing/literals';
import { estimateOf, evidenceText, lossText, rangeText, scaleOf, slowdownText, whiskerOf } from './slowdown';

const made = (more: Partial<Slowdown> = {}): Slowdown =>
  slowdown({ estimate: 1.25, low: 1.2, high: 1.3, evidence: 'B', ...more });

describe('a slowdown in words', () => {
  it('is a number with its range', () => {
    expect(slowdownText(made())).toBe('1.25× (1.20 – 1.30×)');
  });

  it('has no single number in class D, whatever the report holds', () => {
    expect(estimateOf(made({ evidence: 'D' }))).toBeNull();
    expect(slowdownText(made({ evidence: 'D' }))).toBe('1.20 – 1.30×');
  });

  it.each([
    [{ high: null }, 'at least 1.20×'],
    [{ low: null }, 'at most 1.30×'],
    [{ low: null, high: null }, null],
  ])('says an open end: %o', (more, text) => {
    expect(rangeText(made(more))).toBe(text);
  });

  it.each([
    ['A', 'measured against a solo capture'],
    ['B', 'from its undisturbed kernels'],
    ['C', 'from what the mechanism leaves undisturbed'],
    ['D', 'bounds only'],
  ] as const)('says class %s as words', (evidence, words) => {
    expect(evidenceText(made({ evidence }))).toBe(words);
  });

  it('does not promise bounds where there are none', () => {
    expect(evidenceText(made({ estimate: null, low: null, high: null, evidence: 'D' }))).toBe(
      'not identifiable',
    );
  });
});

describe('the whisker', () => {
  const per_session = [
    { ...deviceSession('a'), slowdown: made() },
    { ...deviceSession('b'), slowdown: made({ estimate: null, low: 1.1, high: 2, evidence: 'D' }) },
    deviceSession('c'),
  ];
  const scale = { from: 1, to: 2 };

  it('has one scale for all sessions, from no slowdown to the largest bound', () => {
    expect(scaleOf(device(['a', 'b', 'c'], { per_session }))).toEqual(scale);
    expect(scaleOf(device(['a']))).toBeNull();
  });

  it('places interval and estimate, and no estimate in class D', () => {
    expect(whiskerOf(made(), scale)?.estimate).toBeCloseTo(0.25);
    expect(whiskerOf(made(), scale)?.high).toBeCloseTo(0.3);
    expect(whiskerOf(made({ evidence: 'D' }), scale)?.estimate).toBeNull();
  });

  it('runs out of the scale where no upper end is known', () => {
    expect(whiskerOf(made({ high: null }), scale)).toMatchObject({ high: 1, open: true });
    expect(whiskerOf(made({ estimate: null, low: null, high: null }), scale)).toBeNull();
  });
});

describe('the loss in words', () => {
  const entry = { ...deviceSession('a'), stretch_ns: ns(8e6), stall_ns: ns(6e6), lost_ns: ns(12e6) };

  it('adds up', () => {
    expect(lossText({ ...entry, absorbed_ns: ns(2e6) }, 480e6)).toBe(
      'lost 12.0 ms (2.5 %): 8.00 ms stretch + 6.00 ms stall − 2.00 ms absorbed by the host',
    );
  });

  it('does without what is unknown', () => {
    expect(lossText({ ...entry, stretch_ns: null, stall_ns: null }, 480e6)).toBe('lost 12.0 ms (2.5 %)');
    expect(lossText({ ...entry, lost_ns: null }, 480e6)).toBeNull();
  });

  it('leaves out parts of nothing', () => {
    const stalled = { ...entry, stretch_ns: ns(0), stall_ns: ns(12e6), absorbed_ns: ns(8) };
    expect(lossText(stalled, 480e6)).toBe('lost 12.0 ms (2.5 %): 12.0 ms stall');
  });
});
