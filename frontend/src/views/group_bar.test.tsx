import { render } from 'preact';
import { expect, it, vi } from 'vitest';
import type { ListedGroup, Summary } from '../api/report';
import type { Panel } from '../state/panel';
import { listed } from '../testing/literals';
import { panelOf } from '../testing/panel';
import { root } from '../testing/root';
import { GroupBar } from './group_bar';

function shown(list: readonly ListedGroup[], more: Partial<Summary> = {}): Panel {
  const panel = panelOf(list, more);
  panel.groups.adopt(list[0]);
  render(<GroupBar panel={panel} />, root);
  return panel;
}

it('shows a single group by its title alone', () => {
  shown([listed('only')]);
  expect(root.textContent).toBe('group only copy link');
  expect(root.querySelector('nav, canvas')).toBeNull();
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
