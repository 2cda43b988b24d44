/** The captures that a session can be measured against, or none, with why each may serve or not. */
import type { JSX } from 'preact';
import type { BaselineOffer } from '../api/report';
import { plural } from '../base/format';
import { baselineParts, type Row } from '../model/baseline_parts';
import type { Panel } from '../state/panel';

/** Captures from which on they are looked for by name. */
const MANY = 8;

const OWN: readonly Row[] = [
  {
    id: null,
    label: 'automatic',
    why: 'the capture that the manifest or the kernels show to be the same work',
  },
  { id: '', label: 'none', why: 'no capture alone; the slowdown is estimated where it can be' },
];

interface ChoicesProperties {
  readonly panel: Panel;
  readonly session: string;
  readonly offers: readonly BaselineOffer[];
}

export function Choices({ panel, session, offers }: ChoicesProperties): JSX.Element {
  const { found, part, error } = panel.choosing;
  const chosen = panel.byHand.baselines.value.get(session) ?? null;
  const parts = baselineParts(part.value === '' ? offers : [], found.value);
  const isMany = part.value !== '' || (found.value?.choices.length ?? 0) > MANY;
  const row = ({ id, label, why }: Row): JSX.Element => (
    <li key={id}>
      <button
        type="button"
        title={id ?? ''}
        aria-pressed={id === chosen}
        onClick={() => panel.byHand.measureAgainst(session, id)}
      >
        {label} <small class="muted">{why}</small>
      </button>
    </li>
  );
  return (
    <div class="choices">
      {isMany && (
        <input
          type="search"
          aria-label="Part of a capture's name"
          placeholder="part of a name"
          maxLength={1000}
          value={part.value}
          onInput={(event) => {
            part.value = event.currentTarget.value;
          }}
        />
      )}
      <ul>{OWN.map(row)}</ul>
      {parts.map(({ title, rows }) => (
        <>
          <p class="muted">{title}</p>
          <ul aria-label={title}>{rows.map(row)}</ul>
        </>
      ))}
      {found.value === null && error.value === null && <p class="muted">Looking for captures</p>}
      {found.value !== null && parts.length === 0 && <p class="muted">No other capture</p>}
      {found.value !== null && found.value.left_out > 0 && (
        <p class="muted">{plural(found.value.left_out, 'more capture')}: type a part of the name</p>
      )}
      {error.value !== null && <p class="failure">{error.value}</p>}
    </div>
  );
}
