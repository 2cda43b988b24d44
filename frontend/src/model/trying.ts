/** Schedules that the user can try, and what each is set by. */
import type { Device, Layout, Schedule } from '../api/report';

export const TRIED = [
  'shifted',
  'sm_cap',
  'mps',
  'time_slicing',
  'one_after_another',
  'moved',
  'memory_limits',
] as const satisfies readonly Schedule[];

export type TriedSchedule = (typeof TRIED)[number];

/** As the field for the schedule calls it. */
export const TRIED_WORDS: Readonly<Record<TriedSchedule, string>> = {
  shifted: 'Start a session later',
  sm_cap: 'Cap a session (MPS)',
  mps: 'Run at once (MPS)',
  time_slicing: 'Take turns (no MPS)',
  one_after_another: 'One after another',
  moved: 'Move a session to another GPU',
  memory_limits: 'Limit memory',
};

export const isOfOne = (schedule: TriedSchedule): boolean =>
  schedule === 'shifted' || schedule === 'sm_cap' || schedule === 'moved';

/** Whole numbers of ns or per cent. `unit`: so many make one of what the field shows. */
export interface Values {
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly usual: number;
  readonly unit: number;
  readonly suffix: string;
}

/** Shifts beyond this part of what is simulated leave too little overlap to judge. */
const REACH = 0.5;
const NS_PER_MS = 1e6;
const USUAL_CAP = 50;

/** What the schedule's value may be; null where it has none. */
export function valuesOf(schedule: TriedSchedule, device: Device): Values | null {
  if (schedule === 'sm_cap') {
    return { least: 1, most: 100, step: 1, usual: USUAL_CAP, unit: 1, suffix: '%' };
  }
  if (schedule !== 'shifted') return null;
  const played = device.what_if.find(({ played_share }) => played_share !== null)?.played_share ?? 1;
  // The steps of the slider go through 0 and read well.
  const step = stepOf((device.window.end_ns - device.window.start_ns) * played * REACH);
  const most = step * 100;
  return { least: -most, most, step, usual: 10 * step, unit: NS_PER_MS, suffix: 'ms' };
}

/** A hundredth of a reach, rounded down to 1, 2 or 5 of a power of ten. */
function stepOf(reach: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, reach / 100)));
  return Math.max(1, [5, 2, 1].find((digit) => digit * power * 100 <= reach) ?? 1) * power;
}

/** Indexes in the layout of the processes that hold memory of the device; null where none are known. */
export const memoryHolders = (layout: Layout | null, device: Device | null): readonly number[] | null =>
  layout?.memory != null && layout.device === device?.id ? layout.memory.sessions : null;
