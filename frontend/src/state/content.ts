/** What tiles hold of the window and of the whole capture: events, contended intervals, lost time. */
import { computed, signal } from '@preact/signals';
import { lengthOf, type Span } from '../base/units';
import { type Cover, coverOf } from '../model/cover';
import { contendedIn } from '../model/intervals';
import { allLostIn } from '../model/lost';
import { levelFor, nsPerPx } from '../model/viewport';
import type { Lanes } from './lanes';
import type { OpenDevice } from './open_device';
import { Tiles } from './tiles';
import type { TimeWindow } from './window';

export class Content {
  readonly tiles = signal<Tiles | null>(null);

  constructor(
    readonly device: OpenDevice,
    readonly window: TimeWindow,
    readonly lanes: Lanes,
    readonly onOutdated: () => void,
  ) {}

  /** The tiles of `view` where a pixel is so long, with what is missing of them. */
  #coverOf(view: Span, perPx: number): Cover | null {
    const [layout, extent] = [this.device.layout.value, this.device.extent.value];
    const [tiles, width] = [this.tiles.value, this.window.width.value];
    if (layout === null || extent === null || tiles === null || width <= 0) return null;
    tiles.arrivals.value;
    // The level at which the whole capture fits the screen: tiles above it are never needed.
    const top = levelFor(lengthOf(extent) / Math.max(200, width), layout.levels);
    return coverOf(view, extent, Math.min(levelFor(perPx, layout.levels), top), top, tiles.find);
  }

  readonly cover = computed(() => {
    const viewport = this.window.viewport.value;
    return viewport && this.#coverOf(viewport.view, nsPerPx(viewport));
  });

  readonly overview = computed(() => {
    const extent = this.device.extent.value;
    return extent && this.#coverOf(extent, Number.POSITIVE_INFINITY);
  });

  readonly contended = computed(() => (this.cover.value === null ? [] : contendedIn(this.cover.value)));

  /** By session; without those whose loss is not known. */
  readonly lost = computed(() => {
    const [cover, layout] = [this.cover.value, this.device.layout.value];
    return cover === null ? new Map<number, never>() : allLostIn(cover, layout?.lost ?? []);
  });

  /** Start anew: another layout, or other lanes in its tiles. */
  renew(): void {
    const layout = this.device.layout.peek();
    if (layout === null) return;
    const { source } = this.device;
    this.tiles.peek()?.close();
    source.drop('tiles');
    const { device, revision } = layout;
    this.tiles.value = new Tiles(source, device, revision, this.lanes.hasLaunches.peek(), this.onOutdated);
  }

  close(): void {
    this.tiles.peek()?.close();
    this.tiles.value = null;
  }

  /** Ask for the tiles of the present window; called once a frame. */
  fetch(): void {
    const wanted = [...(this.overview.value?.missing ?? []), ...(this.cover.value?.missing ?? [])];
    this.tiles.value?.want(wanted);
  }
}
