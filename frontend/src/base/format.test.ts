import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatDuration,
  formatError,
  formatShare,
  shorten,
  shortenAll,
  UNKNOWN,
} from './format';
import { bytes, ns } from './units';

describe('formatDuration', () => {
  it.each([
    [0, '0 ns'],
    [1, '1 ns'],
    [999, '999 ns'],
    [1_000, '1 µs'],
    [12_340, '12.3 µs'],
    [999_999, '1 ms'],
    [480_000_000, '480 ms'],
    [1_500_000_000, '1.5 s'],
    [-9_500_000, '-9.5 ms'],
    [3_600_000_000_000, '3,600 s'],
  ])('prints %d ns as %s', (value, text) => {
    expect(formatDuration(ns(value))).toBe(text);
  });

  it('prints what is unknown as a dash, not as 0', () => {
    expect(formatDuration(null)).toBe(UNKNOWN);
    expect(formatError(null)).toBe('error unknown');
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [65.2 * 2 ** 30, '65.2 GiB'],
  ])('prints %d bytes as %s', (value, text) => {
    expect(formatBytes(bytes(value))).toBe(text);
  });

  it('prints what is unknown as a dash', () => {
    expect(formatBytes(null)).toBe(UNKNOWN);
  });
});

describe('formatShare', () => {
  it.each([
    [150, 480, '31 %'],
    [0, 480, '0 %'],
    [1, 100_000, '< 0.1 %'],
    [99_999, 100_000, '> 99.9 %'],
    [480, 480, '100 %'],
    [null, 480, UNKNOWN],
    [0, 0, UNKNOWN],
  ])('prints %s of %s as %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });
});

it.each([
  ['gemm', 10, 'gemm'],
  ['sm90_gemm_tile_128', 10, 'sm90_…_128'],
])('shortens %s to %d characters', (name, most, text) => {
  expect(shorten(name, most)).toBe(text);
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
    'aaaaaaaaaaaaaaa…aaaaaaaaaaaaab',
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
