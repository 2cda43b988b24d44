/** Contention in the part in focus: asked for when it is not all of the window, or when a table needs what the report has not. */
import { computed, signal } from '@preact/signals';
import type { ContentionPart } from '../api/report';
import type { Source } from '../api/source';
import type { Span } from '../base/units';
import { keepAsking } from './asking';
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
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: ({ device, part }) => {
        this.isLate.value = true;
        return this.source.contention(device, part, SETTLE_MS);
      },
      show: (part) => {
        this.part.value = part;
        this.isLate.value = false;
      },
      drop: () => this.source.drop('contention'),
    });
  }
}
