import { describe, expect, it } from 'vitest';
import shared from '../../../tests/golden/expected/shared.json';
import tables from '../../../tests/golden/expected/tables.json';
import type { Report } from '../api/report';
import { DEVICE_TABLES, REPORT_TABLES, type TableSpec } from '../api/tables';
import { UNTRACED, UNTRACED_WORDS } from './blame';
import { columnsOf, recordOf, rowsOf, sortedBy, textOf } from './cells';

// JSON has plain numbers where the types have units.
const REPORT = shared as unknown as Report;
const [DEVICE] = REPORT.devices;
const SPECS: readonly TableSpec[] = [...Object.values(DEVICE_TABLES), ...Object.values(REPORT_TABLES)];

const labels = new Map([...REPORT.sessions, ...REPORT.devices].map(({ id, label }) => [id, label]));
const nameOf = (id: string): string => labels.get(id) ?? (id === UNTRACED ? UNTRACED_WORDS : id);

describe('the cells of a table', () => {
  it.each(
    SPECS.map((spec) => [spec.slug, spec] as const),
  )('are those of every other form: %s', (slug, spec) => {
    const expected = (tables as Readonly<Record<string, { header: string[]; rows: string[][] }>>)[slug];
    const rows = rowsOf(spec, REPORT, DEVICE);
    const columns = rows.length > 0 ? columnsOf(spec, rows) : [];
    expect(rows.map((row) => columns.map((column) => textOf(column, row, nameOf)))).toEqual(expected.rows);
    if (rows.length > 0) expect(columns.map(({ title }) => title)).toEqual(expected.header);
  });

  it('sort by figures, and by the words of what is no figure', () => {
    const [row] = rowsOf(DEVICE_TABLES.slowdowns, REPORT, DEVICE);
    const by = (key: string) => {
      const column = DEVICE_TABLES.slowdowns.columns.find((each) => each.key === key);
      return column === undefined ? undefined : sortedBy(column, row, nameOf);
    };
    expect([by('session'), by('slowdown'), by('lost_ns')]).toEqual(['trainer', 1.4545, 5000]);
  });

  it('are copied as they are on the wire', () => {
    const rows = rowsOf(DEVICE_TABLES.blame, REPORT, DEVICE);
    expect(recordOf(columnsOf(DEVICE_TABLES.blame, rows), rows[0])).toEqual({
      victim: 'trainer/host0',
      culprit: 'evaluator/host0',
      lost_ns: 4000,
    });
  });
});
