/** Groups of the overview that the user wants measured: one after the other, as far as the server has come. */
import { computed, signal } from '@preact/signals';
import { type Source, STALE } from '../api/source';

/** As often as the panel asks for a group that is opened. */
const POLL_MS = 300;

export class Measuring {
  /** What is still to be measured; the first is under way. */
  readonly queue = signal<readonly string[]>([]);
  /** Why the last group could not be measured. */
  readonly error = signal('');
  readonly isBusy = computed(() => this.queue.value.length > 0);
  readonly #pollMs: number;

  constructor(
    readonly source: Pick<Source, 'measure'>,
    /** Called after each group. */
    readonly onMeasured: () => void,
    pollMs = POLL_MS,
  ) {
    this.#pollMs = pollMs;
  }

  async start(ids: readonly string[]): Promise<void> {
    if (this.isBusy.value) return;
    this.error.value = '';
    this.queue.value = ids;
    while (this.isBusy.value) {
      const [id] = this.queue.value;
      try {
        await this.#measured(id);
      } catch (failure) {
        this.error.value = failure instanceof Error ? failure.message : `${failure}`;
        this.queue.value = [];
        return;
      }
      this.queue.value = this.queue.value.slice(1);
      this.onMeasured();
    }
  }

  stop(): void {
    this.queue.value = [];
  }

  async #measured(id: string): Promise<void> {
    while (this.queue.value[0] === id) {
      const answer = await this.source.measure(id);
      if (answer !== STALE && answer.state === 'failed') this.error.value = answer.message;
      if (answer !== STALE && (answer.state === 'failed' || answer.state === 'ready')) return;
      await new Promise((resolve) => setTimeout(resolve, this.#pollMs));
    }
  }
}
