/** What tables are of: the selected range, else what the timeline shows; of both the part that lies in the analysed window. */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { Device } from '../api/report';
import { type Span, span } from '../base/units';
import { spanOf } from '../model/timeline';
import type { Timeline } from './timeline';

export class Focus {
  constructor(
    readonly timeline: Timeline,
    readonly device: ReadonlySignal<Device | null>,
  ) {}

  /** Null when none of it was analysed. */
  readonly part = computed((): Span | null => {
    const device = this.device.value;
    if (device === null) return null;
    const window = spanOf(device.window);
    const looked = this.timeline.window.range.value ?? this.timeline.window.span.value ?? window;
    const start = Math.max(window.start, looked.start);
    const end = Math.min(window.end, looked.end);
    return end >= start ? span(start, end) : null;
  });

  /** It is all of the analysed window, or nothing of it: then all of it is told. */
  readonly isWhole = computed((): boolean => {
    const [part, window] = [this.part.value, this.device.value?.window];
    return part === null || (part.start === window?.start_ns && part.end === window?.end_ns);
  });

  readonly isRange = computed((): boolean => this.timeline.window.range.value !== null);

  /** What is told: the part, or all of the analysed window. */
  readonly told = computed((): Span | null => {
    const device = this.device.value;
    return this.part.value ?? (device === null ? null : spanOf(device.window));
  });
}
