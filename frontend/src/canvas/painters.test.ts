import { describe, expect, it } from 'vitest';
import { sessionColour, themeOf } from '../base/palette';
import { bytes, ns, px, span } from '../base/units';
import { AS_RECORDED } from '../model/arrangement';
import { coverOf } from '../model/cover';
import { contendedIn } from '../model/intervals';
import { allLostIn } from '../model/lost';
import { rowsOf } from '../model/rows';
import type { Scene } from '../model/scene';
import { contentionTrack, laneTrack, layout, lostTrack, memoryTrack, tile } from '../testing/literals';
import { RecordingRenderer } from '../testing/recording';
import { paintBody } from './body';
import { paintContention } from './contention';
import { paintHead } from './head';
import { crop } from './labels';
import { paintLane } from './lanes';

const theme = themeOf('light');
const extent = span(0, 1024);
const viewport = { view: extent, width: px(1024) };
const look = { top: 0, rowHeight: 22, colour: '#B5360E', flat: false };

const coverWith = (...tracks: Parameters<typeof tile>[3][number][]) =>
  coverOf(extent, extent, 1, 1, () => tile(1, 0, ['void gemm<float>(int)', 'step 1'], tracks));

function sceneWith(...tracks: Parameters<typeof tile>[3][number][]): Scene {
  const cover = coverWith(...tracks);
  return {
    layout,
    rows: rowsOf(layout, AS_RECORDED),
    theme,
    viewport,
    cover,
    overview: cover,
    contended: contendedIn(cover),
    lost: allLostIn(cover, [0, 1]),
    hoveredLost: null,
    hovered: null,
    selected: null,
    range: null,
    cursor: null,
  };
}

describe('paintLane', () => {
  it('draws a long event as one rectangle with its name', () => {
    const renderer = new RecordingRenderer();
    paintLane(renderer, coverWith(laneTrack(1, [{ at: [100, 300] }])).pieces, [1], viewport, look);
    expect(renderer.of('rects').map((call) => call.numbers)).toEqual([[100, 0, 199, 21]]);
    expect(renderer.texts).toEqual(['void gemm<float>(int)']);
  });

  it('draws events below a pixel as one column whose strength is their share of it', () => {
    const wide = { view: span(0, 1024), width: px(16) };
    const slices = [{ at: [0, 16] as const }, { at: [32, 40] as const }];
    const renderer = new RecordingRenderer();
    paintLane(renderer, coverWith(laneTrack(1, slices)).pieces, [1], wide, look);
    const [column] = renderer.of('rects');
    expect(column.numbers).toEqual([0, 0, 1, 21]);
    expect(column.alpha).toBeLessThan(0.8);
  });

  it('does not name merged slices: the name is only that of the longest', () => {
    const renderer = new RecordingRenderer();
    paintLane(renderer, coverWith(laneTrack(1, [{ at: [100, 300], count: 3 }])).pieces, [1], viewport, look);
    expect(renderer.texts).toEqual([]);
  });

  it('draws an event once that two tiles hold', () => {
    const both = [{ at: [400, 700] as const }];
    const halves = coverOf(extent, extent, 0, 0, ({ index }) =>
      tile(0, index, ['gemm'], [laneTrack(1, both)]),
    );
    const renderer = new RecordingRenderer();
    paintLane(renderer, halves.pieces, [1], viewport, look);
    expect(renderer.of('rects').map((call) => call.numbers)).toEqual([[400, 0, 299, 21]]);
    expect(renderer.texts).toEqual(['gemm']);
  });

  it('stays within the canvas for an event that reaches far beyond it', () => {
    const renderer = new RecordingRenderer();
    paintLane(renderer, coverWith(laneTrack(1, [{ at: [-1e12, 1e12] }])).pieces, [1], viewport, look);
    const [x, , width] = renderer.of('rects')[0].numbers ?? [];
    expect([x, width]).toEqual([0, 1023]);
  });

  it('draws as many rectangles as there are pixels, not events', () => {
    const slices = Array.from({ length: 512 }, (_, i) => ({ at: [2 * i, 2 * i + 1] as const }));
    const renderer = new RecordingRenderer();
    const narrow = { view: extent, width: px(64) };
    paintLane(renderer, coverWith(laneTrack(1, slices)).pieces, [1], narrow, look);
    const drawn = renderer.of('rects').reduce((sum, call) => sum + (call.numbers?.length ?? 0) / 4, 0);
    expect(drawn).toBe(64);
  });
});

