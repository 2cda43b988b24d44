import { expect, it } from 'vitest';
import { Source } from '../api/source';
import { px, span } from '../base/units';
import { layout } from '../testing/literals';
import { Timeline } from './timeline';

function opened(): Timeline {
  const timeline = new Timeline(new Source(), () => {});
  timeline.layout.value = layout;
  timeline.width.value = px(1000);
  return timeline;
}

it('keeps ranges that were chosen one inside the other, and leads back', () => {
  const timeline = opened();
  timeline.commit(span(100, 900));
  timeline.commit(span(200, 400));
  expect(timeline.crumbs.value).toEqual([span(100, 900), span(200, 400)]);
  timeline.zoom(2);
  expect(timeline.crumbs.value).toHaveLength(2);
  timeline.commit(span(500, 700));
  expect(timeline.crumbs.value).toEqual([span(100, 900), span(500, 700)]);
  timeline.backTo(0);
  expect([timeline.window.value, timeline.crumbs.value]).toEqual([span(100, 900), [span(100, 900)]]);
  timeline.fit();
  expect([timeline.window.value, timeline.crumbs.value]).toEqual([null, []]);
});

it('caps a session, and takes the cap back', () => {
  const timeline = opened();
  timeline.cap(1, layout.memory?.peak_bytes ?? null);
  expect([...timeline.caps.value.keys()]).toEqual([1]);
  timeline.cap(1, null);
  expect(timeline.caps.value.size).toBe(0);
});
