/** Any declared table: its rows, in the words and digits of every other form of the report. */
import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Column as Declared, TableSpec } from '../api/tables';
import { shortenAll } from '../base/format';
import { sessionColour } from '../base/palette';
import type { Ns } from '../base/units';
import { cellOf, columnsOf, isWords, type Row, rowsOf, sortedBy, textOf } from '../model/cells';
import { type Column, DataTable } from './data_table';
import { Explained } from './explained';
import type { TableProperties } from './head';
import { SessionName } from './session_name';

/** Characters of a kernel's or an operation's name. */
const LONGEST = 58;

interface SpecTableProperties extends TableProperties {
  readonly spec: TableSpec;
  /** Rows in the place of the report's own. */
  readonly rows?: readonly Row[];
  /** A key by which it is sorted at first, largest first. */
  readonly sorted?: string;
  readonly isCurrent?: (row: Row) => boolean;
  /** Takes the timeline to a row; null where it has no instant. */
  readonly onShow?: (row: Row) => void;
  /** Keys of names that lead to their next event on the timeline. */
  readonly links?: readonly string[];
  /** Keys of instants at which the holders of memory are shown. */
  readonly instants?: readonly string[];
  /** Key of the part that is drawn as a bar of the whole in the session's colour. */
  readonly bar?: string;
  readonly isTitled?: boolean;
  /** Shown without rows too. */
  readonly isKept?: boolean;
}

/** A name that takes the timeline to the next event that has it. */
function NameLink({ panel, name, short }: { panel: TableProperties['panel']; name: string; short: string }) {
  const show = (): void => {
    panel.searching.look(name, true);
    void panel.searching.next(1);
  };
  return (
    <button type="button" class="link" title={`${name}\nShow the next one on the timeline`} onClick={show}>
      {short}
    </button>
  );
}

/** A share of the whole as a bar in the session's colour, beside its text. */
function Bar({ properties, row, column, text }: CellProperties): JSX.Element {
  const { device, panel } = properties;
  const [part, whole] = [Number(cellOf(row, column.key)), Number(cellOf(row, column.of ?? ''))];
  const share = whole > 0 ? Math.max(0, Math.min(1, part / whole)) : 0;
  const index = device.sessions.indexOf(`${cellOf(row, 'session')}`);
  return (
    <>
      <span class="share-track" aria-hidden="true">
        <span
          class="share-bar"
          style={{ width: `${100 * share}%`, background: sessionColour(panel.theme.value, index) }}
        />
      </span>{' '}
      {text}
    </>
  );
}

interface CellProperties {
  readonly properties: SpecTableProperties;
  readonly row: Row;
  readonly column: Declared;
  readonly text: string;
}

/** What is more than its text; undefined where the text is all. */
function special(
  properties: SpecTableProperties,
  column: Declared,
  short: ReadonlyMap<string, string>,
  textIn: (row: Row) => string,
): ((row: Row) => ComponentChildren) | undefined {
  const { panel, report, device, links, instants, bar } = properties;
  const { key, kind } = column;
  if (kind === 'session') {
    return (row) => {
      const id = cellOf(row, key);
      return typeof id === 'string' && id !== '' ? (
        <SessionName {...{ report, device, theme: panel.theme.value, id }} />
      ) : (
        textIn(row)
      );
    };
  }
  if (kind === 'device') {
    return (row) => (
      <button type="button" class="link" onClick={() => panel.choose(`${cellOf(row, key)}`)}>
        {textIn(row)}
      </button>
    );
  }
  if (links?.includes(key)) {
    return (row) => {
      const name = `${cellOf(row, key)}`;
      return <NameLink panel={panel} name={name} short={short.get(name) ?? name} />;
    };
  }
  if (instants?.includes(key)) {
    return (row) => (
      <button
        type="button"
        class="link"
        onClick={() => panel.timeline.memoryCursor.showAt(cellOf(row, key) as Ns)}
      >
        {textIn(row)}
      </button>
    );
  }
  return key === bar ? (row) => <Bar {...{ properties, row, column, text: textIn(row) }} /> : undefined;
}

export function SpecTable(properties: SpecTableProperties): JSX.Element | null {
  const { panel, report, device, spec, links, sorted, isCurrent, onShow, isTitled } = properties;
  const rows = useMemo(
    () => properties.rows ?? rowsOf(spec, report, device),
    [properties.rows, spec, report, device],
  );
  const columns = useMemo((): readonly Column<Row>[] => {
    const nameOf = (id: string): string => panel.labelOf(id);
    const names = (links ?? []).flatMap((key) => rows.map((row) => `${cellOf(row, key)}`));
    const short = shortenAll(names, LONGEST);
    return columnsOf(spec, rows).map((column): Column<Row> => {
      const text = (row: Row): string => textOf(column, row, nameOf);
      return {
        title: column.title,
        help: column.help,
        isName: isWords(column),
        isParted: column.of !== undefined,
        isWide: column.kind === 'slowdown' || column.kind === 'factors' || column.kind === 'durations',
        text,
        value: (row) => sortedBy(column, row, nameOf),
        show: special(properties, column, short, text),
      };
    });
  }, [report, rows, panel.theme.value]);
  if (rows.length === 0 && !properties.isKept) return null;
  const title = device.is_host ? (spec.forHost ?? spec.title) : spec.title;
  return (
    <section class="memory-part" aria-label={spec.title}>
      {isTitled && (
        <h3>{spec.help === undefined ? title : <Explained means={spec.help}>{title}</Explained>}</h3>
      )}
      <DataTable
        className={spec.slug}
        noun="row"
        sortedBy={spec.columns.find(({ key }) => key === sorted)?.title}
        {...{ rows, columns, isCurrent, onShow }}
      />
      {spec.note !== undefined && <p class="muted">{spec.note}</p>}
    </section>
  );
}
