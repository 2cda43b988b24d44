/** The Renderer over CanvasRenderingContext2D. */
import type { Px } from '../base/units';
import type { LineOptions, Pattern, Rects, Renderer, TextStyle } from './renderer';

export const FAMILY = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const fontOf = (style: TextStyle): string => `${style.bold ? '600 ' : ''}${style.size ?? 11}px ${FAMILY}`;
const TILE = 8;
export const ALPHA: Readonly<Record<Pattern, number>> = {
  hatch: 0.9,
  cross: 0.9,
  unloaded: 0.35,
  reserve: 0.55,
};

export class Canvas2DRenderer implements Renderer {
  readonly #context: CanvasRenderingContext2D;
  readonly #patterns = new Map<string, CanvasPattern>();
  readonly #widths = new Map<string, number>();
  #font = '';
  /** What the layer drawn last depends on, and its picture once it was asked for again. */
  #layer: readonly unknown[] | null = null;
  #picture: HTMLCanvasElement | null = null;

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  /** Match the backing store to the element; true when it had to change. Assigning also clears all state. */
  resize(width: Px, height: Px, ratio: number): boolean {
    const canvas = this.#context.canvas;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    const changes = canvas.width !== w || canvas.height !== h;
    if (changes) {
      canvas.width = w;
      canvas.height = h;
      this.#font = '';
      this.#layer = null;
      this.#picture = null;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return changes;
  }

  clear(width: Px, height: Px, colour: string): void {
    this.#context.fillStyle = colour;
    this.#context.fillRect(0, 0, width, height);
  }

  rects(rects: Rects, colour: string, alpha = 1): void {
    const context = this.#context;
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    for (let i = 0; i < rects.length; i += 4) {
      context.fillRect(rects[i], rects[i + 1], rects[i + 2], rects[i + 3]);
    }
    context.globalAlpha = 1;
  }

  outline(x: number, y: number, width: number, height: number, colour: string, radius = 2): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + 0.5, y + 0.5, Math.max(1, width - 1), Math.max(1, height - 1), radius);
    context.stroke();
  }

  pill(x: number, y: number, width: number, height: number, colour: string): void {
    const context = this.#context;
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y, width, height, height / 2);
    context.fill();
  }

  pattern(rects: Rects, pattern: Pattern, base: string, line: string): void {
    this.rects(rects, base);
    this.#context.fillStyle = this.#patternOf(pattern, line);
    for (let i = 0; i < rects.length; i += 4) {
      this.#context.fillRect(rects[i], rects[i + 1], rects[i + 2], rects[i + 3]);
    }
  }

  line(points: readonly number[], colour: string, options: LineOptions = {}): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = options.width ?? 1;
    context.setLineDash(options.dashed ? [5, 4] : options.dotted ? [1, 3] : []);
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      if (i === 0) context.moveTo(points[i], points[i + 1]);
      else context.lineTo(points[i], points[i + 1]);
    }
    context.stroke();
    context.setLineDash([]);
  }

  steps(steps: readonly number[], colour: string, alpha = 1): void {
    const context = this.#context;
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    // One path: separate rectangles would show seams at fractional pixels.
    context.beginPath();
    for (let i = 0; i < steps.length; i += 4) {
      const [x0, x1, top, bottom] = [steps[i], steps[i + 1], steps[i + 2], steps[i + 3]];
      context.rect(x0, top, x1 - x0, bottom - top);
    }
    context.fill();
    context.globalAlpha = 1;
  }

  circle(x: number, y: number, radius: number, fill: string, stroke: string): void {
    const context = this.#context;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = stroke;
    context.lineWidth = 2;
    context.stroke();
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    this.#setFont(style);
    this.#context.fillStyle = style.colour;
    this.#context.textAlign = style.align ?? 'left';
    this.#context.textBaseline = 'middle';
    this.#context.fillText(text, x, y);
  }

  measure(text: string, style: TextStyle): number {
    const key = `${fontOf(style)}|${text}`;
    const known = this.#widths.get(key);
    if (known !== undefined) return known;
    this.#setFont(style);
    const width = this.#context.measureText(text).width;
    // Labels with times are endless when zooming: start over before the map grows large.
    if (this.#widths.size > 4000) this.#widths.clear();
    this.#widths.set(key, width);
    return width;
  }

  clip(x: number, y: number, width: number, height: number, draw: () => void): void {
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    draw();
    context.restore();
    this.#font = '';
  }

  /** A picture is taken when a layer is asked for again: while the window moves, none is, and that would take its time. */
  layer(on: readonly unknown[], draw: () => void): void {
    const last = this.#layer;
    const isSame =
      last !== null && last.length === on.length && on.every((each, i) => Object.is(each, last[i]));
    if (isSame && this.#picture !== null) {
      copy(this.#picture, this.#context);
      return;
    }
    draw();
    this.#layer = on;
    this.#picture = isSame ? pictureOf(this.#context.canvas) : null;
  }

  #setFont(style: TextStyle): void {
    const font = fontOf(style);
    if (font === this.#font) return;
    this.#context.font = font;
    this.#font = font;
  }

  /** The pattern is drawn at device resolution and scaled back, so that its lines stay sharp. */
  #patternOf(pattern: Pattern, line: string): CanvasPattern | string {
    const ratio = this.#context.getTransform().a || 1;
    const key = `${pattern}|${line}|${ratio}`;
    const known = this.#patterns.get(key);
    if (known !== undefined) return known;
    const size = Math.round(TILE * ratio);
    const tile = document.createElement('canvas');
    tile.width = size;
    tile.height = size;
    const context = tile.getContext('2d');
    if (context === null) return line;
    drawPattern(context, pattern, line, size, ratio);
    const made = this.#context.createPattern(tile, 'repeat');
    if (made === null) return line;
    made.setTransform(new DOMMatrix().scale(TILE / size));
    this.#patterns.set(key, made);
    return made;
  }
}

/** Pixel by pixel, whatever the scale. */
function copy(picture: HTMLCanvasElement, to: CanvasRenderingContext2D): void {
  to.save();
  to.resetTransform();
  to.drawImage(picture, 0, 0);
  to.restore();
}

function pictureOf(canvas: HTMLCanvasElement): HTMLCanvasElement | null {
  const picture = document.createElement('canvas');
  picture.width = canvas.width;
  picture.height = canvas.height;
  const context = picture.getContext('2d', { alpha: false });
  context?.drawImage(canvas, 0, 0);
  return context === null ? null : picture;
}

function drawPattern(
  context: CanvasRenderingContext2D,
  pattern: Pattern,
  line: string,
  size: number,
  ratio: number,
): void {
  context.strokeStyle = line;
  context.globalAlpha = ALPHA[pattern];
  context.lineWidth = 1.2 * ratio;
  context.beginPath();
  // One line and its two neighbours, so that the corners of the tile join.
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
    if (pattern === 'cross') {
      context.moveTo(shift - 1, -1);
      context.lineTo(shift + size + 1, size + 1);
    }
  }
  context.stroke();
}
