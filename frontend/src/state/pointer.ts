/** The pointer on the timeline, and what lies under it. */
import { batch, signal } from '@preact/signals';
import { type Ns, ns, type Px } from '../base/units';
import { pinnedBoxes } from '../model/head';
import { type Hit, hitTest, lanesShown } from '../model/hit';
import { type LostHit, stallAt } from '../model/lost';
import { centreOf, nsPerPx, toNs } from '../model/viewport';
import type { Content } from './content';
import type { Lanes } from './lanes';
import type { TimeWindow } from './window';

/** The pointer takes hold of an edge so near. */
const SNAP_PX = 6;

/** And of an event. */
const REACH_PX = 2;

export class Pointer {
  readonly cursor = signal<Px | null>(null);
  readonly hovered = signal<Hit | null>(null);
  readonly hoveredLost = signal<LostHit | null>(null);

  constructor(
    readonly window: TimeWindow,
    readonly lanes: Lanes,
    readonly content: Content,
  ) {}

  /** `isHead`: the point is one of the head, below which pinned lanes are. */
  hover(x: Px, y: Px, isHead = false): void {
    batch(() => {
      this.hovered.value = this.hit(x, y, isHead);
      this.hoveredLost.value = isHead ? null : this.#stall(x, y);
    });
  }

  unhover(): void {
    batch(() => {
      this.hovered.value = null;
      this.hoveredLost.value = null;
    });
  }

  hit(x: Px, y: Px, isHead = false): Hit | null {
    const [viewport, cover, rows] = [
      this.window.viewport.value,
      this.content.cover.value,
      this.lanes.rows.value,
    ];
    if (viewport === null || cover === null || rows === null) return null;
    const sessions = this.lanes.device.layout.value?.sessions.length ?? 0;
    const boxes = isHead ? pinnedBoxes(rows, sessions) : lanesShown(rows);
    return hitTest(cover, boxes, toNs(viewport, x), y, ns(REACH_PX * nsPerPx(viewport)));
  }

  #stall(x: Px, y: Px): LostHit | null {
    const [viewport, rows] = [this.window.viewport.value, this.lanes.rows.value];
    if (viewport === null || rows === null) return null;
    return stallAt(this.content.lost.value, rows, toNs(viewport, x), y, ns(REACH_PX * nsPerPx(viewport)));
  }

  /** An instant near an edge of what is under the pointer is that edge. */
  snap(x: Px, y: Px): Ns {
    const viewport = this.window.viewport.value;
    if (viewport === null) return ns(0);
    const at = toNs(viewport, x);
    const slice = this.hit(x, y)?.slice;
    if (slice === undefined) return at;
    const edge = at - slice.start < slice.end - at ? slice.start : slice.end;
    return Math.abs(edge - at) <= SNAP_PX * nsPerPx(viewport) ? edge : at;
  }

  /** The instant under the pointer, or the middle of the window. */
  instant(): Ns | null {
    const [viewport, x] = [this.window.viewport.value, this.cursor.value];
    if (viewport === null) return null;
    return ns(Math.round(x === null ? centreOf(viewport.view) : toNs(viewport, x)));
  }
}
