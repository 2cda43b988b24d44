/** What the timeline hatches, as tables: contended intervals, and where time was lost. */
import type { JSX } from 'preact';
import { formatCount } from '../base/format';
import type { Contended } from '../model/intervals';
import type { Lost } from '../model/lost';
import { durationColumn, instantColumn, lengthColumn, sessionColumn } from './columns';
import { type Column, DataTable } from './data_table';
import type { TableProperties } from './head';

const countColumn = <Row extends { readonly count: number }>(title: string): Column<Row> => ({
  title,
  value: (row) => row.count,
  text: (row) => formatCount(row.count),
});

/** The twin of the contention band. */
export function IntervalTable({ panel }: TableProperties): JSX.Element {
  const { timeline } = panel;
  const rows = timeline.content.contended.value;
  if (rows.length === 0) return <p class="muted">No contended interval in the window.</p>;
  const columns: readonly Column<Contended>[] = [
    instantColumn(panel, 'From'),
    lengthColumn(),
    { title: 'sessions at once', value: (row) => row.depth, text: (row) => `${row.depth}` },
    countColumn('intervals'),
  ];
  return <DataTable noun="span" {...{ rows, columns }} onShow={(row) => timeline.window.frame(row)} />;
}

type LostRow = Lost & { readonly id: string };

/** Spans of lost time with the session that lost it, in time order. */
export function lostRows({ panel }: TableProperties): readonly LostRow[] {
  const { timeline } = panel;
  const ids = timeline.layout.value?.sessions.map((session) => session.id) ?? [];
  const all = [...timeline.content.lost.value].flatMap(([at, lost]) =>
    lost.map((item) => ({ ...item, id: ids[at] ?? '' })),
  );
  return all.sort((a, b) => a.start - b.start);
}

/** The twin of the hatches and hollow spans on the timeline. */
export function LostTable(properties: TableProperties): JSX.Element {
  const { panel } = properties;
  const rows = lostRows(properties);
  if (rows.length === 0) return <p class="muted">No lost time in the window.</p>;
  const columns: readonly Column<LostRow>[] = [
    sessionColumn(properties, (row: LostRow) => row.id, 'Session'),
    { title: 'what', isName: true, text: (row) => row.kind },
    instantColumn(panel),
    lengthColumn(),
    durationColumn('lost', (row) => row.busy),
    countColumn('spans'),
  ];
  return <DataTable noun="span" {...{ rows, columns }} onShow={(row) => panel.timeline.window.frame(row)} />;
}
