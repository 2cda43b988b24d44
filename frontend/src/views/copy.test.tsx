import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CopyButton } from './copy';

let root: HTMLElement;

/** A browser with this clipboard and this way to copy what is selected. */
function browser(clipboard: unknown, copied: () => boolean) {
  Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
  Object.defineProperty(document, 'execCommand', { value: copied, configurable: true });
}

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
  render(<CopyButton text={() => 'a link'} label="copy link" done="link copied" />, root);
});

afterEach(() => {
  render(null, root);
  root.remove();
});

const click = (): void => root.querySelector<HTMLElement>('button')?.click();
const says = (text: string) => vi.waitFor(() => expect(root.querySelector('button')?.textContent).toBe(text));

it('copies, says so, and then offers it again', async () => {
  const writeText = vi.fn(async () => {});
  browser({ writeText }, () => false);
  click();
  await says('✓ link copied');
  expect(writeText).toHaveBeenCalledWith('a link');
  await vi.waitFor(() => expect(root.querySelector('button')?.textContent).toBe('copy link'), 4000);
});

it.each([
  ['without a clipboard', undefined],
  ['where the clipboard is denied', { writeText: () => Promise.reject(new Error('denied')) }],
])('copies what it selects itself %s', async (_, clipboard) => {
  let selected = '';
  browser(clipboard, () => {
    selected = document.querySelector('textarea')?.value ?? '';
    return true;
  });
  click();
  await says('✓ link copied');
  expect(selected).toBe('a link');
  expect(document.querySelector('textarea')).toBeNull();
});

it('shows the text to copy by hand where the browser allows nothing', async () => {
  browser(undefined, () => false);
  click();
  await vi.waitFor(() => expect(root.querySelector('input')?.value).toBe('a link'));
  expect(root.querySelector('button')?.textContent).toBe('copy link');
});
