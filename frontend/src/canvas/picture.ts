/** The timeline as one picture that stands alone: title, names, axis, lanes and what the hatches mean. */
import { formatBytes } from '../base/format';
import { sessionColour } from '../base/palette';
import { bytes } from '../base/units';
import { headHeight, headRows, pinnedBoxes } from '../model/head';
import { memoryTicks, topOf } from '../model/memory';
import type { LaneBox } from '../model/rows';
import type { Scene } from '../model/scene';
import { paintBody } from './body';
import { paintHead } from './head';
import { crop } from './labels';
import type { Renderer } from './renderer';
import { SvgRenderer } from './svg';

const [LEFT, TOP, BELOW, EDGE] = [190, 30, 28, 10];

export interface Words {
  readonly title: string;
  /** The names of the sessions, as the panel shows them. */
  readonly names: readonly string[];
}

/** The picture as the text of an SVG file, with its size in CSS pixels. */
export function pictureOf(
  scene: Scene,
  { title, names }: Words,
  measure: Renderer['measure'],
): { readonly svg: string; readonly width: number; readonly height: number } {
  const { layout, rows, theme, viewport } = scene;
  const svg = new SvgRenderer(measure);
  const head = headHeight(layout.sessions.length, rows.pinnedHeight);
  const [width, height] = [LEFT + viewport.width + EDGE, TOP + head + rows.height + BELOW];
  const label = (text: string, x: number, y: number, bold = false, colour = theme.text): void => {
    const style = { colour, bold };
    svg.text(crop(svg, text, LEFT - x - 6, style) ?? '', x, y, style);
  };
  const lane = (from: number, { lane: { label: name }, top, height: tall }: LaneBox): void =>
    label(name, 22, from + top + tall / 2, false, theme.muted);
  svg.rects([0, 0, width, height], theme.background);
  svg.text(title, EDGE, TOP / 2, { colour: theme.text, bold: true, size: 13 });
  // What the pointer happens to be on is no part of a picture.
  const still = { ...scene, hovered: null, hoveredLost: null, cursor: null };
  svg.inset(LEFT, TOP, viewport.width, head, () => paintHead(svg, still));
  svg.inset(LEFT, TOP + head, viewport.width, rows.height, () => paintBody(svg, still));
  const { minimap, band } = headRows(layout.sessions.length);
  label('whole capture', EDGE, TOP + minimap / 2, false, theme.muted);
  label('Contention', EDGE, TOP + band + 10, true);
  for (const box of pinnedBoxes(rows, layout.sessions.length)) lane(TOP, box);
  for (const group of rows.groups) {
    const y = TOP + head + group.top;
    svg.rects([EDGE, y + 4, 10, 10], sessionColour(theme, group.session));
    label(names[group.session] ?? '', 26, y + 9, true);
    for (const box of group.lanes) lane(TOP + head, box);
  }
  const { memory } = layout;
  if (rows.memory !== null && memory !== null) {
    const [y, most] = [TOP + head + rows.memory.top, topOf(memory)];
    label('Memory', EDGE, y, true);
    for (const mark of memoryTicks(most)) {
      const at = y + rows.memory.height * (1 - mark / most);
      const text = mark === 0 ? '0' : formatBytes(bytes(mark));
      svg.text(text, LEFT - 6, at, { colour: theme.muted, align: 'right' });
    }
  }
  if (layout.sessions.length > 1) {
    const y = height - BELOW / 2;
    let x = LEFT;
    for (const [pattern, text] of [
      ['hatch', 'two sessions at once'],
      ['cross', 'three or more'],
    ] as const) {
      svg.pattern([x, y - 5, 18, 11], pattern, theme.hatchBase, theme.hatchLine);
      svg.text(text, x + 24, y, { colour: theme.muted });
      x += 44 + measure(text, { colour: '' });
    }
  }
  return { svg: svg.file(width, height, title), width, height };
}
