/** All groups of the log directory: a search box over a table. The arrow keys walk through the table from the box. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ListedGroup } from '../api/report';
import { formatCount, formatDate, formatDuration, formatPart, plural, UNKNOWN } from '../base/format';
import { type Company, devicesOf, runsOf } from '../model/groups';
import type { Panel } from '../state/panel';
import { Fleet } from './apart';
import { Explained } from './explained';
import { CopyLink } from './group_bar';
import { Problems } from './problems';
import { type Column, cellOf, nextOrder, type Order, VirtualTable } from './virtual_table';

/** So many rows are in the document at once, so that each can be as high as its text needs. */
const FEW = 150;
/** So many rows are a page of the keys. */
const PAGE = 8;

function overlapText({ shared, repeated, by_name, overlap_ns, overlap_share }: ListedGroup): string {
  if (!shared) return repeated ? 'recorded twice' : 'alone';
  return by_name ? 'not read yet' : `${formatDuration(overlap_ns)} (${formatPart(overlap_share)})`;
}

/** A figure, and what stands behind it in brackets on the next line where there is no room; never broken inside. */
function Parted({ text }: { text: string }): JSX.Element {
  const [figure, ...rest] = text.split(' (');
  return (
    <>
      {figure}
      {rest.length > 0 && (
        <>
          {' '}
          <span class="whole">({rest.join(' (')}</span>
        </>
      )}
    </>
  );
}

/** Of whom, and by how much: of the session that is slowed most. */
const slowdownText = ({ found, shared, by_name }: ListedGroup): string => {
  if (found === null) return shared && !by_name ? 'not measured' : UNKNOWN;
  if (found.figure === '') return 'could not be determined';
  // Where only bounds are known, the figure is them.
  const isRange = found.interval === '' || found.figure.includes(' to ');
  return `${found.figure} ${found.label}${isRange ? '' : ` (${found.interval})`}`;
};

/** So many problems are named where there is only room to point at them. */
const NAMED = 6;

/** What was lost from the captures of a group: how much of it, and on hover and focus what. */
function Lost({ problems }: ListedGroup): JSX.Element | null {
  if (problems.length === 0) return null;
  const rest = problems.length - NAMED;
  const text = [...problems.slice(0, NAMED), ...(rest > 0 ? [`and ${formatCount(rest)} more`] : [])];
  return (
    <span class="input-lost">
      <Explained means={text.join('\n')}>
        <span aria-hidden="true">⚠ {formatCount(problems.length)}</span>
        <span class="visually-hidden">{plural(problems.length, 'problem')}</span>
      </Explained>
    </span>
  );
}

/** So many runs of a group are named in its row; below the table all of them are. */
const RUNS = 4;

const gpuOf = (group: ListedGroup): string =>
  group.on_host ? 'processor only' : [devicesOf(group), ...group.models].join(' · ');

const COLUMNS: readonly Column<ListedGroup>[] = [
  {
    title: 'date (UTC)',
    isName: true,
    text: ({ start_ns }) => formatDate(start_ns),
    value: ({ start_ns }) => start_ns,
  },
  {
    title: 'runs',
    isName: true,
    text: runsOf,
    show: (group) => (
      <>
        {/* Before the names: where there are many rows, what does not fit is cut off at the end of the cell. */}
        {group.simulated > 0 && (
          <span class="badge" title="A simulator made these traces; they were not recorded on a GPU.">
            simulated
          </span>
        )}{' '}
        {runsOf(group, RUNS)} <Lost {...group} />
      </>
    ),
  },
  { title: 'host', isName: true, text: ({ host }) => host },
  {
    title: 'GPU',
    isName: true,
    text: gpuOf,
  },
  {
    title: 'sessions',
    help: 'Captures of the group; those beyond the bound of a group are counted after the plus sign',
    text: ({ captures, left_out }) =>
      left_out > 0 ? `${captures.length} + ${formatCount(left_out)}` : `${captures.length}`,
    value: ({ captures, left_out }) => captures.length + left_out,
  },
  {
    title: 'recorded together',
    help: 'Time in which all of its captures were recorded, and the share of the shortest capture in which they surely were',
    text: overlapText,
    show: (group) => <Parted text={overlapText(group)} />,
    value: ({ shared, by_name, overlap_ns }) => (shared && !by_name ? overlap_ns : null),
  },
  {
    title: 'slowdown',
    help: 'Slowdown of the session that is slowed most, from the last analysis',
    isWide: true,
    text: slowdownText,
    show: (group) => <Parted text={slowdownText(group)} />,
    value: ({ found }) => found?.estimate ?? null,
  },
];

function CompanyChoice({ panel }: { panel: Panel }): JSX.Element | null {
  const { choice, list, together } = panel.groups;
  const all = list.value?.length ?? 0;
  if (list.value === null || together.value === all) return null;
  if (together.value === 0) return null;
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

/** So many groups are measured at one request: each may take seconds. */
const AT_ONCE = 10;

const toMeasure = (groups: readonly ListedGroup[]): readonly string[] =>
  groups
    .filter(({ shared, by_name, found }) => shared && !by_name && found === null)
    .slice(0, AT_ONCE)
    .map(({ id }) => id);

function Measure({ panel }: { panel: Panel }): JSX.Element | null {
  const { measuring, groups } = panel;
  const ids = toMeasure(groups.shown.value);
  const left = measuring.queue.value.length;
  if (left > 0) {
    return (
      <span class="measure" role="status">
        Measuring, {plural(left, 'group')} left{' '}
        <button type="button" onClick={() => measuring.stop()}>
          Stop
        </button>
      </span>
    );
  }
  if (ids.length === 0) return null;
  return (
    <button
      type="button"
      class="measure"
      title="Read the captures of the first groups that were not measured yet"
      onClick={() => void measuring.start(ids)}
    >
      Measure {ids.length === 1 ? 'the slowdown' : `the slowdown of ${ids.length}`}
    </button>
  );
}

/** What was measured so far, and who is slowed most. */
function slowedMost(list: readonly ListedGroup[]): string {
  const measured = list.filter(({ found }) => found !== null);
  if (measured.length === 0) return 'No slowdown is measured yet.';
  const slowed = measured.filter(({ found }) => found?.answer === 'yes');
  const among = `${formatCount(measured.length)} measured ${measured.length === 1 ? 'group' : 'groups'}`;
  if (slowed.length === 1 && measured.length === 1) {
    return `In the only measured group, a session is measurably slower: ${slowdownText(slowed[0])}.`;
  }
  if (slowed.length === 0) {
    const open = measured.filter(({ found }) => found?.answer !== 'no').length;
    if (open === measured.length) return `In ${among}, no slowdown could be determined.`;
    const rest = open > 0 ? `; in ${formatCount(open)} that could not be determined` : '';
    return `In ${among}, no session is measurably slower${rest}.`;
  }
  const worst = slowed.reduce((a, b) => ((b.found?.estimate ?? 0) > (a.found?.estimate ?? 0) ? b : a));
  return `In ${formatCount(slowed.length)} of ${among}, a session is measurably slower, at worst ${slowdownText(worst)}.`;
}

/** All of what the row of a group may only begin to say. */
function Whole({ group }: { group: ListedGroup }): JSX.Element {
  return <p class="muted small">{[runsOf(group), group.host, gpuOf(group)].join(' · ')}</p>;
}

function headline(panel: Panel): string {
  const { list, together, pending } = panel.groups;
  if (list.value === null) return `${plural(panel.summary.value?.groups ?? 0, 'group')} of captures`;
  const alone = list.value.length - together.value;
  if (together.value === 0) return 'Nothing here ran together';
  const rest = alone === 0 ? '' : `, ${formatCount(alone)} ran alone`;
  const hedge = pending.value > 0 ? ' or may have run together' : '';
  return `${plural(together.value, 'group')} ran together${hedge}${rest}`;
}

/** Everything that the log directory holds: a row a group, the worst first. */
export function Overview({ panel }: { panel: Panel }): JSX.Element {
  const { groups, measuring } = panel;
  const [order, setOrder] = useState<Order | null>(null);
  const [active, setActive] = useState(0);
  const shown = groups.shown.value;
  const marked = Math.min(active, Math.max(0, shown.length - 1));
  const [first] = measuring.queue.value;
  const current = shown[marked];
  const isWhole = shown.length <= FEW;

  const sort = (column: Column<ListedGroup>): void => {
    const next = nextOrder(column, order);
    setOrder(next);
    setActive(0);
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
    <section class="overview" aria-label="What the log directory holds">
      <h1 id="verdict">{headline(panel)}</h1>
      <p class="meaning">
        {groups.apart.value !== '' && `${groups.apart.value} `}
        {groups.together.value > 0 && `${slowedMost(groups.list.value ?? [])} `}
        Open a group to see what its sessions cost each other, and what to do.
      </p>
      <Fleet panel={panel} />
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
            placeholder="run, host, GPU or date"
            value={groups.choice.value.text}
            onInput={(event) => {
              setActive(0);
              groups.choice.value = { ...groups.choice.value, text: event.currentTarget.value };
            }}
            onKeyDown={onKeyDown}
          />
        </label>
        <CompanyChoice panel={panel} />
        <CopyLink panel={panel} />
        <Measure panel={panel} />
      </div>
      {measuring.error.value !== '' && (
        <p class="failure" role="alert">
          {measuring.error.value}
        </p>
      )}
      <VirtualTable
        rows={shown}
        columns={COLUMNS}
        order={order}
        onSort={sort}
        height={window.innerHeight}
        current={marked}
        isWhole={isWhole}
        tableProperties={{ id: 'groups-table', role: 'grid', 'aria-label': 'Groups' }}
        rowProperties={(group, index) => ({
          id: rowId(index),
          class: `group-row${index === marked ? ' current' : ''}${group.id === first ? ' busy' : ''}`,
          'aria-selected': index === marked,
          title: group.title,
          onClick: () => panel.chooseGroup(group.id),
        })}
      />
      <Status panel={panel} />
      {current !== undefined && (!isWhole || current.names.length > RUNS) && <Whole group={current} />}
      {groups.findings.value.map(({ title, detail, advice }) => (
        <p key={title} class="muted">
          {title}. {detail} {advice}
        </p>
      ))}
      <Problems report={{ problems: groups.problems.value, devices: [], sessions: [] }} />
    </section>
  );
}
