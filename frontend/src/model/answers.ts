/** The four questions of whoever opens the panel, answered from the report: is it contention, who, how much, by what. */
import type { Blame, Device, Slowdown } from '../api/report';
import { formatBytes, formatDuration, formatShare, UNKNOWN } from '../base/format';
import { bytes, ns } from '../base/units';
import { takenText } from './driver';
import { memoryPlace, type Place } from './evidence';
import { isTold, slowdownText } from './slowdown';

export interface Answer {
  readonly question: string;
  readonly answer: string;
  /** Where its evidence is. */
  readonly place: Place | null;
}

/** Slower by less than this is not called slower. */
const NOTHING = 1.01;

/** A culprit of more than this part of a loss explains it. */
const NEARLY_ALL = 0.995;

type NameOf = (id: string) => string;

const slowdownsOf = (device: Device): readonly (Slowdown | null)[] =>
  device.per_session.map(({ slowdown }) => (slowdown !== null && isTold(device, slowdown) ? slowdown : null));

/** True: some session is slower for certain. False: none is. Null: the capture does not tell. */
export function isContended(device: Device): boolean | null {
  const { contended_ns: contended } = device.time;
  if (device.sessions.length < 2) return false;
  const all = slowdownsOf(device);
  if (all.some((slowdown) => (slowdown?.low ?? 0) >= NOTHING)) return true;
  if (all.every((slowdown) => slowdown?.high != null && slowdown.high < NOTHING)) return false;
  if (device.is_host) return null;
  return contended <= 0 && all.every((slowdown) => slowdown?.low == null) ? false : null;
}

function contentionAnswer(device: Device): string {
  const { contended_ns: contended, window_ns: window } = device.time;
  const share =
    contended > 0
      ? `work at once for ${formatShare(contended, window)} of ${formatDuration(window)}`
      : 'though never at work at once';
  const verdict = isContended(device);
  const slower = slowdownsOf(device).filter((slowdown) => (slowdown?.low ?? 0) >= NOTHING).length;
  if (verdict === true) {
    const are = slower === 1 ? 'is' : 'are';
    return `Yes: ${slower} of ${device.sessions.length} sessions ${are} slower for certain, ${share}`;
  }
  if (verdict === null) return `Not decided: ${share}, and what it cost may be nothing`;
  return contended > 0 ? `No: ${share}, but no session is slower` : 'No: never at once';
}

/** The culprit that explains most of each victim's loss. */
function whoAnswer(device: Device, nameOf: NameOf): string {
  const rows = device.sessions.flatMap((victim) => {
    const mine = device.blame.filter((entry) => entry.victim === victim && entry.lost_ns > 0);
    const total = mine.reduce((sum, entry) => sum + entry.lost_ns, 0);
    const worst = mine.reduce<Blame | null>((a, b) => (a === null || b.lost_ns > a.lost_ns ? b : a), null);
    return worst === null ? [] : [{ ...worst, total }];
  });
  rows.sort((a, b) => b.lost_ns - a.lost_ns);
  if (rows.length === 0) return device.blame.length > 0 ? 'Nobody: no loss to explain' : UNKNOWN;
  return rows
    .slice(0, 3)
    .map(({ victim, culprit, lost_ns: lost, total }) => {
      const by = culprit === 'untraced' ? 'work that no trace shows' : nameOf(culprit);
      const part = lost >= NEARLY_ALL * total ? '' : `, ${formatShare(lost, total)} of its loss`;
      return `${by} delays ${nameOf(victim)} (${formatDuration(lost)}${part})`;
    })
    .join('; ')
    .concat(rows.length > 3 ? ` and ${rows.length - 3} more` : '');
}

function howMuchAnswer(device: Device, nameOf: NameOf): string {
  const known = device.per_session.flatMap(({ session, slowdown }) => {
    const text = slowdown === null || !isTold(device, slowdown) ? null : slowdownText(slowdown);
    return text === null ? [] : [`${nameOf(session)} ${text}`];
  });
  if (known.length === 0) return UNKNOWN;
  const more = known.length > 4 ? ` and ${known.length - 4} more` : '';
  return known.slice(0, 4).join(', ') + more;
}