describe('paintContention', () => {
  const intervals = [
    { ...span(100, 400), count: 1, depth: 2 },
    { ...span(500, 800), count: 1, depth: 3 },
    { ...span(900, 901), count: 1, depth: 2 },
  ];

  it('hatches two sessions, crosses three, and says how long', () => {
    const renderer = new RecordingRenderer();
    paintContention(renderer, intervals, viewport, 0, 30, theme);
    expect(renderer.of('hatch').map((call) => call.numbers)).toEqual([[100, 0, 300, 30]]);
    expect(renderer.of('cross').map((call) => call.numbers)).toEqual([[500, 0, 300, 30]]);
    expect(renderer.texts).toEqual(['300 ns', '300 ns · 3 sessions']);
  });

  it('draws nothing of an interval outside of the window', () => {
    const renderer = new RecordingRenderer();
    paintContention(renderer, intervals, { view: span(2000, 3000), width: px(100) }, 0, 30, theme);
    expect(renderer.calls.map((call) => call.kind)).toEqual(['rects']);
  });
});

describe('paintBody', () => {
  it('draws each session in its colour and marks the combined peak', () => {
    const renderer = new RecordingRenderer();
    const GIB = 2 ** 30;
    const flat = Array.from({ length: 512 }, () => 3 * GIB);
    paintBody(
      renderer,
      sceneWith(
        laneTrack(1, [{ at: [0, 100] }]),
        laneTrack(2, [{ at: [50, 150] }]),
        memoryTrack(0, flat, flat),
        memoryTrack(1, flat, flat),
      ),
    );
    const colours = renderer.of('steps').map((call) => call.colour);
    expect(colours).toEqual([sessionColour(theme, 0), sessionColour(theme, 1)]);
    expect(renderer.of('circle')[0].numbers?.[0]).toBe(512);
    expect(renderer.texts).toContain('capacity 10.0 GiB');
    expect(renderer.texts).toContain('peak 6.00 GiB · headroom 4.00 GiB');
  });

  it('marks what is not loaded, and does not draw it as idle', () => {
    const renderer = new RecordingRenderer();
    const empty = { pieces: [{ tile: null, clip: extent }], missing: [] };
    paintBody(renderer, { ...sceneWith(), cover: empty, contended: [] });
    expect(renderer.of('unloaded').length).toBeGreaterThan(0);
  });
});

describe('lost time', () => {
  const lossy = { ...layout, lost: [0] };
  const paint = (spans: Parameters<typeof lostTrack>[1]) => {
    const renderer = new RecordingRenderer();
    const rows = rowsOf(lossy, AS_RECORDED);
    const scene = sceneWith(laneTrack(1, [{ at: [0, 150] }, { at: [300, 1024] }]), lostTrack(0, spans));
    paintBody(renderer, { ...scene, layout: lossy, rows });
    return { renderer, group: rows.groups[0] };
  };

  it('hatches the stretched part of what runs, and no empty ground', () => {
    const { renderer, group } = paint([[100, 200, 0]]);
    const lane = group.lanes[1];
    // The kernel is a pixel short of its end, which keeps neighbours apart.
    expect(renderer.of('hatch').map((call) => call.numbers)).toEqual([[100, lane.top, 49, 13]]);
  });

  it('draws a stall hollow in the strip above the lanes, in the colour of the session', () => {
    const { renderer, group } = paint([[300, 400, 1]]);
    const colour = sessionColour(theme, 0);
    const drawn = renderer.of('outline').filter((call) => call.colour === colour);
    expect(drawn.map((call) => call.numbers)).toEqual([[300, group.stalls?.top, 100, 10]]);
    expect((group.stalls?.top ?? 0) + 10).toBeLessThan(group.lanes[0].top);
  });

  it('draws a span that two tiles hold once, and leaves out what is too narrow for a hatch', () => {
    const { renderer } = paint([
      [300, 400, 1],
      [300, 400, 1],
      [500, 502, 0],
    ]);
    const colour = sessionColour(theme, 0);
    expect(renderer.of('outline').filter((call) => call.colour === colour)).toHaveLength(1);
    expect(renderer.of('hatch')).toEqual([]);
  });
});

