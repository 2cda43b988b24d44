/** Combined memory: stacked step areas in the sessions' colours, capacity as a dashed line, the combined peak marked. */
import { formatBytes } from '../base/format';
import { sessionColour } from '../base/palette';
import { bytes } from '../base/units';
import type { Piece } from '../model/cover';
import { memoryTicks, memoryTop, type Stack, stackOf } from '../model/memory';
import type { Scene } from '../model/scene';
import { toPx, type Viewport } from '../model/viewport';
import type { Renderer } from './renderer';

interface Plot {
  readonly top: number;
  readonly height: number;
  readonly scale: number;
}

const yOf = (plot: Plot, value: number): number => plot.top + plot.height - value * plot.scale;

interface Strip {
  readonly at: Float64Array;
  readonly bottom: Float64Array | null;
}

/** Steps of one layer of one tile, equal neighbours joined, clipped to the piece. */
function layer(
  stack: Stack,
  strip: Strip,
  piece: Piece,
  viewport: Viewport,
  plot: Plot,
  out: number[],
): void {
  const tile = piece.tile;
  if (tile === null) return;
  const bucket = (tile.end - tile.start) / 512;
  const from = Math.max(0, toPx(viewport, piece.clip.start));
  const to = Math.min(viewport.width, toPx(viewport, piece.clip.end));
  let run = 0;
  const close = (next: number): void => {
    const value = strip.at[run];
    const below = strip.bottom?.[run] ?? 0;
    const left = Math.max(from, toPx(viewport, tile.start + run * bucket));
    const right = Math.min(to, toPx(viewport, tile.start + next * bucket));
    if (right > left && value > below) out.push(left, right, yOf(plot, value), yOf(plot, below));
    run = next;
  };
  for (let i = 1; i < stack.n; i += 1) {
    const isSame = strip.at[i] === strip.at[run] && (strip.bottom?.[i] ?? 0) === (strip.bottom?.[run] ?? 0);
    if (!isSame) close(i);
  }
  if (stack.n > 0) close(stack.n);
}

function paintStack(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, cover, viewport, theme } = scene;
  const memory = layout.memory;
  if (memory === null) return;
  const layers = memory.sessions.map((): number[] => []);
  const envelope: number[] = [];
  for (const piece of cover.pieces) {
    if (piece.tile === null) continue;
    const stack = stackOf(piece.tile, memory.sessions, memory.peak_bytes);
    stack.tops.forEach((at, index) => {
      layer(
        stack,
        { at, bottom: index > 0 ? stack.tops[index - 1] : null },
        piece,
        viewport,
        plot,
        layers[index],
      );
    });
    const top = stack.tops.at(-1) ?? null;
    layer(stack, { at: stack.most, bottom: top }, piece, viewport, plot, envelope);
  }
  renderer.steps(envelope, theme.muted, 0.35);
  layers.forEach((steps, index) => {
    renderer.steps(steps, sessionColour(theme, memory.sessions[index]), 0.82);
  });
}

/** The marker's words stand left of it, right where there is no room; never over the capacity's label. */
function paintPeak(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, viewport, theme } = scene;
  const memory = layout.memory;
  if (memory === null) return;
  const x = toPx(viewport, memory.peak_at_ns);
  if (x < 0 || x > viewport.width) return;
  const y = yOf(plot, memory.peak_bytes);
  const headroom = memory.capacity_bytes === null ? null : bytes(memory.capacity_bytes - memory.peak_bytes);
  const words = [`peak ${formatBytes(memory.peak_bytes)}`];
  if (headroom !== null)
    words.push(
      headroom < 0 ? `over by ${formatBytes(bytes(-headroom))}` : `headroom ${formatBytes(headroom)}`,
    );
  const style = { colour: theme.text, bold: true, align: x > 220 ? 'right' : 'left' } as const;
  renderer.line([x, y, x, plot.top + plot.height], theme.text, { dashed: true });
  renderer.circle(x, y, 4, theme.background, theme.text);
  const text = words.join(' · ');
  const room = renderer.measure(text, style) + 12;
  const at = x > 220 ? x - 10 : x + 10;
  const left = x > 220 ? at - room + 6 : at - 6;
  renderer.pill(left, y - 17, room, 16, theme.background);
  renderer.text(text, at, y - 9, style);
}

function paintCapacity(renderer: Renderer, { viewport, theme }: Scene, text: string, y: number): void {
  const style = { colour: theme.muted, align: 'right' } as const;
  const room = renderer.measure(text, style) + 12;
  // Over an area that passes the capacity the words need a ground of their own.
  renderer.pill(viewport.width - room, y - 8, room, 16, theme.background);
  renderer.text(text, viewport.width - 6, y, style);
}

export function paintMemory(renderer: Renderer, scene: Scene): void {
  const { layout, rows, viewport, theme } = scene;
  if (layout.memory === null || rows.memory === null) return;
  const { top, height } = rows.memory;
  const { capacity_bytes: capacity, peak_bytes: peak } = layout.memory;
  const most = memoryTop(capacity, peak);
  const plot: Plot = { top, height, scale: height / most };
  for (const mark of memoryTicks(most)) {
    const y = Math.round(yOf(plot, mark)) + 0.5;
    renderer.line([0, y, viewport.width, y], theme.grid);
  }
  renderer.clip(0, top - 24, viewport.width, height + 26, () => {
    paintStack(renderer, scene, plot);
    if (capacity !== null) {
      const y = Math.round(yOf(plot, capacity)) + 0.5;
      renderer.line([0, y, viewport.width, y], theme.text, { dashed: true, width: 1.5 });
      paintCapacity(renderer, scene, `capacity ${formatBytes(capacity)}`, y - 9);
    }
    paintPeak(renderer, scene, plot);
  });
}
