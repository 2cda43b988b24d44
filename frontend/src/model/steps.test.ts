import { describe, expect, it } from 'vitest';
import type { StepTimes } from '../api/report';
import { ns, px, span } from '../base/units';
import { sharesText } from './step_shares';
import { barAt, barsOf, barText, longest, MOST_BARS, pathsOf, topOf } from './steps';

const made = (periods: readonly (readonly [number, number, number])[], more: Partial<StepTimes> = {}) => {
  let at = 0;
  const start = periods.map((parts) => {
    const here = at;
    at += parts[0] + parts[1] + parts[2];
    return here;
  });
  const times: StepTimes = {
    session: 's',
    known: true,
    steps: periods.length,
    merged: 1,
    number: periods.map((_, i) => i + 7),
    start_ns: start.map(ns),
    end_ns: [...start.slice(1), at].map(ns),
    period_ns: periods.map((parts) => ns(parts[0] + parts[1] + parts[2])),
    own_ns: periods.map((parts) => ns(parts[0])),
    host_ns: periods.map((parts) => ns(parts[1])),
    lost_ns: periods.map((parts) => ns(parts[2])),
    ...more,
  };
  return times;
};

const two = made([
  [60, 10, 30],
  [60, 10, 0],
]);

describe('barsOf', () => {
  it('gives the mean of merged periods', () => {
    const [bar, last] = barsOf({ ...two, merged: 2, steps: 3 });
    expect([bar.start, bar.end, bar.size, bar.period, bar.own, bar.lost]).toEqual([0, 100, 2, 50, 30, 15]);
    expect([last.size, last.own]).toEqual([1, 60]);
  });

  it('is bounded, also for a report that is not', () => {
    expect(barsOf(made(Array.from({ length: 1000 }, () => [1, 1, 1] as const)))).toHaveLength(MOST_BARS);
  });
});

describe('pathsOf', () => {
  const bars = barsOf(two);
  const plot = { view: span(0, 200), width: px(200), height: px(50), top: longest(bars) };

  it('stacks own, host and lost from the bottom', () => {
    const paths = pathsOf(bars, plot);
    expect(paths.own).toBe('M0 20h99v30h-99zM100 20h69v30h-69z');
    expect(paths.host.startsWith('M0 15h99v5')).toBe(true);
    expect(paths.lost).toBe('M0 0h99v15h-99z');
  });

  it('cuts a step with a pause in it, and marks it', () => {
    const many = barsOf(made([...Array.from({ length: 12 }, () => [60, 10, 30] as const), [60, 5000, 0]]));
    expect(longest(many)).toBe(5060);
    expect(topOf(many)).toBe(150);
    const cut = pathsOf(many, { ...plot, top: topOf(many) });
    expect(cut.cut.match(/M/g)).toHaveLength(1);
    expect(cut.host).not.toMatch(/ -\d/);
  });

  it('draws nothing of nothing', () => {
    expect(pathsOf([], { ...plot, top: ns(0) })).toEqual({ own: '', host: '', lost: '', cut: '' });
  });
});

it('finds the bar at an instant, and the nearest beside all', () => {
  const bars = barsOf(two);
  expect([50, 120, -10, 900].map((at) => barAt(bars, at))).toEqual([0, 1, 0, 1]);
  expect(barAt([], 5)).toBe(-1);
});

describe('in words', () => {
  it('says the parts of a step and of all', () => {
    expect(barText(barsOf(two)[0], two)).toBe('step 7: 100 ns = own 60 ns + host 10 ns + lost 30 ns');
    expect(sharesText(two)).toBe('own 71 % · host 12 % · lost 18 %');
  });

  it('does not speak of loss where there is nobody to lose to', () => {
    expect(sharesText(two, false)).toBe('own 71 % · host 12 %');
  });

  it('says of a server that it is delayed: the idle time between requests makes up for it', () => {
    expect(sharesText(two, true, true)).toBe('own 71 % · host 12 % · delayed 18 %');
    const none = { ...two, lost_ns: two.lost_ns.map(() => ns(0)) };
    expect(sharesText(none, true, true)).not.toContain('delayed');
  });

  it('does not say that nothing was lost where it is not known', () => {
    const unknown = { ...two, known: false };
    expect(sharesText(unknown)).toContain('lost time unknown');
    expect(barText(barsOf(unknown)[0], unknown)).not.toContain('lost');
  });

  it('says that a bar stands for several steps', () => {
    const merged = { ...two, merged: 3 };
    expect(barText(barsOf(merged)[0], merged)).toMatch(/^3 steps to 7, mean: /);
  });
});
