/** Keys and gestures of the timeline. */

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Panel } from '../state/panel';

const KEYS: readonly (readonly [string, string])[] = [
  ['W / S, ↑ / ↓', 'zoom in / out'],
  ['A / D, ← / →', 'pan left / right'],
  ['F', 'show the whole capture'],
  ['N / Shift+N', 'next / previous contended interval'],
  ['Wheel', 'zoom at the pointer, while the timeline has focus (Ctrl+wheel: always)'],
  ['Drag', 'pan'],
  ['Shift+drag', 'zoom to a range'],
  ['Click', 'details of an event'],
  ['Esc', 'close, deselect'],
  ['?', 'this help'],
];

export function Help({ panel }: { panel: Panel }): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = panel.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = (): void => {
    panel.isHelpOpen.value = false;
  };
  return (
    <dialog ref={dialog} aria-label="Keys of the timeline" onClose={close}>
      <h2>Timeline keys</h2>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">Letters work only while the timeline has focus.</p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
