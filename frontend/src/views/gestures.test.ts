/** Pointer, wheel and keys on canvases that begin at the corner of the page. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Source } from '../api/source';
import { px, span } from '../base/units';
import { Panel } from '../state/panel';
import { layout } from '../testing/literals';
import { listen, onKey } from './gestures';

let panel: Panel;
let stage: HTMLElement;
let head: HTMLCanvasElement;
let body: HTMLCanvasElement;
let off: AbortController;

function send(canvas: HTMLCanvasElement, type: string, x: number, y: number, more: PointerEventInit = {}) {
  canvas.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, ...more }));
}

function drag(canvas: HTMLCanvasElement, from: number, to: number, y: number, more: PointerEventInit = {}) {
  send(canvas, 'pointerdown', from, y, more);
  send(canvas, 'pointermove', to, y, more);
  send(canvas, 'pointerup', to, y, more);
}

const press = (key: string): boolean => onKey(panel.timeline, new KeyboardEvent('keydown', { key }), true);

beforeEach(() => {
  const fetcher = (async () => new Response('{}')) as unknown as typeof fetch;
  panel = new Panel(new Source(fetcher));
  panel.timeline.layout.value = layout;
  panel.timeline.window.width.value = px(1024);
  stage = document.createElement('div');
  stage.tabIndex = 0;
  [head, body] = [0, 1].map(() => {
    const canvas = document.createElement('canvas');
    canvas.setPointerCapture = () => {};
    stage.append(canvas);
    return canvas;
  });
  document.body.append(stage);
  off = new AbortController();
  listen(panel, stage, head, body, off.signal);
});

afterEach(() => {
  off.abort();
  stage.remove();
});

it('pans with the pointer, once it moved farther than a click', () => {
  const { window } = panel.timeline;
  window.show(span(200, 712));
  drag(body, 500, 502, 5);
  expect(window.span.value).toEqual(span(200, 712));
  drag(body, 500, 400, 5);
  expect(window.span.value).toEqual(span(250, 762));
  expect(document.activeElement).toBe(stage);
});

it('chooses a range with Shift, and takes the one before back where the press comes to nothing', () => {
  const { window } = panel.timeline;
  drag(body, 300, 100, 5, { shiftKey: true });
  expect(window.range.value).toEqual(span(100, 300));
  expect(panel.timeline.announcement.value).toBe('Selected range: 200 ns.');
  send(body, 'pointerdown', 500, 5, { shiftKey: true });
  send(body, 'pointermove', 600, 5, { shiftKey: true });
  expect(window.range.value).toEqual(span(500, 600));
  send(body, 'pointercancel', 600, 5);
  expect(window.range.value).toEqual(span(100, 300));
  drag(body, 50, 50, 5, { shiftKey: true });
  expect(window.range.value).toBeNull();
});

it('resizes the window by its edges in the minimap, moves it, and goes where nothing of it is', () => {
  const { window } = panel.timeline;
  window.show(span(200, 400));
  drag(head, 200, 100, 3);
  expect(window.span.value).toEqual(span(100, 400));
  drag(head, 400, 300, 3);
  expect(window.span.value).toEqual(span(100, 300));
  drag(head, 150, 250, 3);
  expect(window.span.value).toEqual(span(200, 400));
  drag(head, 800, 800, 3);
  expect(window.span.value).toEqual(span(700, 900));
});

it('zooms at the pointer with the wheel, only where the wheel is ours', () => {
  const { window } = panel.timeline;
  // The document of the tests knows no keys and places of a wheel event.
  const wheel = (more: WheelEventInit): boolean => {
    const event = new WheelEvent('wheel', { deltaX: 0, deltaY: -100, cancelable: true, ...more });
    return body.dispatchEvent(Object.assign(event, { clientX: 512, clientY: 5, ctrlKey: more.ctrlKey }));
  };
  expect(wheel({})).toBe(true);
  expect(window.span.value).toBeNull();
  expect(wheel({ ctrlKey: true })).toBe(false);
  const view = window.viewport.value?.view;
  expect(view?.end).toBeCloseTo(512 + 512 * Math.exp(-0.25));
  expect(view?.start).toBeCloseTo(512 - 512 * Math.exp(-0.25));
  stage.focus();
  wheel({ deltaX: 10, deltaY: 0 });
  expect(window.viewport.value?.view.start).toBeGreaterThan(view?.start ?? Number.NaN);
});

it('knows where the pointer is until it leaves', () => {
  const { pointer } = panel.timeline;
  send(body, 'pointermove', 77, 5);
  expect(pointer.cursor.value).toBe(77);
  send(body, 'pointerleave', 77, 5);
  expect(pointer.cursor.value).toBeNull();
});

it('moves a session by its ruler', () => {
  const group = panel.timeline.lanes.rows.value?.groups[0];
  const y = (group?.lanes[0].top ?? 0) - 4;
  send(body, 'pointermove', 300, y);
  expect(body.style.cursor).toBe('ew-resize');
  send(body, 'pointerdown', 300, y);
  send(body, 'pointermove', 340, y);
  expect(panel.shifting.move.value).toEqual({ session: 0, by: 40 });
  send(body, 'pointercancel', 340, y);
  expect(panel.shifting.move.value).toBeNull();
});

it('takes keys, and leaves others to the page', () => {
  const { window } = panel.timeline;
  expect([press('w'), press('x')]).toEqual([true, false]);
  expect(window.span.value).not.toBeNull();
  press('f');
  expect(window.span.value).toBeNull();
  expect(panel.timeline.announcement.value).toBe('Showing 1.02 µs.');
  expect(onKey(panel.timeline, new KeyboardEvent('keydown', { key: 'w' }), false)).toBe(false);
  expect(onKey(panel.timeline, new KeyboardEvent('keydown', { key: 'w', ctrlKey: true }), true)).toBe(false);
});
