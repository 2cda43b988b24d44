/** What painters may do. Canvas2D is one implementation, the recording one in `testing/` another; WebGL may follow. */
import type { Px } from '../base/units';

/** Rectangles as x, y, width, height one after the other. */
export type Rects = readonly number[];

export type Pattern = 'hatch' | 'cross' | 'unloaded' | 'reserve';

export interface LineOptions {
  readonly dashed?: boolean;
  readonly dotted?: boolean;
  readonly width?: number;
}

export interface TextStyle {
  readonly colour: string;
  readonly bold?: boolean;
  readonly align?: 'left' | 'right' | 'center';
  readonly size?: number;
}

export interface Renderer {
  clear(width: Px, height: Px, colour: string): void;
  /** Fill many rectangles in one colour; batches are what keeps a frame short. */
  rects(rects: Rects, colour: string, alpha?: number): void;
  outline(x: number, y: number, width: number, height: number, colour: string, radius?: number): void;
  pill(x: number, y: number, width: number, height: number, colour: string): void;
  pattern(rects: Rects, pattern: Pattern, base: string, line: string): void;
  line(points: readonly number[], colour: string, options?: LineOptions): void;
  /** Fill the area under a step line: x0, x1, yTop, yBottom for each step. */
  steps(steps: readonly number[], colour: string, alpha?: number): void;
  circle(x: number, y: number, radius: number, fill: string, stroke: string): void;
  text(text: string, x: number, y: number, style: TextStyle): void;
  measure(text: string, style: TextStyle): number;
  clip(x: number, y: number, width: number, height: number, draw: () => void): void;
  /** Draw what covers the whole and depends on nothing but `on`: while all of these are the same, it may be shown again undrawn. */
  layer(on: readonly unknown[], draw: () => void): void;
}
