/** The plugin's routes. The only place that numbers requests and drops answers that came too late. */
import type { Bytes, Ns, Span } from '../base/units';
import type {
  BaselineChoices,
  Comparison,
  ContentionPart,
  EventDetail,
  GroupsAnswer,
  Layout,
  MemoryPart,
  Place,
  Prediction,
  PredictionAnswer,
  SearchResult,
  Shifted,
  Summary,
} from './report';
import { decodeTile, type Tile } from './tile';
import type { ViewQuery } from './view';

/** The server said no; the text is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Stable name of the reason; empty where the answer was not ours. */
    readonly slug = '',
  ) {
    super(message);
  }
}

/** The slug of a request for what is not analysed yet. */
export const NOT_READY = 'not-ready';

/** A device of the report by its id, or the open device as it was in another group. */
export type Before = { readonly before: string } | { readonly before_group: string };

/** What a caller gets for a request that a later one replaced. */
export const STALE = Symbol('stale');
export type Fresh<Value> = Value | typeof STALE;

const CHANNELS = [
  'summary',
  'groups',
  'measure',
  'baselines',
  'layout',
  'event',
  'memory',
  'contention',
  'search',
  'next',
  'shifted',
  'whatif',
  'compare',
  'tiles',
] as const;
type Channel = (typeof CHANNELS)[number];
/** What is asked of the whole log directory, whatever the view. */
const VIEWLESS: readonly string[] = ['groups', 'measure', 'baselines'] satisfies Channel[];
/** What is undefined is not sent. */
type Query = Readonly<Record<string, string | number | undefined>>;
type Pairs = readonly (readonly [string, string])[];

