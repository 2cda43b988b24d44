/** Memory in the window, at an instant, under caps: asked for when one of them is not as in the report. */
import { computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { Device, MemoryPart } from '../api/types';
import { type Bytes, type Ns, type Span, span } from '../base/units';
import { capsInOrder } from '../model/memory';
import { during } from './activity';
import type { Timeline } from './timeline';

/** A slider or a drag moves many times a second. */
const SETTLE_MS = 120;

interface Question {
  readonly device: string;
  readonly revision: string;
  readonly part: Span;
  readonly at: Ns | null;
  readonly caps: readonly (Bytes | null)[] | null;
}

export class MemoryView {
  /** Null while all is as in the report, and until the first answer. */
  readonly part = signal<MemoryPart | null>(null);
  readonly error = signal<string | null>(null);
  #asked = 0;

  constructor(
    readonly source: Source,
    readonly timeline: Timeline,
    readonly device: ReadonlySignal<Device | null>,
  ) {}

  /** The part of the analysed window that the timeline shows; null when it shows none of it. */
  readonly shown = computed((): Span | null => {
    const device = this.device.value;
    if (device === null) return null;
    const view = this.timeline.window.value;
    const start = Math.max(device.window.start_ns, view?.start ?? device.window.start_ns);
    const end = Math.min(device.window.end_ns, view?.end ?? device.window.end_ns);
    return end >= start ? span(start, end) : null;
  });

  readonly isWhole = computed((): boolean => {
    const [shown, window] = [this.shown.value, this.device.value?.window];
    return shown?.start === window?.start_ns && shown?.end === window?.end_ns;
  });

  readonly #question = computed((): Question | null => {
    const [device, layout, part] = [this.device.value, this.timeline.layout.value, this.shown.value];
    const memory = layout?.memory ?? null;
    if (device === null || layout === null || memory === null || part === null) return null;
    if (layout.device !== device.id || device.memory === null) return null;
    const [at, caps] = [this.timeline.instant.value, capsInOrder(memory, this.timeline.caps.value)];
    if (at === null && caps === null && this.isWhole.value) return null;
    return { device: device.id, revision: layout.revision, part, at, caps };
  });

  start(): void {
    effect(() => {
      const question = this.#question.value;
      untracked(() => this.#ask(question));
    });
  }

  #ask(question: Question | null): void {
    this.#asked += 1;
    const number = this.#asked;
    this.error.value = null;
    if (question === null) {
      this.part.value = null;
      return;
    }
    void during(this.#answer(question, number));
  }

  async #answer({ device, part, at, caps }: Question, number: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (number !== this.#asked) return;
    try {
      const answer = await this.source.memory(device, part, at, caps);
      if (answer !== STALE && number === this.#asked) this.part.value = answer;
    } catch (error) {
      if (number !== this.#asked) return;
      this.part.value = null;
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }
}
