/** Pointer, wheel and keys of the timeline, turned into its actions. */
import { type Px, px, span } from '../base/units';
import { headRows } from '../canvas/head';
import { toNs, toPx, type Viewport } from '../model/viewport';
import type { Timeline } from '../state/timeline';

const CLICK_SLOP = 4;
const EDGE = 6;

/** What a press on a canvas started: told about moves, then about the release. */
interface Drag {
  move(x: Px): void;
  end(x: Px): void;
}

const placeOf = (event: MouseEvent, element: Element): { readonly x: Px; readonly y: Px } => {
  const box = element.getBoundingClientRect();
  return { x: px(event.clientX - box.left), y: px(event.clientY - box.top) };
};

function panDrag(timeline: Timeline, from: Px): Drag {
  let last = from;
  return {
    move: (x) => {
      timeline.panPx(px(last - x));
      last = x;
    },
    end: () => timeline.forgetJump(),
  };
}

function rangeDrag(timeline: Timeline, viewport: Viewport, from: Px): Drag {
  const rangeTo = (x: Px) => {
    const clipped = Math.min(Math.max(x, 0), viewport.width);
    return span(toNs(viewport, px(Math.min(from, clipped))), toNs(viewport, px(Math.max(from, clipped))));
  };
  return {
    move: (x) => {
      timeline.range.value = rangeTo(x);
    },
    end: (x) => {
      timeline.range.value = null;
      if (Math.abs(x - from) > CLICK_SLOP) timeline.commit(rangeTo(x));
    },
  };
}

/** In the minimap: an edge of the window resizes it, its inside moves it, elsewhere it jumps there first. */
function minimapDrag(timeline: Timeline, viewport: Viewport, from: Px): Drag | null {
  const extent = timeline.extent.value;
  if (extent === null) return null;
  const whole: Viewport = { view: extent, width: viewport.width };
  const [left, right] = [toPx(whole, viewport.view.start), toPx(whole, viewport.view.end)];
  const done = (): void => timeline.forgetJump();
  const isSmall = right - left < 3 * EDGE;
  if (!isSmall && Math.abs(from - left) <= EDGE) {
    return {
      move: (x) => timeline.show(span(Math.min(toNs(whole, x), viewport.view.end - 40), viewport.view.end)),
      end: done,
    };
  }
  if (!isSmall && Math.abs(from - right) <= EDGE) {
    return {
      move: (x) =>
        timeline.show(span(viewport.view.start, Math.max(toNs(whole, x), viewport.view.start + 40))),
      end: done,
    };
  }
  const isOutside = from < left - EDGE || from > right + EDGE;
  const grip = isOutside ? 0 : from - (left + right) / 2;
  if (isOutside) timeline.centreOn(toNs(whole, from));
  return { move: (x) => timeline.centreOn(toNs(whole, px(x - grip))), end: done };
}

function headDrag(timeline: Timeline, viewport: Viewport, from: Px, y: Px): Drag | null {
  const layout = timeline.layout.value;
  if (layout === null) return null;
  const rows = headRows(layout.sessions.length);
  if (y < rows.minimap + 4) return minimapDrag(timeline, viewport, from);
  const pan = panDrag(timeline, from);
  return {
    move: pan.move,
    end: (x) => {
      pan.end(x);
      const at = toNs(viewport, x);
      const isBand = y >= rows.band && y < rows.band + rows.bandHeight;
      const hit = timeline.contended.value.find((interval) => at >= interval.start && at < interval.end);
      if (isBand && hit !== undefined && Math.abs(x - from) <= CLICK_SLOP) timeline.frame(hit);
    },
  };
}

function bodyDrag(timeline: Timeline, viewport: Viewport, from: Px, y: Px, isRange: boolean): Drag {
  if (isRange) return rangeDrag(timeline, viewport, from);
  const pan = panDrag(timeline, from);
  return {
    move: pan.move,
    end: (x) => {
      pan.end(x);
      if (Math.abs(x - from) <= CLICK_SLOP) void timeline.select(x, y);
    },
  };
}

type Starter = (viewport: Viewport, x: Px, y: Px, event: PointerEvent) => Drag | null;

