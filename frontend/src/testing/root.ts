/** An element of the page to render into, new for each test and gone after it. */
import { render } from 'preact';
import { afterEach, beforeEach } from 'vitest';

export let root: HTMLElement;

beforeEach(() => {
  root = document.body.appendChild(document.createElement('div'));
});

afterEach(() => {
  render(null, root);
  root.remove();
});
