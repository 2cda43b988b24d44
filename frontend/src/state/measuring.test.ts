/** Which groups are measured, in which order, and what ends it. */
import { expect, it, vi } from 'vitest';
import type { Summary } from '../api/report';
import { summaryOf } from '../testing/literals';
import { Measuring } from './measuring';

function measuring(states: Record<string, Summary['state'][]>) {
  const asked: string[] = [];
  const done = vi.fn();
  const source = {
    measure: async (id: string) => {
      asked.push(id);
      const state = states[id].shift() ?? 'ready';
      return summaryOf(null, { state, message: state === 'failed' ? 'It is cut.' : '' });
    },
  };
  return { asked, done, work: new Measuring(source, done, 0) };
}

it('asks for one group until it is ready, then for the next', async () => {
  const { asked, done, work } = measuring({ a: ['scanning', 'working'], b: [] });
  await work.start(['a', 'b']);
  expect([asked, done.mock.calls.length, work.isBusy.value]).toEqual([['a', 'a', 'a', 'b'], 2, false]);
});

it('says why one failed, and goes on with the others', async () => {
  const { asked, work } = measuring({ a: ['failed'], b: [] });
  await work.start(['a', 'b']);
  expect([asked, work.error.value]).toEqual([['a', 'b'], 'It is cut.']);
});

it('stops when it is asked to', async () => {
  const { asked, work } = measuring({ a: Array(1000).fill('working'), b: [] });
  const ended = work.start(['a', 'b']);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0));
  work.stop();
  await ended;
  expect(asked).not.toContain('b');
});
