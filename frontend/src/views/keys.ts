/** Keys of the panel: letters work wherever its focus is, unless that is where text is typed. */
import type { Panel } from '../state/panel';
import { onKey } from './gestures';

/** What takes letters for itself. */
const TYPING = 'input, textarea, select, dialog, [contenteditable]';

/** Scroll the timeline into sight where less than half of the screen shows it. */
export function bringIntoSight(): void {
  const timeline = document.querySelector('.timeline');
  const stage = document.querySelector('.stage');
  if (timeline === null || stage === null) return;
  const { top, bottom } = stage.getBoundingClientRect();
  const shown = Math.min(bottom, window.innerHeight) - Math.max(top, 0);
  if (shown < Math.min(bottom - top, window.innerHeight / 2)) timeline.scrollIntoView({ block: 'start' });
}

function act(panel: Panel, event: KeyboardEvent): boolean {
  const isSymbol = event.key === '?' || event.key === '/';
  if (!isSymbol || event.ctrlKey || event.altKey || event.metaKey)
    return onKey(panel.timeline, event, panel.hasLetters.value);
  if (!panel.hasLetters.value) return false;
  if (event.key === '?') panel.isHelpOpen.value = true;
  else document.querySelector<HTMLElement>('#find')?.focus();
  event.preventDefault();
  return event.key === '/';
}

/** Arrows and Enter belong to whatever has focus; they are the timeline's only on the timeline. */
export function listenForKeys(panel: Panel, stage: HTMLElement, off: AbortSignal): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target instanceof Element ? event.target : null;
    if (event.defaultPrevented || target?.closest(TYPING)) return;
    const isStage = target === stage;
    if (!isStage && event.key.length > 1 && event.key !== 'Escape') return;
    if (act(panel, event) && event.key !== 'Escape') bringIntoSight();
  };
  document.addEventListener('keydown', onKeyDown, { signal: off });
}
