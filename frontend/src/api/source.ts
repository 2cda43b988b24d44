/** The plugin's routes. The only place that numbers requests and drops answers that came too late. */
import type { Bytes, Ns, Span } from '../base/units';
import { decodeTile, type Tile } from './tile';
import type { EventDetail, Layout, MemoryPart, Summary, ViewQuery } from './types';

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

type Channel = 'summary' | 'layout' | 'event' | 'memory' | 'tiles';
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

export class Source {
  readonly #fetch: typeof fetch;
  #view: Parameters_ = [];
  #numbers: Record<Channel, number> = { summary: 0, layout: 0, event: 0, memory: 0, tiles: 0 };
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
    for (const channel of ['summary', 'layout', 'event', 'memory', 'tiles'] as const) this.#renew(channel);
  }

  /** The view as text: equal for equal views. */
  get viewKey(): string {
    return this.#view.map(([key, value]) => `${key}=${value}`).join('&');
  }

  summary(): Promise<Fresh<Summary>> {
    this.#renew('summary');
    return this.#json<Summary>('summary', 'summary', []);
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
    this.#renew('memory');
    const number = this.#numbers.memory;
    await new Promise((resolve) => setTimeout(resolve, settle));
    if (number !== this.#numbers.memory) return STALE;
    const parameters: [string, string][] = [
      ['device', device],
      ['start', `${Math.floor(part.start)}`],
      ['end', `${Math.ceil(part.end)}`],
    ];
    if (at !== null) parameters.push(['at', `${Math.round(at)}`]);
    if (caps !== null) parameters.push(['caps', caps.map((cap) => cap ?? '').join(',')]);
    return this.#json<MemoryPart>('memory', 'memory', parameters);
  }

  /** One tile. `signal` is for a tile that left the screen; another device or view makes all tiles stale. */
  tile(
    device: string,
    revision: string,
    level: number,
    index: number,
    signal: AbortSignal,
  ): Promise<Fresh<Tile>> {
    const parameters: Parameters_ = [
      ['device', device],
      ['level', `${level}`],
      ['index', `${index}`],
      ['revision', revision],
    ];
    return this.#ask('tiles', 'tile', parameters, async (r) => decodeTile(await r.arrayBuffer()), signal);
  }

  /** Forget what was asked about memory. */
  dropMemory(): void {
    this.#renew('memory');
  }

  /** Forget all tiles under way. */
  dropTiles(): void {
    this.#renew('tiles');
  }

  /** Address of the report of this view, for a download. */
  reportUrl(format: string): string {
    return this.#url('report', [['format', format]]);
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