/** What an answer that is none says. */
export async function failure(response: Response): Promise<ApiError> {
  try {
    const body = await response.json();
    if (typeof body?.error?.message === 'string') {
      return new ApiError(response.status, body.error.message, body.error.slug);
    }
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

/** What a download holds. */
interface Download {
  readonly device?: string;
  readonly isMoved?: boolean;
  readonly muted?: ReadonlySet<string>;
}

/** A schedule to predict, as the route takes it. */
export interface Tried {
  readonly device: string;
  /** As the options of `tb-contention whatif` have them. */
  readonly changes: string;
}

const wordsOf = ({ text, isExact, launches }: Wanted): Query => ({
  text,
  exact: isExact ? 1 : undefined,
  launches: launches ? 1 : undefined,
});

const edges = ({ start, end }: Span): Query => ({ start: Math.floor(start), end: Math.ceil(end) });

export class Source {
  readonly #fetch: typeof fetch;
  #view: Pairs = [];
  #numbers = Object.fromEntries(CHANNELS.map((channel) => [channel, 0])) as Record<Channel, number>;
  #aborts: Partial<Record<Channel, AbortController>> = {};

  constructor(fetcher: typeof fetch = (input, init) => fetch(input, init)) {
    this.#fetch = fetcher;
  }

  /** From now on ask for this view; everything asked for another one before is stale. */
  setView(view: ViewQuery): void {
    const before = this.viewKey;
    this.#view = [
      ...(view.group === null ? [] : [['group', view.group] as const]),
      ...[...view.shifts].map(([session, shift]) => ['shift', `${session}=${shift}`] as const),
      ...[...view.gpus].map(([place, name]) => ['gpu', `${place}=${name}`] as const),
      ...[...view.baselines].map((pair) => ['baseline', pair.map(encodeURIComponent).join('=')] as const),
    ];
    if (this.viewKey === before) return;
    for (const channel of CHANNELS) if (!VIEWLESS.includes(channel)) this.#renew(channel);
  }

  /** The view as text: equal for equal views. */
  get viewKey(): string {
    return this.#view.map(([key, value]) => `${key}=${value}`).join('&');
  }

  /** `known`: the revision of the report that the panel has, which need not be sent again; `isOverview`: no report of several groups. */
  summary(known: string | null = null, isOverview = false): Promise<Fresh<Summary>> {
    return this.#get('summary', { known: known ?? undefined, overview: isOverview ? 1 : undefined });
  }

  /** How far the analysis of any group is, which this begins; without its report. */
  measure(group: string): Promise<Fresh<Summary>> {
    return this.#get('measure', { group, overview: 1 }, undefined, 'summary');
  }

  /** All groups of the log directory; `known`: the listing that the panel has, which need not be sent again. */
  groups(known: string | null = null): Promise<Fresh<GroupsAnswer>> {
    return this.#get('groups', { known: known ?? undefined });
  }

  /** What a session could be measured against, with a part of the names; `settle` as for memory. */
  baselines(session: string, text: string, settle: number): Promise<Fresh<BaselineChoices>> {
    return this.#get('baselines', { session, text: text || undefined }, settle);
  }

  layout(device: string): Promise<Fresh<Layout>> {
    return this.#get('layout', { device });
  }

  async event(device: string, lane: number, row: number, time: Ns): Promise<Fresh<EventDetail | null>> {
    const query = { device, lane, row, time: Math.floor(time) };
    const answer = await this.#get<{ event: EventDetail | null }>('event', query);
    return answer === STALE ? STALE : answer.event;
  }

  /**
   * Memory in a part of the window, with holders at its peak or at an instant; `caps` in the order of the layout. Sliders and drags ask
   * many times a second: what is replaced within `settle` ms is not sent.
   */
  memory(
    device: string,
    part: Span,
    at: Ns | null,
    caps: readonly (Bytes | null)[] | null,
    settle = 0,
  ): Promise<Fresh<MemoryPart>> {
    // `join` leaves the place of a session without a cap empty.
    const more = { at: at === null ? undefined : Math.round(at), caps: caps?.join(',') };
    return this.#get('memory', { device, ...edges(part), ...more }, settle);
  }

  /** Contention in a part of the window; `settle` as for memory. */
  contention(device: string, part: Span, settle = 0): Promise<Fresh<ContentionPart>> {
    return this.#get('contention', { device, ...edges(part) }, settle);
  }

  /** Where on the lanes events of a wanted name are; `settle` as for memory. */
  search(device: string, wanted: Wanted, part: Span, settle = 0): Promise<Fresh<SearchResult>> {
    return this.#get('search', { device, ...wordsOf(wanted), ...edges(part) }, settle);
  }

  /** The wanted event that starts next after (1) or before (-1) an instant. */
  async nextHit(device: string, wanted: Wanted, from: Ns, direction: 1 | -1): Promise<Fresh<Place | null>> {
    const edge = { [direction === 1 ? 'after' : 'before']: Math.round(from) };
    const query = { device, ...wordsOf(wanted), ...edge };
    const answer = await this.#get<{ hit: Place | null }>('next', query, undefined, 'search');
    return answer === STALE ? STALE : answer.hit;
  }

  /** Overlap with a session moved by so much more than now. */
  shifted(device: string, session: string, by: Ns): Promise<Fresh<Shifted>> {
    return this.#get('shifted', { device, session, by: Math.round(by) });
  }

  /** What another schedule would bring, null while that is worked out; `settle` as for memory. */
  async whatIf(tried: Tried, settle: number): Promise<Fresh<Prediction | null>> {
    const answer = await this.#get<PredictionAnswer>('whatif', { ...tried }, settle);
    return answer === STALE ? STALE : answer.prediction;
  }

  /** Two devices, before and after; the one before is of the report, or of another group. */
  compare(before: Before, after: string): Promise<Fresh<Comparison>> {
    return this.#get('compare', { ...before, after });
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
    const query = { device, level, index, revision, launches: launches ? 1 : undefined };
    return this.#ask('tiles', 'tile', query, async (r) => decodeTile(await r.arrayBuffer()), signal);
  }

  /** Forget what was asked and has not been answered. */
  drop(channel: Channel): void {
    this.#renew(channel);
  }

  /**
   * Address of the report of this view, for a download; with sessions where their clocks place them, unless `isMoved`, and without
   * findings of the rules that are muted.
   */
  reportUrl(format: string, { device, isMoved = false, muted = new Set() }: Download = {}): string {
    const view = this.#view.filter(([key]) => isMoved || key !== 'shift');
    const mute = [...muted].join(',');
    return this.#url('report', { format, device, mute: mute === '' ? undefined : mute }, view);
  }

  #url(route: string, query: Query, view: Pairs): string {
    const own = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = new URLSearchParams([...own, ...view].map(([key, value]) => [key, `${value}`])).toString();
    // Relative, so that path prefixes and proxies in front of TensorBoard keep working.
    return text ? `api/${route}?${text}` : `api/${route}`;
  }

  #renew(channel: Channel): void {
    this.#aborts[channel]?.abort();
    this.#aborts[channel] = new AbortController();
    this.#numbers[channel] += 1;
  }

  /** Ask in place of what the channel asked for before, once `settle` ms have passed in which nothing newer was asked. */
  async #get<Value>(
    channel: Channel,
    query: Query,
    settle?: number,
    route: string = channel,
  ): Promise<Fresh<Value>> {
    this.#renew(channel);
    const number = this.#numbers[channel];
    if (settle !== undefined) await new Promise((resolve) => setTimeout(resolve, settle));
    if (number !== this.#numbers[channel]) return STALE;
    return this.#ask(channel, route, query, (response) => response.json() as Promise<Value>);
  }

  async #ask<Value>(
    channel: Channel,
    route: string,
    query: Query,
    read: (response: Response) => Promise<Value>,
    extra?: AbortSignal,
  ): Promise<Fresh<Value>> {
    const number = this.#numbers[channel];
    const own = this.#aborts[channel]?.signal;
    const signals = [own, extra].filter((signal) => signal !== undefined);
    const isStale = (): boolean => number !== this.#numbers[channel] || (extra?.aborted ?? false);
    try {
      const view = VIEWLESS.includes(channel) ? [] : this.#view;
      const response = await this.#fetch(this.#url(route, query, view), {
        signal: AbortSignal.any(signals),
      });
      if (!response.ok) throw await failure(response);
      const value = await read(response);
      return isStale() ? STALE : value;
    } catch (error) {
      if (isStale()) return STALE;
      throw error;
    }
  }
}
