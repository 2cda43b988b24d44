// Like findings are one line with a count; a muted kind is left out until it is asked for, also by a link.
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it } from 'vitest';
import type { Finding } from '../api/report';
import { WORDS } from '../model/hash';
import { Panel } from '../state/panel';
import { finding, report } from '../testing/literals';
import { Findings } from './findings';

function shown(findings: readonly Finding[]): { root: HTMLElement; panel: Panel } {
  const given = report(['one', 'two']);
  const root = document.body.appendChild(document.createElement('div'));
  const panel = new Panel();
  render(<Findings panel={panel} findings={findings} device={given.devices[0]} />, root);
  return { root, panel };
}

const titles = (root: HTMLElement) =>
  [...root.querySelectorAll('h3')].map((each) => each.firstChild?.textContent);

it('shows like findings as one with a count, and names the others', () => {
  const { root } = shown([
    finding('idle', 'one idles'),
    finding('memory', 'full'),
    finding('idle', '<b>two</b> idles'),
    finding('idle', 'it idles', { severity: 'info' }),
  ]);

  expect(titles(root)).toEqual(['one idles', 'full', 'it idles']);
  expect(root.querySelector('.badge')?.textContent).toBe('2×');
  expect(root.querySelector('li')?.textContent).toContain('<b>two</b> idles');
});

it('mutes a kind and shows it again', async () => {
  const { root, panel } = shown([finding('idle', 'a'), finding('idle', 'b'), finding('memory', 'c')]);

  await act(() => root.querySelector<HTMLElement>('.mute')?.click());

  expect(titles(root)).toEqual(['c']);
  expect(root.textContent).toContain('1 kind of finding muted (idle)');
  expect(panel.keys.find(({ name }) => name === 'mute')?.save()).toBe('idle');

  await act(() => root.querySelector<HTMLElement>('p.muted button')?.click());

  expect(titles(root)).toEqual(['a', 'c']);
});

it('keeps muted kinds in a link', () => {
  const words = new Set(['clock-too-coarse', 'a;b%']);

  expect(WORDS.unpack(WORDS.pack(words))).toEqual(words);
  expect(WORDS.unpack('')).toEqual(new Set());
});

it('offers the exact options to be copied', () => {
  const { root } = shown([finding('gpu', 'too much', { options: ['--gpu', 'a=0'] })]);

  expect(root.querySelector('code')?.textContent).toBe('--gpu a=0');
  expect(root.querySelector('.copy-button')).not.toBeNull();
});
