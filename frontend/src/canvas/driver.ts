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
  const others =
    driver.untraced === null || memory.capacity_bytes === null
      ? 0
      : paintUntraced(renderer, scene, plot, driver.untraced, memory.capacity_bytes);
  if (driver.used !== null) paintUsed(renderer, scene, plot, driver.used, others);
}

function paintUsed(
  renderer: Renderer,
  scene: Scene,
  plot: MemoryPlot,
  used: DriverLevels,
  others: number,
): void {
  const { theme, viewport } = scene;
  const pieces = levelPieces(used, viewport, scene.layout.window);
  let before: number | null = null;
  for (const { left, right, value } of pieces) {
    const y = yOf(plot, value);
    if (before !== null && before !== y) renderer.line([left, before, left, y], theme.text, { width: 1.5 });
    renderer.line([left, y, right, y], theme.text, { width: 1.5 });
    before = y;
  }
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return;
  const most = Math.max(...pieces.map(({ value }) => value));
  const words = [`driver: ${formatBytes(bytes(most))} allocated`];
  if (others > 0) words.push(`${formatBytes(bytes(others))} not captured`);
  const text = words.join(', ');
  const style = { colour: theme.text, align: 'right' } as const;
  const room = renderer.measure(text, style) + 12;
  if (room > last.right - first.left) return;
  const y = yOf(plot, last.value) + 13;
  renderer.pill(last.right - room - 2, y - 8, room, 16, theme.background);
  renderer.text(text, last.right - 8, y, style);
}

/** Hangs from the capacity, since it is not there for the sessions; returns the most of it that is in sight. */
function paintUntraced(
  renderer: Renderer,
  scene: Scene,
  plot: MemoryPlot,
  untraced: DriverLevels,
  capacity: number,
): number {
  const { theme, viewport } = scene;
  const bands: number[] = [];
  let most = 0;
  for (const { left, right, value } of levelPieces(untraced, viewport, scene.layout.window)) {
    if (value <= 0) continue;
    bands.push(left, right, yOf(plot, capacity), yOf(plot, capacity - value));
    most = Math.max(most, value);
  }
  if (bands.length > 0) renderer.steps(bands, theme.muted, 0.55);
  return most;
}
