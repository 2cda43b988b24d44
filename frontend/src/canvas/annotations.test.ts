import { describe, expect, it } from 'vitest';
import { themeOf } from '../base/palette';
import { ns, px, span } from '../base/units';
import { AS_RECORDED, togglePin } from '../model/arrangement';
import { coverOf } from '../model/cover';
import { headRows, pinnedBoxes } from '../model/head';
import { lanesShown } from '../model/hit';
import { rowsOf } from '../model/rows';
import type { Scene } from '../model/scene';
import { laneTrack, layout, tile } from '../testing/literals';
import { RecordingRenderer } from '../testing/recording';
import { paintFlags, paintHits, paintLaunch, paintMarkLines, viewportOf } from './annotations';
import { paintHead } from './head';

const extent = span(0, 1024);
const cover = coverOf(extent, extent, 1, 1, () => tile(1, 0, ['gemm'], [laneTrack(1, [{ at: [100, 300] }])]));

const scene = (more: Partial<Scene> = {}): Scene => ({
  layout,
  rows: rowsOf(layout, AS_RECORDED),
  theme: themeOf('light'),
  viewport: { view: extent, width: px(1024) },
  cover,
  overview: cover,
  contended: [],
  lost: new Map(),
  hoveredLost: null,
  hovered: null,
  selected: null,
  range: null,
  cursor: null,
  ...more,
});

describe('hits', () => {
  it('are bars under their lanes, two pixels at the least, and none outside the window', () => {
    const renderer = new RecordingRenderer();
    const made = scene({ hits: new Map([[1, [span(100, 300), span(400, 400), span(2000, 2001)]]]) });
    const boxes = lanesShown(made.rows);
    paintHits(renderer, made, boxes);
    const below = (boxes[1].top + boxes[1].height + 1) as number;
    expect(renderer.of('rects').map((call) => call.numbers)).toEqual([
      [100, below, 200, 3, 400, below, 2, 3],
    ]);
  });
});

describe('marks', () => {
  it('are numbered flags and lines at their instants', () => {
    const renderer = new RecordingRenderer();
    const made = scene({
      marks: [
        { at: ns(50), note: '' },
        { at: ns(700), note: 'here' },
      ],
    });
    paintFlags(renderer, made, 40);
    paintMarkLines(renderer, made, 100);
    expect(renderer.texts).toEqual(['1', '2']);
    expect(renderer.of('line').map((call) => call.numbers?.[0])).toEqual([50.5, 700.5]);
  });
});

describe('a launch', () => {
  const launch = (lane: number | null): Scene['launch'] => ({
    from: { at: ns(90), lane },
    to: { at: ns(100), lane: 1 },
    session: 0,
  });

  it('leads from its lane, else from the ruler of its session, to the start of its kernel', () => {
    const made = scene({ launch: launch(null) });
    const renderer = new RecordingRenderer();
    paintLaunch(renderer, made);
    const way = renderer.of('line')[1].numbers ?? [];
    expect([way[0], way[6]]).toEqual([90, 100]);
    expect(way[1]).toBeLessThan(way[7]);
    expect(renderer.of('circle')).toHaveLength(1);
  });

  it('is not drawn where the lane of its kernel is not shown', () => {
    const renderer = new RecordingRenderer();
    const rows = rowsOf(layout, { ...AS_RECORDED, hidden: new Set([0]) });
    paintLaunch(renderer, scene({ rows, launch: launch(null) }));
    expect(renderer.calls).toEqual([]);
  });
});

it('moves one session and no other while its ruler is dragged', () => {
  const made = scene({ shifting: { session: 1, by: ns(100) } });
  expect(viewportOf(made, 1).view).toEqual(span(-100, 924));
  expect(viewportOf(made, 0)).toBe(made.viewport);
});

it('draws pinned lanes below the band', () => {
  const rows = rowsOf(layout, togglePin(AS_RECORDED, 1));
  const [box] = pinnedBoxes(rows, layout.sessions.length);
  const renderer = new RecordingRenderer();
  paintHead(renderer, scene({ rows }));
  expect(box.top).toBe(headRows(layout.sessions.length).height);
  expect(renderer.of('rects').some((call) => call.numbers?.[1] === box.top && call.numbers[0] === 100)).toBe(
    true,
  );
});
