/** What the panel asks the server about the part in focus, a search and a move, and that late answers change nothing. */
import { beforeEach, expect, it, vi } from 'vitest';
import { Source } from '../api/source';
import { ns, px, span } from '../base/units';
import { layout, report, summaryOf } from '../testing/literals';
import { Panel } from './panel';

let panel: Panel;
let asked: { readonly route: string; readonly query: URLSearchParams }[];
let answers: Record<string, unknown>;

const queries = (route: string): readonly URLSearchParams[] =>
  asked.filter((each) => each.route === route).map((each) => each.query);

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 250));

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {}, removeItem: () => {} });
  asked = [];
  answers = {
    contention: { kernels: [], pairs: [], per_session: [], delays: [] },
    search: { count: 2, names: 1, lanes: [{ lane: 1, count: 2, in_view: 1, start_ns: [5], end_ns: [9] }] },
    shifted: { time: { contended_ns: 7, window_ns: 9 }, overlaps: [] },
  };
  const fetcher = (async (address: string) => {
    const url = new URL(address, 'http://host/');
    const route = url.pathname.split('/').at(-1) ?? '';
    asked.push({ route, query: url.searchParams });
    return new Response(JSON.stringify(answers[route] ?? {}));
  }) as unknown as typeof fetch;
  panel = new Panel(new Source(fetcher));
  panel.summary.value = summaryOf(
    report(['alpha', 'beta'], { window: { start_ns: ns(0), end_ns: ns(1000) } }),
  );
  panel.timeline.layout.value = layout;
  panel.timeline.window.width.value = px(1000);
  panel.contention.start();
  panel.searching.start();
});

it('asks nothing while the whole window is told', async () => {
  await settled();
  expect(queries('contention')).toEqual([]);
});

it('asks for the selected range, once when it comes to rest, clipped to the window', async () => {
  for (const end of [300, 500, 2000]) panel.timeline.window.range.value = span(100, end);
  await settled();
  expect(queries('contention').map((q) => [q.get('start'), q.get('end')])).toEqual([['100', '1000']]);
  expect(panel.contention.part.value).not.toBeNull();
  expect(panel.contention.isLate.value).toBe(false);
});

it('prefers the range to what the timeline shows, and goes back to the report without both', async () => {
  panel.timeline.window.span.value = span(0, 200);
  panel.timeline.window.range.value = span(400, 600);
  await settled();
  panel.timeline.window.range.value = null;
  await settled();
  panel.timeline.window.span.value = null;
  await settled();
  expect(queries('contention').map((q) => q.get('start'))).toEqual(['400', '0']);
  expect(panel.contention.part.value).toBeNull();
});

it('asks for the whole window too where a table needs more than the report has', async () => {
  panel.contention.isNeeded.value = true;
  await settled();
  expect(queries('contention').map((q) => q.get('end'))).toEqual(['1000']);
});

it('searches what is typed once it is typed, and forgets it', async () => {
  for (const text of ['g', 'ge', 'gem']) panel.searching.look(text);
  await settled();
  expect(queries('search').map((q) => [q.get('text'), q.get('exact')])).toEqual([['gem', null]]);
  expect(panel.searching.hits.value.get(1)).toEqual([span(5, 9)]);
  panel.searching.look('');
  expect(panel.searching.hits.value.size).toBe(0);
});

it('goes to the next hit from the beginning of the window, and says when there is none', async () => {
  panel.searching.look('gemm', true);
  answers.search = { hit: null };
  await panel.searching.next(1);
  const next = queries('search').find((q) => q.has('after'));
  expect([next?.get('text'), next?.get('exact'), next?.get('after')]).toEqual(['gemm', '1', '-1']);
  expect(panel.timeline.announcement.value).toBe('No event has this name.');
});

it('asks for the latest place of a moved session, one question at a time', async () => {
  for (const by of [1, 2, 3]) panel.shifting.to(1, by);
  await settled();
  expect(queries('shifted').map((q) => q.get('by'))).toEqual(['1', '3']);
  expect(panel.shifting.shifted.value?.time.contended_ns).toBe(7);
});

it('adds a move to what was moved before, and forgets one that is broken off', async () => {
  const id = layout.sessions[1].id;
  panel.byHand.shifts.value = new Map([[id, ns(10)]]);
  panel.shifting.to(1, 5);
  panel.shifting.end();
  expect(panel.byHand.shifts.value.get(id)).toBe(15);
  panel.shifting.to(1, 5);
  panel.shifting.cancel();
  await settled();
  expect([
    panel.byHand.shifts.value.get(id),
    panel.shifting.move.value,
    panel.shifting.shifted.value,
  ]).toEqual([15, null, null]);
});

it('keeps a session that kernels moved where it is shown when another is moved by hand', () => {
  const shown = report(['alpha', 'beta']);
  const sessions = shown.sessions.map((session, row) =>
    row === 0 ? { ...session, clock: { ...session.clock, correction_ns: ns(2_000_000) } } : session,
  );
  panel.summary.value = summaryOf({ ...shown, sessions });
  panel.byHand.shiftMore(sessions[1]?.id ?? '', ns(5));
  expect([...panel.byHand.shifts.value.values()]).toEqual([2_000_000, 5]);
});
