import { expect, it } from 'vitest';
import type { DeviceMemory, Finding } from '../api/report';
import { bytes, ns } from '../base/units';
import { device } from '../testing/literals';
import { evidenceOf } from './evidence';

const finding = (rule: string, evidence: Finding['evidence'] = {}): Finding => ({
  rule,
  severity: 'warning',
  title: '',
  detail: '',
  advice: '',
  cause: '',
  effect: '',
  verify: '',
  gain_ns: null,
  gain_bytes: null,
  place: null,
  evidence,
  device: null,
  sessions: ['a/run/host0'],
});

const memory = {
  combined_peak_bytes: bytes(1),
  combined_peak_at_ns: ns(77),
  stalls: [{ session: 'a/run/host0', longest_at_ns: ns(5) }],
  kernel_changes: [{ session: 'a/run/host0', at_ns: null }],
} as unknown as DeviceMemory;

it.each([
  ['overlap-in-time', { kind: 'contended', near: false }],
  ['little-headroom', { kind: 'memory', at: 77 }],
  ['allocation-stalls', { kind: 'time', at: 5, table: 'Memory' }],
  ['kernels-changed', { kind: 'table', name: 'Memory' }],
  ['constructor', null],
])('knows where the evidence of %s is', (rule, place) => {
  expect(evidenceOf(device(['a', 'b'], { memory }), finding(rule))).toEqual(place);
});

it('takes an unknown rule to the instant that it names', () => {
  expect(evidenceOf(device(['a']), finding('new', { at_ns: 9 }))).toEqual({
    kind: 'time',
    at: 9,
    table: 'Kernels',
  });
  expect(evidenceOf(device(['a']), finding('new', { at_ns: 'soon' }))).toBeNull();
});

it('has none where nothing was at once, and no memory', () => {
  const still = device(['a', 'b'], {
    time: { window_ns: ns(1), idle_ns: ns(1), exclusive_ns: ns(0), contended_ns: ns(0) },
  });
  expect(evidenceOf(still, finding('overlap-in-time'))).toBeNull();
  expect(evidenceOf(still, finding('little-headroom'))).toBeNull();
});
