/** Memory in the window, at an instant, under caps: asked for when one of them is not as in the report. */
import { batch, computed, signal } from '@preact/signals';
import type { MemoryPart } from '../api/report';
import type { Source } from '../api/source';
import { type Bytes, type Ns, ns, type Span } from '../base/units';
import { capsInOrder } from '../model/memory';
import { keepAsking } from './asking';
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
    const { layout: shown, memoryCursor } = this.focus.timeline;
    const [device, layout] = [this.focus.device.value, shown.value];
    const memory = layout?.memory ?? null;
    if (device === null || layout === null || memory === null) return null;
    if (layout.device !== device.id || device.memory === null) return null;
    const { start_ns: start, end_ns: end } = device.window;
    const [part, isWhole] = [this.focus.told.value, this.focus.isWhole.value];
    const [instant, caps] = [memoryCursor.instant.value, capsInOrder(memory, memoryCursor.caps.value)];
    if (part === null) return null;
    if (instant === null && caps === null && isWhole) return null;
    // An instant of the address may lie outside the window of a changed view, where not all is known.
    const at = instant === null ? null : ns(Math.min(Math.max(instant, start), end));
    const inPart = this.focus.isRange.value ? 'peak-in-range' : 'peak-in-view';
    const subject = at !== null ? 'instant' : isWhole ? 'peak' : inPart;
    return { device: device.id, revision: layout.revision, part, at, caps, subject };
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: ({ device, part, at, caps }) => this.source.memory(device, part, at, caps, SETTLE_MS),
      show: (part, question) =>
        batch(() => {
          this.part.value = part;
          this.subject.value = (part && question?.subject) ?? 'peak';
        }),
      drop: () => this.source.drop('memory'),
    });
  }
}
