/** The instant whose holders of memory are shown, and caps that the user tries. */
import { signal } from '@preact/signals';
import { withEntry } from '../base/maps';
import { type Bytes, type Ns, ns, type Px } from '../base/units';
import { INSTANT } from '../model/hash';
import { CAPS, type Caps, markNear } from '../model/memory';
import { nsPerPx, toNs } from '../model/viewport';
import { keyOf, PLACE } from './address';
import type { Lanes } from './lanes';
import type { OpenDevice } from './open_device';
import type { TimeWindow } from './window';

/** A click so near a peak is one on it. */
const REACH_PX = 6;

export class MemoryCursor {
  /** Null: the peak. */
  readonly instant = signal<Ns | null>(null);
  /** By index of the session in the layout. */
  readonly caps = signal<Caps>(new Map());
  readonly keys = [keyOf('instant', INSTANT, this.instant, PLACE), keyOf('caps', CAPS, this.caps)];

  constructor(
    readonly device: OpenDevice,
    readonly window: TimeWindow,
    readonly lanes: Lanes,
  ) {}

  /** A click on the memory track: who holds it there; near a mark, at that peak. */
  pick(x: Px, y: Px): void {
    const [viewport, box] = [this.window.viewport.value, this.lanes.rows.value?.memory];
    const layout = this.device.layout.value;
    if (!viewport || !box || !layout?.memory?.sessions.length) return;
    if (y < box.top || y > box.top + box.height) return;
    const { start_ns: start, end_ns: end } = layout.window;
    // Outside the analysed window not all sessions are known: their holders would not add up to what is drawn.
    const at = ns(Math.min(Math.max(Math.round(toNs(viewport, x)), start), end));
    this.showAt(markNear(layout.memory, at, ns(REACH_PX * nsPerPx(viewport)))?.at ?? at);
  }

  showAt(at: Ns | null): void {
    this.instant.value = at;
    if (at === null) return;
    const { device } = this;
    device.tell(`The Memory table shows what holds memory at ${device.instantText(at)}.`);
  }

  /** Cap a session, or take its cap back. */
  cap(session: number, at: Bytes | null): void {
    this.caps.value = withEntry(this.caps.value, session, at);
  }
}
