/** Changes that the user can try, and what each is set by. */
import type { Device, Report } from '../api/report';
import type { Change, Kind } from './changes';

/** What the list offers: a kind of change, or a way of sharing. */
export const OFFERED: readonly (readonly [Kind, string, string])[] = [
  ['shift', '', 'Start a session later'],
  ['cap', '', 'Cap a session (MPS)'],
  ['partition', '', 'Give a session a part of the GPU (MIG)'],
  ['priority', '', 'Let a session go first (MPS)'],
  ['move', '', 'Move a session to another GPU'],
  ['memory-limit', '', 'Limit the memory of a session'],
  ['policy', 'mps', 'Run at once (MPS)'],
  ['policy', 'time-slicing', 'Take turns (no MPS)'],
  ['policy', 'one-after-another', 'One after another'],
];

export const wordsOf = ({ kind, what }: Change): string =>
  OFFERED.find(([each, policy]) => each === kind && (policy === '' || policy === what))?.[2] ?? kind;

/** An amount as the field and the slider have it; both count in `unit`. */
export interface Amount {
  readonly name: string;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly usual: number;
}

/** Shifts beyond this part of what is simulated leave too little overlap to judge. */
const REACH = 0.5;
const [NS_PER_MS, GIB] = [1e6, 2 ** 30];

/** What a change's amount may be; null where it has none. */
export function amountOf(kind: Kind, device: Device): Amount | null {
  if (kind === 'cap' || kind === 'partition') {
    return { name: 'Share of the multiprocessors', unit: '%', least: 1, most: 100, step: 1, usual: 50 };
  }
  if (kind === 'memory-limit') {
    const most = Math.ceil((device.capacity_bytes ?? 64 * GIB) / GIB);
    return { name: 'Limit', unit: 'GiB', least: 1, most, step: 0.5, usual: Math.ceil(most / 2) };
  }
  if (kind !== 'shift') return null;
  const played = device.what_if.find(({ played_share }) => played_share !== null)?.played_share ?? 1;
  // The steps of the slider go through 0 and read well.
  const step = stepOf(((device.window.end_ns - device.window.start_ns) / NS_PER_MS) * played * REACH);
  const most = round(step * 100);
  return { name: 'Later by', unit: 'ms', least: -most, most, step, usual: round(10 * step) };
}

/** A hundredth of a reach, rounded down to 1, 2 or 5 of a power of ten. */
function stepOf(reach: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-6, reach / 100)));
  return round(([5, 2, 1].find((digit) => digit * power * 100 <= reach) ?? 1) * power);
}

/** Without the rounding errors of binary fractions. */
const round = (value: number): number => Number(value.toPrecision(12));

const SCALES: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  MiB: 1 / 1024,
  TiB: 1024,
};

/** The number that the slider shows for a text such as `12ms`; null where the text is none. */
export function numberIn(text: string, { unit }: Amount): number | null {
  const found = /^\s*([+-]?[\d.]+)\s*(\D*?)\s*$/.exec(text);
  if (found === null) return null;
  const scale = found[2] === '' || found[2] === unit ? 1 : SCALES[found[2]];
  return scale === undefined ? null : round(Number(found[1]) * scale);
}

/** What the field shows: the unit stands behind it. */
export const fieldOf = (text: string, { unit }: Amount): string =>
  text.endsWith(unit) && !(unit === 'ms' && /[^\d.\s]ms$/.test(text))
    ? text.slice(0, -unit.length).trim()
    : text;

/** What was typed, with the unit where it has none; per cent go without. */
export function typed(text: string, { unit }: Amount): string {
  const plain = text.trim().replace(',', '.');
  return /\d\.?$/.test(plain) && unit !== '%' ? `${plain}${unit}` : plain;
}

/** Ids of those that a change can be about. */
export const subjectsOf = (kind: Kind, device: Device): readonly string[] =>
  kind === 'memory-limit'
    ? [...new Set((device.memory?.per_session ?? []).map(({ session }) => session))]
    : device.sessions;

/** Other GPUs that were recorded at the same time, to which sessions can move. */
export const gpusOf = (report: Report, { id, window }: Device) =>
  report.devices.filter(
    (each) =>
      each.id !== id &&
      !each.is_host &&
      each.window.start_ns < window.end_ns &&
      each.window.end_ns > window.start_ns,
  );
