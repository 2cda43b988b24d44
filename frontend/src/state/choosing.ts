/** What a session could be measured against: asked for while the list of one is open. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { BaselineChoices, Summary } from '../api/report';
import type { Source } from '../api/source';
import { keepAsking } from './asking';

/** Letters of a name are typed many times a second. */
const SETTLE_MS = 120;

export class Choosing {
  /** Where the open list is, and of which session; null: all are closed. */
  readonly open = signal<{ readonly place: string; readonly session: string } | null>(null);
  /** A part of the names that are listed. */
  readonly part = signal('');
  readonly found = signal<BaselineChoices | null>(null);
  readonly error = signal<string | null>(null);

  constructor(
    readonly source: Source,
    readonly summary: ReadonlySignal<Summary | null>,
  ) {}

  readonly #listing = computed(() => this.summary.value?.listing ?? '');

  readonly #question = computed(() => {
    const [open, text, listing] = [this.open.value, this.part.value, this.#listing.value];
    return open === null ? null : { session: open.session, text, listing };
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: ({ session, text }) => this.source.baselines(session, text, text === '' ? 0 : SETTLE_MS),
      show: (found) => {
        this.found.value = found;
      },
      drop: () => this.source.drop('baselines'),
    });
  }

  isOpen(place: string, session: string): boolean {
    return this.open.value?.place === place && this.open.value.session === session;
  }

  /** Open the list at a place, which closes the others, or close it. */
  toggle(place: string, session: string, isOpen: boolean): void {
    if (isOpen === this.isOpen(place, session)) return;
    this.part.value = '';
    this.found.value = null;
    this.open.value = isOpen ? { place, session } : null;
  }
}
