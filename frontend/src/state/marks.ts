/** Instants that the user marked. */
import { signal } from '@preact/signals';
import type { Ns } from '../base/units';
import { MARKS, type Mark, withMark, withoutMark } from '../model/marks';
import { keyOf } from './address';
import type { OpenDevice } from './open_device';

export class Marks {
  readonly all = signal<readonly Mark[]>([]);
  /** The mark whose note is being written on the timeline; null: none. */
  readonly open = signal<Ns | null>(null);
  readonly keys = [keyOf('marks', MARKS, this.all)];

  constructor(readonly device: OpenDevice) {}

  mark(at: Ns | null): void {
    if (at === null) return;
    if (!this.all.value.some((each) => each.at === at)) this.note(at, '');
    // As many as fit the address are kept.
    if (this.all.value.some((each) => each.at === at)) this.open.value = at;
    else this.device.tell('No room for another mark: remove one in the Marks table.');
  }

  note(at: Ns, note: string): void {
    this.all.value = withMark(this.all.value, { at, note });
  }

  unmark(at: Ns): void {
    this.all.value = withoutMark(this.all.value, at);
  }
}
