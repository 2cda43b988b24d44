/** Step periods as stacked bars over time: what they take alone, the host's part, what other sessions added. */
import type { StepTimes } from '../api/report';
import { formatDuration, plural } from '../base/format';
import { type Ns, ns, type Px, type Span, span } from '../base/units';

export interface Bar extends Span {
  /** Number of the step that ends the period; of merged periods that of the last. */
  readonly number: number;
  /** How many periods the bar stands for. */
  readonly size: number;
  /** Mean length of the periods that the bar stands for, and its parts. */
  readonly period: Ns;
  readonly own: Ns;
  readonly host: Ns;
  readonly lost: Ns;
}

/** The report holds at most this many; a chart of a foreign one is cut there too. */
export const MOST_BARS = 400;

export const countOf = (times: StepTimes): number =>
  times.steps ?? times.start_ns.length * Math.max(1, times.merged);

export function barsOf(times: StepTimes): readonly Bar[] {
  const rows = times.start_ns.length;
  const merged = Math.max(1, times.merged);
  const rest = Math.max(1, countOf(times) - merged * (rows - 1));
  return times.start_ns.slice(0, MOST_BARS).map((start, i) => {
    const end = times.end_ns[i] ?? start;
    const size = i === rows - 1 ? Math.min(rest, merged) : merged;
    const mean = (of: readonly Ns[]): Ns => ns((of[i] ?? 0) / size);
    return {
      ...span(start, end),
      number: times.number[i] ?? i,
      size,
      period: ns((end - start) / size),
      own: mean(times.own_ns),
      host: mean(times.host_ns),
      lost: mean(times.lost_ns),
    };
  });
}

export const longest = (bars: readonly Bar[]): Ns =>
  ns(bars.reduce((most, b) => Math.max(most, b.period), 0));

/** The upper edge of a chart: one step with a pause in it must not flatten all others. */
export function topOf(bars: readonly Bar[]): Ns {
  const sorted = bars.map((bar) => bar.period).sort((a, b) => a - b);
  const usual = sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0;
  return ns(Math.min(longest(bars), 1.5 * usual));
}

export interface Plot {
  readonly view: Span;
  readonly width: Px;
  readonly height: Px;
  /** The length at the upper edge. */
  readonly top: Ns;
}

/** One path a part: the document holds three shapes a session, however many bars. */
export interface Paths {
  readonly own: string;
  readonly host: string;
  readonly lost: string;
  /** A mark over each bar that is taller than the chart. */
  readonly cut: string;
}

/** A pixel over the edge is no bar that was cut. */
const CUT = 1.01;

const round = (value: number): number => Math.round(value * 100) / 100;

export function xOf(plot: Plot, at: number): number {
  const length = Math.max(1, plot.view.end - plot.view.start);
  return ((at - plot.view.start) / length) * plot.width;
}

export function pathsOf(bars: readonly Bar[], plot: Plot): Paths {
  const parts = { own: '', host: '', lost: '', cut: '' };
  for (const bar of bars) {
    const left = xOf(plot, bar.start);
    const length = xOf(plot, bar.end) - left;
    const width = Math.max(0.5, length > 4 ? length - 1 : length);
    let base = 0;
    for (const part of ['own', 'host', 'lost'] as const) {
      const whole = (Math.max(0, bar[part]) / Math.max(1, plot.top)) * plot.height;
      const high = Math.min(whole, plot.height - base);
      if (high > 0) {
        const y = plot.height - base - high;
        parts[part] += `M${round(left)} ${round(y)}h${round(width)}v${round(high)}h${round(-width)}z`;
      }
      base += high;
    }
    if (bar.period > plot.top * CUT) parts.cut += `M${round(left + width / 2)} -7l4 5h-8z`;
  }
  return parts;
}

/** The bar at an instant, or the nearest one. */
export function barAt(bars: readonly Bar[], at: number): number {
  let [best, distance] = [-1, Number.POSITIVE_INFINITY];
  bars.forEach((bar, i) => {
    const away = Math.max(bar.start - at, at - bar.end, 0);
    if (away < distance) [best, distance] = [i, away];
  });
  return best;
}

/** "step 14: 17.1 ms = own 12 ms + host 1.1 ms + lost 4 ms". */
export function barText(bar: Bar, times: StepTimes): string {
  const which = bar.size > 1 ? `${plural(bar.size, 'step')} to ${bar.number}, mean` : `step ${bar.number}`;
  const lost = times.known ? ` + lost ${formatDuration(bar.lost)}` : '';
  const parts = `own ${formatDuration(bar.own)} + host ${formatDuration(bar.host)}${lost}`;
  return `${which}: ${formatDuration(bar.period)} = ${parts}`;
}
