// What to do first changes with the session that matters most, and the star is the only thing that changes it.
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it } from 'vitest';
import type { Action, Device, Recommendation } from '../api/report';
import { Panel } from '../state/panel';
import { report } from '../testing/literals';
import { AdviceView, Star } from './advice';

const action = (kind: string): Action => ({
  kind,
  title: `Do ${kind}`,
  setting: `set ${kind}`,
  brings: `brings ${kind}`,
  sure: 'sure',
  verify: 'verify',
  certain: true,
  total: null,
  done: null,
  changes: [],
});

const recommendation = (
  session: string | null,
  headline: string,
  actions: readonly number[],
): Recommendation => ({
  session,
  standing: 'act',
  headline,
  why: '',
  command: '',
  actions,
});

function shown(): { root: HTMLElement; panel: Panel; id: string } {
  const given = report(['one', 'two']);
  const id = given.sessions[0].id;
  const advised: Device = {
    ...given.devices[0],
    advice: {
      actions: ['a', 'b', 'c', 'd'].map(action),
      recommendation: recommendation(null, 'Do a', [0, 1, 2, 3]),
      for_each: [recommendation(id, 'Do b', [1])],
    },
  };
  const root = document.body.appendChild(document.createElement('div'));
  const panel = new Panel();
  render(
    <>
      <Star panel={panel} id={id} label="one" />
      <AdviceView panel={panel} report={given} device={advised} />
    </>,
    root,
  );
  return { root, panel, id };
}

it('says what to do first, the next two, and folds the rest', () => {
  const { root } = shown();
  expect(root.querySelector('#advice')?.textContent).toBe('Do a');
  expect(root.querySelector('.action-parts dd')?.textContent).toBe('set a');
  expect([...root.querySelectorAll('ol.next > li')].length).toBe(2);
  expect(root.textContent).toContain('1 other action');
});

it('advises for the session with the star, and for all once it is taken back', async () => {
  const { root, panel, id } = shown();
  const star = root.querySelector<HTMLButtonElement>('.star');
  await act(() => star?.click());
  expect(panel.preferred.value).toBe(id);
  expect(root.querySelector('#advice')?.textContent).toBe('Do b');
  expect(star?.getAttribute('aria-pressed')).toBe('true');
  await act(() => star?.click());
  expect(root.querySelector('#advice')?.textContent).toBe('Do a');
});
