/** Numbers as people read them. What is unknown stays a dash: a null is never printed as 0. */
import type { Bytes, Ns } from './units';

export const UNKNOWN = '–';

const TIME_UNITS = [
  { suffix: 's', size: 1e9 },
  { suffix: 'ms', size: 1e6 },
  { suffix: 'µs', size: 1e3 },
  { suffix: 'ns', size: 1 },
] as const;

/** Made once: `toLocaleString` makes one a call, which a frame with many labels cannot afford. */
const FORMATS = [0, 1, 2].map(
  (decimals) => new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals }),
);

/** Three significant digits without exponent: 1234 -> "1,234", 12.34 -> "12.3". */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return FORMATS[decimals].format(value);
}

export function formatDuration(duration: Ns | null): string {
  if (duration === null) return UNKNOWN;
  const size = Math.abs(duration);
  const found = TIME_UNITS.find((candidate) => size >= candidate.size * 0.9995) ?? TIME_UNITS[3];
  return `${threeDigits(duration / found.size)} ${found.suffix}`;
}

/** "±12 µs", or that nothing is known about it. */
export const formatError = (error: Ns | null): string =>
  error === null ? 'error unknown' : `±${formatDuration(error)}`;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function formatBytes(size: Bytes | null): string {
  if (size === null) return UNKNOWN;
  let value: number = size;
  let index = 0;
  while (Math.abs(value) >= 1023.95 && index < BYTE_UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${threeDigits(value)} ${BYTE_UNITS[index]}`;
}

/** A part of a whole in per cent; unknown when there is no whole. */
export function formatShare(part: number | null, whole: number | null): string {
  if (part === null || whole === null || whole <= 0) return UNKNOWN;
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  if (percent < 100 && percent > 99.9) return '> 99.9 %';
  return `${percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

export const formatCount = (count: number): string => FORMATS[0].format(count);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

const WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];

export const countWord = (count: number): string => WORDS[count] ?? formatCount(count);

/** A long name without its middle: names of kernels differ at their ends. */
export function shorten(name: string, most: number): string {
  if (name.length <= most) return name;
  const tail = Math.floor((most - 1) / 2);
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
