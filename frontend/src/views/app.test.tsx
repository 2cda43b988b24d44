import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem, Summary } from '../api/types';
import { ns } from '../base/units';
import { keepReport, Panel } from '../state/panel';
import { report } from '../testing/literals';
import { App } from './app';
import { parseGpu, parseShift } from './by_hand';

const summary = (more: Partial<Summary> = {}): Summary => ({
  state: 'ready',
  message: '',
  progress: null,
  revision: 'r1',
  logdir: 'logs',
  version: '0',
  xprof: false,
  report: null,
  ...more,
});

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function shown(value: Summary): string {
  const panel = new Panel();
  panel.summary.value = value;
  render(<App panel={panel} />, root);
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

  it('says what it looked for when there is nothing, and how to record', () => {
    const text = shown(summary({ report: { ...report([]), devices: [] } }));
    expect(text).toContain('logs/**/plugins/profile/<session>/<host>.xplane.pb');
    expect(text).toContain('tf.profiler.experimental.start');
    expect(text).toContain('jax.profiler');
    expect(text).toContain('profile_batch');
  });

  it('shows names from traces as text', () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const text = shown(summary({ report: report([hostile, 'b']) }));
    expect(text).toContain(hostile);
    expect(root.querySelector('img')).toBeNull();
  });

  it('says that memory is unknown, not 0', () => {
    const text = shown(summary({ report: report(['a', 'b']) }));
    expect(text).toContain('No allocator events');
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
    shown(summary({ report: report(['a', 'b']) }));
    await vi.waitFor(() => expect(root.textContent).toContain('this browser has no 2D canvas'));
    expect(root.querySelectorAll('table').length).toBe(1);
  });

  it('names every device in the chooser', () => {
    const made = report(['a', 'b']);
    const devices = Array.from({ length: 9 }, (_, i) => ({ ...made.devices[0], id: `host0/GPU:${i}` }));
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
