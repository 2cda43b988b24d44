/** The plugin's routes. The only place that numbers requests and drops answers that came too late. */
import type { Bytes, Ns, Span } from '../base/units';
import { decodeTile, type Tile } from './tile';
import type {
  Comparison,
  ContentionPart,
  EventDetail,
  Layout,
  MemoryPart,
  Place,
  SearchResult,
  Shifted,
  Summary,
  ViewQuery,
} from './types';

/** The server said no; the text is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a caller gets for a request that a later one replaced. */
export const STALE = Symbol('stale');
export type Fresh<Value> = Value | typeof STALE;

const CHANNELS = [
  'summary',
  'layout',
  'event',
  'memory',
  'contention',
  'search',
  'next',
  'shifted',
  'compare',
  'tiles',
] as const;
type Channel = (typeof CHANNELS)[number];
type Parameters_ = readonly (readonly [string, string])[];

async function failure(response: Response): Promise<ApiError> {
  try {
    const body = await response.json();
    if (typeof body?.error?.message === 'string') return new ApiError(response.status, body.error.message);
  } catch {
    // A proxy or an older server answered without our JSON: the status is all there is to say.
  }
  return new ApiError(response.status, `The server answered ${response.status}.`);
}

/** A name to look for: a part of it whatever its case, or the whole of it. */
export interface Wanted {
  readonly text: string;
  readonly isExact: boolean;
  /** Whether launch calls are looked at. */
  readonly launches: boolean;
}

const wordsOf = ({ text, isExact, launches }: Wanted): Parameters_ => [
  ['text', text],
  ...(isExact ? [['exact', '1'] as const] : []),
  ...(launches ? [['launches', '1'] as const] : []),
];

const edges = ({ start, end }: Span): Parameters_ => [
  ['start', `${Math.floor(start)}`],
  ['end', `${Math.ceil(end)}`],
];

export class Source {
  readonly #fetch: typeof fetch;
  #view: Parameters_ = [];
  #numbers = Object.fromEntries(CHANNELS.map((channel) => [channel, 0])) as Record<Channel, number>;
  #aborts: Partial<Record<Channel, AbortController>> = {};

  constructor(fetcher: typeof fetch = (input, init) => fetch(input, init)) {
    this.#fetch = fetcher;
  }

