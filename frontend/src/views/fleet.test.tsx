/** The page on datasets: alone where there are no captures, on demand beside them; its rows lead to groups of the tab. */
import { render } from 'preact';
import { expect, it, vi } from 'vitest';
import { listed, summaryOf } from '../testing/literals';
import { panelOf } from '../testing/panel';
import { root } from '../testing/root';
import { Empty } from './empty';
import { Fleet } from './fleet';

const frame = () => root.querySelector<HTMLIFrameElement>('iframe');

it('is what the tab shows where there are datasets and no captures', () => {
  const summary = summaryOf(null, { captures: 0, groups: 0, datasets: ['.'] });
  render(<Empty panel={panelOf([])} summary={summary} />, root);
  expect(frame()?.getAttribute('src')).toBe('api/fleet?theme=light');
  expect(root.textContent).toBe('');
});

it('is opened on demand beside captures, and is not there without a dataset', async () => {
  const groups = [listed('g0'), listed('g1')];
  render(<Fleet panel={panelOf(groups)} />, root);
  expect(root.textContent).toBe('');
  const panel = panelOf(groups, { datasets: ['captures'] });
  render(<Fleet panel={panel} />, root);
  expect(frame()).toBeNull();
  root.querySelector('summary')?.click();
  await vi.waitFor(() => expect(frame()).not.toBeNull());

  const choose = vi.spyOn(panel, 'chooseGroup').mockReturnValue();
  const page = document.implementation.createHTMLDocument();
  Object.defineProperty(frame(), 'contentDocument', { value: page });
  page.body.innerHTML =
    '<a href="/#tb_contention&p.tb_contention.group=ab-12"><b>row</b></a><a href="/report">other</a>';
  frame()?.dispatchEvent(new Event('load'));
  const press = (what: string, more: MouseEventInit = {}): boolean =>
    page
      .querySelector(what)
      ?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...more })) ?? true;
  expect(press('b')).toBe(false);
  expect(press('b', { ctrlKey: true })).toBe(true);
  expect(press('a + a')).toBe(true);
  expect(choose.mock.calls).toEqual([['ab-12']]);
});
