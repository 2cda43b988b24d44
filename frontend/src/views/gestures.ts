/** Pointer, wheel and keys of the timeline, turned into its actions. */
import { ns, type Px, px, span } from '../base/units';
import { headRows } from '../model/head';
import { markAt } from '../model/marks';
import { HEADING } from '../model/rows';
import { nsPerPx, SHORTEST, toNs, toPx, type Viewport } from '../model/viewport';
import type { Panel } from '../state/panel';
import type { Timeline } from '../state/timeline';

const CLICK_SLOP = 4;
const EDGE = 6;
/** Height of a session's ruler, at the bottom of its heading. */
const RULER = 24;
const FLAG = 16;
/** No lane is there: nothing to take hold of. */
const OUTSIDE = px(-1);
export const MARKS_TABLE = 'Marks';

/** What a press on a canvas started: moves, then the release, or `cancel` when it comes to nothing. */
interface Drag {
  move(x: Px, y: Px): void;
  end?(x: Px, y: Px): void;
  cancel?(): void;
}

function panDrag({ window }: Timeline, from: Px): Drag {
  let last = from;
  return {
    move: (x) => {
      window.panPx(px(last - x));
      last = x;
    },
  };
}

/** Choose a range; it takes hold of the edges of what is under the pointer. */
function rangeDrag({ window, pointer }: Timeline, viewport: Viewport, from: Px, y: Px): Drag {
  const before = window.range.value;
  const anchor = pointer.snap(from, y);
  const choose = (x: Px, at: Px): void => {
    const other = pointer.snap(px(Math.min(Math.max(x, 0), viewport.width)), at);
    window.range.value = span(Math.min(anchor, other), Math.max(anchor, other));
  };
  return {
    move: choose,
    end: (x, at) => {
      if (Math.abs(x - from) > CLICK_SLOP) choose(x, at);
      else window.range.value = null;
      window.announceRange();
    },
    cancel: () => {
      window.range.value = before;
    },
  };
}

/** Move a session by its ruler. */
function shiftDrag({ shifting }: Panel, viewport: Viewport, session: number, from: Px): Drag {
  const by = (x: Px): number => (x - from) * nsPerPx(viewport);
  return {
    move: (x) => shifting.to(session, by(x)),
    end: (x) => (Math.abs(x - from) > CLICK_SLOP ? shifting.end() : shifting.cancel()),
    cancel: () => shifting.cancel(),
  };
}

/** The session on whose ruler a point of the body lies; null with one session, which nothing is aligned with. */
export function rulerAt({ timeline }: Panel, y: Px): number | null {
  const groups = timeline.lanes.rows.value?.groups ?? [];
  if ((timeline.layout.value?.sessions.length ?? 0) < 2) return null;
  const group = groups.find(({ top, folded }) => !folded && y >= top + HEADING - RULER && y < top + HEADING);
  return group?.session ?? null;
}

/** In the minimap: an edge of the window resizes it, its inside moves it, elsewhere it jumps there first. */
function minimapDrag({ window, extent }: Timeline, { view, width }: Viewport, from: Px): Drag | null {
  if (extent.value === null) return null;
  const whole: Viewport = { view: extent.value, width };
  const [left, right] = [toPx(whole, view.start), toPx(whole, view.end)];
  const dragged = (show: (at: number) => void, grip = 0): Drag => ({
    move: (x) => show(toNs(whole, px(x - grip))),
  });
  if (right - left >= 3 * EDGE) {
    const isAt = (edge: Px): boolean => Math.abs(from - edge) <= EDGE;
    if (isAt(left)) return dragged((at) => window.show(span(Math.min(at, view.end - SHORTEST), view.end)));
    if (isAt(right))
      return dragged((at) => window.show(span(view.start, Math.max(at, view.start + SHORTEST))));
  }
  const isOutside = from < left - EDGE || from > right + EDGE;
  if (isOutside) window.centreOn(toNs(whole, from));
  return dragged((at) => window.centreOn(ns(at)), isOutside ? 0 : from - (left + right) / 2);
}

function headDrag(panel: Panel, viewport: Viewport, from: Px, y: Px, isRange: boolean): Drag | null {
  const { timeline } = panel;
  const layout = timeline.layout.value;
  if (layout === null) return null;
  const rows = headRows(layout.sessions.length);
  if (y < rows.minimap + 4) return minimapDrag(timeline, viewport, from);
  if (isRange) return rangeDrag(timeline, viewport, from, OUTSIDE);
  return {
    ...panDrag(timeline, from),
    end: (x) => {
      const at = toNs(viewport, x);
      const isBand = y >= rows.band && y < rows.band + rows.bandHeight;
      const hit = timeline.content.contended.value.find(
        (interval) => at >= interval.start && at < interval.end,
      );
      if (Math.abs(x - from) > CLICK_SLOP) return;
      if (isBand && hit !== undefined) timeline.window.frame(hit);
      if (y >= rows.height) timeline.click(x, y, true);
      // A flag stands to the right of its instant.
      const middle = toNs(viewport, px(x - FLAG / 2));
      const flag = markAt(timeline.marks.all.value, middle, ns((FLAG / 2) * nsPerPx(viewport)));
      if (flag !== null && Math.abs(y - rows.ruler) <= FLAG / 2) openMarks(panel);
    },
  };
}

function bodyDrag(panel: Panel, viewport: Viewport, from: Px, y: Px, isRange: boolean): Drag {
  const { timeline } = panel;
  if (isRange) return rangeDrag(timeline, viewport, from, y);
  const session = rulerAt(panel, y);
  if (session !== null) return shiftDrag(panel, viewport, session, from);
  return {
    ...panDrag(timeline, from),
    end: (x) => {
      if (Math.abs(x - from) <= CLICK_SLOP) timeline.click(x, y);
    },
  };
}

