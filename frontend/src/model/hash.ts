/** View state as `p.tb_contention.*` keys of TensorBoard's address, beside keys that belong to others. */
import { type Bytes, bytes, type Ns, ns, type Span, span } from '../base/units';

export interface ViewState {
  readonly device: string | null;
  readonly window: Span | null;
  readonly shifts: ReadonlyMap<string, Ns>;
  readonly gpus: ReadonlyMap<string, string>;
  /** The instant whose holders of memory are shown; null: the peak. */
  readonly instant: Ns | null;
  /** By index of the session in the layout. */
  readonly caps: ReadonlyMap<number, Bytes>;
}

export const NO_STATE: ViewState = {
  device: null,
  window: null,
  shifts: new Map(),
  gpus: new Map(),
  instant: null,
  caps: new Map(),
};

const PREFIX = 'p.tb_contention.';

const partsOf = (hash: string): readonly string[] =>
  hash
    .replace(/^#/, '')
    .split('&')
    .filter((part) => part !== '');

/** A list of pairs as one value: TensorBoard keeps only one value of a key. Both separators are escaped in the parts. */
const packPairs = (pairs: Iterable<readonly [string, string]>): string =>
  [...pairs].map(([key, value]) => `${encodeURIComponent(key)}:${encodeURIComponent(value)}`).join(';');

function unpackPairs(text: string): readonly (readonly [string, string])[] {
  return text
    .split(';')
    .map((pair) => pair.split(':'))
    .filter((pair) => pair.length === 2)
    .map(([key, value]) => [decode(key), decode(value)] as const);
}

/** A hand-edited address may hold a broken escape; it is then taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `hash` with our keys replaced by `state` and all other keys as they were. */
export function writeHash(hash: string, state: ViewState): string {
  const foreign = partsOf(hash).filter((part) => !part.startsWith(PREFIX));
  const own: [string, string][] = [];
  if (state.device !== null) own.push(['device', state.device]);
  if (state.window !== null) {
    own.push(['window', `${Math.round(state.window.start)}~${Math.round(state.window.end)}`]);
  }
  const shifts = [...state.shifts].map(([id, shift]) => [id, `${shift}`] as const);
  if (shifts.length > 0) own.push(['shift', packPairs(shifts)]);
  if (state.gpus.size > 0) own.push(['gpu', packPairs(state.gpus)]);
  if (state.instant !== null) own.push(['instant', `${Math.round(state.instant)}`]);
  const caps = [...state.caps].map(([index, cap]) => [`${index}`, `${cap}`] as const);
  if (caps.length > 0) own.push(['caps', packPairs(caps)]);
  const keys = own.map(([key, value]) => `${PREFIX}${key}=${encodeURIComponent(value)}`);
  return `#${[...foreign, ...keys].join('&')}`;
}

function windowOf(text: string | undefined): Span | null {
  const [start, end] = (text ?? '').split('~').map(Number);
  return Number.isFinite(start) && Number.isFinite(end) && start < end ? span(start, end) : null;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const instantOf = (text: string | undefined): Ns | null =>
  text && Number.isSafeInteger(Number(text)) ? ns(Number(text)) : null;

const capsOf = (text: string): readonly (readonly [number, Bytes])[] =>
  unpackPairs(text)
    .map(([index, cap]) => [Number(index), bytes(Number(cap))] as const)
    .filter(([index, cap]) => isCount(index) && isCount(cap));

export function readHash(hash: string): ViewState {
  const own = new Map<string, string>();
  for (const part of partsOf(hash)) {
    const at = part.indexOf('=');
    if (part.startsWith(PREFIX) && at > 0) own.set(part.slice(PREFIX.length, at), decode(part.slice(at + 1)));
  }
  const shifts = unpackPairs(own.get('shift') ?? '')
    .map(([id, shift]) => [id, Number(shift)] as const)
    .filter(([, shift]) => Number.isSafeInteger(shift));
  return {
    device: own.get('device') ?? null,
    window: windowOf(own.get('window')),
    shifts: new Map(shifts.map(([id, shift]) => [id, ns(shift)])),
    gpus: new Map(unpackPairs(own.get('gpu') ?? '')),
    instant: instantOf(own.get('instant')),
    caps: new Map(capsOf(own.get('caps') ?? '')),
  };
}
