/** The window: which part of the capture is on screen, and which range of it is chosen. */
import { batch, computed, signal } from '@preact/signals';
import { formatDuration } from '../base/format';
import { lengthOf, type Ns, ns, type Px, px, type Span, span } from '../base/units';
import { SPAN } from '../model/hash';
import { centreOf, clampView, fitTo, nsPerPx, panBy, toNs, type Viewport, zoomAt } from '../model/viewport';
import { keyOf, PLACE } from './address';
import type { OpenDevice } from './open_device';

/** Nobody wants to be brought closer than this without asking. */
const NEAREST_NS = 2e4;

/** So many selected ranges are kept. */
const MOST_CRUMBS = 6;

export class TimeWindow {
  /** Null: the whole capture. */
  readonly span = signal<Span | null>(null);
  readonly width = signal<Px>(px(0));
  /** The selected range, whether or not the window shows it. */
  readonly range = signal<Span | null>(null);
  /** Ranges that were chosen one inside the other, widest first; zooming and panning do not change them. */
  readonly crumbs = signal<readonly Span[]>([]);
  readonly keys = [keyOf('window', SPAN, this.span, PLACE), keyOf('range', SPAN, this.range, PLACE)];

  constructor(readonly device: OpenDevice) {}

  readonly viewport = computed((): Viewport | null => {
    const extent = this.device.extent.value;
    const view = this.span.value ?? extent;
    if (extent === null || view === null || this.width.value <= 0) return null;
    return { view: clampView(view, extent), width: this.width.value };
  });

  show(view: Span): void {
    const extent = this.device.extent.value;
    if (extent === null) return;
    const next = clampView(view, extent);
    const isWhole = next.start === extent.start && next.end === extent.end;
    this.span.value = isWhole ? null : next;
  }

  /** Show what `next` makes of the present view. */
  #change(next: (viewport: Viewport, extent: Span) => Span): void {
    const [viewport, extent] = [this.viewport.value, this.device.extent.value];
    if (viewport !== null && extent !== null) this.show(next(viewport, extent));
  }

  zoom(factor: number, at?: Px): void {
    this.#change((viewport, extent) => {
      const anchor = at === undefined ? centreOf(viewport.view) : toNs(viewport, at);
      return zoomAt(viewport.view, extent, anchor, factor);
    });
  }

  panPx(distance: Px): void {
    this.#change((viewport, extent) => panBy(viewport.view, extent, ns(distance * nsPerPx(viewport))));
  }

  /** Pan by a part of the window. */
  pan(part: number): void {
    this.panPx(px(part * this.width.value));
  }

  centreOn(at: Ns): void {
    this.#change(({ view }) => {
      const half = lengthOf(view) / 2;
      return span(at - half, at + half);
    });
  }

  /** Come near an event: closer where it would be a hair, never farther away. */
  approach(target: Span): void {
    this.#change(({ view }) => {
      const half = Math.min(lengthOf(view), Math.max(40 * lengthOf(target), NEAREST_NS)) / 2;
      const middle = centreOf(target);
      return span(middle - half, middle + half);
    });
  }

  /** Show `target` with `margin` of its length on both sides. */
  frame(target: Span, margin = 0.5): void {
    const extent = this.device.extent.value;
    if (extent !== null) this.show(fitTo(target, extent, margin));
  }

  /** Show everything. */
  fit(): void {
    batch(() => {
      this.span.value = null;
      this.crumbs.value = [];
    });
  }

  /** Show a range that the user chose, and remember it; one that does not lie in the last takes the place of what it left. */
  commit(range: Span): void {
    const extent = this.device.extent.value;
    if (extent === null) return;
    const next = clampView(range, extent);
    const kept = this.crumbs.value.filter((each) => each.start <= next.start && next.end <= each.end);
    batch(() => {
      this.show(next);
      this.crumbs.value = [...kept, next].slice(-MOST_CRUMBS);
    });
  }

  /** Zoom to the selected range. */
  commitRange(): void {
    const range = this.range.value;
    if (range === null) return;
    batch(() => {
      this.commit(range);
      this.range.value = null;
    });
    this.announce();
  }

  /** Go back to a selected range, and forget those inside it. */
  backTo(place: number): void {
    const crumb = this.crumbs.value[place];
    if (crumb === undefined) return;
    batch(() => {
      this.crumbs.value = this.crumbs.value.slice(0, place + 1);
      this.show(crumb);
    });
  }

  /** Forget the ranges that the window has left. */
  dropCrumbs(): void {
    const view = this.span.value;
    const isIn = ({ start, end }: Span): boolean => view !== null && start <= view.start && view.end <= end;
    this.crumbs.value = this.crumbs.value.filter(isIn);
  }

  announce(): void {
    const view = this.viewport.value?.view;
    if (view !== undefined) this.device.announcement.value = `Showing ${formatDuration(lengthOf(view))}.`;
  }

  announceRange(): void {
    const range = this.range.value;
    if (range !== null)
      this.device.announcement.value = `Selected range: ${formatDuration(lengthOf(range))}.`;
  }
}