function listenForDrag(
  timeline: Timeline,
  canvas: HTMLCanvasElement,
  start: Starter,
  off: AbortSignal,
): void {
  let drag: Drag | null = null;
  let from = 0;
  let moved = false;
  const options = { signal: off };
  canvas.addEventListener(
    'pointerdown',
    (event) => {
      const viewport = timeline.viewport.value;
      if (event.button !== 0 || viewport === null) return;
      const { x, y } = placeOf(event, canvas);
      drag = start(viewport, x, y, event);
      from = x;
      moved = false;
      canvas.setPointerCapture(event.pointerId);
      canvas.closest<HTMLElement>('[tabindex]')?.focus({ preventScroll: true });
    },
    options,
  );
  canvas.addEventListener(
    'pointermove',
    (event) => {
      if (drag === null) return;
      const { x } = placeOf(event, canvas);
      // A click with an unsteady hand is not a drag.
      moved ||= Math.abs(x - from) > CLICK_SLOP;
      if (moved) drag.move(x);
    },
    options,
  );
  canvas.addEventListener(
    'pointerup',
    (event) => {
      drag?.end(placeOf(event, canvas).x);
      drag = null;
    },
    options,
  );
  canvas.addEventListener(
    'pointercancel',
    () => {
      drag = null;
      timeline.range.value = null;
    },
    options,
  );
}

/** Zoom with Ctrl anywhere on the timeline, without it only where the timeline has focus: else the page scrolls. */
function listenForWheel(
  timeline: Timeline,
  stage: HTMLElement,
  canvas: HTMLCanvasElement,
  off: AbortSignal,
): void {
  const onWheel = (event: WheelEvent): void => {
    const isOurs = event.ctrlKey || event.metaKey || document.activeElement === stage;
    if (!isOurs) return;
    event.preventDefault();
    timeline.forgetJump();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      timeline.panPx(px((event.deltaX || event.deltaY) * lines));
      return;
    }
    // A notch of a mouse is 100 or more, a trackpad sends many small ones: both zoom alike per distance.
    const distance = Math.max(-200, Math.min(200, event.deltaY * lines));
    timeline.zoom(Math.exp(distance * 0.0025), placeOf(event, canvas).x);
  };
  canvas.addEventListener('wheel', onWheel, { signal: off, passive: false });
}

export function listen(
  timeline: Timeline,
  stage: HTMLElement,
  head: HTMLCanvasElement,
  body: HTMLCanvasElement,
): () => void {
  const off = new AbortController();
  listenForDrag(timeline, head, (v, x, y) => headDrag(timeline, v, x, y), off.signal);
  listenForDrag(timeline, body, (v, x, y, e) => bodyDrag(timeline, v, x, y, e.shiftKey), off.signal);
  listenForWheel(timeline, stage, head, off.signal);
  listenForWheel(timeline, stage, body, off.signal);
  body.addEventListener(
    'pointermove',
    (event) => {
      const { x, y } = placeOf(event, body);
      timeline.cursor.value = x;
      timeline.hover(x, y);
    },
    { signal: off.signal },
  );
  body.addEventListener(
    'pointerleave',
    () => {
      timeline.cursor.value = null;
      timeline.unhover();
    },
    { signal: off.signal },
  );
  return () => off.abort();
}

const STEP = 0.15;

type Action = (timeline: Timeline) => void;

const ACTIONS: Readonly<Record<string, Action>> = {
  w: (t) => t.zoom(0.8),
  s: (t) => t.zoom(1.25),
  a: (t) => t.pan(-STEP),
  d: (t) => t.pan(STEP),
  ArrowUp: (t) => t.zoom(0.8),
  ArrowDown: (t) => t.zoom(1.25),
  ArrowLeft: (t) => t.pan(-STEP),
  ArrowRight: (t) => t.pan(STEP),
  f: (t) => t.fit(),
  n: (t) => t.jump(1),
  N: (t) => t.jump(-1),
  Escape: (t) => t.clear(),
};

/** True when the key was one of the timeline's. Only for keys pressed while it has focus. */
export function onKey(timeline: Timeline, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  const key = event.key.length === 1 && event.key !== 'N' ? event.key.toLowerCase() : event.key;
  const action = ACTIONS[key];
  if (action === undefined) return false;
  const isJump = key === 'n' || key === 'N';
  if (!isJump) timeline.forgetJump();
  action(timeline);
  if (!isJump && key !== 'Escape') timeline.announceWindow();
  event.preventDefault();
  return true;
}
