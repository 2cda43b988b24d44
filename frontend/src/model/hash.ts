/** View state as `p.tb_contention.*` keys of TensorBoard's address, beside keys that belong to others. */
import { type Bytes, bytes, type Ns, ns, type Span, span } from '../base/units';
import { type Arrangement, AS_RECORDED, MOST_PINNED } from './arrangement';
import { type Mark, withMark } from './marks';

/** A name that is searched for. */
export interface Search {
  readonly text: string;
  readonly isExact: boolean;
}

export interface ViewState {
  readonly device: string | null;
  readonly window: Span | null;
  /** The chosen range. */
  readonly range: Span | null;
  readonly shifts: ReadonlyMap<string, Ns>;
  readonly gpus: ReadonlyMap<string, string>;
  /** The instant whose holders of memory are shown; null: the peak. */
  readonly instant: Ns | null;
  /** By index of the session in the layout. */
  readonly caps: ReadonlyMap<number, Bytes>;
  /** Null: as the panel finds best. */
  readonly arrangement: Arrangement | null;
  readonly marks: readonly Mark[];
  readonly search: Search | null;
  /** The open table; null: the first. */
  readonly table: string | null;
  /** The device that this one is compared with. */
  readonly before: string | null;
}

export const NO_STATE: ViewState = {
  device: null,
  window: null,
  range: null,
  shifts: new Map(),
  gpus: new Map(),
  instant: null,
  caps: new Map(),
  arrangement: null,
  marks: [],
  search: null,
  table: null,
  before: null,
};

const PREFIX = 'p.tb_contention.';

/** Text of one key; '' is not written, and an absent key is read as ''. What cannot be read is as if it were not there. */
interface Codec<Value> {
  readonly pack: (value: Value) => string;
  readonly unpack: (text: string) => Value;
}

/** A hand-edited address may hold a broken escape; it is then taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A list of pairs as one value: TensorBoard keeps only one value of a key. Both separators are escaped in the parts. */
const packPairs = (pairs: Iterable<readonly [string | number, string | number]>): string =>
  [...pairs].map(([key, value]) => `${encodeURIComponent(key)}:${encodeURIComponent(value)}`).join(';');

const unpackPairs = (text: string): readonly (readonly [string, string])[] =>
  text
    .split(';')
    .map((pair) => pair.split(':'))
    .filter((pair) => pair.length === 2)
    .map(([key, value]) => [decode(key), decode(value)] as const);

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isNumber = (text: string): boolean => text !== '' && Number.isSafeInteger(Number(text));

const TEXT: Codec<string | null> = { pack: (value) => value ?? '', unpack: (text) => text || null };

const SPAN: Codec<Span | null> = {
  pack: (value) => (value === null ? '' : `${Math.round(value.start)}~${Math.round(value.end)}`),
  unpack: (text) => {
    const [start, end] = text.split('~').map(Number);
    return Number.isFinite(start) && Number.isFinite(end) && start < end ? span(start, end) : null;
  },
};

const INSTANT: Codec<Ns | null> = {
  pack: (value) => (value === null ? '' : `${Math.round(value)}`),
  unpack: (text) => (isNumber(text) ? ns(Number(text)) : null),
};

const SHIFTS: Codec<ReadonlyMap<string, Ns>> = {
  pack: packPairs,
  unpack: (text) =>
    new Map(
      unpackPairs(text)
        .filter(([, shift]) => isNumber(shift))
        .map(([id, shift]) => [id, ns(Number(shift))]),
    ),
};

const NAMES: Codec<ReadonlyMap<string, string>> = {
  pack: packPairs,
  unpack: (text) => new Map(unpackPairs(text)),
};

const CAPS: Codec<ReadonlyMap<number, Bytes>> = {
  pack: packPairs,
  unpack: (text) =>
    new Map(
      unpackPairs(text)
        .map(([index, cap]) => [Number(index), bytes(Number(cap))] as const)
        .filter(([index, cap]) => isCount(index) && isCount(cap)),
    ),
};