function openMarks({ table, timeline }: Panel): void {
  table.value = MARKS_TABLE;
  timeline.tell('The Marks table below the timeline lists this mark with its note.');
}

type Starter = (panel: Panel, viewport: Viewport, x: Px, y: Px, isRange: boolean) => Drag | null;

type Handler<Event> = (event: Event, x: Px, y: Px) => void;
type Handlers = { readonly [Name in keyof HTMLElementEventMap]?: Handler<HTMLElementEventMap[Name]> };

/** Tell each handler where on the canvas its event was. */
function listenOn(canvas: HTMLCanvasElement, signal: AbortSignal, handlers: Handlers): void {
  for (const [name, handle] of Object.entries(handlers) as [string, Handler<MouseEvent>][]) {
    const told = (event: Event): void => {
      const box = canvas.getBoundingClientRect();
      const { clientX, clientY } = event as MouseEvent;
      handle(event as MouseEvent, px(clientX - box.left), px(clientY - box.top));
    };
    canvas.addEventListener(name, told, { signal, passive: false });
  }
}

function dragging(panel: Panel, canvas: HTMLCanvasElement, start: Starter): Handlers {
  let drag: Drag | null = null;
  let from = 0;
  let moved = false;
  return {
    pointerdown: (event, x, y) => {
      const viewport = panel.timeline.window.viewport.value;
      if (event.button !== 0 || viewport === null) return;
      drag = start(panel, viewport, x, y, event.shiftKey);
      from = x;
      moved = false;
      canvas.setPointerCapture(event.pointerId);
      canvas.closest<HTMLElement>('[tabindex]')?.focus({ preventScroll: true });
    },
    pointermove: (_, x, y) => {
      // A click with an unsteady hand is not a drag.
      moved ||= Math.abs(x - from) > CLICK_SLOP;
      if (moved) drag?.move(x, y);
    },
    pointerup: (_, x, y) => {
      drag?.end?.(x, y);
      drag = null;
    },
    pointercancel: () => {
      drag?.cancel?.();
      drag = null;
    },
  };
}

/** Zoom with Ctrl anywhere on the timeline, without it only where the timeline has focus: else the page scrolls. */
function wheeling({ timeline: { window } }: Panel, stage: HTMLElement): Handler<WheelEvent> {
  return (event, x) => {
    const isOurs = event.ctrlKey || event.metaKey || document.activeElement === stage;
    if (!isOurs) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
      window.panPx(px((event.deltaX || event.deltaY) * lines));
      return;
    }
    // A notch of a mouse is 100 or more, a trackpad sends many small ones: both zoom alike per distance.
    const distance = Math.max(-200, Math.min(200, event.deltaY * lines));
    window.zoom(Math.exp(distance * 0.0025), x);
  };
}

function hovering(panel: Panel, canvas: HTMLCanvasElement, isHead: boolean): Handlers {
  const { pointer } = panel.timeline;
  return {
    pointermove: (_, x, y) => {
      pointer.cursor.value = x;
      pointer.hover(x, y, isHead);
      if (isHead) return;
      const isRuler = rulerAt(panel, y) !== null;
      canvas.style.cursor = isRuler ? 'ew-resize' : '';
      canvas.title = isRuler ? 'Ruler of the session: drag to shift it in time' : '';
    },
    pointerleave: () => {
      pointer.cursor.value = null;
      pointer.unhover();
    },
  };
}

export function listen(
  panel: Panel,
  stage: HTMLElement,
  head: HTMLCanvasElement,
  body: HTMLCanvasElement,
  off: AbortSignal,
): void {
  for (const canvas of [head, body]) {
    const isHead = canvas === head;
    const handlers = [
      dragging(panel, canvas, isHead ? headDrag : bodyDrag),
      { wheel: wheeling(panel, stage) },
      hovering(panel, canvas, isHead),
    ];
    for (const each of handlers) listenOn(canvas, off, each);
  }
}

const STEP = 0.15;

/** Keys that do not move the window, or say so themselves. */
const QUIET: ReadonlySet<string> = new Set(['Escape', 'Enter', 'm', 'n', 'N', '[', ']']);

type Action = (timeline: Timeline) => void;

const ACTIONS: Readonly<Record<string, Action>> = {
  w: (t) => t.window.zoom(0.8),
  s: (t) => t.window.zoom(1.25),
  a: (t) => t.window.pan(-STEP),
  d: (t) => t.window.pan(STEP),
  ArrowUp: (t) => t.window.zoom(0.8),
  ArrowDown: (t) => t.window.zoom(1.25),
  ArrowLeft: (t) => t.window.pan(-STEP),
  ArrowRight: (t) => t.window.pan(STEP),
  f: (t) => t.window.fit(),
  '[': (t) => t.selection.selectNeighbour(-1),
  ']': (t) => t.selection.selectNeighbour(1),
  n: (t) => t.jumping.jump(1),
  N: (t) => t.jumping.jump(-1),
  m: (t) => t.marks.mark(t.pointer.instant()),
  Enter: (t) => t.window.commitRange(),
  Escape: (t) => t.clear(),
};

/** True when the key was one of the timeline's. Letters can be switched off. */
export function onKey(timeline: Timeline, event: KeyboardEvent, hasLetters: boolean): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  if (event.key.length === 1 && !hasLetters) return false;
  const key = event.key.length === 1 && event.key !== 'N' ? event.key.toLowerCase() : event.key;
  const action = ACTIONS[key];
  if (action === undefined) return false;
  action(timeline);
  if (!QUIET.has(key)) timeline.window.announce();
  event.preventDefault();
  return true;
}
