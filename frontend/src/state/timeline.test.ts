import { describe, expect, it, vi } from 'vitest';
import type { EventDetail, Place } from '../api/report';
import { Source } from '../api/source';
import { ns, px, span } from '../base/units';
import { contentionTrack, laneTrack, layout, tileBytes } from '../testing/literals';
import { Timeline } from './timeline';

function opened(): Timeline {
  const timeline = new Timeline(
    new Source(),
    () => {},
    (id) => id.split('/')[0],
  );
  timeline.layout.value = layout;
  timeline.window.width.value = px(1000);
  return timeline;
}

it('keeps ranges that were chosen one inside the other, and leads back', () => {
  const timeline = opened();
  timeline.window.commit(span(100, 900));
  timeline.window.commit(span(200, 400));
  expect(timeline.window.crumbs.value).toEqual([span(100, 900), span(200, 400)]);
  timeline.window.zoom(2);
  expect(timeline.window.crumbs.value).toHaveLength(2);
  timeline.window.commit(span(500, 700));
  expect(timeline.window.crumbs.value).toEqual([span(100, 900), span(500, 700)]);
  timeline.window.backTo(0);
  expect([timeline.window.span.value, timeline.window.crumbs.value]).toEqual([
    span(100, 900),
    [span(100, 900)],
  ]);
  timeline.window.fit();
  expect([timeline.window.span.value, timeline.window.crumbs.value]).toEqual([null, []]);
});

it('caps a session, and takes the cap back', () => {
  const timeline = opened();
  timeline.memoryCursor.cap(1, layout.memory?.peak_bytes ?? null);
  expect([...timeline.memoryCursor.caps.value.keys()]).toEqual([1]);
  timeline.memoryCursor.cap(1, null);
  expect(timeline.memoryCursor.caps.value.size).toBe(0);
});

