/** What was moved by hand, said wherever answers depend on it, with the way back. */
import type { JSX } from 'preact';
import type { Session } from '../api/report';
import { formatDuration, plural } from '../base/format';
import { type Ns, ns } from '../base/units';
import type { Panel } from '../state/panel';

/** So many sessions are named in a condition. */
const NAMED = 2;

export const signed = (by: Ns): string => `${by > 0 ? '+' : ''}${formatDuration(by)}`;

export const movedText = (by: Ns): string => `moved by hand by ${signed(by)}`;

/** The sessions behind an id of the address: one, or those of a process. */
function nameOf(panel: Panel, id: string): string {
  const sessions = panel.report.value?.sessions ?? [];
  const inside = sessions.filter(({ process }) => process === id).map(({ label }) => label);
  return inside.length > 0 ? inside.join(' and ') : panel.labelOf(id);
}

/** "if one ran 89.8 ms earlier"; '' where the report on screen has nothing moved. */
export function conditionOf(panel: Panel): string {
  const moved = [...panel.byHand.applied.value];
  if (moved.length > NAMED) return `if ${plural(moved.length, 'session')} ran as moved by hand`;
  const parts = moved.map(([id, by]) => {
    const way = by < 0 ? 'earlier' : 'later';
    return `${nameOf(panel, id)} ran ${formatDuration(ns(Math.abs(by)))} ${way}`;
  });
  return parts.length === 0 ? '' : `if ${parts.join(' and ')}`;
}

/** Marks an answer that holds only as far as the user is right. */
export function Conditional({ panel }: { panel: Panel }): JSX.Element | null {
  const condition = conditionOf(panel);
  return condition === '' ? null : <span class="badge moved-by">{condition}</span>;
}

/** On the card of a session that was moved. */
export function MovedBy({ panel, session }: { panel: Panel; session: Session }): JSX.Element | null {
  const by = panel.byHand.movedBy(session);
  return by === null ? null : (
    <p>
      <span class="badge moved-by" title="From where the clock of its trace places it">
        {movedText(by)}
      </span>
    </p>
  );
}

/** All that was moved, above everything that depends on it. */
export function MovedBar({ panel }: { panel: Panel }): JSX.Element | null {
  const { byHand } = panel;
  const moved = [...byHand.shifts.value];
  if (moved.length === 0) return null;
  return (
    <div class="moved-bar" role="status">
      <ul>
        {moved.map(([id, by]) => (
          <li key={id}>
            <strong title={id}>{nameOf(panel, id)}</strong>{' '}
            {byHand.kept.value.has(id) ? `stays where its kernels place it (${signed(by)})` : movedText(by)}{' '}
            <button
              type="button"
              aria-label={`Reset the shift of ${nameOf(panel, id)}`}
              onClick={() => byHand.shift(id, null)}
            >
              reset
            </button>
          </li>
        ))}
        {moved.length > 1 && (
          <li>
            <button type="button" onClick={() => byHand.resetShifts()}>
              reset all
            </button>
          </li>
        )}
      </ul>
      <p>
        All figures on this page depend on it. Downloaded reports use the clocks of the traces unless “with
        the shift” is ticked.
      </p>
    </div>
  );
}

/** Whether downloads have the shift, too. */
export function WithShift({ panel }: { panel: Panel }): JSX.Element | null {
  const { byHand } = panel;
  return byHand.shifts.value.size === 0 ? null : (
    <label class="choice with-shift" title="Off: reports and the Perfetto trace use the clocks of the traces">
      <input
        type="checkbox"
        checked={byHand.isInReports.value}
        onChange={(event) => {
          byHand.isInReports.value = event.currentTarget.checked;
        }}
      />{' '}
      with the shift
    </label>
  );
}
