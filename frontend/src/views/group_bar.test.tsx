import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ListedGroup, Summary } from '../api/report';
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

it('shows a single group by its title alone', () => {
  shown([listed('only')]);
  expect(root.textContent).toBe('group only');
  expect(root.querySelector('button, canvas')).toBeNull();
});

it('names the group that is open, and leads to all of them', () => {
  const panel = shown([listed('a'), listed('b')]);
  expect(root.querySelector('.group-name')?.textContent).toBe('group a');
  const button = root.querySelector<HTMLElement>('.group-button');
  expect(button?.textContent).toBe('‹ All 2 groups');
  button?.click();
  expect([panel.groups.place.value, panel.groups.pinned.value]).toEqual(['overview', null]);
});

it('leads from a group that is gone to all of them', async () => {
  const panel = shown([listed('a'), listed('b')]);
  panel.groups.notice.value = 'gone';
  await vi.waitFor(() => expect(root.querySelector('.failure')).not.toBeNull());
  root.querySelector<HTMLElement>('.failure button')?.click();
  expect([panel.groups.pinned.value, panel.groups.notice.value]).toEqual([null, null]);
});
