import { describe, expect, it } from 'vitest';
import CASES from '../../../tests/unit/words/formats.json';
import {
  formatBytes,
  formatDuration,
  formatError,
  formatPart,
  formatShare,
  shorten,
  shortenAll,
  times,
  UNKNOWN,
} from './format';
import { bytes, ns } from './units';

/** The cases of `words/numbers.py`: what the panel prints and what the server prints are the same digits. */
type Case = readonly [number | null, string];

const all = (name: 'duration' | 'size' | 'share' | 'times' | 'error'): readonly Case[] =>
  CASES[name] as unknown as readonly Case[];

describe('numbers read as the server writes them', () => {
  it.each(all('duration'))('a duration of %s ns is %s', (value, text) => {
    expect(formatDuration(value === null ? null : ns(value))).toBe(text);
  });

  it.each(all('size'))('%s bytes are %s', (value, text) => {
    expect(formatBytes(value === null ? null : bytes(value))).toBe(text);
  });

  it.each(all('share'))('a share of %s is %s', (value, text) => {
    expect(formatPart(value)).toBe(text);
  });

  it.each(all('times'))('a factor of %s is %s', (value, text) => {
    expect(times(value)).toBe(text);
  });

  it.each(all('error'))('an error of %s ns is %s', (value, text) => {
    expect(formatError(value === null ? null : ns(value))).toBe(text);
  });

  it.each(
    CASES.shorten as unknown as readonly [string, number, string][],
  )('shortens %s to %d characters', (name, most, text) => {
    expect(shorten(name, most)).toBe(text);
  });
});

describe('formatShare', () => {
  it.each([
    [150, 480, '31 %'],
    [null, 480, UNKNOWN],
    [0, 0, UNKNOWN],
  ])('prints %s of %s as %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });
});

it('shows where long names differ that would look alike', () => {
  const names = ['128x256', '256x128'].map(
    (tile) => `sm90_xmma_gemm_bf16_tile${tile}_warpgroup_segment_k_off_kernel`,
  );
  const made = shortenAll([...names, names[0], 'short', `${'a'.repeat(40)}b`], 30);
  expect([...made.values()]).toEqual([
    'sm90_xmma_…6_tile128x256_warp…',
    'sm90_xmma_…6_tile256x128_warp…',
    'short',
    `${'a'.repeat(19)}…${'a'.repeat(9)}b`,
  ]);
});

it('goes on until names differ, and ends where they cannot', () => {
  const long = (middle: string): string =>
    `Eigen::internal::${middle}::half, 1, 1, long>, 16, Eigen::MakePointer>`;
  const names = ['Tensor<a', 'Tensor<b', 'Other'].map(long);
  const made = shortenAll([...names, `${'x'.repeat(60)}`, `${'x'.repeat(61)}`], 30);
  expect(new Set(names.map((name) => made.get(name))).size).toBe(3);
  expect([...made.keys()]).toHaveLength(5);
});
