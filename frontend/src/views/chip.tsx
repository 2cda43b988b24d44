/** The mark of a session: its colour and, so that colour is not all there is, its number. */
import type { JSX } from 'preact';
import { roundOf, sessionColour, type Theme, textOn } from '../base/palette';

export function Chip({ theme, index }: { theme: Theme; index: number }): JSX.Element {
  const colour = sessionColour(theme, index);
  return (
    <span
      class={roundOf(theme, index) > 0 ? 'chip again' : 'chip'}
      aria-hidden="true"
      style={{ background: colour, color: textOn(colour) }}
    >
      {index + 1}
    </span>
  );
}
