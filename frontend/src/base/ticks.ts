/** Ruler marks: 1, 2 or 5 times a power of ten nanoseconds apart, labelled in one unit with no more digits than the step needs. */
import { lengthOf, type Ns, ns, type Px, type Span } from './units';

export interface Tick {
  readonly at: Ns;
  readonly label: string;
}

/** The smallest 1-2-5 step that is at least `smallest`, and never below one nanosecond. */
export function niceStep(smallest: number): number {
  const base = 10 ** Math.floor(Math.log10(Math.max(smallest, 1)));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * base >= smallest * (1 - 1e-9)) ?? 10;
  return Math.max(1, factor * base);
}

const unitFor = (largest: number): { suffix: string; size: number } => {
  if (largest >= 1e10) return { suffix: 's', size: 1e9 };
  if (largest >= 1e6) return { suffix: 'ms', size: 1e6 };
  if (largest >= 1e3) return { suffix: 'µs', size: 1e3 };
  return { suffix: 'ns', size: 1 };
};

const decimalsFor = (step: number, unit: number): number =>
  Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));

/** A point in time after `zero`, exact to `precision`. */
export function formatInstant(at: Ns, zero: Ns, precision: Ns): string {
  const value = at - zero;
  // Zero has no unit of its own: it takes that of what is looked at.
  const unit = unitFor(Math.max(Math.abs(value), 100 * precision));
  return `${(value / unit.size).toFixed(decimalsFor(niceStep(precision), unit.size))} ${unit.suffix}`;
}

/** Marks within `view`, counted from `zero`, at least `minimum` pixels apart. */
export function ticks(view: Span, width: Px, zero: Ns, minimum: Px): readonly Tick[] {
  const length = lengthOf(view);
  if (length <= 0 || width <= 0) return [];
  const unit = unitFor(Math.max(Math.abs(view.start - zero), Math.abs(view.end - zero)));
  const digits = (step: number): number =>
    `${Math.trunc((view.end - zero) / unit.size)}`.length + decimalsFor(step, unit.size);
  let step = niceStep((length * minimum) / width);
  // Labels deep in a long capture have many digits: leave room for them.
  const room = (candidate: number): number => 40 + 7 * digits(candidate);
  while ((step * width) / length < room(step)) step = niceStep(step * 1.01);
  const decimals = decimalsFor(step, unit.size);
  const marks: Tick[] = [];
  for (let index = Math.ceil((view.start - zero) / step); zero + index * step < view.end; index += 1) {
    const label = `${((index * step) / unit.size).toFixed(decimals)} ${unit.suffix}`;
    marks.push({ at: ns(zero + index * step), label });
  }
  return marks;
}
