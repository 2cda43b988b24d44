import { describe, expect, it } from 'vitest';
import type { Device, DeviceMemory, DriverView, Slowdown } from '../api/report';
import { bytes, ns } from '../base/units';
import { device, deviceMemory, deviceSession, driverView, slowdown as slowdownOf } from '../testing/literals';
import { answersOf, isContended, mechanismText } from './answers';

const slowdown = (low: number | null, high: number | null, estimate: number | null = null): Slowdown =>
  slowdownOf({ estimate, low, high, evidence: estimate === null ? 'D' : 'B' });

const shared = (slowdowns: readonly Slowdown[], more: Partial<Device> = {}): Device => {
  const names = slowdowns.map((_, i) => 'abc'[i]);
  const per_session = names.map((name, i) => ({ ...deviceSession(name), slowdown: slowdowns[i] }));
  return device(names, { per_session, ...more });
};

const answer = (made: Device, question: string): string | undefined =>
  answersOf(made, (id) => id.slice(0, 1)).find((each) => each.question === question)?.answer;

const nothing = slowdown(null, null);

describe('is it contention', () => {
  it.each([
    ['an interval above 1', [slowdown(1.2, 1.3, 1.25), nothing], true],
    ['all intervals at 1', [slowdown(0.99, 1.005, 1), slowdown(0.98, 1.002, 1)], false],
    ['an interval that holds 1', [slowdown(0.98, 1.2, 1.05), slowdown(1, 1.002, 1)], null],
    ['nothing known', [nothing, nothing], null],
  ])('%s', (_, slowdowns, expected) => {
    expect(isContended(shared(slowdowns))).toBe(expected);
  });

  it('is open on a processor that has only bounds, and not where one session was estimated', () => {
    const bounds = shared([slowdown(1.2, 1.3), slowdown(1.2, 1.3)], { is_host: true });
    expect(isContended(bounds)).toBeNull();
    expect(answersOf(bounds, String)).toEqual([]);
    expect(isContended(shared([slowdown(1.2, 1.3, 1.25), nothing], { is_host: true }))).toBe(true);
  });

  it('can be without a moment at once: behind each other in one stream', () => {
    const apart = { window_ns: ns(10), idle_ns: ns(0), exclusive_ns: ns(10), contended_ns: ns(0) };
    const both = [slowdown(1.9, 2, 1.95), slowdown(1.9, 2, 1.95)];
    expect(answer(shared(both, { time: apart }), 'Is it contention?')).toBe(
      'Yes: 2 of 2 sessions are slower for certain, though never at work at once',
    );
  });

  it('is not where sessions never meet', () => {
    const apart = { window_ns: ns(10), idle_ns: ns(0), exclusive_ns: ns(10), contended_ns: ns(0) };
    expect(isContended(shared([nothing, nothing], { time: apart }))).toBe(false);
  });

  it('counts those that are slower for certain', () => {
    expect(answer(shared([slowdown(1.2, 1.3, 1.25), nothing]), 'Is it contention?')).toBe(
      'Yes: 1 of 2 sessions is slower for certain, work at once for 31 % of 480 ms',
    );
  });
});

describe('who, how much, by what', () => {
  const blame = [
    { victim: 'a/run/host0', culprit: 'b/run/host0', lost_ns: ns(9e6) },
    { victim: 'a/run/host0', culprit: 'untraced', lost_ns: ns(1e6) },
  ];

  it('names the worst culprit of each victim', () => {
    expect(answer(shared([nothing, nothing], { blame }), 'Who?')).toBe(
      'b delays a (9.00 ms, 90 % of its loss)',
    );
    expect(answer(shared([nothing, nothing], { blame: [blame[1]] }), 'Who?')).toMatch(
      /^work that no trace shows/,
    );
  });

  it('gives intervals, and no single number in class D', () => {
    const made = shared([slowdown(1.2, 1.3, 1.25), slowdown(1.1, 1.6)]);
    expect(answer(made, 'How much?')).toBe('a 1.25× (1.20 – 1.30×), b 1.10 – 1.60×');
  });

  it('leaves out what it cannot answer', () => {
    const made = shared([nothing, nothing]);
    expect(answer(made, 'How much?')).toBeUndefined();
    expect(answer(made, 'Who?')).toBeUndefined();
  });

  it('says how long the slices are', () => {
    expect(mechanismText(shared([nothing], { mechanism: 'time_slicing', slice_ns: ns(2.3e6) }))).toBe(
      'Time slicing: they take turns, in slices of about 2.30 ms',
    );
  });
});

