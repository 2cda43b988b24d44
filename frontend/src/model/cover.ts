/** Which tiles to draw for a view: the wanted ones where they are here, a coarser one in their place until they are. */
import type { Tile } from '../api/tile';
import { type Span, span } from '../base/units';
import { tileLength, tileRange } from './viewport';

/** A tile and the part of the time line that it is to fill; no tile: nothing is known there yet. */
export interface Piece {
  readonly tile: Tile | null;
  readonly clip: Span;
}

export interface TileAddress {
  readonly level: number;
  readonly index: number;
}

export interface Cover {
  readonly pieces: readonly Piece[];
  readonly missing: readonly TileAddress[];
}

export type TileLookup = (address: TileAddress) => Tile | undefined;

/** Tiles nest: index i at level L lies in index i >> 1 at level L + 1, so an ancestor is found by shifting. */
function ancestorOf(address: TileAddress, top: number, lookup: TileLookup): Tile | null {
  let { level, index } = address;
  while (level < top) {
    level += 1;
    index = Math.floor(index / 2);
    const tile = lookup({ level, index });
    if (tile !== undefined) return tile;
  }
  return null;
}

/** On the way out, finer tiles may be here while the coarse one is not. */
function childrenOf(address: TileAddress, lookup: TileLookup): readonly Tile[] {
  return [0, 1].flatMap(
    (half) => lookup({ level: address.level - 1, index: 2 * address.index + half }) ?? [],
  );
}

export function coverOf(view: Span, extent: Span, level: number, top: number, lookup: TileLookup): Cover {
  const pieces: Piece[] = [];
  const missing: TileAddress[] = [];
  const [first, last] = tileRange(view, extent, level);
  const length = tileLength(level);
  for (let index = first; index <= last; index += 1) {
    const address = { level, index };
    const start = extent.start + index * length;
    const clip = span(start, Math.min(start + length, extent.end));
    const tile = lookup(address);
    if (tile !== undefined) {
      pieces.push({ tile, clip });
      continue;
    }
    missing.push(address);
    const ancestor = ancestorOf(address, top, lookup);
    pieces.push({ tile: ancestor, clip });
    if (ancestor === null) {
      for (const child of childrenOf(address, lookup)) {
        pieces.push({ tile: child, clip: span(child.start, Math.min(child.end, clip.end)) });
      }
    }
  }
  return { pieces, missing };
}
