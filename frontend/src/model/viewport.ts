/** The window of time on screen and the arithmetic of zooming, panning and tile levels. */
import { BUCKETS } from '../api/tile';
import { lengthOf, type Ns, ns, type Px, px, type Span, span } from '../base/units';

export interface Viewport {
  readonly view: Span;
  readonly width: Px;
}

/** Nothing is shorter than a nanosecond on the wire, so there is nothing to see below this. */
export const SHORTEST = 40;

export const nsPerPx = (v: Viewport): number => lengthOf(v.view) / Math.max(1, v.width);
export const toPx = (v: Viewport, at: number): Px => px((at - v.view.start) / nsPerPx(v));
export const toNs = (v: Viewport, x: Px): Ns => ns(v.view.start + x * nsPerPx(v));

/** The part of `limits` nearest to `view`, as long as it where possible. */
export function clampView(view: Span, limits: Span): Span {
  const whole = lengthOf(limits);
  const length = Math.min(Math.max(lengthOf(view), Math.min(SHORTEST, whole)), whole);
  const start = Math.min(Math.max(view.start, limits.start), limits.end - length);
  return span(start, start + length);
}

/** Zoom by `factor` (below 1: closer) and keep the instant `anchor` where it is on screen. */
export function zoomAt(view: Span, limits: Span, anchor: Ns, factor: number): Span {
  const wanted = lengthOf(view) * factor;
  const length = Math.min(Math.max(wanted, SHORTEST), lengthOf(limits));
  const part = lengthOf(view) > 0 ? (anchor - view.start) / lengthOf(view) : 0.5;
  const start = anchor - part * length;
  return clampView(span(start, start + length), limits);
}

export const panBy = (view: Span, limits: Span, by: Ns): Span =>
  clampView(span(view.start + by, view.end + by), limits);

export const centreOf = (view: Span): Ns => ns((view.start + view.end) / 2);

/** A view that shows `target` with `margin` of its length on both sides. */
export function fitTo(target: Span, limits: Span, margin: number): Span {
  const pad = Math.max(lengthOf(target) * margin, SHORTEST / 2);
  return clampView(span(target.start - pad, target.end + pad), limits);
}

/** The power of two at which one bucket is more than half a pixel and at most one pixel wide. */
export function levelFor(perPx: number, levels: { readonly min: number; readonly max: number }): number {
  const level = Math.floor(Math.log2(Math.max(perPx, 1e-9)));
  return Math.min(Math.max(level, levels.min), levels.max);
}

export const tileLength = (level: number): Ns => ns(BUCKETS * 2 ** level);

/** First and last index of the tiles that `view` touches; tiles are counted from the start of `extent`. */
export function tileRange(view: Span, extent: Span, level: number): readonly [number, number] {
  const length = tileLength(level);
  const last = Math.max(0, Math.ceil(lengthOf(extent) / length) - 1);
  const clip = (index: number): number => Math.min(Math.max(index, 0), last);
  return [
    clip(Math.floor((view.start - extent.start) / length)),
    clip(Math.ceil((view.end - extent.start) / length) - 1),
  ];
}
