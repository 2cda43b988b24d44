import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, expect, it } from 'vitest';
import { root } from '../testing/root';
import { Explained } from './explained';
import { Hints } from './hints';

beforeEach(() => {
  act(() =>
    render(
      <>
        <table>
          <thead>
            <tr>
              <th data-means="time that others cost">
                <button type="button">lost</button>
              </th>
            </tr>
          </thead>
        </table>
        <Explained means="the mean slowdown">ANTT</Explained>
        <p id="plain">plain</p>
        <Hints />
      </>,
      root,
    ),
  );
});

const said = (): string | null => root.querySelector('[role=tooltip]')?.textContent ?? null;
const element = (selector: string): HTMLElement => {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(selector);
  return found;
};
const point = (selector: string): void => {
  act(() => void element(selector).dispatchEvent(new Event('pointerover', { bubbles: true })));
};

it('explains a column head under the pointer, and as long as the pointer is on the explanation', () => {
  point('th');
  expect(said()).toBe('time that others cost');
  point('[role=tooltip]');
  expect(said()).toBe('time that others cost');
  point('#plain');
  expect(said()).toBeNull();
});

it('explains what has the focus, as its description, until Escape', () => {
  act(() => element('th button').focus());
  expect(said()).toBe('time that others cost');
  expect(element('th button').getAttribute('aria-describedby')).toBe(element('[role=tooltip]').id);
  act(() => element('.term').focus());
  expect(said()).toBe('the mean slowdown');
  expect(element('th button').hasAttribute('aria-describedby')).toBe(false);
  act(() => void document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })));
  expect(said()).toBeNull();
});

it('keeps the explanation of what has the focus while the pointer passes over others', () => {
  act(() => element('.term').focus());
  point('th');
  expect(said()).toBe('time that others cost');
  point('#plain');
  expect(said()).toBe('the mean slowdown');
});

it('explains what had the focus before this view came', () => {
  const show = (isHere: boolean): void => {
    act(() =>
      render(
        <div>
          <Explained means="the mean slowdown">ANTT</Explained>
          {isHere && <Hints />}
        </div>,
        root,
      ),
    );
  };
  show(false);
  const focused = element('.term');
  act(() => focused.focus());
  show(true);
  expect(document.activeElement).toBe(focused);
  expect(said()).toBe('the mean slowdown');
});
