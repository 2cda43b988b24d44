/** What the user corrects by hand: how far a session is moved, and which GPU an ordinal is. */
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Report } from '../api/types';
import { type Ns, ns } from '../base/units';
import { asNs, asText, mapOf } from '../model/hash';
import { keyOf } from './address';

/** A copy of `map` in which `key` is `value`; undefined: in which it is not. */
function changed<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | undefined) {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

export class ByHand {
  readonly shifts = signal<ReadonlyMap<string, Ns>>(new Map());
  /** Names of GPUs by `session:ordinal`. */
  readonly gpus = signal<ReadonlyMap<string, string>>(new Map());
  readonly keys = [
    keyOf('shift', mapOf(asText, asNs), this.shifts),
    keyOf('gpu', mapOf(asText, asText), this.gpus),
  ];

  constructor(
    readonly report: ReadonlySignal<Report | null>,
    readonly onChange: () => void,
  ) {}

  /** Move a session; null or 0 takes the shift back. */
  shift(session: string, by: Ns | null): void {
    this.shifts.value = changed(this.shifts.value, session, by || undefined);
    this.onChange();
  }

  /** Move by so much more than now; of a session inside a process the whole process moves. */
  shiftMore(id: string, by: Ns): void {
    const session = this.report.value?.sessions.find((each) => each.id === id);
    const owner = session?.process ?? id;
    this.shift(owner, ns((this.shifts.value.get(owner) ?? 0) + by));
  }

  /** Name the GPU behind an ordinal of a session; an empty name takes it back. */
  nameGpu(session: string, ordinal: number, name: string): void {
    this.gpus.value = changed(this.gpus.value, `${session}:${ordinal}`, name || undefined);
    this.onChange();
  }
}
