/** State that lives in the page's address: a part declares each of its keys once, and is read and written by them. */
import { batch, effect } from '@preact/signals';
import { type Codec, readHash, writeHash } from '../model/hash';
import type { Host } from './host';

/** Browsers refuse more than about a hundred replaceState calls in 30 s: a drag would reach that. */
const SETTLE_MS = 250;

/** Pans and zooms that follow within this time are one step of the history. */
const PANNING_MS = 2000;

/** Whether a key is a place: where Back and Forward lead. What else the address holds goes along with the user. */
export const PLACE = true;

type Texts = ReadonlyMap<string, string>;

export interface Key {
  readonly name: string;
  readonly isPlace?: boolean;
  save(): string;
  /** '' restores the default. */
  restore(text: string): void;
}

/** A part of the state that the address holds. */
export interface Addressed {
  readonly keys: readonly Key[];
}

export const keyOf = <Value>(
  name: string,
  { pack, unpack }: Codec<Value>,
  kept: { value: Value },
  isPlace = false,
): Key => ({
  name,
  isPlace,
  save: () => pack(kept.value),
  restore: (text) => {
    kept.value = unpack(text);
  },
});

/** Restore all keys; those that `texts` lacks become their defaults. */
export const restore = (keys: readonly Key[], texts: Texts): void =>
  batch(() => {
    for (const key of keys) key.restore(texts.get(key.name) ?? '');
  });

export class Address {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #keys: readonly Key[];
  /** What the present entry of the history holds; others may take it from the address at any time. */
  #entry: Texts = new Map();
  /** Whether the present entry was made for what comes next. */
  #isNew = false;
  /** When the window was the last that moved. */
  #pannedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly host: Pick<Host, 'hash' | 'isShown' | 'isHeld' | 'push'>,
    parts: readonly Addressed[],
  ) {
    this.#keys = parts.flatMap(({ keys }) => keys);
  }

  /** `isStep`: from one place to another of the same device, which leaves notes and settings as they are by now. */
  read(isStep = false): void {
    clearTimeout(this.#timer);
    restore(
      this.#keys.filter(({ isPlace }) => isPlace || !isStep),
      readHash(this.host.hash),
    );
    this.#entry = this.#texts();
    this.#isNew = false;
    this.#pannedAt = Number.NEGATIVE_INFINITY;
  }

  /** Keep the present place in the browser's history: Back leads to it from whatever comes next. */
  leave(): void {
    this.#write();
    this.host.push(this.host.hash);
    this.#isNew = true;
  }

  /** The text that the address has under a key. */
  text(name: string): string {
    return readHash(this.host.hash).get(name) ?? '';
  }

  /** The hash that leads here from anywhere; `group` is named even where it is the only one. */
  link(group: string | null): string {
    const texts = new Map(this.#texts());
    if (group !== null) texts.set('group', group);
    return writeHash(this.host.hash, [...texts]);
  }

  /** A gesture ends, or another one begins: where it led is a place of its own. */
  flush(): void {
    if (this.host.isShown.value && this.#moved(this.#texts()).length > 0) this.#write();
  }

  /** Write what changes, once it comes to rest; a hidden panel leaves the address to the one that is shown. */
  start(): () => void {
    const rest = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.host.isHeld.value) rest();
        else if (this.host.isShown.value) this.#write();
      }, SETTLE_MS);
    };
    return effect(() => {
      this.#texts();
      if (this.host.isShown.value) rest();
    });
  }

  #texts(): Texts {
    return new Map(this.#keys.map((key) => [key.name, key.save()]));
  }

  /** The places that differ from the present entry's. */
  #moved(texts: Texts): readonly string[] {
    const moved = this.#keys.filter(
      ({ name, isPlace }) => isPlace && texts.get(name) !== (this.#entry.get(name) ?? ''),
    );
    return moved.map(({ name }) => name);
  }

  /** Another place is another entry of the history, but for a window that is still being moved. */
  #write(): void {
    clearTimeout(this.#timer);
    const texts = this.#texts();
    const moved = this.#moved(texts);
    const isPan = moved.join() === 'window';
    const goesOn = isPan && performance.now() - this.#pannedAt < PANNING_MS;
    const hash = writeHash(this.host.hash, [...texts]);
    if (moved.length > 0 && !goesOn && !this.#isNew) this.host.push(hash);
    else this.host.hash = hash;
    if (moved.length > 0) this.#pannedAt = isPan ? performance.now() : Number.NEGATIVE_INFINITY;
    this.#entry = texts;
    this.#isNew = false;
  }
}
