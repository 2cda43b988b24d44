/** Canvases in the document: what draws on them, and when their size or density changes. */
import { type Px, px } from '../base/units';
import { Canvas2DRenderer } from '../canvas/canvas2d';
import type { Scene } from '../model/scene';
import type { Panel } from '../state/panel';

export function rendererOf(canvas: HTMLCanvasElement): Canvas2DRenderer | null {
  const context = canvas.getContext('2d', { alpha: false });
  return context === null ? null : new Canvas2DRenderer(context);
}

/** Keep the state's width at the canvas's; a hidden tab has none, which is no width to draw at. */
export function watchWidth(
  canvas: HTMLCanvasElement,
  report: (width: Px) => void,
  signal: AbortSignal,
): void {
  const read = (): void => {
    const width = Math.floor(canvas.getBoundingClientRect().width);
    if (width > 0 && window.innerHeight > 0) report(px(width));
  };
  read();
  const observer = new ResizeObserver(read);
  observer.observe(canvas);
  signal.addEventListener('abort', () => observer.disconnect());
}

/** A move to a screen of another density changes nothing else: listen for it. */
export function watchDensity(redraw: () => void, signal: AbortSignal): void {
  const arm = (): void => {
    const query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const onChange = (): void => {
      redraw();
      arm();
    };
    query.addEventListener('change', onChange, { once: true, signal });
  };
  arm();
}

/** All that a frame shows; null until there is something. */
export function sceneOf({ timeline, theme, searching, shifting }: Panel): Scene | null {
  const scene = timeline.scene(theme.value);
  return scene && { ...scene, hits: searching.hits.value, shifting: shifting.move.value };
}
