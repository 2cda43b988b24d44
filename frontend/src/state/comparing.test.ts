/** Comparing with another group waits until the server has analysed it. */
import { signal } from '@preact/signals';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Source } from '../api/source';
import { Comparing, inGroup } from './comparing';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function comparing(answers: readonly Response[]) {
  const asked: string[] = [];
  const left = [...answers];
  const fetcher = (async (url: string) => {
    asked.push(url);
    return left.shift() ?? new Response('{}', { status: 500 });
  }) as unknown as typeof fetch;
  const found = new Comparing(new Source(fetcher), signal('host0/GPU:0'), signal('r1'));
  found.start();
  return { asked, found };
}

const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const notReady = () => answer(404, { error: { slug: 'not-ready', message: 'Not analysed yet.' } });

it('asks again until the other group is analysed', async () => {
  const { asked, found } = comparing([notReady(), notReady(), answer(200, { notes: [] })]);
  found.before.value = inGroup('a-b');
  await vi.waitFor(() => expect(found.isWaiting.value).toBe(true));
  await vi.advanceTimersByTimeAsync(1100);
  expect(asked).toHaveLength(3);
  expect(new Set(asked)).toEqual(new Set(['api/compare?before_group=a-b&after=host0%2FGPU%3A0']));
  expect([found.isWaiting.value, found.error.value, found.found.value]).toEqual([false, null, { notes: [] }]);
});

it('stops asking for a group when another one is chosen', async () => {
  const { asked, found } = comparing([notReady(), answer(200, { notes: ['second'] })]);
  found.before.value = inGroup('a');
  await vi.waitFor(() => expect(found.isWaiting.value).toBe(true));
  found.before.value = inGroup('b');
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toHaveLength(2);
  expect(found.found.value).toEqual({ notes: ['second'] });
});

it('says why a group cannot be compared', async () => {
  const { found } = comparing([answer(404, { error: { slug: 'failed', message: 'It cannot be read.' } })]);
  found.before.value = inGroup('a');
  await vi.waitFor(() => expect(found.error.value).toBe('It cannot be read.'));
  expect(found.found.value).toBeNull();
});

it('keeps the comparison on screen while the same two are compared in another view', async () => {
  const loaded = signal('r1');
  const answers = [answer(200, { notes: ['first'] }), answer(200, { notes: ['second'] })];
  const fetcher = (async () => answers.shift()) as unknown as typeof fetch;
  const found = new Comparing(new Source(fetcher), signal('host0/GPU:0'), loaded);
  found.before.value = 'host0/GPU:1';
  found.start();
  await vi.waitFor(() => expect(found.found.value).toEqual({ notes: ['first'] }));
  loaded.value = 'r2';
  expect(found.found.value).toEqual({ notes: ['first'] });
  await vi.waitFor(() => expect(found.found.value).toEqual({ notes: ['second'] }));
  found.before.value = 'host0/GPU:2';
  expect(found.found.value).toBeNull();
});
