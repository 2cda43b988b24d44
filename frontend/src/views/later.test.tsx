import { type ComponentType, render } from 'preact';
import { expect, it, vi } from 'vitest';
import type { Host } from '../state/host';
import { root } from '../testing/root';
import { later, MISSING } from './later';

interface Properties {
  readonly panel: { readonly host: Host };
  readonly text: string;
}

const reloadPage = vi.fn();
const panel = { host: { reloadPage } as unknown as Host };
const View = ({ text }: Properties) => <p>{text}</p>;
it('shows nothing until its file is there, and asks for it once', async () => {
  const load = vi.fn(async (): Promise<ComponentType<Properties>> => View);
  const Later = later(load);
  expect(load).not.toHaveBeenCalled();
  const both = [<Later key="1" panel={panel} text="one" />, <Later key="2" panel={panel} text="two" />];
  render(both, root);
  expect(root.textContent).toBe('');
  await vi.waitFor(() => expect(root.textContent).toBe('onetwo'));
  expect(load).toHaveBeenCalledTimes(1);
});

it('says that the page is to be loaded again where the file does not come, and then does so', async () => {
  const Later = later<Properties>(() => Promise.reject(new TypeError('404')));
  render(<Later panel={panel} text="never" />, root);
  await vi.waitFor(() => expect(root.querySelector('[role=alert]')?.textContent).toContain(MISSING));
  root.querySelector('button')?.click();
  expect(reloadPage).toHaveBeenCalledTimes(1);
});

it('asks once more when it is shown once more', async () => {
  let count = 0;
  const Later = later<Properties>(() => {
    count += 1;
    return count === 1 ? Promise.reject(new TypeError('offline')) : Promise.resolve(View);
  });
  render(<Later panel={panel} text="at last" />, root);
  await vi.waitFor(() => expect(root.textContent).toContain(MISSING));
  render(null, root);
  render(<Later panel={panel} text="at last" />, root);
  await vi.waitFor(() => expect(root.textContent).toBe('at last'));
});

it('can stay silent', async () => {
  const load = vi.fn(() => Promise.reject(new TypeError('404')));
  const Later = later<Properties>(load, () => null);
  render(<Later panel={panel} text="never" />, root);
  await vi.waitFor(() => expect(load).toHaveBeenCalled());
  await new Promise((resolve) => setTimeout(resolve));
  expect(root.textContent).toBe('');
});
