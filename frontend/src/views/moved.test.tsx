import { render } from 'preact';
import { expect, it } from 'vitest';
import type { Report } from '../api/report';
import { ns } from '../base/units';
import { Panel } from '../state/panel';
import { costly, report, summaryOf } from '../testing/literals';
import { root } from '../testing/root';
import { App } from './app';
import { conditionOf } from './moved';

const [ALPHA, BETA] = ['alpha/run/host0', 'beta/run/host0'];

function moved(
  by: readonly (readonly [string, number])[],
  made: Report = report(['alpha', 'beta'], costly()),
) {
  const panel = new Panel();
  panel.refresh = async () => {};
  panel.summary.value = summaryOf(made);
  panel.byHand.shifts.value = new Map(by.map(([id, shift]) => [id, ns(shift)]));
  panel.byHand.applied.value = panel.byHand.shifts.value;
  return panel;
}

const shown = (panel: Panel): string => {
  render(<App panel={panel} />, root);
  return root.textContent ?? '';
};

const reset = (name: string): void => {
  [...root.querySelectorAll<HTMLElement>('.moved-bar button')]
    .find((button) => (button.ariaLabel ?? button.getAttribute('aria-label') ?? button.textContent) === name)
    ?.click();
};

it('says above the verdict what was moved, and marks the answers and the card', () => {
  shown(moved([[ALPHA, -89_800_000]]));
  expect(root.querySelector('.moved-bar li')?.textContent).toBe('alpha moved by hand by −89.8 ms reset');
  const order = [...root.querySelectorAll('.moved-bar, #verdict')].map((each) => each.id);
  expect(order).toEqual(['', 'verdict']);
  expect(root.querySelector('.headline .moved-by')?.textContent).toBe('if alpha ran 89.8 ms earlier');
  const cards = [...root.querySelectorAll('.card.session')].map(
    (card) => card.querySelector('.moved-by')?.textContent,
  );
  expect(cards).toEqual(['moved by hand by −89.8 ms', undefined]);
});

it('says nothing where nothing was moved', () => {
  shown(moved([]));
  expect(root.querySelector('.moved-bar, .moved-by')).toBeNull();
});

it('takes one shift back, or all', () => {
  const panel = moved([
    [ALPHA, -89_800_000],
    [BETA, 2_000_000],
  ]);
  shown(panel);
  reset('Reset the shift of alpha');
  expect([...panel.byHand.shifts.value]).toEqual([[BETA, 2_000_000]]);
  panel.byHand.shift(ALPHA, ns(1));
  render(null, root);
  shown(panel);
  reset('reset all');
  expect(panel.byHand.shifts.value.size).toBe(0);
});

it('speaks of the report on screen, not of the one that is being made', () => {
  const panel = moved([[ALPHA, -89_800_000]]);
  panel.byHand.shifts.value = new Map();
  shown(panel);
  expect(root.querySelector('.moved-bar')).toBeNull();
  expect(root.querySelector('.headline .moved-by')?.textContent).toBe('if alpha ran 89.8 ms earlier');
});

it.each([
  [[[ALPHA, -89_800_000]], 'if alpha ran 89.8 ms earlier'],
  [
    [
      [ALPHA, 1500],
      [BETA, -2_000_000_000],
    ],
    'if alpha ran 1.50 µs later and beta ran 2.00 s earlier',
  ],
  [
    [
      [ALPHA, 1],
      [BETA, 1],
      ['gone', 1],
    ],
    'if 3 sessions ran as moved by hand',
  ],
] as const)('states the condition of %s', (by, text) => {
  expect(conditionOf(moved(by))).toBe(text);
});

it('names the sessions of a process that was moved', () => {
  const made = report(['alpha', 'beta'], costly());
  const sessions = made.sessions.map((session) => ({ ...session, process: 'both.nsys' }));
  const panel = moved([['both.nsys', -1000]], { ...made, sessions });
  expect(conditionOf(panel)).toBe('if alpha and beta ran 1.00 µs earlier');
  expect(sessions.map((session) => panel.byHand.movedBy(session))).toEqual([-1000, -1000]);
});

it('keeps the shift out of reports until it is asked for, and forgets that with the shift', async () => {
  const panel = moved([[ALPHA, -89_800_000]]);
  panel.byHand.shift(ALPHA, ns(-1000));
  const html = (): string => root.querySelector<HTMLAnchorElement>('a[download]')?.getAttribute('href') ?? '';
  shown(panel);
  expect(html()).toContain('format=html');
  expect(html()).not.toContain('shift');
  root.querySelector<HTMLElement>('.with-shift input')?.click();
  expect(panel.byHand.isInReports.value).toBe(true);
  render(null, root);
  shown(panel);
  expect(html()).toContain('shift=alpha');
  panel.byHand.resetShifts();
  expect(panel.byHand.isInReports.value).toBe(false);
});

it('tells what was moved from what only stays where its kernels place it, and takes both back together', () => {
  const made = report(['alpha', 'beta'], costly());
  const [alpha, beta] = made.sessions;
  const corrected = { ...beta, clock: { ...beta.clock, correction_ns: ns(300_000) } };
  const panel = moved([], { ...made, sessions: [alpha, corrected] });
  panel.byHand.shiftMore(ALPHA, ns(-5_000_000));
  shown(panel);
  const said = [...root.querySelectorAll('.moved-bar li')].map((each) => each.textContent);
  expect(said.slice(0, 2)).toEqual([
    'beta stays where its kernels place it (+300 µs) reset',
    'alpha moved by hand by −5.00 ms reset',
  ]);
  reset('Reset the shift of alpha');
  expect([panel.byHand.shifts.value.size, panel.byHand.kept.value.size]).toEqual([0, 0]);
});
