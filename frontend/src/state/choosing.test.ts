/** What a session could be measured against is asked for while its list is open, in any view. */
import { signal } from '@preact/signals';
import { expect, it, vi } from 'vitest';
import type { Summary } from '../api/report';
import { Source } from '../api/source';
import { summaryOf } from '../testing/literals';
import { Choosing } from './choosing';

it('asks once a list opens, for a part of a name, and again when the log directory changes', async () => {
  const asked: string[] = [];
  const fetcher = (async (url: string) => {
    asked.push(url);
    return new Response(JSON.stringify({ choices: [], left_out: asked.length }));
  }) as unknown as typeof fetch;
  const source = new Source(fetcher);
  source.setView({ group: 'a-b', shifts: new Map(), gpus: new Map(), baselines: new Map([['x', 'y']]) });
  const summary = signal<Summary | null>(summaryOf(null));
  const choosing = new Choosing(source, summary);
  choosing.start();
  await Promise.resolve();
  expect(asked).toEqual([]);

  choosing.toggle('card', 'a/b=c', true);
  await vi.waitFor(() => expect(choosing.found.value?.left_out).toBe(1));
  choosing.part.value = 'tr';
  await vi.waitFor(() => expect(choosing.found.value?.left_out).toBe(2));
  expect(asked).toEqual(['api/baselines?session=a%2Fb%3Dc', 'api/baselines?session=a%2Fb%3Dc&text=tr']);

  summary.value = summaryOf(null, { listing: 'another' });
  await vi.waitFor(() => expect(choosing.found.value?.left_out).toBe(3));
  choosing.toggle('card', 'a/b=c', false);
  expect([choosing.found.value, choosing.part.value]).toEqual([null, '']);
});