const numbers = (text: string): readonly number[] =>
  text.split('.').filter(isNumber).map(Number).filter(isCount);

const PARTS = ['order', 'folded', 'hidden', 'hiddenLanes', 'pinned', 'launches'] as const;

/** Six lists of indexes: `1.0~~2~~7.8~0`. */
const ARRANGEMENT: Codec<Arrangement | null> = {
  pack: (value) => (value === null ? '' : PARTS.map((part) => [...value[part]].join('.')).join('~')),
  unpack: (text) => {
    const lists = text.split('~').map(numbers);
    if (lists.length !== PARTS.length) return null;
    const [order, folded, hidden, hiddenLanes, pinned, launches] = lists;
    return {
      ...AS_RECORDED,
      order,
      folded: new Set(folded),
      hidden: new Set(hidden),
      hiddenLanes: new Set(hiddenLanes),
      pinned: [...new Set(pinned)].slice(0, MOST_PINNED),
      launches: new Set(launches),
    };
  },
};

const MARKS: Codec<readonly Mark[]> = {
  pack: (marks) => packPairs(marks.map(({ at, note }) => [Math.round(at), note] as const)),
  unpack: (text) =>
    unpackPairs(text)
      .filter(([at]) => isNumber(at))
      .reduce<readonly Mark[]>((marks, [at, note]) => withMark(marks, { at: ns(Number(at)), note }), []),
};

/** A whole name is written as `=name`, a part of one as `~part`. */
const SEARCH: Codec<Search | null> = {
  pack: (search) => (search === null ? '' : `${search.isExact ? '=' : '~'}${search.text}`),
  unpack: (text) => (/^[=~]./s.test(text) ? { text: text.slice(1), isExact: text[0] === '=' } : null),
};

const CODECS: { readonly [Key in keyof ViewState]: readonly [string, Codec<ViewState[Key]>] } = {
  device: ['device', TEXT],
  window: ['window', SPAN],
  range: ['range', SPAN],
  shifts: ['shift', SHIFTS],
  gpus: ['gpu', NAMES],
  instant: ['instant', INSTANT],
  caps: ['caps', CAPS],
  arrangement: ['lanes', ARRANGEMENT],
  marks: ['marks', MARKS],
  search: ['find', SEARCH],
  table: ['table', TEXT],
  before: ['before', TEXT],
};

const KEYS = Object.keys(CODECS) as (keyof ViewState)[];

const partsOf = (hash: string): readonly string[] =>
  hash
    .replace(/^#/, '')
    .split('&')
    .filter((part) => part !== '');

function packed<Key extends keyof ViewState>(state: ViewState, key: Key): readonly [string, string] {
  const [name, codec] = CODECS[key];
  return [name, codec.pack(state[key])];
}

/** `hash` with our keys replaced by `state` and all other keys as they were. */
export function writeHash(hash: string, state: ViewState): string {
  const foreign = partsOf(hash).filter((part) => !part.startsWith(PREFIX));
  const own = KEYS.map((key) => packed(state, key)).filter(([, text]) => text !== '');
  const keys = own.map(([name, text]) => `${PREFIX}${name}=${encodeURIComponent(text)}`);
  return `#${[...foreign, ...keys].join('&')}`;
}

export function readHash(hash: string): ViewState {
  const own = new Map<string, string>();
  for (const part of partsOf(hash)) {
    const at = part.indexOf('=');
    if (part.startsWith(PREFIX) && at > 0) own.set(part.slice(PREFIX.length, at), decode(part.slice(at + 1)));
  }
  const values = KEYS.map((key) => {
    const [name, codec] = CODECS[key];
    return [key, codec.unpack(own.get(name) ?? '')];
  });
  return Object.fromEntries(values) as unknown as ViewState;
}
