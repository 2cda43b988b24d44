/** Columns that many tables have. */
import { formatDuration } from '../base/format';
import { lengthOf, type Ns, type Span } from '../base/units';
import type { Panel } from '../state/panel';
import type { Column } from './data_table';
import type { TableProperties } from './head';
import { nameIn, SessionName } from './session_name';

export const sessionColumn = <Row,>(
  { panel, report, device }: TableProperties,
  idOf: (row: Row) => string,
  title = 'session',
): Column<Row> => ({
  title,
  isName: true,
  text: (row) => nameIn(report, idOf(row)),
  show: (row) => <SessionName {...{ report, device, theme: panel.theme.value, id: idOf(row) }} />,
});

export const durationColumn = <Row,>(title: string, of: (row: Row) => Ns | null): Column<Row> => ({
  title,
  value: of,
  text: (row) => formatDuration(of(row)),
});

/** When it begins, exact to a thousandth of what the timeline shows. */
export function instantColumn<Row extends Span>(panel: Panel, title = 'from'): Column<Row> {
  const { timeline } = panel;
  const viewport = timeline.window.viewport.value;
  const precision = viewport === null ? 1 : lengthOf(viewport.view) / 1000;
  return { title, value: (row) => row.start, text: (row) => timeline.instantText(row.start, precision) };
}

export const lengthColumn = <Row extends Span>(): Column<Row> =>
  durationColumn('length', (row) => lengthOf(row));
