import { expect, it } from 'vitest';
import { themeOf } from '../base/palette';
import { ns, px } from '../base/units';
import { columnsOf, stripOf } from '../model/strip';
import { listed } from '../testing/literals';
import { RecordingRenderer } from '../testing/recording';
import { paintStrip } from './strip';

const THEME = themeOf('light');

it('draws captures together taller than captures alone, and the current group in the accent only', () => {
  const groups = [
    listed('a', { start_ns: ns(0), end_ns: ns(0) }),
    listed('b', { start_ns: ns(50), end_ns: ns(50), shared: false }),
    listed('c', { start_ns: ns(100), end_ns: ns(100) }),
  ];
  const strip = stripOf(groups, px(100));
  if (strip === null) throw new Error('no strip');
  const renderer = new RecordingRenderer();
  paintStrip(renderer, strip, THEME, { current: columnsOf(groups[2], strip), hovered: null });
  const [alone, together, current] = renderer.of('rects');
  expect(alone.numbers?.filter((_, i) => i % 4 === 0)).toEqual([50]);
  expect(together.numbers?.filter((_, i) => i % 4 === 0)).toEqual([0, 99]);
  expect(together.numbers?.[3]).toBeGreaterThan(alone.numbers?.[3] ?? 0);
  expect([current.colour, current.numbers?.[0], current.numbers?.[2]]).toEqual([THEME.accent, 98, 3]);
  for (const { colour } of [alone, together]) expect(THEME.sessions).not.toContain(colour);
});
