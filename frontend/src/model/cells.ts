/** A table's declaration and the report -> rows, and what a cell says: as `tb_contention/tables/` has it for every other form of a report. */
import type { Device, Report } from '../api/report';
import type { Column, Kind, TableSpec } from '../api/tables';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPart,
  formatShare,
  shorten,
  threeDigits,
  times,
  UNKNOWN,
} from '../base/format';
import { type Bytes, type Ns, ns } from '../base/units';

type Wire = Readonly<Record<string, unknown>>;

/** A row with the object around it, and the device that holds it. */
export interface Row {
  readonly own: Wire;
  readonly outer: Wire;
  readonly device: Wire;
}

/** An estimate with its interval. */
interface Range {
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly evidence?: string;
}

/** Beyond so many characters a long name is cut in its middle. */
const LONG = 80;

const WORDS: ReadonlySet<Kind> = new Set([
  'text',
  'word',
  'name',
  'session',
  'sessions',
  'device',
  'list',
  'map',
  'flag',
]);

export const isWords = ({ kind }: Column): boolean => WORDS.has(kind);

function follow(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, step) => (typeof found === 'object' && found !== null ? ((found as Wire)[step] ?? null) : null),
    value,
  );
}

/** The value of a key such as `slowdown.estimate`, `device.id` or `outer.setting`; null where something on the way is. */
export function cellOf(row: Row, key: string): unknown {
  const [head, ...rest] = key.split('.');
  if (rest.length > 0 && (head === 'device' || head === 'outer')) return follow(row[head], rest);
  return follow(row.own, [head, ...rest]);
}

function walk(row: Row, path: readonly string[]): readonly Row[] {
  const [head, ...rest] = path;
  if (head === undefined) return [row];
  const found = row.own[head] ?? [];
  return (Array.isArray(found) ? found : [found]).flatMap((own: Wire) =>
    walk({ own, outer: row.own, device: row.device }, rest),
  );
}

/** An entry whose columns are lists, taken apart; what it does not know is unknown in each of its rows. */
function periods({ own, outer, device }: Row, spec: TableSpec): readonly Row[] {
  const lists = spec.columns.flatMap(({ key }) => (Array.isArray(own[key]) ? [key] : []));
  const length = (own[lists[0]] as readonly unknown[] | undefined)?.length ?? 0;
  return Array.from({ length }, (_, i) => {
    const cells = lists.map((key) => [key, (own[key] as readonly unknown[])[i]]);
    const lost = own.known === false ? { lost_ns: null } : {};
    return { own: { ...own, ...Object.fromEntries(cells), ...lost }, outer, device };
  });
}

/** Rows that are given: those of a part of the window, for example. */
export const rowsIn = (device: Device, rows: readonly object[], outer: object = {}): readonly Row[] =>
  rows.map((own) => ({ own: own as Wire, outer: outer as Wire, device: device as unknown as Wire }));

/** The rows of a table: of one device, or of the report as a whole. */
export function rowsOf(spec: TableSpec, report: Report, device: Device): readonly Row[] {
  if (spec.together && device.sessions.length < 2) return [];
  const [first, ...rest] = spec.source;
  const isOfDevice = first === 'devices' && rest.length > 0;
  const root = (isOfDevice ? device : report) as unknown as Wire;
  const whole = isOfDevice ? root : {};
  const found = walk({ own: root, outer: {}, device: whole }, isOfDevice ? rest : spec.source);
  // A device that is a row holds itself.
  const rows = isOfDevice || first !== 'devices' ? found : found.map((row) => ({ ...row, device: row.own }));
  return spec.columnar ? rows.flatMap((row) => periods(row, spec)) : rows;
}

const isThere = (value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  value !== '' &&
  (typeof value !== 'object' || Object.keys(value).length > 0);

/** The columns of which some cell says anything; the first one always. */
export const columnsOf = (spec: TableSpec, rows: readonly Row[]): readonly Column[] =>
  spec.columns.filter((column, index) => index === 0 || rows.some((row) => isThere(cellOf(row, column.key))));

function rangeText({ estimate, low, high }: Range, write: (value: number | null) => string): string {
  if (low === null && high === null) return UNKNOWN;
  if (write === times && (estimate === null || low === null || high === null)) {
    const [least, most] = [times(low).replace('×', ''), times(high).replace('×', '')];
    return low === null ? `at most ${most}` : high === null ? `at least ${least}` : `${least} to ${most}`;
  }
  const ends = `${write(low)} to ${write(high)}`;
  if (estimate === null) return ends;
  return write(low) === write(high) ? write(estimate) : `${write(estimate)} (${ends.replaceAll('×', '')})`;
}

const durationText = (value: number | null): string => formatDuration(value === null ? null : ns(value));

const WRITERS: Readonly<Record<string, (value: never) => string>> = {
  text: (value: string) => value,
  word: (value: string) => value.replaceAll('_', ' '),
  name: (value: string) => shorten(value, LONG),
  list: (value: readonly string[]) => value.join('; '),
  map: (value: Wire) =>
    Object.entries(value)
      .map(([key, each]) => `${key}=${each}`)
      .join(', '),
  flag: (value: boolean) => (value ? 'yes' : 'no'),
  count: (value: number) => formatCount(value),
  identifier: (value: number) => `${value}`,
  duration: (value: number) => formatDuration(ns(value)),
  bytes: (value: Bytes) => formatBytes(value),
  number: (value: number) => threeDigits(value),
  share: (value: number) => formatPart(value),
  slowdown: (value: Range) => rangeText(value.evidence === 'D' ? { ...value, estimate: null } : value, times),
  factors: (value: Range) => rangeText(value, times),
  durations: (value: Range) => rangeText(value, durationText),
};

/** What a cell says; a dash for what is unknown. `nameOf`: the label of a session or device. */
export function textOf(column: Column, row: Row, nameOf: (id: string) => string): string {
  const value = cellOf(row, column.key);
  if (!isThere(value)) return column.unless ?? UNKNOWN;
  if (column.kind === 'session' || column.kind === 'device') return nameOf(value as string);
  if (column.kind === 'sessions') return (value as readonly string[]).map(nameOf).join(', ');
  if (column.kind === 'instant') {
    const start = Number(cellOf(row, 'device.window.start_ns') ?? 0);
    return formatDuration(ns((value as Ns) - start));
  }
  const words = WRITERS[column.kind](value as never);
  if (column.of === undefined) return words;
  return `${words} (${formatShare(value as number, cellOf(row, column.of) as number | null)})`;
}

/** What a column is sorted by; null is unknown. */
export function sortedBy(column: Column, row: Row, nameOf: (id: string) => string): number | string | null {
  const value = cellOf(row, column.key);
  if (isWords(column)) return textOf(column, row, nameOf);
  if (value !== null && typeof value === 'object') {
    const { estimate, low, high } = value as Range;
    return estimate ?? high ?? low;
  }
  return value as number | null;
}

/** The cells of a row as they are on the wire, by their keys: what a spreadsheet gets. */
export const recordOf = (columns: readonly Column[], row: Row): object =>
  Object.fromEntries(
    columns.map(({ key }) => {
      const value = cellOf(row, key);
      return [key, Array.isArray(value) ? value.join(' ') : value];
    }),
  );
