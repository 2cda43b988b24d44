/** The link from an answer or a finding to what it rests on. */
import type { JSX } from 'preact';
import type { Place } from '../model/evidence';
import type { Panel } from '../state/panel';

/** Bring an element into view and to the keyboard, without a scroll that lasts. */
function reveal(selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) return;
  if (!found.hasAttribute('tabindex')) found.tabIndex = -1;
  found.scrollIntoView({ block: 'nearest' });
  found.focus({ preventScroll: true });
}

function go(panel: Panel, place: Place): void {
  const { timeline } = panel;
  switch (place.kind) {
    case 'contended':
      timeline.jumping.showLongest(place.near);
      reveal('.stage');
      break;
    case 'section':
      reveal(`#${place.id}`);
      break;
    case 'table':
      panel.table.value = place.name;
      reveal('.tables');
      break;
    case 'memory':
      panel.table.value = 'Memory';
      timeline.memoryCursor.showAt(place.at);
      reveal('.tables');
      break;
    case 'time':
      panel.table.value = place.table;
      timeline.window.centreOn(place.at);
      reveal('.stage');
      break;
  }
}

export function Evidence({
  panel,
  place,
  of,
}: {
  panel: Panel;
  place: Place | null;
  of: string;
}): JSX.Element | null {
  if (place === null) return null;
  return (
    <button
      type="button"
      class="link evidence-link"
      aria-label={`Show the evidence: ${of}`}
      title="Show the evidence"
      onClick={() => go(panel, place)}
    >
      ↗
    </button>
  );
}
