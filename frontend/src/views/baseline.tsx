/** Which capture alone a session is measured against, and the choice of another one or none. */
import type { JSX } from 'preact';
import type { DeviceSession } from '../api/report';
import type { Panel } from '../state/panel';

type Offer = DeviceSession['baselines'][number];

/** What stands for the server's own choice; no id is empty or a blank. */
const FOUND = ' ';

const optionText = ({ label, use }: Offer): string => (use === 'used' ? label : `${label} (${use})`);

export function Baseline({ panel, entry }: { panel: Panel; entry: DeviceSession }): JSX.Element | null {
  const { session, baselines: offers } = entry;
  const chosen = panel.byHand.baselines.value.get(session);
  if (offers.length === 0 && chosen === undefined) return null;
  const used = offers.filter(({ use }) => use === 'used').map(({ label }) => label);
  const found = chosen === undefined ? `found: ${used.join(', ') || 'none'}` : 'found by itself';
  const isListed = chosen === undefined || chosen === '' || offers.some((each) => each.session === chosen);
  return (
    <label class="baseline" title={offers.map(({ words }) => words).join('\n')}>
      Baseline{' '}
      <select
        value={chosen ?? FOUND}
        onChange={({ currentTarget: { value } }) =>
          panel.byHand.measureAgainst(session, value === FOUND ? null : value)
        }
      >
        <option value={FOUND}>{found}</option>
        {offers.map((offer) => (
          <option key={offer.session} value={offer.session}>
            {optionText(offer)}
          </option>
        ))}
        {!isListed && <option value={chosen}>{panel.labelOf(chosen ?? '')}</option>}
        <option value="">none</option>
      </select>
    </label>
  );
}
