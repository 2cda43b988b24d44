import { expect, it } from 'vitest';
import type { Prediction, Schedule } from '../api/report';
import { bytes } from '../base/units';
import { device } from '../testing/literals';
import { whatIfRows } from './whatif';

const [ALPHA, BETA] = device(['alpha', 'beta']).sessions;

const unknown = { step_ns: null, end_ns: null, gain_ns: null, latency: null, request_ns: null };

const predicted = (schedule: Schedule, alpha: number | null, more: Partial<Prediction> = {}): Prediction => ({
  schedule,
  setting: schedule,
  parameters: [],
  sessions: [
    { session: BETA, slowdown: { estimate: 1, low: 1, high: 1 }, ...unknown },
    { session: ALPHA, slowdown: { estimate: alpha, low: 1, high: 1.5 }, ...unknown },
  ],
  makespan_ns: { estimate: 480e6, low: 470e6, high: 500e6 },
  combined_peak_bytes: null,
  combined_peak_most_bytes: null,
  fits: null,
  curve: [],
  played_share: null,
  assumes: '',
  unknown: '',
  ...more,
});

const rowsOf = (...what_if: Prediction[]) => whatIfRows(device(['alpha', 'beta'], { what_if }));

it('says once why several changes cannot be predicted', () => {
  const why = { unknown: 'The GPU is unknown.' };
  const rows = rowsOf(predicted('mps', null, why), predicted('shifted', null, why), predicted('moved', 1.2));
  expect(rows.map(({ note }) => note)).toEqual(['The GPU is unknown.', 'as above', '']);
});

it('gives each session its slowdown in the order of the device', () => {
  const [row] = rowsOf(predicted('as_recorded', 1.25));
  expect(row.slowdowns).toEqual([
    { estimate: '1.25×', range: '1.00× to 1.50×' },
    { estimate: '1.00×', range: '1.00×' },
  ]);
  expect(row.makespan).toEqual({ estimate: '480 ms', range: '470 ms to 500 ms' });
});

it('calls the one best that loses least, if it loses less than as recorded', () => {
  const best = (...rows: Prediction[]) => rowsOf(...rows).map((row) => row.isBest);
  expect(best(predicted('as_recorded', 1.4), predicted('mps', 1.1), predicted('moved', 1))).toEqual([
    false,
    false,
    true,
  ]);
  expect(best(predicted('as_recorded', 1.0), predicted('mps', 1.2))).toEqual([false, false]);
  // In a queue no session is slowed down, and all is done later.
  const queued = predicted('one_after_another', 1, {
    makespan_ns: { estimate: 700e6, low: 700e6, high: 700e6 },
  });
  expect(best(predicted('as_recorded', 1.4), queued, predicted('mps', 1.1))).toEqual([false, false, true]);
  expect(best(predicted('as_recorded', null), predicted('moved', 1))).toEqual([false, false]);
});

it('names no figure where there is none, and says why', () => {
  const [row] = rowsOf(
    predicted('mps', null, { unknown: 'Record alpha alone.', makespan_ns: null, sessions: [] }),
  );
  expect(row).toMatchObject({
    isKnown: false,
    note: 'Record alpha alone.',
    slowdowns: [null, null],
    makespan: null,
  });
});

it('says whether the memory fits as far as that is known', () => {
  const memory = (peak: number | null, most: number | null, fits: boolean | null) =>
    rowsOf(
      predicted('mps', 1, {
        combined_peak_bytes: peak === null ? null : bytes(peak),
        combined_peak_most_bytes: most === null ? null : bytes(most),
        fits: fits,
      }),
    )[0].memory;
  expect(memory(2 ** 30, 2 ** 31, true)).toBe('1.00 GiB, up to 2.00 GiB, fits');
  expect(memory(2 ** 30, 2 ** 30, null)).toBe('1.00 GiB');
  expect(memory(null, null, false)).toBe('does not fit');
  expect(memory(null, null, null)).toBeNull();
});

it('gives a session that serves requests what these would see, which its throughput hides', () => {
  const served = (schedule: Schedule, latency: number | null, slowdown: number) => {
    const found = predicted(schedule, 1);
    const range = (value: number) => ({ estimate: value, low: value, high: value });
    const own = { ...found.sessions[1], slowdown: range(slowdown), latency: latency && range(latency) };
    return { ...found, sessions: [found.sessions[0], own] } as Prediction;
  };
  const rows = whatIfRows(
    device(['alpha', 'beta'], {
      requests: [{ session: ALPHA }] as never,
      what_if: [
        served('as_recorded', 4, 1.01),
        served('mps', 1.2, 1.01),
        served('moved', null, 1),
        served('one_after_another', null, 1),
        served('time_slicing', null, 1.01),
      ],
    }),
  );
  expect(rows.map(({ slowdowns }) => slowdowns[0]?.estimate)).toEqual([
    '4.00×',
    '1.20×',
    '1.00×',
    undefined,
    undefined,
  ]);
  expect(rows.map(({ isBest }) => isBest)).toEqual([false, false, true, false, false]);
});
