/** The page of all groups: its rows, its search and its order, and what it leads to. */
import { render } from 'preact';
import { expect, it, vi } from 'vitest';
import type { ListedGroup, Summary } from '../api/report';
import { ns } from '../base/units';
import type { Panel } from '../state/panel';
import { finding, listed, summaryOf } from '../testing/literals';
import { panelOf } from '../testing/panel';
import { root } from '../testing/root';
import { Overview } from './overview';

function shown(list: readonly ListedGroup[], more: Partial<Summary> = {}): Panel {
  const panel = panelOf(list, more);
  panel.groups.place.value = 'overview';
  render(<Overview panel={panel} />, root);
  return panel;
}

function opened(list: readonly ListedGroup[]) {
  const panel = shown(list);
  const box = root.querySelector<HTMLInputElement>('[role=combobox]');
  if (box === null) throw new Error('no search box');
  const press = (key: string): boolean =>
    box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  const type = (text: string): void => {
    box.value = text;
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const marked = () => document.getElementById(box.getAttribute('aria-activedescendant') ?? '')?.title;
  return { panel, box, press, type, marked };
}

const MANY = Array.from({ length: 10_000 }, (_, i) =>
  listed(`g${i}`, { names: [`run${i}`], shared: i % 2 === 0, start_ns: ns(i * 60e9) }),
);

it('keeps few of 10,000 rows in the document, and finds one by words', async () => {
  const { type, marked } = opened(MANY);
  expect(root.querySelectorAll('tbody tr').length).toBeLessThan(80);
  expect(root.querySelector('table')?.getAttribute('aria-rowcount')).toBe('10001');
  expect(root.textContent).toContain('ran together (5,000)');
  type('RUN4243 host0');
  await vi.waitFor(() => expect(root.querySelector('p[role=status]')?.textContent).toBe('1 group'));
  expect(marked()).toBe('group g4243');
});

it('walks with the keys of the search box, and opens what is marked', async () => {
  const { panel, press, marked } = opened(MANY);
  expect(marked()).toBe('group g0');
  press('ArrowDown');
  await vi.waitFor(() => expect(marked()).toBe('group g2'));
  press('ArrowUp');
  await vi.waitFor(() => expect(marked()).toBe('group g0'));
  press('PageDown');
  await vi.waitFor(() => expect(marked()).toBe('group g16'));
  press('Enter');
  expect([panel.groups.pinned.value, panel.groups.place.value]).toEqual(['g16', 'group']);
});

it('sorts by a head, and opens the row that is clicked', async () => {
  const found = (figure: string, estimate: number): ListedGroup['found'] => ({
    answer: 'yes',
    label: 'alpha',
    figure,
    interval: '1.20 to 1.60',
    estimate,
    problems: [],
  });
  const { panel } = opened([
    listed('a'),
    listed('b', { found: found('1.30×', 1.3) }),
    listed('c', { found: found('1.50×', 1.5), simulated: 1 }),
  ]);
  const rows = () => [...root.querySelectorAll<HTMLElement>('tbody tr')];
  const head = [...root.querySelectorAll<HTMLElement>('th button')].find(
    (each) => each.textContent === 'slowdown',
  );
  head?.click();
  await vi.waitFor(() => expect(rows().map(({ title }) => title.at(-1))).toEqual(['c', 'b', 'a']));
  const last = rows().map((row) => row.querySelector('td:last-child')?.textContent);
  expect(last).toEqual(['1.50× alpha (1.20 to 1.60)', '1.30× alpha (1.20 to 1.60)', 'not measured']);
  expect(rows()[0].textContent).toContain('simulated');
  rows()[1].click();
  expect(panel.groups.pinned.value).toBe('b');
});

it('marks what was lost from the captures of a group, and names all runs of the row in hand', async () => {
  const problems = ['b.pb: 12 events were dropped.', 'b.pb: the end is missing.'];
  const names = Array.from({ length: 6 }, (_, i) => `job/run${i}`);
  const { press } = opened([listed('a'), listed('b', { names, problems })]);
  const [, row] = root.querySelectorAll<HTMLElement>('tbody tr');
  expect(row.textContent).toContain('job: run0 + run1 + run2 + run3 + 2 more');
  expect(row.querySelector('.input-lost')?.textContent).toBe('⚠ 22 problems');
  expect(row.querySelector<HTMLElement>('.input-lost [data-means]')?.dataset.means).toBe(problems.join('\n'));
  expect(root.querySelectorAll('.input-lost')).toHaveLength(1);
  expect(root.textContent).not.toContain('run5');
  press('ArrowDown');
  await vi.waitFor(() =>
    expect(root.textContent).toContain('job: run0 + run1 + run2 + run3 + run4 + run5 · '),
  );
});

it('says what was measured so far, and who is slowed most', async () => {
  const found = (answer: string, estimate: number, label: string): ListedGroup['found'] => ({
    answer,
    label,
    figure: `${estimate.toFixed(2)}×`,
    interval: '1.00 to 9.00',
    estimate,
    problems: [],
  });
  const { panel } = opened([listed('a'), listed('b', { shared: false })]);
  expect(root.querySelector('.meaning')?.textContent).toContain('No slowdown is measured yet.');
  panel.groups.list.value = [listed('a', { found: found('no', 1.01, 'x') })];
  await vi.waitFor(() =>
    expect(root.textContent).toContain('In 1 measured group, no session is measurably slower.'),
  );
  panel.groups.list.value = [listed('a', { found: found('unknown', 1, '') })];
  await vi.waitFor(() =>
    expect(root.textContent).toContain('In 1 measured group, no slowdown could be determined.'),
  );
  panel.groups.list.value = [
    listed('a', { found: found('undecided', 1, 'x') }),
    listed('b', { found: found('no', 1, 'x') }),
  ];
  await vi.waitFor(() => expect(root.textContent).toContain('slower; in 1 that could not be determined.'));
  panel.groups.list.value = [
    listed('a', { found: found('yes', 1.5, 'x') }),
    listed('b', { found: found('yes', 4.96, 'requests to serve') }),
    listed('c', { found: found('no', 1.01, 'z') }),
  ];
  const worst =
    'In 2 of 3 measured groups, a session is measurably slower, at worst 4.96× requests to serve (1.00 to 9.00).';
  await vi.waitFor(() => expect(root.querySelector('.meaning')?.textContent).toContain(worst));
});

it('says what cannot be decided between captures', async () => {
  const { panel } = opened([listed('a')]);
  panel.groups.findings.value = [
    finding('may-share', 'Two captures may have run together', { detail: 'Clocks differ.' }),
  ];
  await vi.waitFor(() =>
    expect(root.textContent).toContain('Two captures may have run together. Clocks differ.'),
  );
});

it('says when nothing ran together, and what is known by name only', async () => {
  const { panel } = opened([listed('a', { shared: false }), listed('b', { shared: false })]);
  panel.groups.pending.value = 12;
  await vi.waitFor(() => expect(root.textContent).toContain('Only the names of 12 captures are known yet.'));
  panel.groups.apart.value = 'Nothing here ran together, because there are two GPUs.';
  await vi.waitFor(() => expect(root.textContent).toContain('because there are two GPUs.'));
  expect(root.querySelector('h1')?.textContent).toBe('Nothing here ran together');
  expect(root.querySelectorAll('tbody tr')).toHaveLength(2);
});

it('measures what was not measured on request, and nothing by itself', async () => {
  const panel = shown([
    listed('a'),
    listed('b'),
    listed('c', { shared: false }),
    listed('d', { by_name: true }),
  ]);
  const asked: string[] = [];
  panel.source.measure = async (id) => {
    asked.push(id);
    return summaryOf(null, { group: listed(id) });
  };
  const button = root.querySelector<HTMLElement>('button.measure');
  expect([button?.textContent, asked]).toEqual(['Measure the slowdown of 2', []]);
  button?.click();
  await vi.waitFor(() => expect(asked).toEqual(['a', 'b']));
  await vi.waitFor(() => expect(panel.measuring.isBusy.value).toBe(false));
});
