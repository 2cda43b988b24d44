/** Contention in the part in focus: asked for when it is not all of the window, or when a table needs what the report has not. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { ContentionPart } from '../api/types';
import type { Span } from '../base/units';
import { during } from './activity';
import type { Focus } from './focus';

/** A drag moves many times a second. */
const SETTLE_MS = 120;

interface Question {
  readonly device: string;
  readonly revision: string;
  readonly part: Span;
}

export class ContentionView {
  /** Null while all is as in the report, and until the first answer. */
  readonly part = signal<ContentionPart | null>(null);
  readonly error = signal<string | null>(null);
  /** An answer is under way: what is shown is of before. */
  readonly isLate = signal(false);
  /** A table is open that the report alone cannot fill. */
  readonly isNeeded = signal(false);

  constructor(
    readonly source: Source,
    readonly focus: Focus,
  ) {}

  readonly #question = computed((): Question | null => {
    const [device, layout] = [this.focus.device.value, this.focus.timeline.layout.value];
    if (device === null || layout === null || layout.device !== device.id) return null;
    const part = this.focus.told.value;
    if (part === null || (this.focus.isWhole.value && !this.isNeeded.value)) return null;
    return { device: device.id, revision: layout.revision, part };
  });

  start(): void {
    effect(() => {
      const question = this.#question.value;
      untracked(() => this.#ask(question));
    });
  }

  #ask(question: Question | null): void {
    this.error.value = null;
    if (question === null) {
      this.source.drop('contention');
      this.part.value = null;
      this.isLate.value = false;
      return;
    }
    this.isLate.value = true;
    void during(this.#answer(question));
  }

  async #answer({ device, part }: Question): Promise<void> {
    try {
      const answer = await this.source.contention(device, part, SETTLE_MS);
      if (answer === STALE) return;
      this.part.value = answer;
    } catch (error) {
      this.part.value = null;
      this.error.value = error instanceof Error ? error.message : String(error);
    }
    this.isLate.value = false;
  }
}
