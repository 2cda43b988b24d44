/** The open device against another one of the report: before and after. */
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { Comparison } from '../api/types';
import { during } from './activity';

export class Comparing {
  /** The id of the device before; null: nothing is compared. */
  readonly before = signal<string | null>(null);
  readonly found = signal<Comparison | null>(null);
  readonly error = signal<string | null>(null);

  constructor(
    readonly source: Source,
    /** The id of the open device, and what makes its answers stale. */
    readonly after: ReadonlySignal<string | null>,
    readonly loaded: ReadonlySignal<string>,
  ) {}

  readonly #question = computed(() => {
    const [before, after, loaded] = [this.before.value, this.after.value, this.loaded.value];
    return before === null || after === null || before === after ? null : { before, after, loaded };
  });

  start(): void {
    effect(() => {
      const question = this.#question.value;
      untracked(() => this.#ask(question));
    });
  }

  #ask(question: { readonly before: string; readonly after: string } | null): void {
    this.error.value = null;
    this.found.value = null;
    if (question === null) this.source.drop('compare');
    else void during(this.#answer(question.before, question.after));
  }

  async #answer(before: string, after: string): Promise<void> {
    try {
      const found = await this.source.compare(before, after);
      if (found !== STALE) this.found.value = found;
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }
}
