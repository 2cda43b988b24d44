/** The open device against another one of the report: before and after. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Comparison } from '../api/report';
import type { Source } from '../api/source';
import { TEXT } from '../model/hash';
import { keyOf } from './address';
import { keepAsking } from './asking';

export class Comparing {
  /** The id of the device before; null: nothing is compared. */
  readonly before = signal<string | null>(null);
  readonly keys = [keyOf('before', TEXT, this.before)];
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
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: ({ before, after }) => {
        this.found.value = null;
        return this.source.compare(before, after);
      },
      show: (found) => {
        this.found.value = found;
      },
      drop: () => this.source.drop('compare'),
    });
  }
}
