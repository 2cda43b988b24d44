/** What is in flight, as one word on the document element: tests and screenshots wait for `idle`. */
import { computed, effect, signal } from '@preact/signals';

const pending = signal(0);
const frames = signal(0);

export const isBusy = computed(() => pending.value + frames.value > 0);

/** Count `work` as in flight until it settles. */
export async function during<Value>(work: Promise<Value>): Promise<Value> {
  pending.value += 1;
  try {
    return await work;
  } finally {
    pending.value -= 1;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One drawing at the next frame, however often it is asked for; none while the panel is hidden. */
export class Frame {
  #handle = 0;
  readonly #draw: () => void;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  request(): void {
    if (this.#handle !== 0) return;
    frames.value += 1;
    this.#handle = requestAnimationFrame(() => {
      this.#settle();
      this.#draw();
    });
  }

  cancel(): void {
    if (this.#handle === 0) return;
    cancelAnimationFrame(this.#handle);
    this.#settle();
  }

  #settle(): void {
    this.#handle = 0;
    frames.value -= 1;
  }
}

export function publishActivity(root: HTMLElement): () => void {
  return effect(() => {
    root.dataset.tbContention = isBusy.value ? 'busy' : 'idle';
  });
}
