import { expect, it } from 'vitest';
import type { Device } from '../api/report';
import { ns } from '../base/units';
import { device } from '../testing/literals';
import { blameMatrix, UNTRACED } from './blame';

const id = (name: string): string => `${name}/run/host0`;
const blame = (victim: string, culprit: string, lost: number) => ({ victim, culprit, lost_ns: ns(lost) });

it('has sessions in the order of the device and untraced work last', () => {
  const made = device(['a', 'b'], {
    blame: [blame(id('b'), UNTRACED, 1), blame(id('b'), id('a'), 3), blame(id('a'), id('b'), 5)],
  });
  const matrix = blameMatrix(made);
  expect(matrix?.culprits).toEqual([id('a'), id('b'), UNTRACED]);
  expect(matrix?.rows.map((row) => [row.victim, row.total])).toEqual([
    [id('a'), 5],
    [id('b'), 4],
  ]);
});

it('shares each row out, with nothing where nothing is said', () => {
  const made = device(['a', 'b'], { blame: [blame(id('b'), UNTRACED, 1), blame(id('b'), id('a'), 3)] });
  const [row] = blameMatrix(made)?.rows ?? [];
  expect(row.cells.map((cell) => [cell.lost, cell.share])).toEqual([
    [3, 0.75],
    [null, 0],
    [1, 0.25],
  ]);
});

it('keeps a culprit of another device, and divides by no loss of 0', () => {
  const made = device(['a', 'b'], { blame: [blame(id('a'), 'elsewhere', 0)] });
  const matrix = blameMatrix(made);
  expect(matrix?.culprits).toEqual([id('a'), id('b'), 'elsewhere']);
  expect(matrix?.rows[0].cells[2]).toEqual({ culprit: 'elsewhere', lost: 0, share: 0 });
});

it('says of a server by how much a request takes longer', () => {
  const times = (mean: number) => ({ mean_ns: { estimate: ns(mean), low: null, high: null } });
  const requests = [{ session: id('a'), shared: times(12), alone: times(3) }];
  const made = device(['a', 'b'], {
    blame: [blame(id('a'), id('b'), 0), blame(id('b'), id('a'), 2)],
    requests: requests as unknown as Device['requests'],
  });
  expect(blameMatrix(made)?.rows.map(({ later }) => later)).toEqual([9, null]);
});

it('is nothing where nobody is blamed', () => {
  expect(blameMatrix(device(['a', 'b']))).toBeNull();
});
