/** Where on the panel the evidence for an answer or a finding is. */
import type { Device, Finding } from '../api/types';
import { type Ns, ns } from '../base/units';

export type Place =
  /** The longest contended interval, whole or so near that single kernels show. */
  | { readonly kind: 'contended'; readonly near: boolean }
  | { readonly kind: 'section'; readonly id: 'blame' | 'steps' }
  | { readonly kind: 'table'; readonly name: string }
  /** An instant of the memory track, with its holders. */
  | { readonly kind: 'memory'; readonly at: Ns }
  | { readonly kind: 'time'; readonly at: Ns; readonly table: string };

const memoryPeak = (device: Device): Place | null =>
  device.memory === null ? null : { kind: 'memory', at: device.memory.combined_peak_at_ns };

const MEMORY_TABLE: Place = { kind: 'table', name: 'Memory' };

const RULES: Readonly<Record<string, (device: Device, finding: Finding) => Place | null>> = {
  'overlap-in-time': (device) => (device.time.contended_ns > 0 ? { kind: 'contended', near: false } : null),
  'little-headroom': memoryPeak,
  'limits-exceed-capacity': memoryPeak,
  'reserved-unused': memoryPeak,
  'memory-growth': () => MEMORY_TABLE,
  'allocation-stalls': (device, { sessions }) => {
    const stall = device.memory?.stalls?.find((each) => sessions.includes(each.session));
    return stall === undefined ? MEMORY_TABLE : { kind: 'time', at: stall.longest_at_ns, table: 'Memory' };
  },
  'kernels-changed': (device, { sessions }) => {
    const at = device.memory?.kernel_changes?.find((each) => sessions.includes(each.session))?.at_ns ?? null;
    return at === null ? MEMORY_TABLE : { kind: 'time', at, table: 'Memory' };
  },
};

/** Null where the panel has nothing more to show than the finding says. */
export function evidenceOf(device: Device, finding: Finding): Place | null {
  const known = Object.hasOwn(RULES, finding.rule) ? RULES[finding.rule](device, finding) : null;
  if (known !== null) return known;
  const at = finding.evidence?.at_ns;
  return typeof at === 'number' ? { kind: 'time', at: ns(at), table: 'Kernels' } : null;
}
