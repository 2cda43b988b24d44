/** Instants that the user marked, with notes. */
import type { Ns } from '../base/units';
import { asNs, asText, type Codec, mapOf } from './hash';

export interface Mark {
  readonly at: Ns;
  readonly note: string;
}

export const MOST_MARKS = 30;
/** The address holds the notes: a browser takes some thousands of characters. */
export const LONGEST_NOTE = 120;

/** Marks in time order; one an instant, the latest word counts. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const others = marks.filter(({ at }) => at !== mark.at);
  if (others.length >= MOST_MARKS) return marks;
  const note = mark.note.slice(0, LONGEST_NOTE);
  return [...others, { at: mark.at, note }].sort((a, b) => a.at - b.at);
}

export const withoutMark = (marks: readonly Mark[], at: Ns): readonly Mark[] =>
  marks.filter((mark) => mark.at !== at);

const NOTES = mapOf(asNs, asText);

export const MARKS: Codec<readonly Mark[]> = {
  pack: (marks) => NOTES.pack(new Map(marks.map(({ at, note }) => [at, note]))),
  unpack: (text) =>
    [...NOTES.unpack(text)].reduce<readonly Mark[]>((marks, [at, note]) => withMark(marks, { at, note }), []),
};

/** The mark nearest to an instant, no farther than `reach`. */
export function markAt(marks: readonly Mark[], at: Ns, reach: Ns): Mark | null {
  const near = marks.filter((mark) => Math.abs(mark.at - at) <= reach);
  return near.reduce<Mark | null>(
    (best, each) => (best === null || Math.abs(each.at - at) < Math.abs(best.at - at) ? each : best),
    null,
  );
}
