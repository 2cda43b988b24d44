/** A session being dragged: its lanes follow the pointer, and the server computes the overlap that results. */
import { signal } from '@preact/signals';
import type { Shifted } from '../api/report';
import { type Source, STALE } from '../api/source';
import { type Ns, ns } from '../base/units';
import { during } from './activity';
import type { Timeline } from './timeline';

interface Move {
  readonly session: number;
  readonly by: Ns;
}

export class Shifting {
  readonly move = signal<Move | null>(null);
  /** The last answer; it may be of a moment ago. */
  readonly shifted = signal<Shifted | null>(null);
  #isAsking = false;

  constructor(
    readonly source: Source,
    readonly timeline: Timeline,
    /** Applies a move for good: the id of the session, and by how much more. */
    readonly onDone: (session: string, by: Ns) => void,
  ) {}

  to(session: number, by: number): void {
    this.move.value = { session, by: ns(Math.round(by)) };
    void this.#ask();
  }

  end(): void {
    const move = this.move.value;
    const id = move === null ? undefined : this.timeline.layout.value?.sessions[move.session]?.id;
    this.cancel();
    if (move !== null && id !== undefined && move.by !== 0) this.onDone(id, move.by);
  }

  cancel(): void {
    this.source.drop('shifted');
    this.move.value = null;
    this.shifted.value = null;
  }

  /** One question at a time, and then the one for where the session is by now. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (let asked: Move | null = null; this.move.value !== null && this.move.value !== asked; ) {
        asked = this.move.value;
        const layout = this.timeline.layout.value;
        const id = layout?.sessions[asked.session]?.id;
        if (layout === null || id === undefined) return;
        const answer = await during(this.source.shifted(layout.device, id, asked.by));
        if (answer !== STALE && this.move.value !== null) this.shifted.value = answer;
      }
    } catch {
      // The resulting overlap is unknown then; the move itself is still the user's.
      this.shifted.value = null;
    } finally {
      this.#isAsking = false;
    }
  }
}
