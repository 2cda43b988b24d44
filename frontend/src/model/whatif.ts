/** Predictions of other schedules as rows of a table: what each session would see, when all would be done, whether memory fits. */
import type { Device, Prediction, Range } from '../api/report';
import { formatBytes, formatDuration, times } from '../base/format';
import { ns } from '../base/units';

export interface WhatIfRow {
  readonly setting: string;
  /** Of each session of the device, in its order: slowdown then, of its requests where it serves some; null where it is unknown. */
  readonly slowdowns: readonly (RangeText | null)[];
  /** Of sessions on other GPUs, which get company. */
  readonly elsewhere: readonly (readonly [string, RangeText | null])[];
  readonly makespan: RangeText | null;
  readonly memory: string | null;
  /** Why it cannot be predicted, or what the prediction assumes. */
  readonly note: string;
  readonly isKnown: boolean;
  /** The one that loses least of those that can be compared. */
  readonly isBest: boolean;
}

export interface RangeText {
  /** Null where only the range is known. */
  readonly estimate: string | null;
  readonly range: string;
}

/** Less than this is no reason to prefer one schedule to another. */
const MARGIN = 0.02;

function textOf(range: Range | null, format: (value: number) => string): RangeText | null {
  if (range === null) return null;
  const [low, high] = [format(range.low), format(range.high)];
  return {
    estimate: range.estimate === null ? null : format(range.estimate),
    range: low === high ? low : `${low} to ${high}`,
  };
}

function memoryText({
  combined_peak_bytes: peak,
  fits,
  combined_peak_most_bytes: most,
}: Prediction): string | null {
  if (peak === null) return fits === null ? null : fits ? 'fits' : 'does not fit';
  const upTo = most != null && most > peak ? `, up to ${formatBytes(most)}` : '';
  const verdict = fits === null ? '' : fits ? ', fits' : ', does not fit';
  return `${formatBytes(peak)}${upTo}${verdict}`;
}

/** Whether a session's slowdown is one of its requests: it keeps its throughput, so that this says nothing. */
export const isServed = (id: string, { requests }: Device): boolean =>
  requests.some(({ session }) => session === id);

/** What a session would see. Requests to one that is alone on a GPU take as long as alone; those of a queue wait for it. */
function slowdownOf({ schedule, sessions }: Prediction, id: string, device: Device): Range | null {
  const found = sessions.find(({ session }) => session === id);
  if (found === undefined || !isServed(id, device)) return found?.slowdown ?? null;
  const isAlone = found.slowdown?.low === 1 && found.slowdown.high === 1 && schedule !== 'one_after_another';
  return found.latency ?? (isAlone ? found.slowdown : null);
}

/** Mean slowdown; null where the slowdown of a session is unknown. */
function meanOf(prediction: Prediction, device: Device): number | null {
  const estimates = device.sessions.map((id) => slowdownOf(prediction, id, device)?.estimate ?? null);
  if (estimates.length === 0 || estimates.some((value) => value === null)) return null;
  return estimates.reduce<number>((sum, value) => sum + (value ?? 0), 0) / estimates.length;
}

export const rowOf = (prediction: Prediction, device: Device, isBest = false): WhatIfRow => ({
  setting: prediction.setting,
  slowdowns: device.sessions.map((id) => textOf(slowdownOf(prediction, id, device), times)),
  elsewhere: prediction.sessions.flatMap(({ session, slowdown }) =>
    device.sessions.includes(session) ? [] : [[session, textOf(slowdown, times)] as const],
  ),
  makespan: textOf(prediction.makespan_ns, (value) => formatDuration(ns(value))),
  memory: memoryText(prediction),
  note: prediction.unknown || prediction.assumes,
  isKnown: prediction.unknown === '',
  isBest,
});

export function whatIfRows(device: Device): readonly WhatIfRow[] {
  const all = device.what_if;
  const means = all.map((prediction) => meanOf(prediction, device));
  const now = all.findIndex(({ schedule }) => schedule === 'as_recorded');
  const recorded = means[now] ?? null;
  const end = all[now]?.makespan_ns?.estimate ?? Number.POSITIVE_INFINITY;
  // One after another no session is slowed down, and yet all wait.
  const isNoLater = all.map(({ makespan_ns: done }) => (done?.estimate ?? 0) <= end * (1 + MARGIN));
  const least = Math.min(...means.flatMap((mean, i) => (mean !== null && isNoLater[i] ? mean : [])));
  // Where one cause keeps many changes from being predicted, it is read once.
  const said = new Set<string>();
  return all.map((prediction, i) => {
    const isBest =
      isNoLater[i] &&
      means[i] !== null &&
      means[i] === least &&
      recorded !== null &&
      least < recorded - MARGIN;
    const row = rowOf(prediction, device, isBest);
    const isAgain = !row.isKnown && said.has(row.note);
    said.add(row.note);
    return isAgain ? { ...row, note: 'as above' } : row;
  });
}
