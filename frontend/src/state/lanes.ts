/** The lanes: how the user arranged them, and where that puts them. */
import { batch, computed, signal } from '@preact/signals';
import type { LayoutLane } from '../api/report';
import {
  ARRANGEMENT,
  type Arrangement,
  AS_RECORDED,
  move,
  type SetName,
  toggle,
  togglePin,
} from '../model/arrangement';
import { foldedAtFirst, rowsOf } from '../model/rows';
import { keyOf } from './address';
import type { OpenDevice } from './open_device';

export class Lanes {
  /** Null: as the layout suggests. */
  readonly arrangement = signal<Arrangement | null>(null);
  readonly keys = [keyOf('lanes', ARRANGEMENT, this.arrangement)];

  constructor(
    readonly device: OpenDevice,
    /** The first launch calls are shown, or the last ones left out. */
    readonly onLaunches: () => void,
  ) {}

  readonly arranged = computed((): Arrangement => {
    const layout = this.device.layout.value;
    const asSuggested = (): Arrangement =>
      layout === null ? AS_RECORDED : { ...AS_RECORDED, folded: foldedAtFirst(layout) };
    return this.arrangement.value ?? asSuggested();
  });

  /** Whether any launch call is shown: they are not in tiles unless asked for. */
  readonly hasLaunches = computed(() => this.arranged.value.launches.size > 0);

  readonly rows = computed(() => {
    const layout = this.device.layout.value;
    return layout === null ? null : rowsOf(layout, this.arranged.value);
  });

  #change(next: Arrangement | null): void {
    const before = this.hasLaunches.value;
    batch(() => {
      this.arrangement.value = next;
      if (this.hasLaunches.value !== before) this.onLaunches();
    });
  }

  /** Fold a session, leave one out, leave out a lane, or show a session's launch calls; or take it back. */
  arrange(what: SetName, index: number): void {
    this.#change(toggle(this.arranged.value, what, index));
  }

  pin(lane: number): void {
    this.#change(togglePin(this.arranged.value, lane));
  }

  moveSession(session: number, by: 1 | -1): void {
    const sessions = this.device.layout.value?.sessions.length ?? 0;
    this.#change(move(this.arranged.value, sessions, session, by));
  }

  reset(): void {
    this.#change(null);
  }

  /** Bring a lane back that is folded away or left out. */
  reveal({ lane, session, kind }: LayoutLane): void {
    const { launches, folded, hidden, hiddenLanes } = this.arranged.value;
    if (kind === 'launch' && !launches.has(session)) this.arrange('launches', session);
    if (folded.has(session)) this.arrange('folded', session);
    if (hidden.has(session)) this.arrange('hidden', session);
    if (hiddenLanes.has(lane)) this.arrange('hiddenLanes', lane);
  }
}
