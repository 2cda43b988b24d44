/** What every part of the timeline may look at and write to. */
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { Layout } from '../api/report';
import type { Source } from '../api/source';
import type { Ns, Span } from '../base/units';

export interface OpenDevice {
  readonly source: Source;
  readonly layout: ReadonlySignal<Layout | null>;
  /** The whole capture. */
  readonly extent: ReadonlySignal<Span | null>;
  /** The name of a session by its index in the layout. */
  nameOf(session: number): string;
  /** An instant as time since the capture began, exact to `precision` nanoseconds. */
  instantText(at: Ns, precision?: number): string;
  readonly error: Signal<string | null>;
  /** A sentence for those who do not see the timeline. */
  readonly announcement: Signal<string>;
  /** Say on screen, for a while, where something is that happened elsewhere. */
  tell(text: string): void;
}