describe('paintMemory', () => {
  const GIB = 2 ** 30;
  const flat = (value: number): number[] => Array.from({ length: 512 }, () => value * GIB);
  const limited = (more: Partial<NonNullable<typeof layout.memory>> = {}) => ({
    ...layout,
    memory: layout.memory && {
      ...layout.memory,
      limit_bytes: [bytes(4 * GIB), bytes(3 * GIB)],
      safe_bytes: bytes(9 * GIB),
      ...more,
    },
  });
  const paint = (made: typeof layout, more: Partial<Scene> = {}) => {
    const renderer = new RecordingRenderer();
    const scene = sceneWith(memoryTrack(0, flat(2), flat(2)), memoryTrack(1, flat(1), flat(1)));
    const rows = rowsOf(made, AS_RECORDED);
    paintBody(renderer, { ...scene, layout: made, rows, ...more });
    return { renderer, box: rows.memory ?? { top: 0, height: 0 } };
  };

  it('hatches what sessions may still take, stacked on what they use', () => {
    const { renderer, box } = paint(limited());
    const scale = box.height / (10 * 1.04);
    const areas = renderer.of('reserve').map((call) => call.numbers ?? []);
    expect(areas.map((area) => area[3] / scale)).toEqual([expect.closeTo(2), expect.closeTo(2)]);
    expect(areas[1][1] + areas[1][3]).toBeCloseTo(areas[0][1]);
  });

  it('follows a cap', () => {
    const { renderer, box } = paint(limited(), { caps: new Map([[0, bytes(3 * GIB)]]) });
    const scale = box.height / (10 * 1.04);
    expect((renderer.of('reserve')[0].numbers ?? [])[3] / scale).toBeCloseTo(1);
  });

  it('draws no reserve of a session whose limit is not known, and none above the axis', () => {
    expect(paint(layout).renderer.of('reserve')).toEqual([]);
    const { renderer, box } = paint(limited({ limit_bytes: [bytes(1e15), null] }));
    expect((renderer.of('reserve')[0].numbers ?? [])[1]).toBe(box.top);
  });

  it('names capacity, safe line and peak, and marks the instant looked at', () => {
    const own_peaks = [0, 1].map((at) => ({ peak_bytes: bytes(GIB), peak_at_ns: ns(100 * at) }));
    const { renderer } = paint(limited({ own_peaks }), { instant: ns(700) });
    expect(renderer.texts).toEqual(
      expect.arrayContaining(['safe 9.00 GiB', 'capacity 10.0 GiB', 'peak 6.00 GiB · headroom 4.00 GiB']),
    );
    expect(renderer.of('circle')).toHaveLength(3);
    expect(renderer.of('line').some((call) => call.numbers?.[0] === 700.5)).toBe(true);
  });

  it('draws what the driver saw: all that is taken, and what others hold from the capacity down', () => {
    const driver = {
      used: { time_ns: [ns(500)], bytes: [bytes(7 * GIB), bytes(8 * GIB)] },
      untraced: { time_ns: [], bytes: [bytes(2 * GIB)] },
    };
    const { renderer, box } = paint(limited({ driver }));
    const scale = box.height / (10 * 1.04);
    const foot = box.top + box.height;
    expect(renderer.texts).toContain('driver: 8.00 GiB allocated, 2.00 GiB not captured');
    const [, , top, bottom] = renderer.of('steps').at(-1)?.numbers ?? [];
    expect([(foot - top) / scale, (foot - bottom) / scale]).toEqual([expect.closeTo(10), expect.closeTo(8)]);
    const levels = renderer.of('line').map(({ numbers = [] }) => (foot - numbers[1]) / scale);
    expect(levels).toEqual(expect.arrayContaining([expect.closeTo(7), expect.closeTo(8)]));
  });

  it('draws what the driver saw where no allocator was recorded, and no peak of anybody', () => {
    const driver = { used: { time_ns: [], bytes: [bytes(7 * GIB)] }, untraced: null };
    const alone = { sessions: [], limit_bytes: [], own_peaks: [], safe_bytes: null };
    const { renderer } = paint(limited({ ...alone, peak_bytes: bytes(7 * GIB), peak_at_ns: null, driver }));
    expect(renderer.texts).toContain('driver: 7.00 GiB allocated');
    expect(renderer.texts.join()).not.toContain('peak');
    expect(renderer.of('circle')).toEqual([]);
  });

  it('says where not all sessions were recorded', () => {
    const partly = { ...limited(), window: { start_ns: ns(0), end_ns: ns(512) } };
    expect(paint(partly).renderer.texts).toContain('not all sessions recorded');
    expect(paint(limited()).renderer.texts).not.toContain('not all sessions recorded');
  });
});

