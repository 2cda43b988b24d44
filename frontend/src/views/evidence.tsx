/** The link from an answer or a finding to its evidence. */
import type { JSX } from 'preact';
import type { EvidencePlace } from '../api/report';
import type { Panel } from '../state/panel';

/** Bring an element into view and to the keyboard, without a scroll that lasts. */
function reveal(selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) return;
  if (!found.hasAttribute('tabindex')) found.tabIndex = -1;
  found.scrollIntoView({ block: 'nearest' });
  found.focus({ preventScroll: true });
}

function go({ timeline, table }: Panel, { kind, near, name, at_ns: at }: EvidencePlace): void {
  if (kind === 'section') {
    reveal(`#${name}`);
    return;
  }
  if (kind === 'contended') timeline.jumping.showLongest(near);
  if (kind === 'memory') timeline.memoryCursor.showAt(at);
  if (kind === 'time' && at !== null) timeline.window.centreOn(at);
  if (kind !== 'contended') table.value = name ?? 'Memory';
  reveal(kind === 'table' || kind === 'memory' ? '.tables' : '.stage');
}

export function Evidence({
  panel,
  place,
  of,
}: {
  panel: Panel;
  place: EvidencePlace | null;
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
