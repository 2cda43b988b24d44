/** Numbers as people read them, in the digits of `tb_contention/words/numbers.py`. What is unknown is a dash, never 0. */
import type { Bytes, Ns } from './units';

export const UNKNOWN = '–';

const TIME_UNITS = [
  { suffix: 's', size: 1e9 },
  { suffix: 'ms', size: 1e6 },
  { suffix: 'µs', size: 1e3 },
] as const;

/** Beyond so many seconds people count in minutes, hours and days. */
const LONG_UNITS = [
  { suffix: 'days', size: 86_400e9, beyond: 172_800e9 },
  { suffix: 'h', size: 3_600e9, beyond: 7_200e9 },
  { suffix: 'min', size: 60e9, beyond: 120e9 },
] as const;

/** What still rounds to a smaller unit's largest three digits belongs to the next unit. */
const NEARLY = 0.9995;

/** Made once: `toLocaleString` makes one a call, which a frame with many labels cannot afford. */
const FORMATS = [0, 1, 2].map(
  (decimals) =>
    new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
);

const minus = (text: string): string => text.replace('-', '−');

/** Three significant digits without exponent: 1234 -> "1,234", 12.34 -> "12.3". */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return minus(FORMATS[decimals].format(value));
}

export function formatDuration(duration: Ns | null): string {
  if (duration === null) return UNKNOWN;
  const size = Math.abs(duration);
  const found =
    LONG_UNITS.find(({ beyond }) => size >= beyond * NEARLY) ??
    TIME_UNITS.find((unit) => size >= unit.size * NEARLY);
  if (found === undefined) return `${minus(duration.toFixed(0))} ns`;
  return `${threeDigits(duration / found.size)} ${found.suffix}`;
}

/** "±12.0 µs", or that it is unknown. */
export const formatError = (error: Ns | null): string =>
  error === null ? 'error unknown' : `±${formatDuration(error)}`;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(size: Bytes | null): string {
  if (size === null) return UNKNOWN;
  let value: number = size;
  let unit = 0;
  while (Math.abs(value) >= 1024 * NEARLY && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? minus(value.toFixed(0)) : threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

/** A share, 0 to 1, in per cent; what is small never reads as 0 %, nor what is not all as 100 %. */
export function formatPart(part: number | null): string {
  if (part === null) return UNKNOWN;
  const percent = 100 * part;
  const size = Math.abs(percent);
  if (size > 0 && size < 0.05) return '< 0.1 %';
  if (percent >= 99.95 && percent < 100) return '> 99.9 %';
  const decimals = size < 9.95 || (percent > 99 && percent < 100) ? 1 : 0;
  return `${minus(percent.toFixed(decimals).replace(/\.0$/, ''))} %`;
}

/** A part of a whole in per cent; unknown when there is no whole. */
export const formatShare = (part: number | null, whole: number | null): string =>
  part === null || whole === null || whole <= 0 ? UNKNOWN : formatPart(part / whole);

/** A ratio as a factor: "1.56×". */
export const times = (value: number | null): string => (value === null ? UNKNOWN : `${value.toFixed(2)}×`);

/** "2026-01-01 12:00:00" of a Unix time; seconds and what is smaller only as far as `digits` goes. */
export function formatUtc(unix: Ns | null, digits = 19): string {
  if (unix === null) return UNKNOWN;
  const date = new Date(unix / 1e6);
  return Number.isNaN(date.getTime()) ? UNKNOWN : date.toISOString().replace('T', ' ').slice(0, digits);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "5 Mar 2026 10:00" of a Unix time in UTC, as titles of groups have it. */
export function formatDate(unix: Ns | null): string {
  const date = new Date(unix === null ? Number.NaN : unix / 1e6);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${date.toISOString().slice(11, 16)}`;
}

export const formatCount = (count: number): string => FORMATS[0].format(count);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A long name without its middle: names of kernels differ at their ends. */
export function shorten(name: string, most: number): string {
  if (name.length <= most) return name;
  const tail = Math.floor(most / 3);
  return `${name.slice(0, most - 1 - tail)}…${name.slice(name.length - tail)}`;
}

/** Names made short together: of those that would look alike, the place where they begin to differ is shown as well. */
export function shortenAll(names: Iterable<string>, most: number): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  shortenApart([...new Set(names)], (name) => shorten(name, most), most, made);
  return made;
}

/** Those that are still alike differ further on: each round looks behind what they have in common. */
function shortenApart(
  names: readonly string[],
  short: (name: string) => string,
  most: number,
  made: Map<string, string>,
): void {
  const alike = new Map<string, string[]>();
  for (const name of names) alike.set(short(name), [...(alike.get(short(name)) ?? []), name]);
  for (const [text, group] of alike) {
    const same = commonPrefix(group);
    // All as before, or one begins with all of the other: there is nothing more to show.
    if (
      group.length === 1 ||
      (alike.size === 1 && made.has(group[0])) ||
      group.some((n) => n.length === same)
    ) {
      for (const name of group) made.set(name, text);
      continue;
    }
    for (const name of group) made.set(name, text);
    shortenApart(group, (name) => around(name, same, most), most, made);
  }
}

function commonPrefix(names: readonly string[]): number {
  let length = 0;
  while (length < names[0].length && names.every((name) => name[length] === names[0][length])) length += 1;
  return length;
}

/** The begin of a name, and what stands around a place in it. */
function around(name: string, place: number, most: number): string {
  const head = Math.floor(most / 3);
  const room = most - head - 2;
  const from = Math.max(head, Math.min(place - Math.floor(room / 3), name.length - room));
  const rest = name.slice(from, from + room);
  return `${name.slice(0, head)}…${rest}${from + room < name.length ? '…' : ''}`;
}
