import { render } from 'preact';
import { expect, it } from 'vitest';
import { flowing } from './flowing';

it('keeps a number and its unit together, and the text as it was', () => {
  const text = 'It idles for 18 %, < 0.1 % of 1,170 ms, in 2 sessions; v1.5 s and 12 steps stay.';
  render(<p>{flowing(text)}</p>, document.body);
  expect(document.body.textContent).toBe(text);
  const kept = [...document.querySelectorAll('.q')].map((each) => each.textContent);
  expect(kept).toEqual(['18 %', '< 0.1 %', '1,170 ms']);
});
