/** The binary tile, taken apart and checked. The columns are views into the answer: nothing is copied. */
import { type Ns, ns } from '../base/units';

export interface LaneTrack {
  readonly n: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly busy: Float64Array;
  readonly name: Uint32Array;
  readonly count: Uint32Array;
  readonly row: Uint16Array;
  readonly kind: Uint8Array;
}

export interface ContentionTrack {
  readonly n: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly busy: Float64Array;
  readonly count: Uint32Array;
  readonly depth: Uint8Array;
}

/** Where a session lost time; kind 0: inside its kernels (stretched), 1: before them (stalled). */
export interface LostTrack {
  readonly n: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly busy: Float64Array;
  readonly count: Uint32Array;
  readonly kind: Uint8Array;
}

export interface MemoryTrack {
  readonly n: number;
  readonly max: Float64Array;
  readonly last: Float64Array;
}

export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly start: Ns;
  readonly end: Ns;
  readonly names: readonly string[];
  readonly lanes: ReadonlyMap<number, LaneTrack>;
  readonly contention: ContentionTrack | null;
  readonly memory: ReadonlyMap<number, MemoryTrack>;
  /** By session. */
  readonly lost: ReadonlyMap<number, LostTrack>;
}

export const BUCKETS = 512;

/** The answer is not a tile that this panel can read. */
export class TileError extends Error {}

const ARRAYS = { f64: Float64Array, u32: Uint32Array, u16: Uint16Array, u8: Uint8Array } as const;
type ColumnType = keyof typeof ARRAYS;

interface WireTrack {
  readonly kind: string;
  readonly lane?: number;
  readonly session?: number;
  readonly n: number;
  readonly columns: Readonly<Record<string, readonly [ColumnType, number]>>;
}

interface WireHeader {
  readonly level: number;
  readonly index: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly names: readonly string[];
  readonly tracks: readonly WireTrack[];
}

const demand = (ok: boolean, what: string): void => {
  if (!ok) throw new TileError(`tile: ${what}`);
};

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

function headerOf(buffer: ArrayBuffer): WireHeader {
  demand(buffer.byteLength >= 12, 'shorter than its fixed part');
  const view = new DataView(buffer);
  demand(view.getUint32(0, false) === 0x54424354, 'wrong magic');
  demand(view.getUint32(4, true) === 1, 'unknown version');
  const length = view.getUint32(8, true);
  demand(12 + length <= buffer.byteLength, 'header runs past the end');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 12, length)));
  } catch (cause) {
    throw new TileError('tile: header is not JSON', { cause });
  }
  const parsed = header as WireHeader;
  demand(typeof parsed === 'object' && parsed !== null, 'header is not an object');
  demand(Array.isArray(parsed.names) && Array.isArray(parsed.tracks), 'header lacks names or tracks');
  demand(isCount(parsed.level) && isCount(parsed.index), 'header lacks level or index');
  demand(Number.isFinite(parsed.start_ns) && Number.isFinite(parsed.end_ns), 'header lacks its times');
  return parsed;
}

/** Reads columns of one track by name and type. */
class Columns {
  constructor(
    readonly buffer: ArrayBuffer,
    readonly track: WireTrack,
  ) {
    demand(isCount(track.n), 'track without a length');
    demand(typeof track.columns === 'object' && track.columns !== null, 'track without columns');
  }

  #place(name: string, type: ColumnType): number {
    const column = this.track.columns[name];
    demand(Array.isArray(column) && column[0] === type, `column ${name} is not ${type}`);
    const offset = column[1];
    const bytes = this.track.n * ARRAYS[type].BYTES_PER_ELEMENT;
    demand(isCount(offset) && offset % 8 === 0, `column ${name} is not aligned`);
    demand(offset + bytes <= this.buffer.byteLength, `column ${name} runs past the end`);
    return offset;
  }

  f64 = (name: string): Float64Array => new Float64Array(this.buffer, this.#place(name, 'f64'), this.track.n);
  u32 = (name: string): Uint32Array => new Uint32Array(this.buffer, this.#place(name, 'u32'), this.track.n);
  u16 = (name: string): Uint16Array => new Uint16Array(this.buffer, this.#place(name, 'u16'), this.track.n);
  u8 = (name: string): Uint8Array => new Uint8Array(this.buffer, this.#place(name, 'u8'), this.track.n);
}

const laneOf = (c: Columns): LaneTrack => ({
  n: c.track.n,
  start: c.f64('start'),
  end: c.f64('end'),
  busy: c.f64('busy'),
  name: c.u32('name'),
  count: c.u32('count'),
  row: c.u16('row'),
  kind: c.u8('kind'),
});

const contentionOf = (c: Columns): ContentionTrack => ({
  n: c.track.n,
  start: c.f64('start'),
  end: c.f64('end'),
  busy: c.f64('busy'),
  count: c.u32('count'),
  depth: c.u8('depth'),
});

const lostOf = (c: Columns): LostTrack => ({
  n: c.track.n,
  start: c.f64('start'),
  end: c.f64('end'),
  busy: c.f64('busy'),
  count: c.u32('count'),
  kind: c.u8('kind'),
});

const memoryOf = (c: Columns): MemoryTrack => ({ n: c.track.n, max: c.f64('max'), last: c.f64('last') });

/** Decode one answer of `api/tile`; throws TileError and nothing else. Tracks of unknown kinds are left out. */
export function decodeTile(buffer: ArrayBuffer): Tile {
  const header = headerOf(buffer);
  const lanes = new Map<number, LaneTrack>();
  const memory = new Map<number, MemoryTrack>();
  const lost = new Map<number, LostTrack>();
  let contention: ContentionTrack | null = null;
  for (const track of header.tracks) {
    const columns = new Columns(buffer, track);
    if (track.kind === 'lane' && isCount(track.lane)) lanes.set(track.lane, laneOf(columns));
    else if (track.kind === 'memory' && isCount(track.session)) memory.set(track.session, memoryOf(columns));
    else if (track.kind === 'lost' && isCount(track.session)) lost.set(track.session, lostOf(columns));
    else if (track.kind === 'contention') contention = contentionOf(columns);
  }
  return {
    level: header.level,
    index: header.index,
    start: ns(header.start_ns),
    end: ns(header.end_ns),
    names: header.names.map(String),
    lanes,
    contention,
    memory,
    lost,
  };
}
