import { describe, expect, it } from 'vitest';
import { ns } from '../base/units';
import { LONGEST_NOTE, type Mark, MOST_MARKS, markAt, withMark, withoutMark } from './marks';

const mark = (at: number, note = ''): Mark => ({ at: ns(at), note });

describe('marks', () => {
  it('stand in time order, one an instant', () => {
    const marks = [mark(9), mark(3), mark(9, 'here')].reduce(withMark, [] as readonly Mark[]);

    expect(marks).toEqual([mark(3), mark(9, 'here')]);
    expect(withoutMark(marks, ns(3))).toEqual([mark(9, 'here')]);
  });

  it('are found near an instant', () => {
    const marks = [mark(10), mark(20)];

    expect(markAt(marks, ns(16), ns(8))?.at).toBe(20);
    expect(markAt(marks, ns(40), ns(8))).toBeNull();
  });

  it('are bounded, as the address that holds them is', () => {
    const many = Array.from({ length: 50 }, (_, at) => mark(at)).reduce(withMark, [] as readonly Mark[]);

    expect(many).toHaveLength(MOST_MARKS);
    expect(withMark([], mark(1, 'x'.repeat(500)))[0].note).toHaveLength(LONGEST_NOTE);
  });
});
