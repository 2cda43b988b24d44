import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeviceMemory, Problem, Summary } from '../api/report';
import { ns } from '../base/units';
import { keepReport, Panel } from '../state/panel';
import { costly, deviceMemory, listed, report, summaryOf } from '../testing/literals';
import { root } from '../testing/root';
import { App } from './app';
import { parseGpu, parseShift } from './by_hand';

const summary = (more: Partial<Summary> = {}): Summary => summaryOf(null, more);

// Loading it takes longer than tests wait for what it shows.
beforeAll(() => import('./rest').then(() => undefined), 60_000);

function shown(value: Summary): string {
  const panel = new Panel();
  panel.summary.value = value;
  render(<App panel={panel} />, root);
  return root.textContent ?? '';
}

/** With what is loaded after the first picture. */
async function whole(value: Summary): Promise<string> {
  shown(value);
  await vi.waitFor(() => expect(root.querySelector('.tables, .empty')).not.toBeNull());
  return root.textContent ?? '';
}

describe('the panel', () => {
  it('says what is going on while the server works', () => {
    const text = shown(summary({ state: 'working', message: 'Decoding 2 of 3 traces', progress: 0.4 }));
    expect(text).toContain('Decoding 2 of 3 traces');
    expect(root.querySelector('progress')?.value).toBe(0.4);
  });

  it('says why the analysis failed', () => {
    expect(shown(summary({ state: 'failed', message: 'No such directory.' }))).toContain(
      'No such directory.',
    );
  });

  it('says what it looked for when there is nothing, and how to record', async () => {
    const text = await whole(summary({ report: { ...report([]), devices: [] } }));
    expect(text).toContain('logs/**/plugins/profile/<session>/<host>.xplane.pb');
    expect(text).toContain('tf.profiler.experimental.start');
    expect(text).toContain('jax.profiler');
    expect(text).toContain('profile_batch');
  });

  it('does not look for captures where there are some without work', () => {
    const made = { ...report([]), devices: [] };
    const text = shown(summary({ report: made, group: listed('a', { shared: false }) }));
    expect(text).toContain('These captures hold no work on a GPU or a processor');
    expect(text).not.toContain('No profiler captures found');
  });

  it('shows the rest where one part fails, and the part again with another report', async () => {
    const told = vi.fn();
    vi.stubGlobal('reportError', told);
    const panel = new Panel();
    const broken = { ...deviceMemory(), holders: null } as unknown as DeviceMemory;
    panel.summary.value = summary({ report: report(['alpha', 'beta'], { memory: broken }) });
    render(<App panel={panel} />, root);
    await vi.waitFor(() => expect(root.textContent).toContain('This part cannot be shown.'));
    expect(root.querySelector('#verdict')).not.toBeNull();
    expect(root.querySelector('.stage')).not.toBeNull();
    expect(told).toHaveBeenCalledOnce();
    panel.summary.value = summary({ report: report(['alpha', 'beta'], { memory: deviceMemory() }) });
    await vi.waitFor(() => expect(root.textContent).not.toContain('cannot be shown'));
    expect(root.querySelector('.cards')).not.toBeNull();
    vi.unstubAllGlobals();
  });

  it('shows names from traces as text', () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const text = shown(summary({ report: report([hostile, 'b']) }));
    expect(text).toContain(hostile);
    expect(root.querySelector('img')).toBeNull();
  });

  it('says that memory is unknown, not 0', () => {
    const text = shown(summary({ report: report(['a', 'b'], { memory_words: 'No allocator events.' }) }));
    expect(text).toMatch(/Memory, all sessions\s*unknown\s*No allocator events\./);
    expect(text).not.toContain('0 B');
    expect(text).not.toContain('NaN');
  });

  it('lists the problems of the input', () => {
    const problem: Problem = {
      file: 'a/x.xplane.pb',
      slug: 'truncated-xspace',
      severity: 'error',
      origin: 'reading',
      message: 'The file ends early.',
      advice: 'Copy it again.',
      count: 1,
      offset: 12,
    };
    const text = shown(summary({ report: { ...report(['a', 'b']), problems: [problem] } }));
    expect(text).toContain('truncated-xspace');
    expect(text).toContain('at byte 12');
  });

  it('keeps its tables where there is no canvas, and says so', async () => {
    await whole(summary({ report: report(['a', 'b']) }));
    await vi.waitFor(() => expect(root.textContent).toContain('this browser has no 2D canvas'));
    expect(root.querySelectorAll('table').length).toBe(1);
  });

  describe('with all that sharing cost', () => {
    const open = (): Promise<string> => whole(summary({ report: report(['alpha', 'beta'], costly()) }));
    const click = async (tab: string): Promise<string> => {
      const button = [...root.querySelectorAll<HTMLElement>('[role=tab]')].find((b) => b.textContent === tab);
      button?.click();
      await vi.waitFor(() => expect(button?.getAttribute('aria-selected')).toBe('true'));
      return root.querySelector('[role=tabpanel]')?.textContent ?? '';
    };

    it('prints the verdict of the server, and leads from each answer to its evidence', async () => {
      await open();
      const { headline, meaning, trust, answers } = costly().verdict ?? report([]).devices[0].verdict;
      expect(root.querySelector('#verdict')?.textContent).toBe(headline);
      expect(root.querySelector('.meaning')?.textContent).toBe(meaning);
      expect(root.querySelector('.details')?.textContent).toBe(trust.join(' · '));
      const printed = [...root.querySelectorAll('.answers dd')].map((each) => each.textContent);
      expect(printed).toEqual(answers.map(({ answer }) => answer));
      expect([...root.querySelectorAll('.answers .evidence-link')]).toHaveLength(2);
      root.querySelector<HTMLElement>('.answers .evidence-link')?.click();
      expect(document.activeElement?.id).toBe('blame');
    });

    it('says how well each slowdown is known, and never one number in class D', async () => {
      await open();
      const [alpha, beta] = [...root.querySelectorAll('.card.session')].map((card) => card.textContent);
      expect(alpha).toContain('1.25× slowdown · 1.23 to 1.27');
      expect(alpha).toContain('estimated from its own undisturbed kernels (class B)');
      expect(alpha).toContain(
        'lost 12.0 ms (2.5 %): 8.00 ms stretch + 6.00 ms stall − 2.00 ms absorbed by the host',
      );
      expect(beta).toContain('1.10× to 1.60× slowdown');
      expect(beta).toContain('Record beta alone.');
      expect(root.querySelectorAll('.whisker circle')).toHaveLength(1);
    });

    it('gives each metric its meaning', async () => {
      expect(await open()).toContain('ANTT 1.26 · fairness 0.97 · Jain 0.99');
      const term = [...root.querySelectorAll<HTMLElement>('.term')].find(
        ({ textContent }) => textContent === 'ANTT',
      );

      act(() => term?.focus());

      const described = document.getElementById(term?.getAttribute('aria-describedby') ?? '');
      expect(described?.textContent).toContain('the mean slowdown of the sessions');

      act(() => term?.blur());

      expect(root.querySelector('[role=tooltip]')).toBeNull();
    });

    it('shows the blame as a table with sums, and kernel names as text', async () => {
      await open();
      const rows = [...root.querySelectorAll('.matrix tbody tr')].map((row) => row.textContent);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatch(/alpha.*11.0 ms 92 %.*1.00 ms 8\.3 %.*12.0 ms/);
      expect(await click('Blame')).toContain('<b>copy</b>');
      expect(root.querySelector('[role=tabpanel] b')).toBeNull();
    });

    it('reads steps out by the keys, and moves the timeline to one', async () => {
      const panel = new Panel();
      panel.summary.value = summary({ report: report(['alpha', 'beta'], costly()) });
      render(<App panel={panel} />, root);
      const framed = vi.spyOn(panel.timeline.window, 'frame');
      await vi.waitFor(() => expect(root.querySelector('.chart')).not.toBeNull());
      const chart = root.querySelector<HTMLElement>('.chart');
      const press = (key: string) =>
        chart?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      press('End');
      await vi.waitFor(() => expect(chart?.getAttribute('aria-valuetext')).toMatch(/^step 2: 280 ms = own/));
      press('Enter');
      expect(framed.mock.calls[0][0].start).toBe(200e6);
    });

    it.each([
      ['Scopes', 'model/attention', '2.00 GiB'],
      ['Threads', 'prefetch <i>1</i>', 'train loop'],
      ['Steps', 'alpha', '280 ms'],
      ['Sessions', 'absorbed', '1.10 to 1.60'],
      ['Lost time', 'No lost time in the window', ''],
    ])('has a table %s', async (tab, one, two) => {
      await open();
      const text = await click(tab);
      expect(text).toContain(one);
      expect(text).toContain(two);
      expect(text).not.toMatch(/NaN|undefined|null/);
    });

    it('sorts scopes by any column', async () => {
      await open();
      await click('Scopes');
      const first = (): string =>
        root.querySelector('[role=tabpanel] tbody td:nth-child(2)')?.textContent ?? '';
      expect(first()).toBe('model/dense');
      const heads = [...root.querySelectorAll<HTMLElement>('[role=tabpanel] thead button')];
      heads.find((head) => head.textContent === 'kernels')?.click();
      await vi.waitFor(() => expect(first()).toBe('model/attention'));
    });

    it('prints how a session inside a process is found', () => {
      const made = report(['alpha', 'beta'], costly());
      const [alpha, beta] = made.sessions;
      const inside = {
        ...beta,
        kind: 'in_process' as const,
        process: alpha.id,
        attribution: {
          rule: 'model_id' as const,
          detail: 'A session inside alpha: its runs carry the model id 7.',
          kernels: 9,
          unattributed: 1,
        },
      };
      const text = shown(summary({ report: { ...made, sessions: [alpha, inside] } }));
      expect(text).toContain('A session inside alpha: its runs carry the model id 7.');
    });
  });

  it('offers no table without rows, and no section of losses', async () => {
    const text = await whole(summary({ report: report(['a', 'b']) }));
    expect(text).not.toContain('Scopes');
    expect(text).not.toContain('Who lost time');
    expect(root.querySelector('.answers')).toBeNull();
  });

  it('names every device in the chooser', () => {
    const made = report(['a', 'b']);
    const devices = Array.from({ length: 9 }, (_, i) => ({
      ...made.devices[0],
      id: `host0/GPU:${i}`,
      label: `GPU ${i} on host0`,
    }));
    shown(summary({ report: { ...made, devices } }));
    expect([...root.querySelectorAll('option')].map((option) => option.textContent)[8]).toBe(
      'GPU 8 on host0 · 2 sessions, 31 % contended',
    );
  });
});

it('keeps the old report on screen while a new one is made', () => {
  const old = summary({ report: report(['a']) });
  const next = summary({ state: 'working', revision: 'r2' });
  expect(keepReport(old, next)).toEqual({ ...next, report: old.report, revision: 'r1' });
  expect(keepReport(old, summary({ state: 'failed' })).report).toBeNull();
});

describe('fields filled by hand', () => {
  it.each([
    ['-9.5', ns(-9_500_000)],
    ['0,25', 250_000],
    ['', 0],
    ['soon', null],
    ['1e30', null],
  ])('reads a shift of %s ms as %s ns', (text, value) => {
    expect(parseShift(text)).toBe(value);
  });

  it.each([
    ['1=rack 3', { ordinal: 1, name: 'rack 3' }],
    ['bus=17', { ordinal: 0, name: 'bus=17' }],
    [' rack ', { ordinal: 0, name: 'rack' }],
  ])('reads the GPU %s', (text, value) => {
    expect(parseGpu(text)).toEqual(value);
  });
});
