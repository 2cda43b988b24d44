/** View state as `p.tb_contention.*` keys of TensorBoard's address, beside keys that belong to others. */
import { type Ns, type Span, span } from '../base/units';

const PREFIX = 'p.tb_contention.';

/** Text of one key; '' is not written, and an absent key is read as ''. What cannot be read is as if it were not there. */
export interface Codec<Value> {
  readonly pack: (value: Value) => string;
  readonly unpack: (text: string) => Value;
}

/** A hand-edited address may hold a broken escape; it is then taken as it stands. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a piece of text stands for; undefined: nothing. */
type Reader<Value> = (text: string) => Value | undefined;

export const asText: Reader<string> = (text) => text;
export const asInteger: Reader<number> = (text) =>
  text !== '' && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
export const asNs = asInteger as Reader<Ns>;
export const asCount: Reader<number> = (text) => {
  const value = asInteger(text) ?? -1;
  return value < 0 ? undefined : value;
};

type Item = string | number;

/**
 * A map as one value: TensorBoard keeps only one value of a key. Both separators are escaped in keys and values; pairs
 * that cannot be read are left out.
 */
export const mapOf = <Key extends Item, Value extends Item>(
  asKey: Reader<Key>,
  asValue: Reader<Value>,
): Codec<ReadonlyMap<Key, Value>> => ({
  pack: (map) => Array.from(map, (pair) => pair.map(encodeURIComponent).join(':')).join(';'),
  unpack: (text) => {
    const map = new Map<Key, Value>();
    for (const pair of text.split(';')) {
      const parts = pair.split(':').map(decode);
      const [key, value] = [asKey(parts[0]), asValue(parts[1] ?? '')];
      if (parts.length === 2 && key !== undefined && value !== undefined) map.set(key, value);
    }
    return map;
  },
});

export const TEXT: Codec<string | null> = { pack: (value) => value ?? '', unpack: (text) => text || null };

/** Words, in any order; no word comes twice. */
export const WORDS: Codec<ReadonlySet<string>> = {
  pack: (words) => Array.from(words, encodeURIComponent).join(';'),
  unpack: (text) => new Set(text.split(';').filter(Boolean).map(decode)),
};

export const SPAN: Codec<Span | null> = {
  pack: (value) => (value === null ? '' : `${Math.round(value.start)}~${Math.round(value.end)}`),
  unpack: (text) => {
    const [start, end] = text.split('~').map(Number);
    return Number.isFinite(start) && Number.isFinite(end) && start < end ? span(start, end) : null;
  },
};

export const INSTANT: Codec<Ns | null> = {
  pack: (value) => (value === null ? '' : `${Math.round(value)}`),
  unpack: (text) => asNs(text) ?? null,
};

const partsOf = (hash: string): readonly string[] =>
  hash
    .replace(/^#/, '')
    .split('&')
    .filter((part) => part !== '');

/** `hash` with our keys replaced by `texts` and all other keys as they were. */
export function writeHash(hash: string, texts: readonly (readonly [string, string])[]): string {
  const foreign = partsOf(hash).filter((part) => !part.startsWith(PREFIX));
  const own = texts.filter(([, text]) => text !== '');
  const keys = own.map(([name, text]) => `${PREFIX}${name}=${encodeURIComponent(text)}`);
  return `#${[...foreign, ...keys].join('&')}`;
}

/** The texts of our keys by their names. */
export function readHash(hash: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const part of partsOf(hash)) {
    const at = part.indexOf('=');
    if (part.startsWith(PREFIX) && at > 0) own.set(part.slice(PREFIX.length, at), decode(part.slice(at + 1)));
  }
  return own;
}
