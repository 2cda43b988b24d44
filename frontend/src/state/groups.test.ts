/** Which group the panel asks for, and when it asks for the list. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Summary } from '../api/report';
import { Source } from '../api/source';
import { ns, span } from '../base/units';
import { layout, listed, report, summaryOf } from '../testing/literals';
import { nextSummary, Panel } from './panel';

const [A, B, C] = ['a', 'b', 'c'].map((id) => listed(id));

const CUT = {
  file: 'x.xplane.pb',
  slug: 'truncated-xspace',
  severity: 'error',
  origin: 'reading',
  message: 'It is cut.',
  advice: 'Copy it.',
  count: 1,
  offset: null,
  affects_numbers: true,
};

interface Answers {
  summary: (asked: string | null) => Summary | Response;
}

/** A server of some groups, and what it was asked. */
function served(answers: Answers) {
  const asked: string[] = [];
  const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
  const fetcher = (async (url: string) => {
    asked.push(url);
    const { pathname, searchParams } = new URL(url, 'http://host/');
    if (pathname === '/api/groups') {
      // As the server does: who has the list gets neither groups nor problems.
      if (searchParams.get('known') === 'l1')
        return json({
          listing: 'l1',
          is_known: true,
          pending: 0,
          groups: null,
          apart: '',
          findings: [],
          problems: [],
        });
      return json({
        listing: 'l1',
        is_known: false,
        pending: 2,
        groups: [A, B, C],
        apart: 'Nothing ran together.',
        findings: [],
        problems: [CUT],
      });
    }
    if (pathname !== '/api/summary') return json({}, 404);
    const answer = answers.summary(searchParams.get('group'));
    return answer instanceof Response ? answer : json(answer);
  }) as unknown as typeof fetch;
  return { asked, panel: new Panel(new Source(fetcher)) };
}

const known = (asked: string | null): Summary =>
  summaryOf(report(['alpha', 'beta']), { groups: 3, group: listed(asked ?? 'a') });

const gone = (): Summary =>
  summaryOf(null, { state: 'failed', message: 'No such group.', groups: 3, group: null });

const groupsIn = (asked: readonly string[]) =>
  asked
    .filter((url) => url.startsWith('api/summary'))
    .map((url) => new URL(url, 'http://host/').searchParams.get('group'));

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** As the server does: who names none of several groups gets neither a group nor a report. */
const listing = (asked: string | null): Summary =>
  asked === null ? summaryOf(null, { groups: 3, group: null }) : known(asked);

it('begins with the list of several groups, and asks for no report of any', async () => {
  const { asked, panel } = served({ summary: listing });
  panel.groups.start();
  await panel.refresh();
  expect([panel.groups.isOverview.value, panel.groups.pinned.value]).toEqual([true, null]);
  await vi.waitFor(() => expect(panel.groups.list.value).toHaveLength(3));
  await panel.refresh();
  expect(asked.filter((url) => url.startsWith('api/summary'))).toEqual(
    Array(2).fill('api/summary?overview=1'),
  );
  expect(panel.groups.apart.value).toBe('Nothing ran together.');
});

it('opens a group from the list, and the list again', async () => {
  const { asked, panel } = served({ summary: listing });
  await panel.refresh();
  panel.chooseGroup('b');
  await vi.waitFor(() => expect(panel.report.value).not.toBeNull());
  expect([panel.groups.isOverview.value, panel.groups.keys[0].save()]).toEqual([false, 'b']);
  panel.chooseGroup(null);
  await vi.waitFor(() => expect(groupsIn(asked)).toEqual([null, 'b', null]));
  expect([panel.groups.isOverview.value, panel.groups.keys[0].save()]).toEqual([true, '']);
});

it('stays with the one group when another comes', async () => {
  let groups = 1;
  const { panel } = served({ summary: (id) => ({ ...known(id), groups }) });
  await panel.refresh();
  groups = 2;
  await panel.refresh();
  expect([panel.groups.isOverview.value, panel.groups.pinned.value]).toEqual([false, 'a']);
});

