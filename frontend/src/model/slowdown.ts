/** A slowdown as a whisker, on the scale that all sessions of a device share. */
import type { Slowdown, SlowdownScale } from '../api/report';

/** Places on a scale, 0 to 1. */
export interface Whisker {
  readonly low: number;
  readonly high: number;
  readonly estimate: number | null;
  readonly one: number;
  /** Without an upper end the line runs out of the scale. */
  readonly open: boolean;
}

/** Null without bounds. A slowdown of class D, or one without an end, has no estimate. */
export function whiskerOf(slowdown: Slowdown, scale: SlowdownScale): Whisker | null {
  const { low, high, estimate, evidence } = slowdown;
  if (low === null && high === null) return null;
  const place = (value: number): number => (value - scale.low) / (scale.high - scale.low);
  const isEstimated = evidence !== 'D' && low !== null && high !== null && estimate !== null;
  return {
    low: low === null ? 0 : place(low),
    high: high === null ? 1 : place(high),
    estimate: isEstimated ? place(estimate) : null,
    one: place(1),
    open: high === null,
  };
}
