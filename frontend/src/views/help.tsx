/** Keys and gestures of the timeline. */

import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Panel } from '../state/panel';

const KEYS: readonly (readonly [string, string])[] = [
  ['W / S, ↑ / ↓', 'zoom in / out'],
  ['A / D, ← / →', 'pan left / right'],
  ['F', 'show the whole capture'],
  ['N / Shift+N', 'select the next / previous contended interval'],
  ['Wheel', 'zoom at the pointer, while the timeline has focus (Ctrl+wheel: always)'],
  ['Drag', 'pan'],
  ['Shift+drag', 'select a range: shows its length and limits the tables to it; Enter zooms to it'],
  ["Drag a session's ruler", 'shift the session in time'],
  ['Click', 'show details of an event; on the memory track, what holds memory at that instant'],
  ['[ / ]', 'select the previous / next event of the lane; the first time, one in the middle'],
  ['/', 'search; Enter and Shift+Enter go to the next and previous hit'],
  ['M', 'mark the instant under the pointer and write a note'],
  ['Alt+← / Alt+→', "the browser's Back and Forward: through groups, ranges and selections"],
  ['Esc', 'clear the range and the selection'],
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
      <p class="muted">
        Letters work anywhere in the panel but where you type; arrows and Enter work on the timeline.
      </p>
      <label class="choice">
        <input
          type="checkbox"
          checked={panel.hasLetters.value}
          onChange={(event) => {
            panel.hasLetters.value = event.currentTarget.checked;
          }}
        />{' '}
        use letter and symbol keys as shortcuts (arrows, Enter and Esc always work)
      </label>
      <button type="button" class="close" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
