import { expect, it } from 'vitest';
import { device, report } from '../testing/literals';
import { KINDS } from './changes';
import { amountOf, fieldOf, gpusOf, numberIn, OFFERED, subjectsOf, typed } from './trying';

const window = (length: number) =>
  device(['a', 'b'], { window: { start_ns: 0, end_ns: length } as never, what_if: [] });

const amount = (kind: (typeof KINDS)[number]) => amountOf(kind, window(1e9)) as never;

it('lets a shift go both ways, through nothing, by steps that read well', () => {
  for (const length of [3e6, 47e6, 800e6, 20e9]) {
    const values = amountOf('shift', window(length));
    expect(values?.least).toBe(-(values?.most ?? 0));
    expect(values?.most).toBeLessThanOrEqual(length / 2e6);
    expect(values?.most).toBeGreaterThan(length / 6e6);
    expect(`${values?.step}`).toMatch(/^(0\.0*)?[125]0*$/);
  }
});

it('reads amounts as they are typed, and shows them without the unit that stands behind', () => {
  expect(['12ms', '-1.5 s', '250us', '7', 'soon', ''].map((text) => numberIn(text, amount('shift')))).toEqual(
    [12, -1500, 0.25, 7, null, null],
  );
  expect(['12ms', '1.5s'].map((text) => fieldOf(text, amount('shift')))).toEqual(['12', '1.5s']);
  expect(['40', '40 %', '2,5', '3.'].map((text) => typed(text, amount('cap')))).toEqual([
    '40',
    '40 %',
    '2.5',
    '3.',
  ]);
  expect([typed('20', amount('memory-limit')), numberIn('512MiB', amount('memory-limit'))]).toEqual([
    '20GiB',
    0.5,
  ]);
});

it('offers every kind of change once, and each way of sharing', () => {
  expect(new Set(OFFERED.map(([kind]) => kind))).toEqual(new Set(KINDS));
  expect(OFFERED.filter(([kind]) => kind === 'policy')).toHaveLength(3);
  expect(new Set(OFFERED.map(([, , words]) => words)).size).toBe(OFFERED.length);
  expect(subjectsOf('memory-limit', device(['a', 'b'], { memory: null }))).toEqual([]);
});

it('lets a session move to the GPUs that were recorded at the same time', () => {
  const at = (id: string, start_ns: number, is_host = false) =>
    device(['a'], { id, is_host, window: { start_ns, end_ns: start_ns + 10 } as never });
  const here = at('GPU:0', 0);
  const all = { ...report(['a']), devices: [here, at('GPU:1', 9), at('GPU:2', 10), at('CPU', 0, true)] };
  expect(gpusOf(all, here).map(({ id }) => id)).toEqual(['GPU:1']);
});
