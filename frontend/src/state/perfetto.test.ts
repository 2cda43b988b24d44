import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { handOver } from './perfetto';

const ADDRESS = 'https://ui.perfetto.dev';
const BUFFER = new ArrayBuffer(2048);

class Tab {
  closed = false;
  readonly posted: [unknown, string][] = [];
  postMessage(data: unknown, to: string): void {
    this.posted.push([data, to]);
  }
  close(): void {
    this.closed = true;
  }
  get traces(): [unknown, string][] {
    return this.posted.filter(([data]) => data !== 'PING');
  }
}

let tab: Tab;
let said: string[];

function answer(more: MessageEventInit = {}): void {
  const init = { data: 'PONG', origin: ADDRESS, ...more };
  const event = new MessageEvent('message', init);
  // happy-dom drops a source that is none of its windows.
  Object.defineProperty(event, 'source', { value: 'source' in more ? more.source : tab });
  window.dispatchEvent(event);
}

const begin = (load = async () => BUFFER, stop = new AbortController()): Promise<void> =>
  handOver({
    address: ADDRESS,
    title: 'GPU 0',
    fileName: 'a.pftrace',
    load,
    say: (text) => said.push(text),
    signal: stop.signal,
  });

beforeEach(() => {
  vi.useFakeTimers();
  tab = new Tab();
  said = [];
  vi.spyOn(window, 'open').mockImplementation(() => tab as unknown as Window);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('asks until the page answers, and hands the trace to its origin alone', async () => {
  const done = begin();
  await vi.advanceTimersByTimeAsync(1000);
  expect(tab.posted.length).toBeGreaterThan(5);
  expect(tab.traces).toEqual([]);
  answer();
  await done;
  expect(tab.traces).toEqual([
    [{ perfetto: { buffer: BUFFER, title: 'GPU 0', fileName: 'a.pftrace' } }, ADDRESS],
  ]);
  expect(said.at(-1)).toContain('Handed 2.00 KiB over to ui.perfetto.dev.');
  await vi.advanceTimersByTimeAsync(1000);
  answer();
  expect(tab.traces).toHaveLength(1);
});

it('takes no answer from another origin, another window or with another word', async () => {
  void begin();
  answer({ origin: 'https://example.com' });
  answer({ source: window });
  answer({ data: 'PONG!' });
  await vi.advanceTimersByTimeAsync(5000);
  expect(tab.traces).toEqual([]);
});

it('says that the browser blocked the tab', async () => {
  vi.mocked(window.open).mockReturnValue(null);
  const load = vi.fn(async () => BUFFER);
  await begin(load);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('blocked the new tab');
  expect(load).not.toHaveBeenCalled();
});

it('says after some seconds that the page does not answer, takes a late answer, and gives up in the end', async () => {
  const late = begin();
  await vi.advanceTimersByTimeAsync(8500);
  expect(said.at(-1)).toContain('has not answered yet');
  answer();
  await late;
  expect(tab.traces).toHaveLength(1);

  tab = new Tab();
  const silent = begin();
  await vi.advanceTimersByTimeAsync(130_000);
  await silent;
  expect(said.at(-1)).toContain('Nothing was handed over. ui.perfetto.dev has not answered yet.');
  const asked = tab.posted.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(tab.posted).toHaveLength(asked);
});

it('says that the tab was closed', async () => {
  const done = begin();
  tab.closed = true;
  await vi.advanceTimersByTimeAsync(200);
  await done;
  expect(said.at(-1)).toContain('was closed before it took the trace');
});

it('says why there is no trace, and closes the tab', async () => {
  await begin(async () => {
    throw new Error('No device has this id.');
  });
  expect(said.at(-1)).toBe(
    'Nothing was handed over, because the trace could not be written: No device has this id.',
  );
  expect(tab.closed).toBe(true);
});

it('falls silent when another one takes its place', async () => {
  const stop = new AbortController();
  const done = begin(async () => BUFFER, stop);
  stop.abort();
  await vi.advanceTimersByTimeAsync(200);
  await done;
  answer();
  expect(tab.traces).toEqual([]);
  expect(said).toHaveLength(1);
});
