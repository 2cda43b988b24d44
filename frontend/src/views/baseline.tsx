/** Which capture alone a session is measured against, above the choice of another one. */
import type { JSX } from 'preact';
import type { BaselineOffer } from '../api/report';
import { baselineText, refusals } from '../model/baselines';
import type { Panel } from '../state/panel';
import { Choices } from './apart';

interface Properties {
  readonly panel: Panel;
  /** Tells lists of one session apart. */
  readonly place: string;
  readonly session: string;
  readonly offers: readonly BaselineOffer[];
  readonly title?: string;
}

export function Baseline({ panel, place, session, offers, title = 'Baseline' }: Properties): JSX.Element {
  const { choosing, byHand, summary } = panel;
  const chosen = byHand.baselines.value.get(session);
  const isOpen = choosing.isOpen(place, session);
  return (
    <div class="baseline">
      <details open={isOpen} onToggle={(event) => choosing.toggle(place, session, event.currentTarget.open)}>
        <summary>
          {title}: {summary.value?.is_partial ? 'looked for' : baselineText(offers, chosen)}
        </summary>
        {isOpen && <Choices {...{ panel, session, offers }} />}
      </details>
      <div role="status">
        {refusals(offers).map((words) => (
          <p key={words} class="settle">
            {words}
          </p>
        ))}
      </div>
    </div>
  );
}