it('lets the server decide once, and then stays with its answer', async () => {
  const { asked, panel } = served({ summary: (id) => ({ ...known(id), groups: 1 }) });
  await panel.refresh();
  await panel.refresh();
  expect(groupsIn(asked)).toEqual([null, 'a']);
  expect(panel.groups.notice.value).toBeNull();
  // The second request knows the report of the first: pinning a group makes no other view of it.
  expect(asked[1]).toContain('known=r1');
});

it('follows the group that holds the captures of the one that was asked for, and says so', async () => {
  const { panel } = served({ summary: () => known('c') });
  panel.groups.keys[0].restore('old');
  await panel.refresh();
  expect([panel.groups.pinned.value, panel.groups.notice.value]).toEqual(['c', 'replaced']);
});

it('says that a group is gone, and leads to the list', async () => {
  const { asked, panel } = served({ summary: (id) => (id === 'old' ? gone() : listing(id)) });
  panel.groups.keys[0].restore('old');
  panel.source.setView({ group: 'old', shifts: new Map(), gpus: new Map(), baselines: new Map() });
  await panel.refresh();
  expect([panel.groups.notice.value, panel.error.value]).toEqual(['gone', null]);
  panel.chooseGroup(null);
  await vi.waitFor(() => expect(groupsIn(asked)).toEqual(['old', null]));
  expect(panel.groups.isOverview.value).toBe(true);
  expect([panel.groups.notice.value, panel.groups.keys[0].save()]).toEqual([null, '']);
});

it('forgets what was of the group that is left', async () => {
  const { asked, panel } = served({ summary: known });
  panel.groups.choose('a');
  await panel.refresh();
  panel.timeline.layout.value = layout;
  panel.timeline.window.range.value = span(0, 5);
  panel.byHand.shifts.value = new Map([['alpha/run/host0', ns(5)]]);
  panel.deviceId.value = 'host0/GPU:1';
  panel.table.value = 'Kernel pairs';
  panel.chooseGroup('b');
  expect(panel.summary.value).toMatchObject({ state: 'working', report: null });
  await vi.waitFor(() => expect(panel.summary.value?.group?.id).toBe('b'));
  expect(panel.timeline.layout.value).toBeNull();
  expect(asked.at(-1)).not.toContain('shift=');
  const kept = panel.parts.flatMap(({ keys }) => keys.map((key) => [key.name, key.save()] as const));
  expect(kept.filter(([, text]) => text !== '')).toEqual([
    ['group', 'b'],
    ['table', 'Kernel pairs'],
  ]);
});

it('asks for the list after the first picture, again when it changed, and not every moment', async () => {
  const { asked, panel } = served({ summary: known });
  panel.groups.choose('a');
  const lists = () => asked.filter((url) => url.startsWith('api/groups'));
  panel.groups.start();
  await panel.refresh();
  expect(lists()).toEqual([]);
  panel.isPainted.value = true;
  await vi.waitFor(() => expect(panel.groups.list.value).toHaveLength(3));
  expect(panel.groups.pending.value).toBe(2);
  // No group goes along: the list is of the whole directory.
  expect(lists()).toEqual(['api/groups']);
  panel.summary.value = { ...known('a'), listing: 'l2' };
  expect(lists()).toHaveLength(1);
  vi.advanceTimersByTime(2000);
  expect(lists().at(1)).toBe('api/groups?known=l1');
});

it('keeps the problems of a list that has not changed', async () => {
  const { panel } = served({ summary: known });
  await panel.groups.load();
  expect([panel.groups.pending.value, panel.groups.problems.value]).toEqual([2, [CUT]]);
  await panel.groups.load();
  expect([panel.groups.pending.value, panel.groups.problems.value]).toEqual([0, [CUT]]);
});

it('asks for no list of a single group', async () => {
  const { asked, panel } = served({ summary: (id) => ({ ...known(id), groups: 1 }) });
  panel.groups.start();
  panel.isPainted.value = true;
  await panel.refresh();
  expect(asked.filter((url) => url.startsWith('api/groups'))).toEqual([]);
});

it('takes a changed list from an answer that has no report', () => {
  const old = known('a');
  const next = { ...old, is_known: true, report: null };
  expect(nextSummary(old, next)).toBe(old);
  const changed = nextSummary(old, { ...next, listing: 'l2', groups: 9 });
  expect([changed.report, changed.listing, changed.groups]).toEqual([old.report, 'l2', 9]);
});
