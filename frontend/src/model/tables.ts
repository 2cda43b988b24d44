/** Filtering, sorting and the visible part of long tables. */
import type { Finding, Problem, Severity } from '../api/report';

/** Unknown values go last in either direction. */
function compare(a: number | string | null, b: number | string | null, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'string' || typeof b === 'string') return sign * `${a}`.localeCompare(`${b}`);
  return sign * (a - b);
}

/** Rows by one cell, unknown ones last. */
export const sortRows = <Row>(
  rows: readonly Row[],
  cell: (row: Row) => number | string | null,
  descending: boolean,
): readonly Row[] => [...rows].sort((a, b) => compare(cell(a), cell(b), descending ? -1 : 1));

/** Rows one of whose texts holds all words of the filter, in any order and whatever their case. */
export function filterRows<Row>(
  rows: readonly Row[],
  filter: string,
  texts: (row: Row) => readonly string[],
): readonly Row[] {
  const words = filter.trim().toLowerCase().split(/\s+/);
  if (words[0] === '') return rows;
  return rows.filter((row) => {
    const text = texts(row).join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** First and one past the last row to put into the document. */
export function visibleRows(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): readonly [number, number] {
  const spare = 6;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  return [Math.min(first, count), Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare)];
}

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 0, error: 0, warning: 1, info: 2 };

export const bySeverity = <Item extends { readonly severity: Severity }>(items: readonly Item[]): Item[] =>
  [...items].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);

export interface ProblemGroup {
  readonly slug: string;
  readonly severity: Severity;
  readonly problems: readonly Problem[];
}

/** One group a slug, worst first. */
export function groupProblems(problems: readonly Problem[]): readonly ProblemGroup[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of bySeverity(problems)) {
    const group = groups.get(problem.slug);
    if (group === undefined) groups.set(problem.slug, [problem]);
    else group.push(problem);
  }
  return [...groups].map(([slug, members]) => ({
    slug,
    severity: members[0].severity,
    problems: members,
  }));
}

/** Findings of one rule and severity together, in the place of the first: the others say the same of other sessions. */
export function groupFindings(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  const groups = new Map<string, [Finding, ...Finding[]]>();
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.severity}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}
