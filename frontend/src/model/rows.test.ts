import { describe, expect, it } from 'vitest';
import { ns, px, span } from '../base/units';
import { laneTrack, layout, tile } from '../testing/literals';
import { AS_RECORDED } from './arrangement';
import { coverOf } from './cover';
import { hitTest, lanesShown } from './hit';
import { foldedAtFirst, rowsOf } from './rows';

const OPEN = AS_RECORDED;

describe('rowsOf', () => {
  it('puts lanes below each other without overlap, memory last', () => {
    const rows = rowsOf(layout, OPEN);
    const boxes = [...rows.groups.flatMap((group) => group.lanes), ...(rows.memory ? [rows.memory] : [])];
    const ends = boxes.map((box) => box.top + box.height);
    boxes.slice(1).forEach((box, i) => {
      expect(box.top).toBeGreaterThanOrEqual(ends[i]);
    });
    expect(rows.height).toBeGreaterThan(ends.at(-1) ?? 0);
  });

  it('folds a group to one strip', () => {
    const rows = rowsOf(layout, { ...OPEN, folded: new Set([0]) });
    expect(rows.groups[0].lanes).toEqual([]);
    expect(rows.groups[0].strip).not.toBeNull();
    expect(rows.height).toBeLessThan(rowsOf(layout, OPEN).height);
  });

  it('starts folded where a canvas would grow too tall, and open otherwise', () => {
    expect(foldedAtFirst(layout).size).toBe(0);
    const lanes = Array.from({ length: 400 }, (_, lane) => ({ ...layout.lanes[2], lane, session: lane % 2 }));
    const folded = foldedAtFirst({ ...layout, lanes });
    expect(rowsOf({ ...layout, lanes }, { ...OPEN, folded }).height).toBeLessThan(2400);
  });
});

it('folds all of very many sessions at first, each no taller than its button', () => {
  const sessions = Array.from({ length: 120 }, (_, k) => ({ ...layout.sessions[0], id: `s${k}` }));
  const lanes = sessions.map((_, session) => ({ ...layout.lanes[2], lane: session, session }));
  const many = { ...layout, sessions, lanes };
  const folded = foldedAtFirst(many);
  expect(folded.size).toBe(120);
  const { groups, height } = rowsOf(many, { ...OPEN, folded });
  expect(height).toBeLessThan(120 * 30 + 300);
  groups.slice(1).forEach((group, i) => {
    expect(group.top).toBeGreaterThanOrEqual(groups[i].top + groups[i].height);
    expect(group.strip?.height).toBeGreaterThanOrEqual(16);
  });
});

describe('hitTest', () => {
  const made = tile(
    1,
    0,
    ['gemm', 'copy'],
    [laneTrack(1, [{ at: [100, 200] }, { at: [100, 300], row: 1, name: 1 }, { at: [600, 601], count: 17 }])],
  );
  const cover = coverOf(span(0, 1024), span(0, 1024), 1, 1, () => made);
  const rows = rowsOf(layout, OPEN);
  const box = rows.groups[0].lanes[1];
  const hit = (at: number, down: number) =>
    hitTest(cover, lanesShown(rows), ns(at), px(box.top + down), ns(4));

  it('finds the slice of the row under the pointer', () => {
    expect(hit(150, 2)?.slice.name).toBe('gemm');
    expect(hit(150, box.height - 2)?.slice.name).toBe('copy');
  });

  it('reaches a little beyond slices too short to point at', () => {
    expect(hit(603, 2)?.slice.count).toBe(17);
    expect(hit(400, 2)).toBeNull();
  });

  it('finds nothing between lanes', () => {
    expect(hitTest(cover, lanesShown(rows), ns(150), px(1), ns(4))).toBeNull();
  });
});
