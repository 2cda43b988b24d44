/** Text that fits its box, or none. */
import type { Renderer, TextStyle } from './renderer';

const ELLIPSIS = '…';

/** Kernel names are long and repeat at the front: keep the head, cut the tail. Null when not even a few letters fit. */
export function crop(renderer: Renderer, text: string, room: number, style: TextStyle): string | null {
  if (room < 18 || text === '') return null;
  const glyph = renderer.measure('abcdefgh', style) / 8;
  // Names can be kilobytes: never measure more than could fit.
  const head = text.length * glyph > 4 * room ? text.slice(0, Math.ceil((4 * room) / glyph)) : text;
  if (head.length === text.length && renderer.measure(text, style) <= room) return text;
  let fits = Math.min(head.length, Math.floor(room / glyph));
  while (fits > 2 && renderer.measure(head.slice(0, fits) + ELLIPSIS, style) > room) fits -= 1;
  return fits > 2 ? head.slice(0, fits) + ELLIPSIS : null;
}
