/** Rows of the report as text that a spreadsheet takes: raw numbers, units in the names of the columns. */

type Cell = string | number | boolean | null;

/** What a spreadsheet would take for a formula gets an apostrophe; tabs and line breaks would end the cell. */
function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return `${cell}`;
  const plain = cell.replace(/[\t\r\n\u2028\u2029]+/g, ' ');
  return /^\s*[=+\-@|]/.test(plain) ? `'${plain}` : plain;
}

const isCell = (value: unknown): value is Cell => value === null || typeof value !== 'object';

/** `slowdown: {low: 1}` becomes `slowdown.low: 1`; lists have no place in a cell. */
function flat(row: object, prefix = ''): readonly (readonly [string, Cell])[] {
  return Object.entries(row).flatMap(([key, value]): (readonly [string, Cell])[] => {
    if (value === undefined || Array.isArray(value)) return [];
    return isCell(value) ? [[prefix + key, value]] : [...flat(value, `${prefix}${key}.`)];
  });
}

/** Tab-separated, with a head; columns in the order in which rows first have them. Empty without rows. */
export function tsvOf(rows: readonly object[]): string {
  const made = rows.map((row) => new Map(flat(row)));
  const columns = [...new Set(made.flatMap((row) => [...row.keys()]))];
  if (columns.length === 0) return '';
  const lines = made.map((row) => columns.map((column) => textOf(row.get(column) ?? null)).join('\t'));
  return `${[columns.join('\t'), ...lines].join('\n')}\n`;
}
