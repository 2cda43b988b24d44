import { describe, expect, it } from 'vitest';
import { bytes, ns, span } from '../base/units';
import { NO_STATE, readHash, type ViewState, writeHash } from './hash';

const STATE: ViewState = {
  device: 'host0/GPU:0#2',
  window: span(1_000, 2_000_000_000_123),
  shifts: new Map([
    ['train/2026=a;b~c&d/host', ns(-9_000_000)],
    ['größe', ns(1)],
  ]),
  gpus: new Map([['train/run/host:0', 'rack 3; slot 1~a&b=c%']]),
  instant: ns(-5),
  caps: new Map([[1, bytes(1 << 30)]]),
  range: span(-7, 12),
  arrangement: {
    order: [1, 0],
    folded: new Set([1]),
    hidden: new Set(),
    hiddenLanes: new Set([4, 2]),
    pinned: [7],
    launches: new Set([0]),
  },
  marks: [
    { at: ns(-3), note: '' },
    { at: ns(8), note: 'here: a;b=c & <i>' },
  ],
  search: { text: '=gemm & ~co', isExact: false },
  table: 'Kernel pairs',
  before: 'host0/GPU:0',
};

describe('the hash', () => {
  it('gives back what was written, whatever the names hold', () => {
    expect(readHash(writeHash('#tb_contention', STATE))).toEqual(STATE);
  });

  it('keeps foreign keys and replaces its own', () => {
    const first = writeHash('#tb_contention&p.other.x=1', STATE);
    const second = writeHash(first, { ...NO_STATE, device: 'b' });
    expect(second).toBe('#tb_contention&p.other.x=1&p.tb_contention.device=b');
  });

  it('is left with the foreign part when there is no state', () => {
    expect(writeHash('#tb_contention&p.tb_contention.device=a', NO_STATE)).toBe('#tb_contention');
  });

  it.each([
    '',
    '#',
    '#tb_contention&p.tb_contention.window=9~1',
    '#p.tb_contention.window=a~b',
    '#p.tb_contention.shift=a:NaN',
    '#p.tb_contention.shift=%',
    '#p.tb_contention.gpu=:::;',
    '#p.tb_contention.instant=soon',
    '#p.tb_contention.instant=',
    '#p.tb_contention.caps=0:-1;x:5;1:NaN',
    '#p.tb_contention.lanes=1~2',
    '#p.tb_contention.marks=soon:here;5',
    '#p.tb_contention.find==',
    '#p.tb_contention.range=5~5',
  ])('makes no state out of %s', (hash) => {
    expect(readHash(hash)).toEqual(NO_STATE);
  });
});
