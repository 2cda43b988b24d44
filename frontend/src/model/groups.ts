/** The list of groups: what a search looks at, which groups it shows, and how they are sorted. */
import type { ListedGroup } from '../api/report';
import { formatCount } from '../base/format';
import { filterRows, sortRows } from './tables';

export type Company = 'together' | 'alone' | 'all';

/** What the chooser shows. */
export interface Choice {
  readonly text: string;
  readonly company: Company;
}

/** How to sort; null: as the server does, the most interesting first. */
export interface GroupOrder {
  readonly cell: (group: ListedGroup) => number | string | null;
  readonly descending: boolean;
}

/** The names, with the directory that all share only once: 'job7: train + eval'; those beyond `most` are counted. */
export function runsOf({ names }: ListedGroup, most = names.length): string {
  const levels = names.map((name) => name.split('/').slice(0, -1));
  let depth = 0;
  while (depth < levels[0].length && levels.every((level) => level[depth] === levels[0][depth])) depth += 1;
  const place = levels[0].slice(0, depth).join('/');
  const isShared = names.length > 1 && place !== '';
  const shown = names.slice(0, most).map((name) => (isShared ? name.slice(place.length + 1) : name));
  if (names.length > most) shown.push(`${formatCount(names.length - most)} more`);
  return `${isShared ? `${place}: ` : ''}${shown.join(' + ')}`;
}
/** Ids of devices begin with the host, which has a column of its own. */
export const devicesOf = (group: ListedGroup): string =>
  group.devices.map((id) => id.slice(id.lastIndexOf('/') + 1)).join(', ');

const textsOf = (group: ListedGroup): readonly string[] => [
  group.title,
  ...group.names,
  group.host,
  ...group.devices,
  ...group.models,
];

/** So many groups can be chosen to compare with. */
const MOST_COMPARED = 40;

/** The groups to compare one with: those on the same kind of device, of the same programs first, then the nearest in time. */
export function comparable(groups: readonly ListedGroup[], open: ListedGroup): readonly ListedGroup[] {
  const ends = new Set(open.names.map(endOf));
  const others = groups.filter(
    ({ id, by_name, on_host }) => id !== open.id && !by_name && on_host === open.on_host,
  );
  const keyed = others.map((group) => ({
    group,
    strangers: group.names.filter((name) => !ends.has(endOf(name))).length,
    apart: Math.abs((group.start_ns ?? 0) - (open.start_ns ?? 0)),
  }));
  keyed.sort((a, b) => a.strangers - b.strangers || a.apart - b.apart);
  return keyed.slice(0, MOST_COMPARED).map(({ group }) => group);
}

/** The last level of a name is what a program is called from run to run. */
const endOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** Groups of two or more stand before captures alone, each in the order of the server. */
export function choose(
  groups: readonly ListedGroup[],
  { text, company }: Choice,
  order: GroupOrder | null,
): readonly ListedGroup[] {
  const kept = groups.filter(({ shared }) => company === 'all' || shared === (company === 'together'));
  const found = filterRows(kept, text, textsOf);
  if (order !== null) return sortRows(found, order.cell, order.descending);
  return [...found.filter(({ shared }) => shared), ...found.filter(({ shared }) => !shared)];
}
