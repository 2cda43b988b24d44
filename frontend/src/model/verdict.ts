/** The report in sentences. Says what is known; where a number is null the sentence does without it. */
import type { Device, DeviceSession, Report, Session, Slowdown } from '../api/report';
import { countWord, formatDuration, formatError, formatShare, plural } from '../base/format';
import { type Answer, answersOf, firstAnswersOf, isContended } from './answers';
import { shortNames } from './names';
import { estimateOf, isTold, times } from './slowdown';

export interface Verdict {
  readonly sentence: string;
  readonly details: readonly string[];
  readonly answers: readonly Answer[];
  readonly simulated: boolean;
}

/** Beyond so many characters an id is not for a sentence. */
const LONG_ID = 40;

/** "host0/GPU:1#2" -> "GPU 1 (group 2)", a UUID -> its end. An id of another form is its own name. */
export function gpuName(device: Device): string {
  if (device.is_host) return 'the processor';
  const [, base, group] = /^(.*?)(?:#(\d+))?$/s.exec(device.id) ?? ['', device.id, undefined];
  const ordinal = /\/GPU:(\d+)$/.exec(base)?.[1];
  const uuid = /-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})$/i.exec(base)?.[1];
  const short = base.length > LONG_ID ? `${base.slice(0, LONG_ID)}…` : base;
  const name = ordinal !== undefined ? `GPU ${ordinal}` : uuid !== undefined ? `GPU …${uuid}` : short;
  return group === undefined ? name : `${name} (group ${group})`;
}

const CLOCKS: Readonly<Record<string, string>> = {
  task_environment: 'Task Environment',
  manifest: 'the capture manifest',
  tf_data: 'tf.data',
  shared_capture: 'one shared capture',
  file_time: 'file times',
  user: 'your shift',
  none: 'no clock',
};

export const clockName = (source: string): string => CLOCKS[source] ?? source;

const IDENTITIES: Readonly<Record<string, string>> = {
  assumed: 'same GPU assumed: host, ordinal and capabilities agree',
  manifest: 'GPU named by the manifest or the recording',
  user: 'GPU named by you',
};

/** Sessions whose slowdown stands in the sentence. */
const IN_SENTENCE = 3;

/** Below this, two digits say 1.00. */
const NOTICEABLE = 1.005;

const MECHANISMS: Readonly<Record<string, string>> = {
  time_slicing: ' by time slices',
  concurrent: ' side by side',
  single_stream: ' through one stream',
};

const slowdownWords = (name: string, slowdown: Slowdown): string | null => {
  const estimate = estimateOf(slowdown);
  if (estimate !== null) {
    return estimate < NOTICEABLE ? `${name} is not slower` : `${name} is about ${times(estimate)} slower`;
  }
  if (slowdown.low !== null && slowdown.high !== null) {
    return `${name} is between ${times(slowdown.low)} and ${times(slowdown.high)} slower`;
  }
  return slowdown.low === null ? null : `${name} is at least ${times(slowdown.low)} slower`;
};

function slowdownClause(device: Device, nameOf: (id: string) => string): string | null {
  const known = device.per_session.flatMap((entry) =>
    entry.slowdown === null || !isTold(device, entry.slowdown) ? [] : [entry as WithSlowdown],
  );
  const estimates = known.map((entry) => estimateOf(entry.slowdown)?.toFixed(2));
  const allAlike =
    known.length > 1 && known.length === device.sessions.length && new Set(estimates).size === 1;
  if (allAlike && estimates[0] !== undefined) {
    return Number(estimates[0]) < NOTICEABLE ? 'none is slower' : `each is about ${estimates[0]}× slower`;
  }
  const clauses = known
    .map((entry) => slowdownWords(nameOf(entry.session), entry.slowdown))
    .filter((clause) => clause !== null);
  if (clauses.length === 0) return null;
  const more =
    clauses.length > IN_SENTENCE ? ` and ${plural(clauses.length - IN_SENTENCE, 'more', 'more')}` : '';
  return clauses.slice(0, IN_SENTENCE).join(', ') + more;
}

type WithSlowdown = DeviceSession & { readonly slowdown: Slowdown };

