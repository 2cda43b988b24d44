import { describe, expect, it } from 'vitest';
import { worstDistance } from '../testing/vision';
import { contrast, heat, roundOf, sessionColour, textOn, themeOf } from './palette';

const pairs = (colours: readonly string[]): (readonly [string, string])[] =>
  colours.flatMap((a, i) => colours.slice(i + 1).map((b) => [a, b] as const));

describe.each(['light', 'dark'] as const)('the %s palette', (name) => {
  const theme = themeOf(name);

  it('has 3:1 between every session and the background', () => {
    const low = theme.sessions.filter((colour) => contrast(colour, theme.background) < 3);
    expect(low).toEqual([]);
  });

  it('keeps sessions apart in every kind of colour vision', () => {
    const close = pairs(theme.sessions).filter(([a, b]) => worstDistance(a, b) < 14.5);
    expect(close).toEqual([]);
  });

  it('marks sessions beyond the palette twice: by another shade, and by the round', () => {
    const twelve = Array.from({ length: 12 }, (_, index) => sessionColour(theme, index));
    expect(new Set(twelve).size).toBe(12);
    for (const colour of twelve) {
      expect(contrast(colour, theme.background)).toBeGreaterThanOrEqual(3);
      expect(contrast(colour, textOn(colour))).toBeGreaterThanOrEqual(4.3);
    }
    expect([0, 5, 6, 11, 12].map((index) => roundOf(theme, index))).toEqual([0, 0, 1, 1, 2]);
    expect(sessionColour(themeOf(name, true), 5)).toBe(sessionColour(themeOf(name, true), 1));
  });

  it('gives what belongs to no single session the colour of none', () => {
    expect(sessionColour(theme, -1)).toBe(theme.outline);
    expect(roundOf(theme, -1)).toBe(0);
  });

  it('has readable text on the hottest cell, and tells it from an empty one', () => {
    expect(contrast(theme.text, heat(theme, 1))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(heat(theme, 0), heat(theme, 1))).toBeGreaterThan(1.5);
    expect(heat(theme, 7)).toBe(heat(theme, 1));
  });

  it('has readable text on panels, lanes and session colours', () => {
    expect(contrast(theme.text, theme.background)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme.muted, theme.lane)).toBeGreaterThanOrEqual(4.5);
    for (const colour of theme.sessions) {
      expect(contrast(colour, textOn(colour))).toBeGreaterThanOrEqual(4.3);
    }
  });
});

it('finds two colours close that a deuteranope confuses', () => {
  expect(worstDistance('#00aa00', '#bb7700')).toBeLessThan(worstDistance('#0000aa', '#bb7700'));
});