  /** From now on ask for this view; everything asked for the view before is stale. */
  setView(view: ViewQuery): void {
    this.#view = [
      ...[...view.shifts].map(([session, shift]) => ['shift', `${session}=${shift}`] as const),
      ...[...view.gpus].map(([place, name]) => ['gpu', `${place}=${name}`] as const),
    ];
    for (const channel of CHANNELS) this.#renew(channel);
  }

  /** The view as text: equal for equal views. */
  get viewKey(): string {
    return this.#view.map(([key, value]) => `${key}=${value}`).join('&');
  }

  /** `known`: the revision of the report that the panel has, which need not be sent again. */
  summary(known: string | null = null): Promise<Fresh<Summary>> {
    this.#renew('summary');
    return this.#json<Summary>('summary', 'summary', known === null ? [] : [['known', known]]);
  }

  layout(device: string): Promise<Fresh<Layout>> {
    this.#renew('layout');
    return this.#json<Layout>('layout', 'layout', [['device', device]]);
  }

  async event(device: string, lane: number, row: number, time: Ns): Promise<Fresh<EventDetail | null>> {
    this.#renew('event');
    const parameters: Parameters_ = [
      ['device', device],
      ['lane', `${lane}`],
      ['row', `${row}`],
      ['time', `${Math.floor(time)}`],
    ];
    const answer = await this.#json<{ event: EventDetail | null }>('event', 'event', parameters);
    return answer === STALE ? STALE : answer.event;
  }

  /**
   * Memory in a part of the window, with holders at its peak or at an instant; `caps` in the order of the layout. Sliders and drags ask
   * many times a second: what is replaced within `settle` ms is not sent.
   */
  async memory(
    device: string,
    part: Span,
    at: Ns | null,
    caps: readonly (Bytes | null)[] | null,
    settle = 0,
  ): Promise<Fresh<MemoryPart>> {
    if (!(await this.#settled('memory', settle))) return STALE;
    const parameters: (readonly [string, string])[] = [['device', device], ...edges(part)];
    if (at !== null) parameters.push(['at', `${Math.round(at)}`]);
    if (caps !== null) parameters.push(['caps', caps.map((cap) => cap ?? '').join(',')]);
    return this.#json<MemoryPart>('memory', 'memory', parameters);
  }

  /** Contention in a part of the window; `settle` as for memory. */
  async contention(device: string, part: Span, settle = 0): Promise<Fresh<ContentionPart>> {
    if (!(await this.#settled('contention', settle))) return STALE;
    return this.#json<ContentionPart>('contention', 'contention', [['device', device], ...edges(part)]);
  }

  /** Where on the lanes events of a wanted name are; `settle` as for memory. */
  async search(device: string, wanted: Wanted, part: Span, settle = 0): Promise<Fresh<SearchResult>> {
    if (!(await this.#settled('search', settle))) return STALE;
    const parameters: Parameters_ = [['device', device], ...wordsOf(wanted), ...edges(part)];
    return this.#json<SearchResult>('search', 'search', parameters);
  }

  /** The wanted event that starts next after (1) or before (-1) an instant. */
  async nextHit(device: string, wanted: Wanted, from: Ns, direction: 1 | -1): Promise<Fresh<Place | null>> {
    this.#renew('next');
    const edge = [direction === 1 ? 'after' : 'before', `${Math.round(from)}`] as const;
    const parameters: Parameters_ = [['device', device], ...wordsOf(wanted), edge];
    const answer = await this.#json<{ hit: Place | null }>('next', 'search', parameters);
    return answer === STALE ? STALE : answer.hit;
  }

  /** Overlap with a session moved by so much more than now. */
  shifted(device: string, session: string, by: Ns): Promise<Fresh<Shifted>> {
    this.#renew('shifted');
    const parameters: Parameters_ = [
      ['device', device],
      ['session', session],
      ['by', `${Math.round(by)}`],
    ];
    return this.#json<Shifted>('shifted', 'shifted', parameters);
  }

  /** Two devices of the report, before and after. */
  compare(before: string, after: string): Promise<Fresh<Comparison>> {
    this.#renew('compare');
    const parameters: Parameters_ = [
      ['before', before],
      ['after', after],
    ];
    return this.#json<Comparison>('compare', 'compare', parameters);
  }

  /** One tile. `signal` is for a tile that left the screen; another device or view makes all tiles stale. */
  tile(
    device: string,
    revision: string,
    level: number,
    index: number,
    signal: AbortSignal,
    launches = false,
  ): Promise<Fresh<Tile>> {
    const parameters: [string, string][] = [
      ['device', device],
      ['level', `${level}`],
      ['index', `${index}`],
      ['revision', revision],
    ];
    if (launches) parameters.push(['launches', '1']);
    return this.#ask('tiles', 'tile', parameters, async (r) => decodeTile(await r.arrayBuffer()), signal);
  }

  /** Forget what was asked and has not been answered. */
  drop(channel: Channel): void {
    this.#renew(channel);
  }

  /** Address of the report of this view, for a download. */
  reportUrl(format: string, device: string | null = null): string {
    const parameters: (readonly [string, string])[] = [['format', format]];
    if (device !== null) parameters.push(['device', device]);
    return this.#url('report', parameters);
  }

  #url(route: string, parameters: Parameters_): string {
    const query = new URLSearchParams([...parameters, ...this.#view].map(([key, value]) => [key, value]));
    const text = query.toString();
    // Relative, so that path prefixes and proxies in front of TensorBoard keep working.
    return text ? `api/${route}?${text}` : `api/${route}`;
  }

  #renew(channel: Channel): void {
    this.#aborts[channel]?.abort();
    this.#aborts[channel] = new AbortController();
    this.#numbers[channel] += 1;
  }

  /** True after `settle` ms in which nothing newer was asked. */
  async #settled(channel: Channel, settle: number): Promise<boolean> {
    this.#renew(channel);
    const number = this.#numbers[channel];
    await new Promise((resolve) => setTimeout(resolve, settle));
    return number === this.#numbers[channel];
  }

  #json<Value>(channel: Channel, route: string, parameters: Parameters_): Promise<Fresh<Value>> {
    return this.#ask(channel, route, parameters, (response) => response.json() as Promise<Value>);
  }

  async #ask<Value>(
    channel: Channel,
    route: string,
    parameters: Parameters_,
    read: (response: Response) => Promise<Value>,
    extra?: AbortSignal,
  ): Promise<Fresh<Value>> {
    const number = this.#numbers[channel];
    const own = this.#aborts[channel]?.signal;
    const signals = [own, extra].filter((signal) => signal !== undefined);
    const isStale = (): boolean => number !== this.#numbers[channel] || (extra?.aborted ?? false);
    try {
      const response = await this.#fetch(this.#url(route, parameters), { signal: AbortSignal.any(signals) });
      if (!response.ok) throw await failure(response);
      const value = await read(response);
      return isStale() ? STALE : value;
    } catch (error) {
      if (isStale()) return STALE;
      throw error;
    }
  }
}
