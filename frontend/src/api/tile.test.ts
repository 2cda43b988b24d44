import { describe, expect, it } from 'vitest';
import { contentionTrack, laneTrack, lostTrack, memoryTrack, tileBytes } from '../testing/literals';
import { decodeTile, TileError } from './tile';

const whole = (): ArrayBuffer =>
  tileBytes(
    3,
    2,
    ['gemm', 'größe'],
    [
      laneTrack(1, [
        { at: [8192, 8292], name: 1 },
        { at: [8300, 8304], count: 17, row: 1 },
      ]),
      contentionTrack([[8200, 8210, 2]]),
      memoryTrack(0, [Number.NaN, 5], [Number.NaN, 4]),
      lostTrack(1, [[8200, 8210, 1, 3]]),
    ],
  );

function patched(change: (bytes: DataView) => void): ArrayBuffer {
  const buffer = whole();
  change(new DataView(buffer));
  return buffer;
}

/** The tile with its JSON header edited as text; padding keeps the length. */
function edited(from: string, to: string): ArrayBuffer {
  const buffer = whole();
  const length = new DataView(buffer).getUint32(8, true);
  const place = new Uint8Array(buffer, 12, length);
  const text = new TextDecoder().decode(place);
  expect(text).toContain(from);
  const next = new TextEncoder().encode(text.replace(from, to).trimEnd());
  place.fill(32);
  place.set(next.subarray(0, length));
  return buffer;
}

describe('decodeTile', () => {
  it('gives the columns of every track', () => {
    const tile = decodeTile(whole());
    expect([tile.level, tile.index, tile.start, tile.end]).toEqual([3, 2, 8192, 12288]);
    expect(tile.names).toEqual(['gemm', 'größe']);
    const lane = tile.lanes.get(1);
    expect([...(lane?.start ?? [])]).toEqual([8192, 8300]);
    expect([...(lane?.count ?? [])]).toEqual([1, 17]);
    expect([...(lane?.row ?? [])]).toEqual([0, 1]);
    expect([...(tile.contention?.depth ?? [])]).toEqual([2]);
    expect([...(tile.lost.get(1)?.kind ?? []), ...(tile.lost.get(1)?.count ?? [])]).toEqual([1, 3]);
    expect([...(tile.memory.get(0)?.max ?? [])]).toEqual([Number.NaN, 5]);
  });

  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['a wrong magic', patched((b) => b.setUint8(0, 0x58))],
    ['a newer version', patched((b) => b.setUint32(4, 2, true))],
    ['a header longer than the file', patched((b) => b.setUint32(8, 1 << 30, true))],
    ['a header that is no JSON', patched((b) => b.setUint8(12, 0x21))],
    ['a header without tracks', edited('"tracks"', '"trakcs"')],
    ['a column of another type', edited('"start":["f64"', '"start":["u32"')],
    ['a missing column', edited('"busy"', '"bsuy"')],
    ['a negative length', edited('"n":2', '"n":-2')],
    ['a length past the end', edited('"n":2', '"n":9999')],
    ['a track without columns', edited('"columns":', '"colunms":')],
  ])('refuses %s with a TileError', (_what, buffer) => {
    expect(() => decodeTile(buffer)).toThrow(TileError);
  });

  it('throws nothing but TileError however the bytes are cut', () => {
    const buffer = whole();
    for (let length = 0; length < buffer.byteLength; length += 1) {
      try {
        decodeTile(buffer.slice(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(TileError);
      }
    }
  });

  it('leaves out tracks of a kind that it does not know', () => {
    const tile = decodeTile(tileBytes(0, 0, [], [{ kind: 'power', columns: { watt: ['f64', [1]] } }]));
    expect([tile.lanes.size, tile.memory.size, tile.contention]).toEqual([0, 0, null]);
  });
});
