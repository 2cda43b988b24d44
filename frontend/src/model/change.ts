/** A figure before and after, in words and as lengths on one scale. */
import type { Change } from '../api/report';

/** "better", or "unclear" and why. */
export function verdictText({ verdict, why }: Change): string {
  return why === '' ? verdict : `${verdict}: ${why}`;
}

/** "+12 %" or "−0.4 %" of what it was; '' where one is not known or nothing was there before. */
export function changeText({ ratio }: Change): string {
  if (ratio === null) return '';
  const percent = 100 * (ratio - 1);
  const digits = Math.abs(percent) < 9.95 ? 1 : 0;
  const size = Math.abs(percent).toFixed(digits);
  if (Number(size) === 0) return '±0 %';
  return `${percent < 0 ? '−' : '+'}${size} %`;
}

/** Parts of the longest of all figures: what bars of one scale are drawn by. */
export function scaleOf(changes: readonly Change[]): (value: number | null) => number {
  const most = changes.reduce((top, { before, after }) => Math.max(top, before ?? 0, after ?? 0), 0);
  return (value) => (value === null || most <= 0 ? 0 : Math.max(0, value / most));
}
