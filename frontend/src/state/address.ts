/** State that lives in the page's address: a part declares each of its keys once, and is read and written by them. */
import { batch, effect } from '@preact/signals';
import { type Codec, readHash, writeHash } from '../model/hash';
import type { Host } from './host';

/** Browsers refuse more than about a hundred replaceState calls in 30 s: a drag would reach that. */
const SETTLE_MS = 250;

export interface Key {
  readonly name: string;
  save(): string;
  /** '' restores the default. */
  restore(text: string): void;
}

/** A part of the state that the address holds. */
export interface Addressed {
  readonly keys: readonly Key[];
}

export const keyOf = <Value>(name: string, { pack, unpack }: Codec<Value>, kept: { value: Value }): Key => ({
  name,
  save: () => pack(kept.value),
  restore: (text) => {
    kept.value = unpack(text);
  },
});

/** Restore all keys; those that `texts` lacks become their defaults. */
export const restore = (keys: readonly Key[], texts: ReadonlyMap<string, string>): void =>
  batch(() => {
    for (const key of keys) key.restore(texts.get(key.name) ?? '');
  });

export class Address {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #keys: readonly Key[];

  constructor(
    readonly host: Pick<Host, 'hash' | 'isShown' | 'push'>,
    parts: readonly Addressed[],
  ) {
    this.#keys = parts.flatMap(({ keys }) => keys);
  }

  read(): void {
    restore(this.#keys, readHash(this.host.hash));
  }

  /** Keep the present place in the browser's history: Back leads to it from whatever comes next. */
  leave(): void {
    clearTimeout(this.#timer);
    const texts = this.#keys.map((key) => [key.name, key.save()] as const);
    this.host.hash = writeHash(this.host.hash, texts);
    this.host.push();
  }

  /** Whether the address has this text under one of the keys. */
  holds(name: string, text: string): boolean {
    return (readHash(this.host.hash).get(name) ?? '') === text;
  }

  /** Write what changes, once it comes to rest; a hidden panel leaves the address to the one that is shown. */
  start(): () => void {
    return effect(() => {
      const texts = this.#keys.map((key) => [key.name, key.save()] as const);
      if (!this.host.isShown.value) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.host.isShown.value) this.host.hash = writeHash(this.host.hash, texts);
      }, SETTLE_MS);
    });
  }
}
