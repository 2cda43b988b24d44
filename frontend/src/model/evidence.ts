/** Where on the panel the evidence for an answer or a finding is. */
import type { Device, DriverView, Finding } from '../api/report';
import { type Ns, ns } from '../base/units';

export type Place =
  /** The longest contended interval, whole or so near that single kernels show. */
  | { readonly kind: 'contended'; readonly near: boolean }
  | { readonly kind: 'section'; readonly id: 'blame' | 'steps' | 'what-if' }
  | { readonly kind: 'table'; readonly name: string }
  /** An instant of the memory track, with its holders. */
  | { readonly kind: 'memory'; readonly at: Ns }
  | { readonly kind: 'time'; readonly at: Ns; readonly table: string };

const memoryPeak = (device: Device): Place | null =>
  device.memory === null ? null : { kind: 'memory', at: device.memory.combined_peak_at_ns };

const MEMORY_TABLE: Place = { kind: 'table', name: 'Memory' };

/** The combined peak; what the driver saw is in the table. */
export const memoryPlace = (device: Device): Place | null =>
  memoryPeak(device) ?? (device.driver == null ? null : MEMORY_TABLE);

/** An instant that the driver saw; who holds what then is known only where allocators were recorded too. */
const driverAt =
  (instant: (driver: DriverView) => Ns | null) =>
  (device: Device): Place | null => {
    const at = device.driver == null ? null : instant(device.driver);
    return at === null || device.memory === null ? MEMORY_TABLE : { kind: 'memory', at };
  };

const contended =
  (near: boolean) =>
  (device: Device): Place | null =>
    device.time.contended_ns > 0 ? { kind: 'contended', near } : null;

const blame = (device: Device): Place | null =>
  device.blame.length > 0 ? { kind: 'section', id: 'blame' } : null;

const steps = (device: Device): Place | null =>
  device.step_times.length > 0 ? { kind: 'section', id: 'steps' } : null;

const KERNELS: Place = { kind: 'table', name: 'Kernels' };
const SESSIONS: Place = { kind: 'table', name: 'Sessions' };

const RULES: Readonly<Record<string, (device: Device, finding: Finding) => Place | null>> = {
  'overlap-in-time': contended(false),
  'time-slice-waiting': contended(true),
  'one-stream': contended(true),
  'slowed-side-by-side': contended(true),
  'shift-helps': () => ({ kind: 'section', id: 'what-if' }),
  saturation: contended(false),
  'destructive-sharing': contended(true),
  'unfair-sharing': blame,
  'small-grids': () => KERNELS,
  'latency-tail': steps,
  'head-of-line': () => ({ kind: 'table', name: 'Kernel pairs' }),
  'short-steps-beside-long': steps,
  'copy-contention': contended(true),
  'collective-spin': () => KERNELS,
  'host-contention': steps,
  'sync-every-step': steps,
  'host-bound': steps,
  'untraced-corunner': blame,
  'loss-at-start': steps,
  'clocks-fall': steps,
  'sharing-is-fine': contended(false),
  'maybe-different-gpus': contended(false),
  'clock-error-large': () => SESSIONS,
  'no-steps': () => SESSIONS,
  'peaks-may-meet': memoryPeak,
  'untraced-memory': driverAt((driver) => driver.untraced_peak_at_ns),
  'gpu-full': driverAt((driver) => driver.used_peak_at_ns),
  fragmentation: memoryPeak,
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
