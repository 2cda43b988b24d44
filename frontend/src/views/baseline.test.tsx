import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BaselineChoices, BaselineOffer } from '../api/report';
import { Panel } from '../state/panel';
import { device, deviceSession, report, summaryOf } from '../testing/literals';
import { App } from './app';

const HOSTILE = '<img src=x onerror=alert(1)>';
const SESSION = 'alpha/run/host0';
const OFFER: BaselineOffer = {
  session: 'alone/alpha/host0',
  label: HOSTILE,
  found: 'kernels',
  use: 'used',
  reason: '',
  words: `baseline of alpha: ${HOSTILE}, found by its kernels`,
};
const CHOICES: BaselineChoices = {
  choices: [
    { session: OFFER.session, label: HOSTILE, found: 'kernels', fits: true, why: 'it runs the same kernels' },
    { session: 'other/host0', label: 'other', found: null, fits: false, why: 'it runs other kernels' },
  ],
  left_out: 7,
};

let root: HTMLElement;
let panel: Panel;

function show(offers: readonly BaselineOffer[]): void {
  const sessions = [{ ...deviceSession('alpha'), baselines: offers }, deviceSession('beta')];
  panel.summary.value = summaryOf({
    ...report(['alpha', 'beta']),
    devices: [device(['alpha', 'beta'], { per_session: sessions })],
  });
}

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
  panel = new Panel();
  panel.refresh = async () => {};
  show([OFFER]);
  render(<App panel={panel} />, root);
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const buttons = (): HTMLButtonElement[] => [
  ...root.querySelectorAll<HTMLButtonElement>('.card .choices button'),
];
const pressed = (): (string | undefined)[] =>
  buttons()
    .filter((each) => each.getAttribute('aria-pressed') === 'true')
    .map((each) => each.firstChild?.textContent?.trim());

async function open(): Promise<void> {
  panel.choosing.toggle('card', SESSION, true);
  panel.choosing.found.value = CHOICES;
  await vi.waitFor(() => expect(buttons().length).toBeGreaterThan(0));
}

it('says on each card what its session is measured against, names as text', () => {
  const lines = [...root.querySelectorAll('.card .baseline summary')].map((each) => each.textContent);
  expect(lines).toEqual([`Baseline: ${HOSTILE}, found by its kernels`, 'Baseline: none found']);
  expect(root.querySelector('img')).toBeNull();
});

it('lists what could serve with why or why not, and puts the choice into the view', async () => {
  await open();
  expect(buttons().map((each) => each.textContent)).toEqual([
    'automatic the capture that the manifest or the kernels show to be the same work',
    'none no capture alone; the slowdown is estimated where it can be',
    `${HOSTILE} used`,
    'other cannot serve: it runs other kernels',
  ]);
  expect(root.querySelector('.choices')?.textContent).toContain('7 more captures');
  expect(root.querySelector('img')).toBeNull();
  expect(pressed()).toEqual(['automatic']);

  buttons()[3].click();
  await vi.waitFor(() => expect(pressed()).toEqual(['other']));
  expect([...panel.byHand.baselines.value]).toEqual([[SESSION, 'other/host0']]);
  expect(panel.source.viewKey).toContain('baseline=');

  buttons()[1].click();
  await vi.waitFor(() => expect(pressed()).toEqual(['none']));
  expect([...panel.byHand.baselines.value]).toEqual([[SESSION, '']]);

  buttons()[0].click();
  await vi.waitFor(() => expect(pressed()).toEqual(['automatic']));
  expect(panel.byHand.baselines.value.size).toBe(0);
});

it('says at the list why a choice is refused, while the answer stays', async () => {
  const before = root.querySelector('.card .baseline summary')?.textContent;
  const words = 'other is not used as the baseline of alpha: it runs other kernels';
  const status = root.querySelector('.card .baseline [role=status]');
  expect(status?.textContent).toBe('');
  show([
    {
      ...OFFER,
      session: 'other/host0',
      label: 'other',
      found: 'user',
      use: 'refused',
      reason: 'it runs other kernels',
      words,
    },
    OFFER,
  ]);
  await vi.waitFor(() => expect(status?.textContent).toBe(words));
  expect(root.querySelector('.card .baseline summary')?.textContent).toBe(before);
});

it('keeps one list open, and none once it is closed', async () => {
  await open();
  panel.choosing.toggle('card', 'beta/run/host0', true);
  await vi.waitFor(() => expect(root.querySelectorAll('.baseline details[open]')).toHaveLength(1));
  expect(panel.choosing.isOpen('card', SESSION)).toBe(false);
  panel.choosing.toggle('card', SESSION, false);
  expect(panel.choosing.open.value?.session).toBe('beta/run/host0');
  panel.choosing.toggle('card', 'beta/run/host0', false);
  await vi.waitFor(() => expect(root.querySelector('.choices')).toBeNull());
});
