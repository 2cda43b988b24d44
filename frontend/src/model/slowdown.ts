/** What a slowdown says and how well it is known: in words, and as a whisker on a scale that all sessions of a device share. */
import type { Device, DeviceSession, Slowdown } from '../api/report';
import { formatDuration, formatShare } from '../base/format';
import type { Ns } from '../base/units';

export const times = (value: number): string => `${value.toFixed(2)}×`;

const EVIDENCE: Readonly<Record<string, string>> = {
  A: 'measured against a solo capture',
  B: 'from its undisturbed kernels',
  C: 'from what the mechanism leaves undisturbed',
  D: 'bounds only',
};

/** Class D never has a single number, whatever the report holds. */
export const estimateOf = ({ estimate, evidence }: Slowdown): number | null =>
  evidence === 'D' ? null : estimate;

/** On a processor, which has several cores, only an estimate is worth saying: there bounds come from overlap alone. */
export const isTold = (device: Device, slowdown: Slowdown): boolean =>
  device.is_host !== true || estimateOf(slowdown) !== null;

export const isBounded = ({ low, high }: Slowdown): boolean => low !== null || high !== null;

export const evidenceText = (slowdown: Slowdown): string =>
  slowdown.evidence === 'D' && !isBounded(slowdown)
    ? 'not identifiable'
    : (EVIDENCE[slowdown.evidence] ?? `evidence ${slowdown.evidence}`);

/** "1.23 – 1.27×"; an open end is said, not left out. */
export function rangeText({ low, high }: Slowdown): string | null {
  if (low !== null && high !== null) return `${low.toFixed(2)} – ${times(high)}`;
  if (low !== null) return `at least ${times(low)}`;
  return high === null ? null : `at most ${times(high)}`;
}

/** "1.25× (1.23 – 1.27×)", the range alone where there is no estimate, null where there is neither. */
export function slowdownText(slowdown: Slowdown): string | null {
  const [estimate, range] = [estimateOf(slowdown), rangeText(slowdown)];
  if (estimate === null) return range;
  return range === null ? times(estimate) : `${times(estimate)} (${range})`;
}

export interface Scale {
  readonly from: number;
  readonly to: number;
}

/** From no slowdown, or what lies below it, to the largest value of any session; a bound twice as large as all estimates. */
export function scaleOf(device: Device): Scale | null {
  const all = device.per_session.flatMap(({ slowdown }) => slowdown ?? []).filter((s) => isTold(device, s));
  const values = all.flatMap((s) => [estimateOf(s), s.low, s.high].filter((value) => value !== null));
  if (values.length === 0) return null;
  const [from, most] = [Math.min(1, ...values), Math.max(...values)];
  return { from, to: Math.max(most, from + 0.1) };
}

/** Places on a scale, 0 to 1. */
export interface Whisker {
  readonly low: number;
  readonly high: number;
  readonly estimate: number | null;
  readonly one: number;
  /** The end is not known: the line runs out of the scale. */
  readonly open: boolean;
}

export function whiskerOf(slowdown: Slowdown, scale: Scale): Whisker | null {
  const estimate = estimateOf(slowdown);
  if (!isBounded(slowdown) && estimate === null) return null;
  const place = (value: number): number => (value - scale.from) / (scale.to - scale.from);
  return {
    low: place(slowdown.low ?? estimate ?? scale.from),
    high: slowdown.high === null ? 1 : place(slowdown.high),
    estimate: estimate === null ? null : place(estimate),
    one: place(1),
    open: slowdown.high === null,
  };
}

/** "lost 12 ms (2.5 %): 8 ms stretch + 6 ms stall − 2 ms absorbed by the host"; null where it is not identifiable. */
export function lossText(entry: DeviceSession, window: number): string | null {
  if (entry.lost_ns === null) return null;
  const { stretch_ns: stretch, stall_ns: stall, absorbed_ns: absorbed } = entry;
  const lost = `lost ${formatDuration(entry.lost_ns)} (${formatShare(Math.max(0, entry.lost_ns), window)})`;
  const whole = (stretch ?? 0) + (stall ?? 0);
  const isWorthSaying = (part: number | null): part is Ns => (part ?? 0) > whole / 1000;
  const parts = [
    isWorthSaying(stretch) ? `${formatDuration(stretch)} stretch` : null,
    isWorthSaying(stall) ? `${formatDuration(stall)} stall` : null,
  ].filter((part) => part !== null);
  if (parts.length === 0) return lost;
  const hidden = isWorthSaying(absorbed) ? ` − ${formatDuration(absorbed)} absorbed by the host` : '';
  return `${lost}: ${parts.join(' + ')}${hidden}`;
}
