/** A button that shows a row's time. */
import type { JSX } from 'preact';
import { bringIntoSight } from './keys';

export function ShowButton({ onClick }: { onClick: () => void }): JSX.Element {
  return (
    <button
      type="button"
      onClick={() => {
        onClick();
        bringIntoSight();
      }}
    >
      show
    </button>
  );
}