describe('with its tiles', () => {
  const CONTENDED = [
    [100, 110, 2],
    [300, 340, 2],
    [700, 720, 2],
  ] as const;
  const SLICES = [{ at: [60, 90] }, { at: [300, 340] }] as const;

  let asked: URL[];
  let event: Partial<EventDetail> | null = null;

  async function loaded(): Promise<Timeline> {
    asked = [];
    event = null;
    const lanes = [...layout.lanes, { ...layout.lanes[1], lane: 3, kind: 'launch' as const }];
    const fetcher = (async (address: string) => {
      const url = new URL(address, 'http://host/');
      asked.push(url);
      const [route, query] = [url.pathname.split('/').at(-1), url.searchParams];
      if (route === 'layout') return new Response(JSON.stringify({ ...layout, lanes }));
      if (route === 'event') return new Response(JSON.stringify({ event }));
      const [level, index] = [Number(query.get('level')), Number(query.get('index'))];
      const tracks = [contentionTrack(CONTENDED), laneTrack(1, SLICES)];
      return new Response(tileBytes(level, index, ['gemm'], tracks));
    }) as unknown as typeof fetch;
    const timeline = new Timeline(
      new Source(fetcher),
      () => {},
      (id) => id.split('/')[0],
    );
    timeline.window.width.value = px(1000);
    await timeline.open(layout.device);
    timeline.content.fetch();
    await vi.waitFor(() => expect(timeline.content.contended.value).toHaveLength(CONTENDED.length));
    return timeline;
  }

  const middleOf = ({ window }: Timeline): number => {
    const view = window.viewport.value?.view;
    return view === undefined ? Number.NaN : (view.start + view.end) / 2;
  };

  it('jumps from interval to interval, round the end', async () => {
    const timeline = await loaded();
    const middles = [1, 1, 1, 1].map(() => {
      timeline.jumping.jump(1);
      return middleOf(timeline);
    });
    expect(middles).toEqual([105, 320, 710, 105]);
    expect(timeline.announcement.value).toBe('Contended for 10 ns by 2 sessions.');
  });

  it('selects the event of the address, and again after another analysis if it still is the same', async () => {
    const timeline = await loaded();
    const { selection } = timeline;
    selection.place.value = { lane: 1, row: 0, at: ns(320) };
    event = { name: 'gemm', start_ns: ns(300), duration_ns: ns(40), kind: 0 };
    await selection.follow();
    expect(selection.selected.value?.slice).toMatchObject({ name: 'gemm', start: 300, end: 340, row: 0 });
    expect(selection.selected.value?.box.lane.lane).toBe(1);
    expect(selection.detail.value).toEqual(event);
    await timeline.open(layout.device);
    expect(selection.detail.value).toEqual(event);
    event = { ...event, name: 'another' };
    await timeline.open(layout.device);
    expect([selection.selected.value, selection.detail.value]).toEqual([null, null]);
  });

  it('selects nothing where the event of the address is gone', async () => {
    const timeline = await loaded();
    timeline.selection.place.value = { lane: 1, row: 0, at: ns(320) };
    await timeline.selection.follow();
    expect(timeline.selection.selected.value).toBeNull();
    timeline.selection.place.value = { lane: 99, row: 0, at: ns(320) };
    await timeline.selection.follow();
    expect(asked.filter(({ pathname }) => pathname.endsWith('event'))).toHaveLength(1);
  });

  it('selects what it jumps to, and where nothing is selected an event of the window', async () => {
    const timeline = await loaded();
    timeline.selection.selectNeighbour(1);
    expect(timeline.selection.selected.value?.slice.start).toBe(300);
    timeline.selection.selectNeighbour(1);
    expect(timeline.notice.value).toBe('No event after this one in its lane.');
    timeline.selection.selectNeighbour(-1);
    expect(timeline.selection.selected.value?.slice.start).toBe(60);
    timeline.jumping.jump(1);
    expect(timeline.window.range.value).toEqual(span(100, 110));
  });

  it('jumps from the window once that was moved', async () => {
    const timeline = await loaded();
    timeline.jumping.jump(1);
    timeline.window.show(span(600, 690));
    timeline.jumping.jump(-1);
    expect(middleOf(timeline)).toBe(320);
  });

  it('goes to the longest interval', async () => {
    const timeline = await loaded();
    timeline.jumping.showLongest(true);
    expect(timeline.window.span.value).toEqual(span(300, 340));
  });

  it('marks the instant under the pointer, else the middle of the window', async () => {
    const { marks, pointer, window } = await loaded();
    window.show(span(200, 400));
    marks.mark(pointer.instant());
    pointer.cursor.value = px(250);
    marks.mark(pointer.instant());
    expect(marks.all.value.map(({ at }) => at)).toEqual([250, 300]);
  });

  it('takes hold of the edge of the event under the pointer', async () => {
    const timeline = await loaded();
    const box = timeline.lanes.rows.value?.groups[0].lanes.find(({ lane }) => lane.lane === 1);
    const y = px((box?.top ?? 0) + 2);
    timeline.window.show(span(0, 200));
    expect(timeline.pointer.snap(px(301), y)).toBe(60);
    expect(timeline.pointer.snap(px(200), y)).toBe(40);
  });

  it('selects what is clicked, then its neighbour, and nothing beside them', async () => {
    const timeline = await loaded();
    const box = timeline.lanes.rows.value?.groups[0].lanes.find(({ lane }) => lane.lane === 1);
    const y = px((box?.top ?? 0) + 2);
    timeline.window.show(span(0, 200));
    timeline.click(px(350), y);
    const { selected } = timeline.selection;
    expect(selected.value?.slice.start).toBe(60);
    expect(timeline.announcement.value).toBe('alpha, stream 13, gemm, 30 ns');
    timeline.selection.selectNeighbour(1);
    expect(selected.value?.slice.start).toBe(300);
    expect(middleOf(timeline)).toBe(320);
    timeline.click(px(0), px(0));
    expect(selected.value).toBeNull();
  });

  it('picks the holders of memory within the analysed window, at a peak near the pointer', async () => {
    const timeline = await loaded();
    const y = px((timeline.lanes.rows.value?.memory?.top ?? 0) + 1);
    timeline.click(px(250), y);
    expect(timeline.memoryCursor.instant.value).toBe(256);
    timeline.click(px(503), y);
    expect(timeline.memoryCursor.instant.value).toBe(512);
    timeline.clear();
    expect(timeline.memoryCursor.instant.value).toBeNull();
  });

  it('brings a launch call into sight with its hidden lane, out of tiles that hold launch calls', async () => {
    const timeline = await loaded();
    timeline.lanes.arrange('hidden', 0);
    timeline.lanes.arrange('hiddenLanes', 3);
    const before = timeline.content.tiles.value;
    const place: Place = { lane: 3, row: 0, name: 'launch', start_ns: ns(10), end_ns: ns(12) };
    await timeline.selection.selectPlace(place);
    const { launches, hidden, hiddenLanes } = timeline.lanes.arranged.value;
    expect([[...launches], hidden.size, hiddenLanes.size]).toEqual([[0], 0, 0]);
    expect(timeline.selection.selected.value?.box.lane.lane).toBe(3);
    expect(timeline.content.tiles.value).not.toBe(before);
    expect(timeline.content.tiles.value?.launches).toBe(true);
    timeline.lanes.reset();
    expect(timeline.content.tiles.value?.launches).toBe(false);
  });
});