it('paintHead draws the window over the whole capture', () => {
  const renderer = new RecordingRenderer();
  const scene = sceneWith(laneTrack(1, [{ at: [0, 1024] }]), contentionTrack([[100, 400, 2]]));
  paintHead(renderer, { ...scene, viewport: { view: span(256, 512), width: px(1024) } });
  expect(renderer.of('outline')[0].numbers?.slice(0, 1)).toEqual([256]);
  expect(renderer.of('outline')[0].numbers?.[2]).toBe(256);
});

describe('what is drawn once and shown again', () => {
  const layersOf = (paint: typeof paintBody, shown: Scene) => {
    const renderer = new RecordingRenderer();
    paint(renderer, shown);
    return renderer.layers;
  };
  const scene = sceneWith(laneTrack(1, [{ at: [0, 100] }]));

  it.each([
    ['head', paintHead],
    ['body', paintBody],
  ])('the %s does not depend on the pointer', (_, paint) => {
    const pointed = { ...scene, cursor: px(40), range: span(1, 2) };
    expect(layersOf(paint, pointed)).toEqual(layersOf(paint, scene));
    expect(layersOf(paint, { ...scene, cover: { pieces: [], missing: [] } })).not.toEqual(
      layersOf(paint, scene),
    );
  });

  it('the pointer is drawn on top of it', () => {
    const [without, pointed] = [new RecordingRenderer(), new RecordingRenderer()];
    paintBody(without, scene);
    paintBody(pointed, { ...scene, cursor: px(40) });
    expect(pointed.calls.slice(0, without.calls.length)).toEqual(without.calls);
    expect(pointed.calls.slice(without.calls.length)).toMatchObject([
      { kind: 'rects', numbers: [40, 0, 1, scene.rows.height] },
    ]);
  });
});

describe('crop', () => {
  const style = { colour: '' };

  it.each([
    ['short', 100, 'short'],
    ['a_long_kernel_name', 60, 'a_long_ke…'],
    ['gemm', 10, null],
    ['', 100, null],
  ])('fits %s into %d pixels as %s', (text, room, expected) => {
    expect(crop(new RecordingRenderer(), text, room, style)).toBe(expected);
  });

  it('never measures a name of a megabyte', () => {
    const long = 'x'.repeat(1 << 20);
    expect(crop(new RecordingRenderer(), long, ns(60), style)?.length).toBe(10);
  });
});
