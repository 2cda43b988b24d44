/** Keys pressed anywhere in the panel. */
import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ns, px, span } from '../base/units';
import { Panel } from '../state/panel';
import { layout } from '../testing/literals';
import { bringIntoSight, listenForKeys } from './keys';
import { MarkNote, RangeTag } from './on_timeline';

let panel: Panel;
let root: HTMLElement;
let off: AbortController;

beforeEach(() => {
  panel = new Panel();
  panel.timeline.layout.value = layout;
  panel.timeline.window.width.value = px(1024);
  root = document.body.appendChild(document.createElement('div'));
  root.innerHTML =
    '<button></button><input id="find"><section class="timeline"><div class="stage" tabindex="0"></div></section><div id="more"></div>';
  off = new AbortController();
  listenForKeys(panel, root.querySelector('.stage') as HTMLElement, off.signal);
});

afterEach(() => {
  off.abort();
  root.remove();
});

const press = (key: string, where = 'button'): void => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  root.querySelector(where)?.dispatchEvent(event);
};

it('takes letters wherever the focus is, and arrows only on the timeline', () => {
  const { window } = panel.timeline;
  press('w');
  const closer = window.span.value;
  expect(closer).not.toBeNull();
  press('ArrowUp');
  press('Enter');
  expect(window.span.value).toEqual(closer);
  press('ArrowUp', '.stage');
  expect(window.span.value).not.toEqual(closer);
  press('?');
  expect(panel.isHelpOpen.value).toBe(true);
  press('/');
  expect(document.activeElement?.id).toBe('find');
});

it('takes no letter where text is typed, and none at all once they are off', () => {
  press('w', 'input');
  panel.hasLetters.value = false;
  press('w');
  press('?');
  expect([panel.timeline.window.span.value, panel.isHelpOpen.value]).toEqual([null, false]);
  panel.hasLetters.value = true;
});

it('scrolls to the timeline only where it is out of sight', () => {
  const stage = root.querySelector('.stage') as HTMLElement;
  const scroll = vi.fn();
  (root.querySelector('.timeline') as HTMLElement).scrollIntoView = scroll;
  const at = (top: number): void => {
    stage.getBoundingClientRect = () => ({ top, bottom: top + 400 }) as DOMRect;
    bringIntoSight();
  };
  at(10);
  expect(scroll).not.toHaveBeenCalled();
  at(window.innerHeight + 5);
  expect(scroll).toHaveBeenCalledTimes(1);
});

it('opens a field for the note of a mark, where typing fires nothing', async () => {
  const { timeline } = panel;
  const place = root.querySelector('#more') as HTMLElement;
  render(<MarkNote panel={panel} />, place);
  press('m');
  await vi.waitFor(() => expect(document.activeElement?.className).toBe('mark-note'));
  press('f', '.mark-note');
  press('m', '.mark-note');
  expect(timeline.marks.all.value).toHaveLength(1);
  const input = place.querySelector('input') as HTMLInputElement;
  input.value = 'a stall';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  press('Enter', '.mark-note');
  await vi.waitFor(() => expect(place.querySelector('input')).toBeNull());
  expect(timeline.marks.all.value.map(({ note }) => note)).toEqual(['a stall']);
  timeline.marks.mark(timeline.marks.all.value[0].at);
  expect(timeline.marks.all.value.map(({ note }) => note)).toEqual(['a stall']);
  render(null, place);
});

it('measures a range on the timeline, while the window shows some of it', () => {
  const place = root.querySelector('#more') as HTMLElement;
  const shown = (): string => {
    render(<RangeTag panel={panel} />, place);
    return place.textContent ?? '';
  };
  panel.timeline.window.range.value = span(100, 300);
  expect(shown()).toBe('200 ns');
  panel.timeline.window.show(span(ns(400), ns(700)));
  expect(shown()).toBe('');
  render(null, place);
});
