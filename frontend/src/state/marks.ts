/** Instants that the user marked. */
import { signal } from '@preact/signals';
import type { Ns } from '../base/units';
import { MARKS, type Mark, withMark, withoutMark } from '../model/marks';
import { keyOf } from './address';
import type { OpenDevice } from './open_device';

export class Marks {
  readonly all = signal<readonly Mark[]>([]);
  readonly keys = [keyOf('marks', MARKS, this.all)];

  constructor(readonly device: OpenDevice) {}

  mark(at: Ns | null): void {
    if (at === null) return;
    this.note(at, '');
    this.device.announcement.value = 'Mark added to the Marks table.';
  }

  note(at: Ns, note: string): void {
    this.all.value = withMark(this.all.value, { at, note });
  }

  unmark(at: Ns): void {
    this.all.value = withoutMark(this.all.value, at);
  }
}
