/** Tiles of one device at one revision: kept within bounds, fetched when wanted, given up when no longer wanted. */
import { signal } from '@preact/signals';
import { ApiError, type Source, STALE } from '../api/source';
import type { Tile } from '../api/tile';
import { Lru } from '../base/lru';
import type { TileAddress } from '../model/cover';
import { during, messageOf } from './activity';

/** A tile is some tens of kilobytes; this many cover every level of a session of zooming. */
const KEPT = 160;

const keyOf = (address: TileAddress): string => `${address.level}/${address.index}`;

export class Tiles {
  /** Rises with every arrival: whoever draws tiles watches it. */
  readonly arrivals = signal(0);
  readonly error = signal<string | null>(null);
  readonly #kept = new Lru<Tile>(KEPT);
  readonly #underway = new Map<string, AbortController>();
  readonly #failed = new Set<string>();

  constructor(
    readonly source: Source,
    readonly device: string,
    readonly revision: string,
    readonly launches: boolean,
    readonly onOutdated: () => void,
  ) {}

  find = (address: TileAddress): Tile | undefined => this.#kept.get(keyOf(address));

  /** Fetch what is wanted and missing, and stop fetching what is not wanted any more. */
  want(missing: readonly TileAddress[]): void {
    const wanted = new Set(missing.map(keyOf));
    for (const [key, abort] of this.#underway) {
      if (!wanted.has(key)) {
        abort.abort();
        this.#underway.delete(key);
      }
    }
    for (const address of missing) {
      const key = keyOf(address);
      if (!this.#underway.has(key) && !this.#failed.has(key)) void during(this.#fetch(key, address));
    }
  }

  /** Ask once more for what failed. */
  retry(): void {
    this.#failed.clear();
    this.error.value = null;
    this.arrivals.value += 1;
  }

  close(): void {
    this.want([]);
    this.#kept.clear();
  }

  async #fetch(key: string, { level, index }: TileAddress): Promise<void> {
    const abort = new AbortController();
    this.#underway.set(key, abort);
    try {
      const { device, revision, launches } = this;
      const tile = await this.source.tile(device, revision, level, index, abort.signal, launches);
      if (tile !== STALE) this.#kept.set(key, tile);
    } catch (error) {
      // Not asked for again by itself: a server that fails would be asked at every frame.
      this.#failed.add(key);
      if (error instanceof ApiError && error.status === 409) this.onOutdated();
      else this.error.value = messageOf(error);
    } finally {
      if (this.#underway.get(key) === abort) this.#underway.delete(key);
      this.arrivals.value += 1;
    }
  }
}
