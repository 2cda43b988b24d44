/** Changes to try, asked for together whenever one changes; all of it is in the address, so that it can be sent. */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Device, Prediction } from '../api/report';
import { type Fresh, type Source, STALE, type Tried } from '../api/source';
import { CHANGES, type Change } from '../model/changes';
import { keyOf } from './address';
import { keepAsking } from './asking';

/** A slider moves many times a second. */
const SETTLE_MS = 60;
/** What takes the server long is asked for again. */
const RETRY_MS = 300;

export class Trying {
  /** None: nothing is tried. */
  readonly changes = signal<readonly Change[]>([]);
  readonly keys = [keyOf('try', CHANGES, this.changes)];
  readonly found = signal<Prediction | null>(null);
  readonly error = signal<string | null>(null);
  readonly isAsking = signal(false);
  #isUnseen = true;

  constructor(
    readonly source: Source,
    readonly device: ReadonlySignal<Device | null>,
    readonly loaded: ReadonlySignal<string>,
  ) {}

  readonly #question = computed((): (Tried & { loaded: string }) | null => {
    const [device, changes, loaded] = [this.device.value, this.changes.value, this.loaded.value];
    if (device === null || changes.length === 0) return null;
    return { device: device.id, changes: CHANGES.pack(changes), loaded };
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: (question) => {
        this.isAsking.value = true;
        return this.#ask(question);
      },
      show: (found) =>
        batch(() => {
          this.found.value = found;
          this.isAsking.value = false;
        }),
      drop: () => this.source.drop('whatif'),
    });
  }

  /** Whether the address brought changes, the first time that this is asked. */
  isFirst(): boolean {
    const isFirst = this.#isUnseen && this.changes.peek().length > 0;
    this.#isUnseen = false;
    return isFirst;
  }

  /** Put a change in a place, or take away what is there. */
  set(place: number, change: Change | null): void {
    this.changes.value = this.changes.value.toSpliced(place, 1, ...(change === null ? [] : [change]));
  }

  async #ask(question: Tried & { loaded: string }): Promise<Fresh<Prediction>> {
    const { loaded: _, ...tried } = question;
    while (this.#question.peek() === question) {
      const answer = await this.source.whatIf(tried, SETTLE_MS);
      if (answer === STALE || answer !== null) return answer;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return STALE;
  }
}
