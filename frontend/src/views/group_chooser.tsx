/** All groups of the log directory: a search box over a table, in a dialog. The arrow keys walk through the table from the box. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ListedGroup } from '../api/report';
import { formatCount, formatDuration, formatPart, formatUtc, plural, UNKNOWN } from '../base/format';
import { type Company, devicesOf, runsOf } from '../model/groups';
import type { Panel } from '../state/panel';
import { Problems } from './problems';
import { type Column, cellOf, nextOrder, type Order, ROW, VirtualTable } from './virtual_table';

/** So many rows are a page of the keys. */
const PAGE = 8;

function overlapText({ shared, by_name, overlap_ns, overlap_share }: ListedGroup): string {
  if (!shared) return UNKNOWN;
  return by_name ? 'not read yet' : `${formatDuration(overlap_ns)} (${formatPart(overlap_share)})`;
}

const slowdownText = ({ found }: ListedGroup): string => {
  if (found === null || found.figure === '') return UNKNOWN;
  return found.interval === '' ? found.figure : `${found.figure} (${found.interval})`;
};

const COLUMNS: readonly Column<ListedGroup>[] = [
  {
    title: 'start (UTC)',
    isName: true,
    text: ({ start_ns }) => formatUtc(start_ns),
    value: ({ start_ns }) => start_ns,
  },
  {
    title: 'runs',
    isName: true,
    text: runsOf,
    show: (group) => (
      <>
        {group.simulated > 0 && (
          <span class="badge" title="A simulator made these traces; they were not recorded on a GPU.">
            simulated
          </span>
        )}{' '}
        {runsOf(group)}
      </>
    ),
  },
  { title: 'host', isName: true, text: ({ host }) => host },
  {
    title: 'GPU',
    isName: true,
    text: (group) =>
      group.on_host ? 'none, processor only' : [devicesOf(group), ...group.models].join(' · '),
  },
  {
    title: 'sessions',
    help: 'Captures of the group; those beyond the bound of a group are counted after the plus sign',
    text: ({ captures, left_out }) =>
      left_out > 0 ? `${captures.length} + ${formatCount(left_out)}` : `${captures.length}`,
    value: ({ captures, left_out }) => captures.length + left_out,
  },
  {
    title: 'probable overlap',
    help: 'Time in which all of its captures were recorded, and the share of the shortest capture in which they surely were',
    text: overlapText,
    value: ({ shared, by_name, overlap_ns }) => (shared && !by_name ? overlap_ns : null),
  },
  {
    title: 'slowdown',
    help: 'Slowdown of the session that is slowed most, from the last analysis; a dash where the group was not analysed or nothing is known',
    isWide: true,
    text: slowdownText,
    value: ({ found }) => found?.estimate ?? null,
  },
];

function CompanyChoice({ panel }: { panel: Panel }): JSX.Element | null {
  const { choice, list, together } = panel.groups;
  const all = list.value?.length ?? 0;
  if (list.value === null || together.value === all) return null;
  if (together.value === 0) return <span class="muted">No captures ran together.</span>;
  const options: readonly (readonly [Company, string, number])[] = [
    ['together', 'ran together', together.value],
    ['alone', 'alone', all - together.value],
    ['all', 'all', all],
  ];
  return (
    <fieldset class="company">
      <legend class="visually-hidden">Which groups</legend>
      {options.map(([company, label, count]) => (
        <label key={company} class="choice">
          <input
            type="radio"
            name="company"
            checked={choice.value.company === company}
            onChange={() => {
              choice.value = { ...choice.value, company };
            }}
          />{' '}
          {label} ({formatCount(count)})
        </label>
      ))}
    </fieldset>
  );
}

function Status({ panel }: { panel: Panel }): JSX.Element {
  const { list, shown, pending, error } = panel.groups;
  if (error.value !== null) {
    return (
      <p class="failure" role="alert">
        <span>The groups could not be loaded: {error.value}</span>
        <button type="button" onClick={() => void panel.groups.load()}>
          Try again
        </button>
      </p>
    );
  }
  return (
    <p class="muted small" role="status">
      {list.value === null ? 'Loading the groups' : plural(shown.value.length, 'group')}
      {pending.value > 0 && `. Only the names of ${plural(pending.value, 'capture')} are known yet.`}
    </p>
  );
}

const rowId = (index: number): string => `group-row-${index}`;

/** Bring a row into the visible part of the table, which holds only some of them. */
function reveal(dialog: HTMLElement | null, index: number): void {
  const box = dialog?.querySelector<HTMLElement>('.virtual') ?? null;
  if (box === null) return;
  // The head stays in place above the rows.
  const [top, bottom] = [index * ROW, (index + 2) * ROW];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}

function Choosing({ panel }: { panel: Panel }): JSX.Element {
  const { groups } = panel;
  const dialog = useRef<HTMLDialogElement>(null);
  const [order, setOrder] = useState<Order | null>(null);
  const shown = groups.shown.value;
  const current = panel.summary.value?.group?.id ?? null;
  const [active, setActive] = useState<number | null>(null);
  const marked = active ?? shown.findIndex(({ id }) => id === current);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // Also once the list has arrived, in another order, and in what a search leaves.
  useEffect(() => reveal(dialog.current, Math.max(0, marked)), [shown, marked]);

  const close = (): void => {
    groups.isOpen.value = false;
  };
  const sort = (column: Column<ListedGroup>): void => {
    const next = nextOrder(column, order);
    setOrder(next);
    setActive(null);
    groups.order.value = { cell: (group) => cellOf(column, group), descending: next.descending };
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (by !== undefined) setActive(Math.max(0, Math.min(shown.length - 1, marked + by)));
    else if (event.key !== 'Enter') return;
    else if (shown[marked] !== undefined) panel.chooseGroup(shown[marked].id);
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="groups" aria-label="Groups of captures" onClose={close}>
      <div class="filter">
        <label>
          <span class="visually-hidden">Search groups</span>
          <input
            type="text"
            role="combobox"
            aria-expanded="true"
            aria-autocomplete="list"
            aria-controls="groups-table"
            aria-activedescendant={shown[marked] === undefined ? undefined : rowId(marked)}
            placeholder="run, host, GPU or time"
            autofocus
            value={groups.choice.value.text}
            onInput={(event) => {
              setActive(event.currentTarget.value === '' ? null : 0);
              groups.choice.value = { ...groups.choice.value, text: event.currentTarget.value };
            }}
            onKeyDown={onKeyDown}
          />
        </label>
        <CompanyChoice panel={panel} />
        <button type="button" class="close" onClick={close}>
          Close
        </button>
      </div>
      <VirtualTable
        rows={shown}
        columns={COLUMNS}
        order={order}
        onSort={sort}
        tableProperties={{ id: 'groups-table', role: 'grid', 'aria-label': 'Groups' }}
        rowProperties={(group, index) => ({
          id: rowId(index),
          class: index === marked ? 'group-row current' : 'group-row',
          'aria-selected': index === marked,
          'aria-current': group.id === current ? 'true' : undefined,
          title: group.title,
          onClick: () => panel.chooseGroup(group.id),
        })}
      />
      <Status panel={panel} />
      <Problems problems={groups.problems.value} />
    </dialog>
  );
}

export function GroupChooser({ panel }: { panel: Panel }): JSX.Element | null {
  return panel.groups.isOpen.value ? <Choosing panel={panel} /> : null;
}
