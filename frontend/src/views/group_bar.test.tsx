import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ListedGroup, Summary } from '../api/report';
import { ns } from '../base/units';
import { Panel } from '../state/panel';
import { listed, report, summaryOf } from '../testing/literals';
import { GroupBar } from './group_bar';

let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});

function shown(list: readonly ListedGroup[], more: Partial<Summary> = {}): Panel {
  const panel = new Panel();
  panel.summary.value = summaryOf(report(['alpha', 'beta']), {
    groups: list.length,
    group: list[0],
    ...more,
  });
  panel.groups.list.value = list;
  panel.groups.adopt(list[0]);
  panel.refresh = async () => {};
  render(<GroupBar panel={panel} />, root);
  return panel;
}

async function opened(list: readonly ListedGroup[]) {
  const panel = shown(list);
  root.querySelector<HTMLElement>('.group-button')?.click();
  await vi.waitFor(() => expect(root.querySelector('dialog')).not.toBeNull());
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

it('shows a single group by its title alone', () => {
  shown([listed('only')]);
  expect(root.textContent).toBe('group only');
  expect(root.querySelector('button, canvas')).toBeNull();
});

it('keeps few of 10,000 rows in the document, and finds one by words', async () => {
  const { type, marked } = await opened(MANY);
  expect(root.querySelectorAll('tbody tr').length).toBeLessThan(60);
  expect(root.querySelector('table')?.getAttribute('aria-rowcount')).toBe('10001');
  expect(root.textContent).toContain('ran together (5,000)');
  type('RUN4243 host0');
  await vi.waitFor(() => expect(root.querySelector('[role=status]')?.textContent).toBe('1 group'));
  expect(marked()).toBe('group g4243');
});

it('walks with the keys of the search box, and opens what is marked', async () => {
  const { panel, press, marked } = await opened(MANY);
  expect(marked()).toBe('group g0');
  press('ArrowDown');
  await vi.waitFor(() => expect(marked()).toBe('group g2'));
  press('ArrowUp');
  await vi.waitFor(() => expect(marked()).toBe('group g0'));
  press('PageDown');
  await vi.waitFor(() => expect(marked()).toBe('group g16'));
  press('Enter');
  await vi.waitFor(() => expect(root.querySelector('dialog')).toBeNull());
  expect(panel.groups.pinned.value).toBe('g16');
});

it('sorts by a head, and opens the row that is clicked', async () => {
  const found = (figure: string, estimate: number): ListedGroup['found'] => ({
    answer: 'yes',
    label: 'alpha',
    figure,
    interval: '1.20 to 1.60',
    estimate,
  });
  const { panel } = await opened([
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
  expect(last).toEqual(['1.50× (1.20 to 1.60)', '1.30× (1.20 to 1.60)', '–']);
  expect(rows()[0].textContent).toContain('simulated');
  rows()[1].click();
  expect(panel.groups.pinned.value).toBe('b');
});

it('says when nothing ran together, and what is known by name only', async () => {
  const { panel } = await opened([listed('a', { shared: false }), listed('b', { shared: false })]);
  panel.groups.pending.value = 12;
  await vi.waitFor(() => expect(root.textContent).toContain('Only the names of 12 captures are known yet.'));
  expect(root.textContent).toContain('No captures ran together.');
  expect(root.querySelectorAll('tbody tr')).toHaveLength(2);
});

it('leads from a group that is gone to the most interesting one', async () => {
  const panel = shown([listed('a'), listed('b')]);
  panel.groups.notice.value = 'gone';
  await vi.waitFor(() => expect(root.querySelector('.failure')).not.toBeNull());
  root.querySelector<HTMLElement>('.failure button')?.click();
  expect([panel.groups.pinned.value, panel.groups.notice.value]).toEqual([null, null]);
});
