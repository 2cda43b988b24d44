import { expect, it } from 'vitest';
import type { BaselineChoices, BaselineOffer } from '../api/report';
import { baselineParts } from './baseline_parts';
import { baselineText, refusals } from './baselines';

const offer = (session: string, more: Partial<BaselineOffer> = {}): BaselineOffer => ({
  session,
  label: `alone/${session}`,
  found: 'kernels',
  use: 'used',
  reason: '',
  words: `words on ${session}`,
  ...more,
});

const wrong = { use: 'refused', reason: 'it runs other kernels' } as const;

it('says what a session is measured against, or why against nothing', () => {
  expect(baselineText([offer('a')], undefined)).toBe('alone/a, found by its kernels');
  expect(baselineText([offer('a', { found: 'user' }), offer('b', { found: 'user' })], 'a')).toBe(
    'alone/a, alone/b, your choice',
  );
  expect(baselineText([offer('a', { found: 'manifest' })], undefined)).toContain('same run');
  expect(baselineText([offer('a', { use: 'offered' }), offer('b', wrong)], undefined)).toBe(
    'none used, 1 possible',
  );
  expect(baselineText([], undefined)).toBe('none found');
  expect(baselineText([], '')).toBe('none, your choice');
});

it('says why a choice is refused, whatever is used instead', () => {
  const refused = offer('b', { found: 'user', ...wrong });
  expect(refusals([refused, offer('a')])).toEqual(['words on b']);
  expect(refusals([offer('b', wrong), offer('a')])).toEqual([]);
  // A choice that names several, of which one serves.
  expect(refusals([refused, offer('a', { found: 'user' })])).toEqual([]);
});

it('lists each capture once, with what is known best, in parts', () => {
  const found: BaselineChoices = {
    choices: [
      {
        session: 'a',
        label: 'alone/a',
        found: 'manifest',
        fits: true,
        why: 'the same run recorded it alone',
      },
      { session: 'b', label: 'alone/b', found: null, fits: false, why: 'it ran on another GPU' },
      { session: 'c', label: 'alone/c', found: null, fits: true, why: 'it is compared once you choose it' },
    ],
    left_out: 0,
  };
  const offers = [
    offer('c', { found: 'user', ...wrong }),
    offer('gone', { found: 'user', use: 'refused', reason: 'the log directory does not hold it' }),
    offer('d', { use: 'offered', reason: 'its steps are few' }),
  ];
  expect(baselineParts(offers, found)).toEqual([
    {
      title: 'Recorded alone by the same run',
      rows: [{ id: 'a', label: 'alone/a', why: 'the same run recorded it alone' }],
    },
    {
      title: 'Runs the same kernels',
      rows: [{ id: 'd', label: 'alone/d', why: 'used only if chosen; its steps are few' }],
    },
    {
      title: 'Other captures',
      rows: [
        { id: 'gone', label: 'alone/gone', why: 'cannot serve: the log directory does not hold it' },
        { id: 'b', label: 'alone/b', why: 'cannot serve: it ran on another GPU' },
        { id: 'c', label: 'alone/c', why: 'cannot serve: it runs other kernels' },
      ],
    },
  ]);
  expect(baselineParts([], null)).toEqual([]);
});
