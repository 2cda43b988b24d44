/** The Renderer that writes an SVG: what the canvases show, for papers and tickets. */
import type { Px } from '../base/units';
import { ALPHA, FAMILY } from './canvas2d';
import type { LineOptions, Pattern, Rects, Renderer, TextStyle } from './renderer';

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text of an SVG: names are hostile, and XML refuses control characters and halves of pairs even when escaped. */
export const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\u{FFFD}').replace(/[&<>"]/g, (mark) => MARKS[mark]);

/** Hundredths of a pixel are enough, and keep the file small. */
const short = (value: number): number => Math.round(value * 100) / 100;

const ANCHORS = { left: 'start', center: 'middle', right: 'end' } as const;
const TILE = 8;
const HATCH = [-TILE, 0, TILE].map((x) => `M${x - 1} 9L${x + 9}-1`).join('');
const CROSS = [-TILE, 0, TILE].map((x) => `M${x - 1}-1L${x + 9} 9`).join('');

export class SvgRenderer implements Renderer {
  readonly #parts: string[] = [];
  readonly #patterns = new Map<string, string>();

  /** measure: the width of a text, which only a canvas knows. */
  constructor(readonly measure: Renderer['measure']) {}

  clear(width: Px, height: Px, colour: string): void {
    this.rects([0, 0, width, height], colour);
  }

  rects(rects: Rects, colour: string, alpha = 1): void {
    let path = '';
    for (let i = 0; i < rects.length; i += 4) {
      const [x, y, width, height] = rects.slice(i, i + 4).map(short);
      path += `M${x} ${y}h${width}v${height}h${-width}z`;
    }
    if (path !== '' && colour !== 'transparent') this.#add('path', { d: path, fill: colour, opacity: alpha });
  }

  outline(x: number, y: number, width: number, height: number, colour: string, radius = 2): void {
    this.#add('rect', {
      x: x + 0.5,
      y: y + 0.5,
      width: Math.max(1, width - 1),
      height: Math.max(1, height - 1),
      rx: radius,
      fill: 'none',
      stroke: colour,
    });
  }

  pill(x: number, y: number, width: number, height: number, colour: string): void {
    this.#add('rect', { x, y, width, height, rx: height / 2, fill: colour });
  }

  pattern(rects: Rects, pattern: Pattern, base: string, line: string): void {
    const key = `${pattern} ${line}`;
    const id = this.#patterns.get(key) ?? `p${this.#patterns.size}`;
    if (!this.#patterns.has(key)) {
      this.#patterns.set(key, id);
      const path = pattern === 'cross' ? HATCH + CROSS : HATCH;
      this.#parts.push(
        `<pattern id="${id}" width="${TILE}" height="${TILE}" patternUnits="userSpaceOnUse">`,
        `<path d="${path}" stroke="${escaped(line)}" stroke-width="1.2" opacity="${ALPHA[pattern]}"/></pattern>`,
      );
    }
    this.rects(rects, base);
    this.rects(rects, `url(#${id})`);
  }

  line(points: readonly number[], colour: string, options: LineOptions = {}): void {
    this.#add('polyline', {
      points: points.map(short).join(' '),
      fill: 'none',
      stroke: colour,
      'stroke-width': options.width ?? 1,
      'stroke-dasharray': options.dashed ? '5 4' : options.dotted ? '1 3' : 'none',
    });
  }

  steps(steps: readonly number[], colour: string, alpha = 1): void {
    const rects: number[] = [];
    for (let i = 0; i < steps.length; i += 4) {
      const [x0, x1, top, bottom] = steps.slice(i, i + 4);
      rects.push(x0, top, x1 - x0, bottom - top);
    }
    this.rects(rects, colour, alpha);
  }

  circle(x: number, y: number, radius: number, fill: string, stroke: string): void {
    this.#add('circle', { cx: x, cy: y, r: radius, fill, stroke, 'stroke-width': 2 });
  }

  text(text: string, x: number, y: number, { colour, bold, align, size }: TextStyle): void {
    const style = { 'font-size': size ?? 11, 'font-weight': bold ? 600 : 400 };
    const place = { x, y, dy: '.35em', 'text-anchor': ANCHORS[align ?? 'left'] };
    this.#add('text', { ...place, ...style, fill: colour }, text);
  }

  /** What is drawn at (x, y), which is its own (0, 0), and cut off at the edges. */
  inset(x: number, y: number, width: number, height: number, draw: () => void): void {
    this.#nested({ x, y, width, height, viewBox: `0 0 ${width} ${height}` }, draw);
  }

  clip(x: number, y: number, width: number, height: number, draw: () => void): void {
    if (width <= 0 || height <= 0) return;
    this.#nested({ x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` }, draw);
  }

  layer(_on: readonly unknown[], draw: () => void): void {
    draw();
  }

  /** The whole file. */
  file(width: number, height: number, title: string): string {
    const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${escaped(FAMILY)}" role="img">`;
    return `${head}<title>${escaped(title)}</title>${this.#parts.join('')}</svg>`;
  }

  #nested(attributes: Readonly<Record<string, string | number>>, draw: () => void): void {
    this.#parts.push(`<svg${attributesOf(attributes)}>`);
    draw();
    this.#parts.push('</svg>');
  }

  #add(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): void {
    this.#parts.push(`<${name}${attributesOf(attributes)}>${escaped(text)}</${name}>`);
  }
}

const attributesOf = (attributes: Readonly<Record<string, string | number>>): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? short(value) : escaped(value)}"`)
    .join('');
