/** Memory in the window, at an instant, under caps: asked for when one of them is not as in the report. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { MemoryPart } from '../api/types';
import { type Bytes, type Ns, ns, type Span } from '../base/units';
import { capsInOrder } from '../model/memory';
import { during } from './activity';
import type { Focus } from './focus';

/** A slider or a drag moves many times a second. */
const SETTLE_MS = 120;

interface Question {
  readonly device: string;
  readonly revision: string;
  readonly part: Span;
  readonly at: Ns | null;
  readonly caps: readonly (Bytes | null)[] | null;
  readonly subject: Subject;
}

/** What the figures on screen are of. They lag behind what was asked for: an answer is under way, or did not come. */
export type Subject = 'peak' | 'peak-in-view' | 'peak-in-range' | 'instant';

export class MemoryView {
  /** Null while all is as in the report, and until the first answer. */
  readonly part = signal<MemoryPart | null>(null);
  readonly subject = signal<Subject>('peak');
  readonly error = signal<string | null>(null);

  constructor(
    readonly source: Source,
    readonly focus: Focus,
  ) {}

  readonly #question = computed((): Question | null => {
    const { timeline } = this.focus;
    const [device, layout] = [this.focus.device.value, timeline.layout.value];
    const memory = layout?.memory ?? null;
    if (device === null || layout === null || memory === null) return null;
    if (layout.device !== device.id || device.memory === null) return null;
    const { start_ns: start, end_ns: end } = device.window;
    const [part, isWhole] = [this.focus.told.value, this.focus.isWhole.value];
    const [instant, caps] = [timeline.instant.value, capsInOrder(memory, timeline.caps.value)];
    if (part === null) return null;
    if (instant === null && caps === null && isWhole) return null;
    // An instant of the address may lie outside the window of a changed view, where not all is known.
    const at = instant === null ? null : ns(Math.min(Math.max(instant, start), end));
    const inPart = this.focus.isRange.value ? 'peak-in-range' : 'peak-in-view';
    const subject = at !== null ? 'instant' : isWhole ? 'peak' : inPart;
    return { device: device.id, revision: layout.revision, part, at, caps, subject };
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
      this.source.drop('memory');
      this.#show(null, 'peak');
      return;
    }
    void during(this.#answer(question));
  }

  #show(part: MemoryPart | null, subject: Subject): void {
    batch(() => {
      this.part.value = part;
      this.subject.value = subject;
    });
  }

  async #answer({ device, part, at, caps, subject }: Question): Promise<void> {
    try {
      const answer = await this.source.memory(device, part, at, caps, SETTLE_MS);
      if (answer !== STALE) this.#show(answer, subject);
    } catch (error) {
      this.#show(null, 'peak');
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }
}
