import { describe, expect, it } from 'vitest';
import { ns } from '../base/units';
import { listed } from '../testing/literals';
import { choose, comparable, runsOf } from './groups';

const GROUPS = [
  listed('x', { shared: false, title: 'eval, 12:00', names: ['eval'] }),
  listed('y', { title: 'Train + eval, 13:00', names: ['Train', 'eval'], start_ns: ns(2) }),
  listed('z', { host: 'node7', devices: ['node7/GPU:3'], models: ['A100'], start_ns: null }),
];

const ids = (text: string, company: 'together' | 'alone' | 'all' = 'all'): string =>
  choose(GROUPS, { text, company }, null)
    .map(({ id }) => id)
    .join('');

describe('choose', () => {
  it('puts what ran together first, and keeps the order of the server otherwise', () => {
    expect(ids('')).toBe('yzx');
    expect(ids('', 'together')).toBe('yz');
    expect(ids('', 'alone')).toBe('x');
  });

  it('finds all words in titles, names, hosts, devices and models, whatever their case', () => {
    expect(ids('TRAIN eval')).toBe('y');
    expect(ids('node7 gpu:3 a100')).toBe('z');
    expect(ids('13:00')).toBe('y');
    expect(ids('eval', 'together')).toBe('y');
    expect(ids('train a100')).toBe('');
  });

  it('sorts by a column, what is unknown last in both directions', () => {
    const sorted = (descending: boolean): readonly string[] =>
      choose(GROUPS, { text: '', company: 'all' }, { cell: ({ start_ns }) => start_ns, descending }).map(
        ({ id }) => id,
      );
    expect([sorted(false), sorted(true)]).toEqual([
      ['x', 'y', 'z'],
      ['y', 'x', 'z'],
    ]);
  });

  it('searches 10,000 groups between two key strokes', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => listed(`g${i}`));
    const took = Array.from({ length: 9 }, () => {
      const before = performance.now();
      expect(choose(many, { text: 'h100 g77', company: 'together' }, null)).toHaveLength(111);
      return performance.now() - before;
    });
    // The median: other processes share the machine.
    expect(took.sort((a, b) => a - b)[4]).toBeLessThan(20);
  });
});

describe('comparable', () => {
  it('puts groups of the same programs first, then the nearest in time; never what is not read', () => {
    const open = listed('o', { names: ['job2/train', 'job2/eval'], start_ns: ns(20) });
    const groups = [
      open,
      listed('far', { names: ['job0/train', 'job0/eval'], start_ns: ns(1) }),
      listed('near', { names: ['job1/train', 'job1/eval'], start_ns: ns(15) }),
      listed('other', { names: ['train', 'serve'], start_ns: ns(20) }),
      listed('named', { names: ['job3/train', 'job3/eval'], by_name: true }),
      listed('processor', { on_host: true }),
    ];
    expect(comparable(groups, open).map(({ id }) => id)).toEqual(['near', 'far', 'other']);
  });
});

describe('runsOf', () => {
  it.each([
    [['job7/train', 'job7/eval'], 'job7: train + eval'],
    [['a/job7/train', 'a/job8/eval'], 'a: job7/train + job8/eval'],
    [['job7/train', 'job8/train'], 'job7/train + job8/train'],
    [['job7/train'], 'job7/train'],
    [['train', 'eval'], 'train + eval'],
  ])('writes %j as %s', (names, text) => {
    expect(runsOf(listed('x', { names }))).toBe(text);
  });
});
