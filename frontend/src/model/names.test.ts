import { expect, it } from 'vitest';
import type { Session } from '../api/report';
import { shortNames } from './names';

const named = (...names: string[]): readonly string[] => [
  ...shortNames(names.map((name, i) => ({ id: `id ${i}`, name }) as Session)).values(),
];

it('leaves out the folders that all have in common', () => {
  expect(named('run/alone/a', 'run/alone/b')).toEqual(['a', 'b']);
  expect(named('run/x/a', 'run/y/a')).toEqual(['x/a', 'y/a']);
});

it('never leaves out all of a name', () => {
  expect(named('run', 'run/a')).toEqual(['run', 'run/a']);
  expect(named('run/a', 'run/a')).toEqual(['a', 'a']);
  expect(named('run/a')).toEqual(['run/a']);
  expect(named()).toEqual([]);
});