describe('whether the memory fits', () => {
  const GIB = 2 ** 30;
  const answer = (
    peak: number,
    more: Partial<DeviceMemory> = {},
    beside: Partial<Device> = {},
  ): string | undefined => {
    const memory = deviceMemory({
      capacity_bytes: bytes(10 * GIB),
      safe_bytes: bytes(9 * GIB),
      combined_peak_bytes: bytes(peak * GIB),
      combined_peak_at_ns: ns(0),
      headroom_bytes: bytes((10 - peak) * GIB),
      ...more,
    });
    const made = device(['a', 'b'], { memory, ...beside });
    return answersOf(made, String).find(({ question }) => question === 'Does the memory fit?')?.answer;
  };

  it.each([
    [8, {}, 'Yes: 8.00 GiB of 10.0 GiB at the peak'],
    [9.5, {}, 'Barely: 9.50 GiB of 10.0 GiB at the peak, only 9.00 GiB are safe'],
    [11, {}, 'No: 11.0 GiB of 10.0 GiB at the peak, over by 1.00 GiB'],
    [
      8,
      { sum_of_limits_bytes: bytes(12 * GIB) },
      'So far: 8.00 GiB of 10.0 GiB at the peak, but the allocators may take 12.0 GiB',
    ],
    [
      8,
      { sessions_without_data: ['a'] },
      "Not decided: ≥ 8.00 GiB of 10.0 GiB at the peak, and not all sessions' memory is known",
    ],
    [
      8,
      { sum_of_peaks_bytes: bytes(9.5 * GIB) },
      "So far: 8.00 GiB of 10.0 GiB at the peak, but the sessions' own peaks add up to 9.50 GiB, and 9.00 GiB are safe",
    ],
    [8, { sum_of_peaks_bytes: bytes(9 * GIB) }, 'Yes: 8.00 GiB of 10.0 GiB at the peak'],
    [8, { capacity_bytes: null }, undefined],
  ])('says of %d GiB, %o: %s', (peak, more, expected) => {
    expect(answer(peak, more)).toBe(expected);
  });

  const seen = (untraced: number | null): DriverView =>
    driverView({
      capacity_bytes: bytes(10 * GIB),
      used_peak_bytes: bytes(9 * GIB),
      used_peak_at_ns: ns(5),
      free_least_bytes: bytes(GIB),
      untraced_peak_bytes: untraced === null ? null : bytes(untraced * GIB),
    });

  it.each([
    [0, 'Yes: 8.00 GiB of 10.0 GiB at the peak'],
    [null, 'Yes: 8.00 GiB of 10.0 GiB at the peak'],
    [2, 'So far: 8.00 GiB of 10.0 GiB at the peak, and others that were not captured held up to 2.00 GiB'],
  ])('counts the %d GiB that others hold: %s', (untraced, expected) => {
    expect(answer(8, {}, { driver: seen(untraced) })).toBe(expected);
  });

  it('says without allocator events what the driver saw, and decides nothing by that', () => {
    const made = device(['a', 'b'], { memory: null, driver: seen(null) });
    const found = answersOf(made, String).find(({ question }) => question === 'Does the memory fit?');
    expect(found?.answer).toBe(
      'Not decided: the driver saw at most 9.00 GiB of 10.0 GiB taken, which need not be in use',
    );
    expect(found?.place).toEqual({ kind: 'table', name: 'Memory' });
    const sizeless = { ...seen(null), capacity_bytes: null };
    expect(answer(8, { capacity_bytes: null }, { driver: sizeless })).toBe(
      'Not decided: the driver saw at most 9.00 GiB taken, which need not be in use',
    );
    expect(answer(8, { capacity_bytes: null }, { driver: { ...sizeless, used_peak_bytes: null } })).toBe(
      undefined,
    );
  });
});
