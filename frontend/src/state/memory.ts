/** Memory in the window, at an instant, under caps: asked for when one of them is not as in the report. */
import { batch, computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { type Source, STALE } from '../api/source';
import type { Device, MemoryPart } from '../api/types';
import { type Bytes, type Ns, ns, type Span, span } from '../base/units';
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
  readonly subject: Subject;
}

/** What the figures on screen are of. They lag behind what was asked for: an answer is under way, or did not come. */
export type Subject = 'peak' | 'peak-in-view' | 'instant';

export class MemoryView {
  /** Null while all is as in the report, and until the first answer. */
  readonly part = signal<MemoryPart | null>(null);
  readonly subject = signal<Subject>('peak');
  readonly error = signal<string | null>(null);

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

  /** The timeline shows all of the analysed window, or nothing of it: then all of it is told. */
  readonly isWhole = computed((): boolean => {
    const [shown, window] = [this.shown.value, this.device.value?.window];
    return shown === null || (shown.start === window?.start_ns && shown.end === window?.end_ns);
  });

  readonly #question = computed((): Question | null => {
    const [device, layout] = [this.device.value, this.timeline.layout.value];
    const memory = layout?.memory ?? null;
    if (device === null || layout === null || memory === null) return null;
    if (layout.device !== device.id || device.memory === null) return null;
    const { start_ns: start, end_ns: end } = device.window;
    const [part, isWhole] = [this.shown.value ?? span(start, end), this.isWhole.value];
    const [instant, caps] = [this.timeline.instant.value, capsInOrder(memory, this.timeline.caps.value)];
    if (instant === null && caps === null && isWhole) return null;
    // An instant of the address may lie outside the window of a changed view, where not all is known.
    const at = instant === null ? null : ns(Math.min(Math.max(instant, start), end));
    const subject = at !== null ? 'instant' : isWhole ? 'peak' : 'peak-in-view';
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
      this.source.dropMemory();
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
