import { expect, it } from 'vitest';
import type { Slowdown } from '../api/report';
import { slowdown } from '../testing/literals';
import { whiskerOf } from './slowdown';

const made = (more: Partial<Slowdown> = {}): Slowdown =>
  slowdown({ estimate: 1.25, low: 1.2, high: 1.3, evidence: 'B', ...more });

const scale = { low: 1, high: 2 };

it('places interval and estimate, and no estimate in class D', () => {
  expect(whiskerOf(made(), scale)?.estimate).toBeCloseTo(0.25);
  expect(whiskerOf(made(), scale)?.high).toBeCloseTo(0.3);
  expect(whiskerOf(made({ evidence: 'D' }), scale)?.estimate).toBeNull();
});

it('runs out of the scale where no upper end is known', () => {
  expect(whiskerOf(made({ high: null }), scale)).toMatchObject({ high: 1, open: true, estimate: null });
  expect(whiskerOf(made({ estimate: null, low: null, high: null }), scale)).toBeNull();
});

it('begins at the left edge where no lower end is known', () => {
  expect(whiskerOf(made({ low: null }), scale)).toMatchObject({ low: 0, open: false });
});
