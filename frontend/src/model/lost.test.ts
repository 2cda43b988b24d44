import { describe, expect, it } from 'vitest';
import { ns, px, span } from '../base/units';
import { layout, lostTrack, tile } from '../testing/literals';
import { AS_RECORDED } from './arrangement';
import { allLostIn, lostIn, stallAt, stretchedIn } from './lost';
import { rowsOf } from './rows';

const whole = span(0, 1024);
const made = tile(
  1,
  0,
  [],
  [
    lostTrack(0, [
      [300, 400, 1],
      [100, 200, 0],
      [900, 1000, 0, 4],
    ]),
  ],
);
const pieces = [{ tile: made, clip: whole }];

describe('lostIn', () => {
  it('is in time order, with kinds in words', () => {
    expect(lostIn(pieces, 0).map((lost) => [lost.kind, lost.start, lost.count])).toEqual([
      ['stretched', 100, 1],
      ['stalled', 300, 1],
      ['stretched', 900, 4],
    ]);
    expect(lostIn(pieces, 1)).toEqual([]);
  });

  it('holds a span once that two pieces hold, and none of outside', () => {
    const halves = [span(0, 350), span(350, 512)].map((clip) => ({ tile: made, clip }));
    expect(lostIn(halves, 0).map((lost) => lost.start)).toEqual([100, 300]);
  });
});

describe('stallAt', () => {
  const all = allLostIn({ pieces, missing: [] }, [0]);
  const rows = rowsOf({ ...layout, lost: [0] }, AS_RECORDED);
  const top = rows.groups[0].stalls?.top ?? 0;
  const at = (time: number, y: number) => stallAt(all, rows, ns(time), px(y), ns(5))?.lost.start;

  it('finds the stall under the pointer, or a little beside it', () => {
    expect(at(350, top + 2)).toBe(300);
    expect(at(404, top + 2)).toBe(300);
  });

  it('finds no stretched kernel and nothing outside of the strip', () => {
    expect(at(150, top + 2)).toBeUndefined();
    expect(at(350, top + 60)).toBeUndefined();
  });
});

it('adds up the stretched part of a span', () => {
  expect(stretchedIn(lostIn(pieces, 0), span(150, 950))).toBe(100);
});
