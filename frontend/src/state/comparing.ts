/** The open device against another one of the report, or against itself in another group: before and after. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Comparison } from '../api/report';
import { ApiError, type Fresh, NOT_READY, type Source, STALE } from '../api/source';
import { TEXT } from '../model/hash';
import { keyOf, PLACE } from './address';
import { keepAsking } from './asking';

/** Marks the id of a group where else the id of a device stands. */
const GROUP = 'group:';
/** The server analyses the other group first. */
const RETRY_MS = 500;

export const inGroup = (id: string): string => `${GROUP}${id}`;

export class Comparing {
  /** The id of the device before, or `group:` and the id of a group; null: nothing is compared. */
  readonly before = signal<string | null>(null);
  readonly keys = [keyOf('before', TEXT, this.before, PLACE)];
  readonly found = signal<Comparison | null>(null);
  readonly error = signal<string | null>(null);
  /** Whether the other group is still analysed. */
  readonly isWaiting = signal(false);

  constructor(
    readonly source: Source,
    /** The id of the open device, and what makes its answers stale. */
    readonly after: ReadonlySignal<string | null>,
    readonly loaded: ReadonlySignal<string>,
  ) {}

  #shown: { readonly before: string; readonly after: string } | null = null;

  readonly #question = computed(() => {
    const [before, after, loaded] = [this.before.value, this.after.value, this.loaded.value];
    return before === null || after === null || before === after ? null : { before, after, loaded };
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: (question) => {
        const { before, after } = question;
        // The same two in another view: what is on screen stays until then, and with it the focus.
        if (this.#shown?.before !== before || this.#shown.after !== after) this.found.value = null;
        this.#shown = { before, after };
        return this.#ask(question);
      },
      show: (found) => {
        this.found.value = found;
        this.isWaiting.value = false;
      },
      drop: () => this.source.drop('compare'),
    });
  }

  async #ask(question: { before: string; after: string }): Promise<Fresh<Comparison>> {
    const { before, after } = question;
    const side = before.startsWith(GROUP) ? { before_group: before.slice(GROUP.length) } : { before };
    while (this.#question.peek() === question) {
      try {
        return await this.source.compare(side, after);
      } catch (failure) {
        if (!(failure instanceof ApiError && failure.slug === NOT_READY)) throw failure;
      }
      this.isWaiting.value = this.#question.peek() === question;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return STALE;
  }
}
