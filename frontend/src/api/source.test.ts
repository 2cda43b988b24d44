import { describe, expect, it } from 'vitest';
import { ns } from '../base/units';
import { tileBytes } from '../testing/literals';
import { ApiError, Source, STALE } from './source';

/** A fetch whose answers are given by hand, in any order. */
function manual() {
  const asked: string[] = [];
  const answers: ((response: Response) => void)[] = [];
  const fetcher = ((url: string) => {
    asked.push(url);
    return new Promise<Response>((resolve) => answers.push(resolve));
  }) as unknown as typeof fetch;
  return { asked, answers, source: new Source(fetcher) };
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });

describe('Source', () => {
  it('drops the answer that a later request replaced', async () => {
    const { source, answers } = manual();
    const first = source.layout('a');
    const second = source.layout('b');
    answers[1](json({ device: 'b' }));
    answers[0](json({ device: 'a' }));
    expect(await first).toBe(STALE);
    expect(await second).toEqual({ device: 'b' });
  });

  it('adds what the user set by hand to every request', () => {
    const { source, asked } = manual();
    source.setView({
      group: 'g1',
      shifts: new Map([['a/b=c', ns(-9_000_000)]]),
      gpus: new Map([['a/b=c:0', 'bus 17']]),
      baselines: new Map([['a/b=c', 'alone/lr=0.1']]),
    });
    void source.summary();
    const query = new URL(asked[0], 'http://host/').searchParams;
    expect([asked[0].startsWith('api/summary?'), query.get('shift'), query.get('gpu')]).toEqual([
      true,
      'a/b=c=-9000000',
      'a/b=c:0=bus 17',
    ]);
  });

  it('keeps shifts out of reports unless they are asked for', () => {
    const { source } = manual();
    source.setView({
      group: 'g1',
      shifts: new Map([['a/b=c', ns(-9_000_000)]]),
      gpus: new Map(),
      baselines: new Map(),
    });
    expect(source.reportUrl('html')).toBe('api/report?format=html&group=g1');
    expect(source.reportUrl('html', { muted: new Set(['no-steps', 'simulated']) })).toBe(
      'api/report?format=html&mute=no-steps%2Csimulated&group=g1',
    );
    expect(source.reportUrl('html', { isMoved: true })).toContain('shift=a%2Fb%3Dc%3D-9000000');
  });

  it('keeps what was asked for where the view stays as it is', async () => {
    const { source, answers } = manual();
    const view = { group: 'g1', shifts: new Map(), gpus: new Map(), baselines: new Map() };
    source.setView(view);
    const asked = source.layout('a');
    source.setView({ ...view });
    answers[0](json({ device: 'a' }));
    expect(await asked).toEqual({ device: 'a' });
    const stale = source.layout('a');
    source.setView({ ...view, group: 'g2' });
    answers[1](json({ device: 'a' }));
    expect(await stale).toBe(STALE);
  });

  it('says what the server said', async () => {
    const { source, answers } = manual();
    const asked = source.summary();
    answers[0](json({ error: { slug: 'bad', message: 'No such session.' } }, 404));
    await expect(asked).rejects.toThrow(new ApiError(404, 'No such session.', 'bad'));
  });

  it('survives an error page that is not JSON', async () => {
    const { source, answers } = manual();
    const asked = source.summary();
    answers[0](new Response('<html>', { status: 502 }));
    await expect(asked).rejects.toThrow('502');
  });

  it('gives up a tile that is no longer wanted, and keeps others', async () => {
    const { source, answers } = manual();
    const gone = new AbortController();
    const first = source.tile('a', 'r', 0, 0, gone.signal);
    const second = source.tile('a', 'r', 0, 1, new AbortController().signal);
    gone.abort();
    answers[0](new Response(tileBytes(0, 0, [], [])));
    answers[1](new Response(tileBytes(0, 1, [], [])));
    expect(await first).toBe(STALE);
    expect(await second).toMatchObject({ index: 1 });
  });
});
