/** What the driver saw, over the memory track: all that is taken as a line, and hanging from the capacity what others hold. */
import { formatBytes } from '../base/format';
import { bytes } from '../base/units';
import { type DriverLevels, levelPieces } from '../model/memory';
import type { Scene } from '../model/scene';
import type { Renderer } from './renderer';

export interface MemoryPlot {
  readonly top: number;
  readonly height: number;
  readonly scale: number;
}

const yOf = (plot: MemoryPlot, value: number): number =>
  Math.max(plot.top, plot.top + plot.height - value * plot.scale);

export function paintDriver(renderer: Renderer, scene: Scene, plot: MemoryPlot): void {
  const memory = scene.layout.memory;
  const driver = memory?.driver ?? null;
  if (memory === null || driver === null) return;
  if (driver.untraced !== null && memory.capacity_bytes !== null)
    paintUntraced(renderer, scene, plot, driver.untraced, memory.capacity_bytes);
  if (driver.used !== null) paintUsed(renderer, scene, plot, driver.used);
}

function paintUsed(renderer: Renderer, scene: Scene, plot: MemoryPlot, used: DriverLevels): void {
  const { theme, viewport } = scene;
  const pieces = levelPieces(used, viewport, scene.layout.window);
  let before: number | null = null;
  for (const { left, right, value } of pieces) {
    const y = yOf(plot, value);
    if (before !== null && before !== y) renderer.line([left, before, left, y], theme.text, { width: 1.5 });
    renderer.line([left, y, right, y], theme.text, { width: 1.5 });
    before = y;
  }
  const first = pieces[0];
  if (first === undefined) return;
  const text = `taken, as the driver saw: ${formatBytes(bytes(first.value))}`;
  const style = { colour: theme.text } as const;
  const at = Math.max(0, first.left);
  const y = yOf(plot, first.value);
  renderer.pill(at + 2, y - 18, renderer.measure(text, style) + 12, 16, theme.background);
  renderer.text(text, at + 8, y - 10, style);
}

function paintUntraced(
  renderer: Renderer,
  scene: Scene,
  plot: MemoryPlot,
  untraced: DriverLevels,
  capacity: number,
): void {
  const { theme, viewport } = scene;
  const bands: number[] = [];
  let most = 0;
  for (const { left, right, value } of levelPieces(untraced, viewport, scene.layout.window)) {
    if (value <= 0) continue;
    bands.push(left, right, yOf(plot, capacity), yOf(plot, capacity - value));
    most = Math.max(most, value);
  }
  if (bands.length === 0) return;
  renderer.steps(bands, theme.muted, 0.55);
  const text = `not captured: ${formatBytes(bytes(most))}`;
  const style = { colour: theme.text } as const;
  const at = bands[0] + 8;
  const y = yOf(plot, capacity) + 10;
  renderer.pill(at - 6, y - 8, renderer.measure(text, style) + 12, 16, theme.background);
  renderer.text(text, at, y, style);
}
