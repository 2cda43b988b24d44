/** A Renderer that writes down what it was told, so that painters are tested without pixels. */
import type { Px } from '../base/units';
import type { Pattern, Rects, Renderer, TextStyle } from '../canvas/renderer';

export interface Call {
  readonly kind: string;
  readonly colour?: string;
  readonly numbers?: readonly number[];
  readonly text?: string;
  readonly alpha?: number;
}

export class RecordingRenderer implements Renderer {
  readonly calls: Call[] = [];
  /** What each layer depends on. */
  readonly layers: (readonly unknown[])[] = [];

  clear(width: Px, height: Px, colour: string): void {
    this.calls.push({ kind: 'clear', colour, numbers: [width, height] });
  }
  rects(rects: Rects, colour: string, alpha = 1): void {
    if (rects.length > 0) this.calls.push({ kind: 'rects', colour, numbers: [...rects], alpha });
  }
  outline(x: number, y: number, width: number, height: number, colour: string): void {
    this.calls.push({ kind: 'outline', colour, numbers: [x, y, width, height] });
  }
  pill(x: number, y: number, width: number, height: number, colour: string): void {
    this.calls.push({ kind: 'pill', colour, numbers: [x, y, width, height] });
  }
  pattern(rects: Rects, pattern: Pattern): void {
    if (rects.length > 0) this.calls.push({ kind: pattern, numbers: [...rects] });
  }
  line(points: readonly number[], colour: string): void {
    this.calls.push({ kind: 'line', colour, numbers: [...points] });
  }
  steps(steps: readonly number[], colour: string): void {
    if (steps.length > 0) this.calls.push({ kind: 'steps', colour, numbers: [...steps] });
  }
  circle(x: number, y: number, _radius: number, fill: string): void {
    this.calls.push({ kind: 'circle', colour: fill, numbers: [x, y] });
  }
  text(text: string, x: number, y: number): void {
    this.calls.push({ kind: 'text', text, numbers: [x, y] });
  }
  /** Every letter is six pixels wide. */
  measure(text: string, _style: TextStyle): number {
    return 6 * text.length;
  }
  clip(_x: number, _y: number, _width: number, _height: number, draw: () => void): void {
    draw();
  }
  layer(on: readonly unknown[], draw: () => void): void {
    this.layers.push(on);
    draw();
  }

  of(kind: string): readonly Call[] {
    return this.calls.filter((call) => call.kind === kind);
  }
  get texts(): readonly string[] {
    return this.of('text').map((call) => call.text ?? '');
  }
}
