/**
 * Colours. Hue means session and nothing else; contention is a hatch over grey, severity is told in words beside its border.
 *
 * The session colours were searched for distance under protan, deutan and tritan vision and 3:1 contrast against the
 * panel's background; `palette.test.ts` repeats both checks. Index n has a related hue in both themes.
 */
export type ThemeName = 'light' | 'dark';

export interface Theme {
  readonly name: ThemeName | 'forced';
  readonly background: string;
  readonly panel: string;
  readonly lane: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly outline: string;
  /** What is current, where nothing else has a hue. */
  readonly accent: string;
  readonly hatchBase: string;
  readonly hatchLine: string;
  readonly pill: string;
  readonly sessions: readonly string[];
}

const LIGHT: Theme = {
  name: 'light',
  background: '#ffffff',
  panel: '#ffffff',
  lane: '#f1f3f6',
  text: '#1d2530',
  muted: '#566170',
  grid: '#dfe3e9',
  outline: '#6f7a88',
  accent: '#1a63d8',
  hatchBase: '#c3c8cf',
  hatchLine: '#7c8591',
  pill: '#ffffff',
  sessions: ['#B5360E', '#4379F9', '#E66E20', '#926A95', '#3B34BA', '#6B2C5E'],
};

const DARK: Theme = {
  name: 'dark',
  background: '#303030',
  panel: '#303030',
  lane: '#3a3b3d',
  text: '#f4f5f7',
  muted: '#b9bec6',
  grid: '#4a4c50',
  outline: '#a3a9b2',
  accent: '#9eabf7',
  hatchBase: '#5a5f66',
  hatchLine: '#9aa1ab',
  pill: '#2b2b2b',
  sessions: ['#E14513', '#9EABF7', '#F9D630', '#A27196', '#6770F8', '#50F5DB'],
};

// System colours: the user's own high-contrast scheme decides; sessions are told apart by their labels.
const FORCED: Theme = {
  name: 'forced',
  background: 'Canvas',
  panel: 'Canvas',
  lane: 'Canvas',
  text: 'CanvasText',
  muted: 'CanvasText',
  grid: 'GrayText',
  outline: 'CanvasText',
  accent: 'Highlight',
  hatchBase: 'Canvas',
  hatchLine: 'CanvasText',
  pill: 'Canvas',
  sessions: ['CanvasText', 'LinkText', 'Highlight', 'GrayText'],
};

export const themeOf = (name: ThemeName, forced = false): Theme =>
  forced ? FORCED : name === 'dark' ? DARK : LIGHT;

/** How often the colours were used up before a session: its second mark, since a colour alone would stand for two sessions. */
export const roundOf = (theme: Theme, index: number): number =>
  Math.max(0, Math.floor(index / theme.sessions.length));

/** Sessions beyond the palette get its colours again, every other time closer to the text's. -1: a process of several sessions. */
export function sessionColour(theme: Theme, index: number): string {
  if (index < 0) return theme.outline;
  const colour = theme.sessions[index % theme.sessions.length];
  const isFirst = theme.name === 'forced' || roundOf(theme, index) % 2 === 0;
  return isFirst ? colour : mix(colour, theme.text, SHADE);
}

/** Colours of the second round are mixed with this part of the text's colour. */
const SHADE = 0.45;

const channel = (hex: string, at: number): number => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};

/** Linear sRGB of `#rrggbb`. */
export const linearRgb = (hex: string): readonly [number, number, number] => [
  channel(hex, 1),
  channel(hex, 3),
  channel(hex, 5),
];

export function luminance(hex: string): number {
  const [r, g, b] = linearRgb(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of WCAG 2. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** Black or white, whichever reads better on the colour; system colours bring their own partner. */
export function textOn(colour: string): string {
  if (!colour.startsWith('#')) return 'Canvas';
  return contrast(colour, '#ffffff') >= contrast(colour, '#101418') ? '#ffffff' : '#101418';
}

const hexOf = (part: number): string => Math.round(part).toString(16).padStart(2, '0');

/** `share` of the way from one `#rrggbb` to another. */
function mix(from: string, to: string, share: number): string {
  const at = (hex: string, i: number): number => Number.parseInt(hex.slice(i, i + 2), 16);
  return `#${[1, 3, 5].map((i) => hexOf(at(from, i) + share * (at(to, i) - at(from, i)))).join('')}`;
}

/** The strongest cell must still carry the theme's text at 4.5:1. */
const HOTTEST = { light: 0.34, dark: 0.26, forced: 0 } as const;

/** The ground of a heat map's cell: grey, because hue means session. `share` is 0 to 1. */
export const heat = (theme: Theme, share: number): string =>
  theme.name === 'forced'
    ? theme.panel
    : mix(theme.panel, theme.text, HOTTEST[theme.name] * Math.min(1, Math.max(0, share)));
