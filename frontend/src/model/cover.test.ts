import { describe, expect, it } from 'vitest';
import type { Tile } from '../api/tile';
import { span } from '../base/units';
import { contentionTrack, tile } from '../testing/literals';
import { coverOf } from './cover';
import { contendedIn, neighbour } from './intervals';

const extent = span(0, 2048);

const storeOf = (tiles: readonly Tile[]) => (address: { level: number; index: number }) =>
  tiles.find((each) => each.level === address.level && each.index === address.index);

describe('coverOf', () => {
  it('draws the wanted tiles when they are here', () => {
    const cover = coverOf(span(0, 1024), extent, 0, 2, storeOf([tile(0, 0, [], []), tile(0, 1, [], [])]));
    expect(cover.missing).toEqual([]);
    expect(cover.pieces.map((piece) => [piece.tile?.level, piece.clip.start])).toEqual([
      [0, 0],
      [0, 512],
    ]);
  });

  it('keeps the coarser tile on screen until the finer one arrives', () => {
    const cover = coverOf(span(0, 1024), extent, 0, 2, storeOf([tile(2, 0, [], []), tile(0, 1, [], [])]));
    expect(cover.missing).toEqual([{ level: 0, index: 0 }]);
    expect(cover.pieces.map((piece) => [piece.tile?.level, piece.clip])).toEqual([
      [2, span(0, 512)],
      [0, span(512, 1024)],
    ]);
  });

  it('shows finer tiles on the way out, over ground marked as not loaded', () => {
    const cover = coverOf(span(0, 1024), extent, 1, 1, storeOf([tile(0, 1, [], [])]));
    expect(cover.pieces.map((piece) => [piece.tile?.level ?? null, piece.clip])).toEqual([
      [null, span(0, 1024)],
      [0, span(512, 1024)],
    ]);
  });
});

describe('contendedIn', () => {
  it('joins the interval that comes from two tiles', () => {
    const intervals = [[500, 600, 2]] as const;
    const tiles = [
      tile(0, 0, [], [contentionTrack(intervals)]),
      tile(0, 1, [], [contentionTrack(intervals)]),
    ];
    const found = contendedIn(coverOf(span(0, 1024), extent, 0, 2, storeOf(tiles)));
    expect(found).toEqual([{ start: 500, end: 600, count: 1, depth: 2 }]);
  });

  it('keeps neighbours that only touch apart', () => {
    const track = contentionTrack([
      [10, 20, 2],
      [20, 30, 3],
    ]);
    const found = contendedIn(coverOf(span(0, 512), extent, 0, 2, storeOf([tile(0, 0, [], [track])])));
    expect(found.map((interval) => interval.depth)).toEqual([2, 3]);
  });
});

describe('neighbour', () => {
  const all = [10, 20, 30].map((start) => ({ ...span(start, start + 5), count: 1, depth: 2 }));

  it.each([
    [10, 1, 20],
    [25, -1, 20],
    [30, 1, 10],
    [10, -1, 30],
  ] as const)('goes from %d in direction %d to %d', (from, direction, start) => {
    expect(neighbour(all, from, direction)?.interval.start).toBe(start);
  });

  it('finds nothing where nothing is', () => {
    expect(neighbour([], 0, 1)).toBeNull();
  });
});
