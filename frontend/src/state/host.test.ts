import { afterEach, expect, it, vi } from 'vitest';
import { Host } from './host';

afterEach(() => {
  window.history.replaceState(null, '', '/');
});

const at = (address: string): Host => {
  window.history.replaceState(null, '', address);
  return new Host();
};

it.each([
  ['/#tb_contention', '#tb_contention&p.x=1', '/#tb_contention&p.x=1'],
  ['/pfx/?darkMode=true#tb_contention', '#tb_contention', '/pfx/?darkMode=true#tb_contention'],
  // TensorBoard opens the plugin without naming it where it is the only one.
  ['/', '#p.tb_contention.range=1~2', '/#tb_contention&p.tb_contention.range=1~2'],
  // Around TensorBoard is a page of another origin: the panel knows only its own frame.
  ['/pfx/data/plugin_entry.html?name=tb_contention', '#p.x=1', '/pfx/#tb_contention&p.x=1'],
])('links from %s to the panel in TensorBoard', (address, hash, link) => {
  expect(at(address).link(hash)).toBe(new URL(link, window.location.href).href);
});

it('marks the entries of the history that it wrote, and keeps what others keep there', () => {
  const host = at('/#tb_contention');
  window.history.replaceState({ other: 1 }, '');
  host.push('#tb_contention&p.x=1');
  expect(window.history.state).toEqual({ other: 1, tb_contention: true });
});

it('tells when a gesture begins and when it is over', async () => {
  const host = new Host();
  host.start();
  const told = vi.fn();
  host.onGesture = told;
  window.dispatchEvent(new Event('pointerdown'));
  expect([host.isHeld.value, told.mock.calls.length]).toEqual([true, 1]);
  window.dispatchEvent(new Event('pointerup'));
  expect(host.isHeld.value).toBe(false);
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2));
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', repeat: true }));
  expect(told).toHaveBeenCalledTimes(2);
});