const MECHANISMS: Readonly<Record<string, string>> = {
  none: 'None: the sessions do not meet',
  time_slicing: 'Time slicing: they take turns',
  concurrent: 'Concurrent: their kernels run side by side',
  single_stream: 'One stream: their kernels queue behind each other',
  unknown: 'Unknown',
};

function mechanismAnswer(device: Device): string {
  const detail = device.mechanism_detail;
  if (device.mechanism === 'unknown') return detail === '' ? UNKNOWN : `Unknown. ${detail}`;
  return mechanismText(device);
}

export function mechanismText(device: Device): string {
  const name = MECHANISMS[device.mechanism] ?? device.mechanism;
  const slice = device.slice_ns;
  return slice === null ? name : `${name}, in slices of about ${formatDuration(ns(slice))}`;
}

/** Against the capacity, and what of it is safe; a lower bound where a session's memory is not known. */
function memoryAnswer(device: Device): string {
  const { memory, driver } = device;
  if (memory === null || memory.capacity_bytes === null) {
    const taken = driver == null ? null : takenText(driver);
    return taken === null ? UNKNOWN : `Not decided: the driver saw ${taken}, which need not be in use`;
  }
  const { combined_peak_bytes: peak, capacity_bytes: capacity, safe_bytes: safe = null } = memory;
  const isBound = memory.sessions_without_data.length > 0;
  const figures = `${isBound ? '≥ ' : ''}${formatBytes(peak)} of ${formatBytes(capacity)} at the peak`;
  if (peak > capacity) return `No: ${figures}, over by ${formatBytes(bytes(peak - capacity))}`;
  if (safe !== null && peak > safe) return `Barely: ${figures}, only ${formatBytes(safe)} are safe`;
  if (isBound) return `Not decided: ${figures}, and not all sessions' memory is known`;
  const limits = memory.sum_of_limits_bytes;
  if (limits !== null && limits > capacity)
    return `So far: ${figures}, but the allocators may take ${formatBytes(limits)}`;
  const sum = memory.sum_of_peaks_bytes;
  if (safe !== null && sum > safe)
    return `So far: ${figures}, but the sessions' own peaks add up to ${formatBytes(bytes(sum))}, and ${formatBytes(safe)} are safe`;
  const others = driver?.untraced_peak_bytes ?? 0;
  return others > 0
    ? `So far: ${figures}, and others that were not captured held up to ${formatBytes(bytes(others))}`
    : `Yes: ${figures}`;
}

/** Only where sessions share a device, and of a processor only what is known for certain. */
export function answersOf(device: Device, nameOf: NameOf): readonly Answer[] {
  if (device.sessions.length < 2 || (device.is_host && isContended(device) === null)) return [];
  const isAtOnce = device.time.contended_ns > 0;
  const answers: Answer[] = [
    {
      question: 'Is it contention?',
      answer: contentionAnswer(device),
      place: isAtOnce ? { kind: 'contended', near: false } : null,
    },
    {
      question: 'Who?',
      answer: whoAnswer(device, nameOf),
      place: device.blame.length > 0 ? { kind: 'section', id: 'blame' } : null,
    },
    {
      question: 'How much?',
      answer: howMuchAnswer(device, nameOf),
      place: device.step_times.length > 0 ? { kind: 'section', id: 'steps' } : null,
    },
    {
      question: 'By what mechanism?',
      answer: mechanismAnswer(device),
      place: isAtOnce ? { kind: 'contended', near: true } : null,
    },
    {
      question: 'Does the memory fit?',
      answer: memoryAnswer(device),
      place: memoryPlace(device),
    },
  ];
  return answers.filter(({ answer }) => answer !== UNKNOWN);
}

/** Before the cost is measured: what overlaps, and whether the memory fits. */
export function firstAnswersOf(device: Device): readonly Answer[] {
  const { contended_ns: contended, window_ns: window } = device.time;
  if (device.sessions.length < 2 || device.is_host) return [];
  const share = `work at once for ${formatShare(contended, window)} of ${formatDuration(window)}`;
  const answers: Answer[] = [
    {
      question: 'Is it contention?',
      answer: `Being measured: ${share}`,
      place: contended > 0 ? { kind: 'contended', near: false } : null,
    },
    {
      question: 'Does the memory fit?',
      answer: memoryAnswer(device),
      place: memoryPlace(device),
    },
  ];
  return answers.filter(({ answer }) => answer !== UNKNOWN);
}
