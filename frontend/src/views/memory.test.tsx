import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MemoryPart } from '../api/report';
import { Source } from '../api/source';
import { bytes, ns } from '../base/units';
import { Panel } from '../state/panel';
import { allocator, deviceMemory, holder, layout, report, summaryOf } from '../testing/literals';
import { fitText } from './memory_caps';
import { MemoryTables } from './memory_tables';

const GIB = 2 ** 30;
const HOSTILE = '<img src=x onerror=alert(1)>';
const [ALPHA, BETA] = ['alpha/run/host0', 'beta/run/host0'];

const allocatorOf = (session: string, at: number) =>
  allocator({
    session,
    peak_bytes: bytes(4 * GIB),
    peak_at_ns: ns(at),
    at_combined_peak_bytes: bytes(3 * GIB),
    limit_bytes: bytes(6 * GIB),
    before_capture_bytes: bytes(GIB),
    lifetime_peak_bytes: bytes(5 * GIB),
    suggested_limit_bytes: bytes(5.5 * GIB),
    fragmentation_at_peak: null,
    missing_events: session === BETA ? 3 : 0,
    gaps: session === BETA ? '3 changes of its bytes in use that no event explains' : '',
  });

const memory = deviceMemory({
  capacity_bytes: bytes(10 * GIB),
  safe_bytes: bytes(9 * GIB),
  combined_peak_bytes: bytes(6 * GIB),
  combined_peak_at_ns: ns(512),
  headroom_bytes: bytes(4 * GIB),
  sum_of_peaks_bytes: bytes(8 * GIB),
  sum_of_limits_bytes: bytes(12 * GIB),
  per_session: [allocatorOf(ALPHA, 512), allocatorOf(BETA, 900)],
  holders: [
    holder({
      session: ALPHA,
      op: HOSTILE,
      bytes: bytes(5 * GIB),
      count: 2,
      region: 'temp',
      shape: '[8]',
      age_ns: ns(1e6),
    }),
    holder({
      session: BETA,
      kind: 'before_capture',
      op: '(held before the capture)',
      bytes: bytes(GIB),
      count: 0,
    }),
  ],
  holder_scopes: [{ session: ALPHA, kind: 'op', scope: 'model/dense', bytes: bytes(6 * GIB), count: 2 }],
  growth: [
    {
      session: ALPHA,
      allocator: 'GPU_0_bfc',
      op: 'cache',
      first_bytes: bytes(GIB),
      last_bytes: bytes(2 * GIB),
      steps: 8,
      bytes_per_step: GIB / 8,
      rising: 1,
    },
  ],
  kernel_changes: [
    {
      session: ALPHA,
      neighbour: BETA,
      op: 'conv',
      before: 'winograd',
      after: 'gemm',
      count_before: 5,
      count_after: 5,
      mean_before_ns: ns(1e4),
      mean_after_ns: ns(3e4),
      workspace_before_bytes: bytes(GIB),
      workspace_after_bytes: null,
      at_ns: ns(300),
      cost_ns: ns(1e5),
    },
  ],
});

const part: MemoryPart = {
  start_ns: ns(0),
  end_ns: ns(600),
  peak_bytes: bytes(5 * GIB),
  peak_at_ns: ns(100),
  per_session: [],
  at_ns: ns(777),
  total_bytes: bytes(2 * GIB),
  holders: [holder({ session: BETA, op: 'late', bytes: bytes(2 * GIB) })],
  scopes: [],
  capped: null,
};

let root: HTMLElement;
let panel: Panel;
let asked: URLSearchParams[];

function open(answer: Partial<MemoryPart> = {}, status = 200): string {
  asked = [];
  const fetcher = (async (url: string) => {
    asked.push(new URL(url, 'http://host/').searchParams);
    if (status !== 200)
      return new Response('{"error": {"slug": "x", "message": "Out of paint."}}', { status });
    return new Response(JSON.stringify({ ...part, ...answer }));
  }) as unknown as typeof fetch;
  panel = new Panel(new Source(fetcher));
  const made = report(['alpha', 'beta'], { memory, window: { start_ns: ns(0), end_ns: ns(1024) } });
  panel.summary.value = summaryOf(made);
  panel.timeline.layout.value = {
    ...layout,
    memory: layout.memory && { ...layout.memory, limit_bytes: [bytes(6 * GIB), bytes(6 * GIB)] },
  };
  panel.memory.start();
  render(<MemoryTables panel={panel} report={made} device={made.devices[0]} />, root);
  return root.textContent ?? '';
}

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

