/**
 * Combined memory: stacked step areas in the sessions' colours, above them hatched up to their limits; capacity and safe line;
 * the combined peak, and a dot at the foot for each session's own. Without allocator events: what the driver counted, alone.
 */
import { formatBytes } from '../base/format';
import { sessionColour } from '../base/palette';
import { bytes, span } from '../base/units';
import type { Piece } from '../model/cover';
import {
  limitsOf,
  memoryTicks,
  peakMarks,
  reservesOf,
  type Stack,
  stackOf,
  sumOf,
  topOf,
} from '../model/memory';
import type { Scene } from '../model/scene';
import { toPx, type Viewport } from '../model/viewport';
import { type MemoryPlot, paintDriver } from './driver';
import type { Renderer } from './renderer';

type Plot = MemoryPlot;

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

/** Steps as rectangles, cut at the top of the plot: limits may lie far beyond it. */
function rectsOf(steps: readonly number[], plot: Plot): readonly number[] {
  const rects: number[] = [];
  for (let i = 0; i < steps.length; i += 4) {
    const [left, right, bottom] = [steps[i], steps[i + 1], steps[i + 3]];
    const top = Math.max(plot.top, steps[i + 2]);
    if (bottom > top) rects.push(left, top, right - left, bottom - top);
  }
  return rects;
}

/** Where not all sessions were recorded the stack is incomplete: a ground of its own marks it, since a gap would read as zero. */
function paintPartly(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, viewport, theme } = scene;
  if (layout.sessions.length < 2) return;
  const { window, extent } = layout;
  for (const part of [span(extent.start_ns, window.start_ns), span(window.end_ns, extent.end_ns)]) {
    const left = Math.max(0, toPx(viewport, part.start));
    const right = Math.min(viewport.width, toPx(viewport, part.end));
    if (right <= left) continue;
    renderer.pattern([left, plot.top, right - left, plot.height], 'unloaded', 'transparent', theme.outline);
    const style = { colour: theme.muted, align: 'center' } as const;
    const room = renderer.measure(PARTLY, style) + 12;
    if (room > right - left) continue;
    const foot = plot.top + plot.height;
    renderer.pill((left + right - room) / 2, foot - 24, room, 16, theme.background);
    renderer.text(PARTLY, (left + right) / 2, foot - 16, style);
  }
}

const PARTLY = 'not all sessions recorded';

function paintStack(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, cover, viewport, theme } = scene;
  const memory = layout.memory;
  if (memory === null) return;
  const layers = memory.sessions.map((): number[] => []);
  const reserves = memory.sessions.map((): number[] => []);
  const limits = limitsOf(memory, scene.caps ?? new Map());
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
    const above = reservesOf(piece.tile, memory.sessions, stack, limits);
    above.forEach((at, index) => {
      layer(
        stack,
        { at, bottom: index > 0 ? above[index - 1] : top },
        piece,
        viewport,
        plot,
        reserves[index],
      );
    });
  }
  reserves.forEach((steps, index) => {
    const colour = sessionColour(theme, memory.sessions[index]);
    renderer.pattern(rectsOf(steps, plot), 'reserve', 'transparent', colour);
  });
  renderer.steps(envelope, theme.muted, 0.35);
  layers.forEach((steps, index) => {
    renderer.steps(steps, sessionColour(theme, memory.sessions[index]), 0.82);
  });
}

/** The marker's words stand left of it, right where there is no room; never over the capacity's label. */
function paintPeak(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, viewport, theme } = scene;
  const memory = layout.memory;
  if (memory === null || memory.peak_at_ns === null) return;
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

/** A dot at the foot for each session's own peak, and a line at the instant whose holders are shown. */
function paintMarks(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, viewport, theme, instant } = scene;
  if (layout.memory === null) return;
  const foot = plot.top + plot.height;
  for (const mark of peakMarks(layout.memory)) {
    const x = toPx(viewport, mark.at);
    if (mark.session === null || x < 0 || x > viewport.width) continue;
    renderer.circle(x, foot - 5, 3.5, sessionColour(theme, mark.session), theme.background);
  }
  if (instant === null || instant === undefined) return;
  const x = Math.round(toPx(viewport, instant)) + 0.5;
  if (x >= 0 && x <= viewport.width) renderer.line([x, plot.top - 4, x, foot], theme.text, { width: 2 });
}

function paintSafe(renderer: Renderer, scene: Scene, plot: Plot): void {
  const { layout, viewport, theme } = scene;
  const safe = layout.memory?.safe_bytes ?? null;
  if (safe === null) return;
  const y = Math.round(yOf(plot, safe)) + 0.5;
  renderer.line([0, y, viewport.width, y], theme.text, { dotted: true });
  const text = `safe ${formatBytes(safe)}`;
  const style = { colour: theme.muted } as const;
  renderer.pill(0, y + 2, renderer.measure(text, style) + 12, 15, theme.background);
  renderer.text(text, 6, y + 10, style);
}

/** The axis ends where limits do not: a user may set them to anything. */
function paintBeyond(renderer: Renderer, { layout, theme, caps }: Scene, plot: Plot, most: number): void {
  const sum = layout.memory === null ? null : sumOf(limitsOf(layout.memory, caps ?? new Map()));
  if (sum === null || sum <= most) return;
  const text = `↑ limits up to ${formatBytes(sum)}`;
  const style = { colour: theme.muted } as const;
  renderer.pill(0, plot.top - 17, renderer.measure(text, style) + 12, 16, theme.background);
  renderer.text(text, 6, plot.top - 9, style);
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
  const { capacity_bytes: capacity } = layout.memory;
  const most = topOf(layout.memory);
  const plot: Plot = { top, height, scale: height / most };
  for (const mark of memoryTicks(most)) {
    const y = Math.round(yOf(plot, mark)) + 0.5;
    renderer.line([0, y, viewport.width, y], theme.grid);
  }
  renderer.clip(0, top - 24, viewport.width, height + 26, () => {
    paintStack(renderer, scene, plot);
    paintPartly(renderer, scene, plot);
    paintDriver(renderer, scene, plot);
    paintSafe(renderer, scene, plot);
    if (capacity !== null) {
      const y = Math.round(yOf(plot, capacity)) + 0.5;
      renderer.line([0, y, viewport.width, y], theme.text, { dashed: true, width: 1.5 });
      paintCapacity(renderer, scene, `capacity ${formatBytes(capacity)}`, y - 9);
    }
    paintBeyond(renderer, scene, plot, most);
    paintMarks(renderer, scene, plot);
    paintPeak(renderer, scene, plot);
  });
}
