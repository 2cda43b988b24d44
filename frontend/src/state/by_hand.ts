/** What the user sets by hand: how far a session is moved, which GPU an ordinal is, what a session is measured against. */
import { batch, type ReadonlySignal, signal } from '@preact/signals';
import type { Report, Session } from '../api/report';
import { withEntry } from '../base/maps';
import { type Ns, ns } from '../base/units';
import { asCount, asNs, asText, mapOf } from '../model/hash';
import { keyOf, PLACE } from './address';

export class ByHand {
  readonly shifts = signal<ReadonlyMap<string, Ns>>(new Map());
  /** Of those, what only stays where its kernels place it, since the clocks are not checked beside what is moved; by id. */
  readonly kept = signal<ReadonlyMap<string, number>>(new Map());
  /** Those of the report on screen: a new one takes a while. */
  readonly applied = signal<ReadonlyMap<string, Ns>>(new Map());
  /** Whether downloads have the shifts, too. */
  readonly isInReports = signal(false);
  /** Names of GPUs by `session:ordinal`. */
  readonly gpus = signal<ReadonlyMap<string, string>>(new Map());
  /** Captures alone by session, both by id; '' for none. */
  readonly baselines = signal<ReadonlyMap<string, string>>(new Map());
  readonly keys = [
    keyOf('shift', mapOf(asText, asNs), this.shifts, PLACE),
    keyOf('kept', mapOf(asText, asCount), this.kept, PLACE),
    keyOf('gpu', mapOf(asText, asText), this.gpus, PLACE),
    keyOf('baseline', mapOf(asText, asText), this.baselines, PLACE),
  ];

  constructor(
    readonly report: ReadonlySignal<Report | null>,
    readonly onChange: () => void,
  ) {}

  /** Move a session; null or 0 takes the shift back. */
  shift(session: string, by: Ns | null): void {
    batch(() => {
      this.shifts.value = withEntry(this.shifts.value, session, by || null);
      this.kept.value = withEntry(this.kept.value, session, null);
      const isMoved = [...this.shifts.value.keys()].some((id) => !this.kept.value.has(id));
      if (!isMoved) this.#forget();
    });
    this.onChange();
  }

  #forget(): void {
    this.shifts.value = new Map();
    this.kept.value = new Map();
  }

  /** Take all shifts back. */
  resetShifts(): void {
    batch(() => this.#forget());
    this.onChange();
  }

  /** By how much the report on screen has a session moved; null: not at all. */
  movedBy({ id, process }: Pick<Session, 'id' | 'process'>): Ns | null {
    return this.applied.value.get(process ?? id) ?? this.applied.value.get(id) ?? null;
  }

  /**
   * Move by so much more than now; of a session inside a process the whole process moves.
   *
   * A place by hand counts from the stated clock, and then the kernels are not asked: what they corrected is kept as if by hand.
   */
  shiftMore(id: string, by: Ns): void {
    const sessions = this.report.value?.sessions ?? [];
    const owner = sessions.find((each) => each.id === id)?.process ?? id;
    let [shifts, kept] = [this.shifts.value, this.kept.value];
    for (const { id, process, clock } of sessions) {
      if (clock.correction_ns === null) continue;
      shifts = withEntry(shifts, process ?? id, clock.correction_ns);
      kept = withEntry(kept, process ?? id, 1);
    }
    batch(() => {
      this.shifts.value = shifts;
      this.kept.value = kept;
      this.shift(owner, ns((shifts.get(owner) ?? 0) + by));
    });
  }

  /** Measure a session against a capture, '' for none; null leaves the choice to the server. */
  measureAgainst(session: string, capture: string | null): void {
    this.baselines.value = withEntry(this.baselines.value, session, capture);
    this.onChange();
  }

  /** Name the GPU behind an ordinal of a session; an empty name takes it back. */
  nameGpu(session: string, ordinal: number, name: string): void {
    this.gpus.value = withEntry(this.gpus.value, `${session}:${ordinal}`, name || null);
    this.onChange();
  }

  /** The GPU that was named, as it is typed: "0=bus 17"; empty where none was. */
  gpuText({ id }: Pick<Session, 'id'>): string {
    for (const [place, name] of this.gpus.value) {
      const at = place.lastIndexOf(':');
      if (place.slice(0, at) === id) return `${place.slice(at + 1)}=${name}`;
    }
    return '';
  }

  /** Whether the clock or the GPU of a session was set. */
  isSet(session: Pick<Session, 'id'>): boolean {
    return this.shifts.value.has(session.id) || this.gpuText(session) !== '';
  }
}