describe('the table of memory', () => {
  it('says who holds the peak, in words where it is no operation, and shows names as text', () => {
    const text = open();
    expect(text).toContain('At the combined peak');
    expect(text).toContain('6.00 GiB are in use of 10.0 GiB');
    expect(text).toContain('held before the capture');
    expect(text).toContain(HOSTILE);
    expect(root.querySelector('img')).toBeNull();
    expect(text).not.toMatch(/NaN|undefined|null/);
    expect(asked).toEqual([]);
  });

  it('says what was lost while recording, what grows, and which kernels changed', () => {
    const text = open();
    expect(text).toContain('3 changes of its bytes in use that no event explains');
    expect(text).toContain('128 MiB');
    expect(text).toContain('winograd');
  });

  it('asks for the holders of an instant, and goes back to the peak', async () => {
    open();
    const button = [...root.querySelectorAll('button')].find((each) =>
      each.textContent?.includes('peak of beta'),
    );
    button?.click();
    await vi.waitFor(() => expect(root.textContent).toContain('late'));
    expect(asked.map((query) => query.get('at'))).toEqual(['900']);
    expect(root.querySelector('#held')?.textContent).toContain('At that instant');
    root.querySelector<HTMLButtonElement>('[aria-pressed=false]')?.click();
    await vi.waitFor(() => expect(root.textContent).toContain(HOSTILE));
  });

  it('asks for what the timeline shows', async () => {
    open();
    panel.timeline.window.span.value = { start: ns(10), end: ns(600) };
    await vi.waitFor(() => expect(root.textContent).toContain('At the peak of what the timeline shows'));
    await vi.waitFor(() =>
      expect(asked.map((q) => [q.get('start'), q.get('end'), q.get('caps')])).toEqual([['10', '600', null]]),
    );
  });

  it('never says that figures of the peak are those of an instant: not while it waits, not after a failure', async () => {
    open({}, 500);
    panel.timeline.memoryCursor.showAt(ns(700));
    expect(root.querySelector('#held')?.textContent).toMatch(/^At the combined peak, .* 6.00 GiB/);
    await vi.waitFor(() => expect(root.textContent).toContain('Out of paint.'));
    expect(root.querySelector('#held')?.textContent).toMatch(/^At the combined peak, .* 6.00 GiB/);
  });

  it('tells all of the window where the timeline shows nothing of it, and an instant within it', async () => {
    open();
    panel.timeline.window.span.value = { start: ns(2000), end: ns(3000) };
    await vi.waitFor(() => expect(root.textContent).toContain('shows nothing of the analysed window'));
    expect(root.querySelector('#held')?.textContent).toContain('At the combined peak');
    panel.timeline.memoryCursor.showAt(ns(2500));
    await vi.waitFor(() => expect(asked.map((q) => [q.get('end'), q.get('at')])).toEqual([['1024', '1024']]));
  });

  it('compares a peak under limits with that of the same part', async () => {
    open({
      capped: { peak_bytes: bytes(3 * GIB), peak_at_ns: ns(1), sum_of_limits_bytes: null, sessions: [] },
    });
    panel.timeline.window.span.value = { start: ns(10), end: ns(600) };
    panel.timeline.memoryCursor.cap(0, bytes(GIB));
    await vi.waitFor(() =>
      expect(root.textContent).toMatch(/peak in the visible part would be 3.00 GiB instead of 5.00 GiB/),
    );
  });

  it('sums up by name scope', async () => {
    open();
    root.querySelector<HTMLInputElement>('.choice input')?.click();
    await vi.waitFor(() => expect(root.textContent).toContain('model/dense'));
  });

  it('asks once for a slider that settled, and says who would fail', async () => {
    const capped = {
      peak_bytes: bytes(5 * GIB),
      peak_at_ns: ns(1),
      sum_of_limits_bytes: bytes(8 * GIB),
      sessions: [{ session: ALPHA, cap_bytes: bytes(2 * GIB), peak_bytes: bytes(4 * GIB), over_ns: ns(5e6) }],
    };
    open({ capped });
    const slider = root.querySelector<HTMLInputElement>('.cap input');
    for (const value of [3, 2]) {
      if (slider) slider.value = `${value * GIB}`;
      slider?.dispatchEvent(new Event('input', { bubbles: true }));
    }
    await vi.waitFor(() =>
      expect(root.textContent).toContain(
        'alpha would fail or have to use less: its peak exceeds the limit by 2.00 GiB',
      ),
    );
    expect(asked).toHaveLength(1);
    expect(asked[0].get('caps')).toMatch(/^\d+,$/);
  });
});

describe('whether limits fit', () => {
  it.each([
    [bytes(11 * GIB), 'do not fit'],
    [bytes(9.5 * GIB), 'leave too little'],
    [bytes(8 * GIB), ': they fit.'],
    [null, 'unknown, because'],
  ])('says of %s that they %s', (sum, words) => {
    expect(fitText(sum, memory)).toContain(words);
  });
});