function sentenceOf(device: Device, nameOf: (id: string) => string): string {
  const count = device.sessions.length;
  const place = `${gpuName(device)} on ${device.host}`;
  const { window_ns: window, contended_ns: contended } = device.time;
  if (count <= 1) {
    const slowed = device.blame.some((entry) => entry.lost_ns > 0) ? slowdownClause(device, nameOf) : null;
    if (slowed !== null) return `One session on ${place}, beside processes that were not captured: ${slowed}`;
    const busy = device.per_session[0]?.busy_ns ?? null;
    return `One session alone on ${place}: busy for ${formatShare(busy, window)} of ${formatDuration(window)}`;
  }
  const who = `${countWord(count)} sessions`;
  if (window <= 0) return `${who} used ${place}, but their captures have no time in common`;
  const isSure = isContended(device) === true;
  if (contended <= 0 && !isSure) return `${who} used ${place} and never had work on it at the same time`;
  const slower = slowdownClause(device, nameOf);
  if (device.is_host && !isSure) {
    const part = `${formatShare(contended, window)} of ${formatDuration(window)}`;
    return `${who} ran on ${place}, at once for ${part}: overlap, which is no proof of contention`;
  }
  const sharing = `${who} share ${place}${MECHANISMS[device.mechanism] ?? ''}`;
  if (slower !== null) return `${sharing}: ${slower}`;
  const both = count === 2 ? 'both had work on it' : 'two or more had work on it at once';
  return `${sharing}: for ${formatShare(contended, window)} of ${formatDuration(window)} ${both}`;
}

const SAYS_SIMULATED = /simulat/i;

/** The report says so where it knows; older and foreign traces may say so in their names or warnings. */
export const isSimulated = (sessions: readonly Session[]): boolean =>
  sessions.some(
    (s) =>
      s.simulated === true ||
      [s.name, s.run, s.host, s.file, ...s.warnings].some((text) => SAYS_SIMULATED.test(text)),
  );

function clocksOf(device: Device, sessions: readonly Session[]): string {
  const sources = [...new Set(sessions.map((session) => clockName(session.clock.source)))];
  const error = device.alignment.max_error_ns;
  return `clocks from ${sources.join(', ') || 'nowhere'}, ${formatError(error)}`;
}

/** Losses that touch this device's sessions: what the profiler dropped, and what the reader could not use. */
function lossesOf(report: Report, sessions: readonly Session[]): string {
  const files = new Set(sessions.map((session) => session.file));
  const lost = report.problems.filter((p) => p.severity !== 'info' && files.has(p.file)).length;
  const warned = sessions.filter((session) => session.warnings.length > 0).length;
  if (lost + warned === 0) return 'no losses reported';
  return `${plural(Math.max(lost, warned), 'loss', 'losses')} reported, see Problems`;
}

export const sessionsOf = (report: Report, device: Device): readonly Session[] =>
  device.sessions.flatMap((id) => report.sessions.find((session) => session.id === id) ?? []);

/** `isPartial`: what sharing cost is still being measured, which is not the same as not to be told. */
export function verdictOf(report: Report, device: Device, isPartial = false): Verdict {
  const sessions = sessionsOf(report, device);
  const names = shortNames(sessions);
  const nameOf = (id: string): string => names.get(id) ?? id;
  const { window_ns: window, contended_ns: contended } = device.time;
  const isShared = device.sessions.length > 1;
  const details: string[] = [];
  if (device.is_host) {
    details.push('no GPU work in these captures: operations of the host, which has several cores');
  } else {
    details.push(device.model ?? 'model unknown');
    if (isShared) details.push(IDENTITIES[device.identity] ?? `identity: ${device.identity}`);
  }
  details.push(clocksOf(device, sessions));
  if (isShared) {
    const word = device.is_host ? 'at once' : 'contended';
    details.push(`${formatShare(contended, window)} of ${formatDuration(window)} ${word}`);
  }
  details.push(lossesOf(report, sessions));
  return {
    sentence: sentenceOf(device, nameOf),
    details,
    answers: isPartial ? firstAnswersOf(device) : answersOf(device, nameOf),
    simulated: isSimulated(sessions),
  };
}
