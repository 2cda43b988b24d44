/** Corrections by the user: the shift of a session's clock, and which GPU an ordinal is. */
import type { JSX } from 'preact';
import type { Session } from '../api/report';
import { ns } from '../base/units';
import type { Panel } from '../state/panel';

const NS_PER_MS = 1e6;

/** Milliseconds as typed -> whole nanoseconds; null when it is no number. */
export function parseShift(text: string): number | null {
  const trimmed = text.trim().replace(',', '.');
  if (trimmed === '') return 0;
  const value = Number(trimmed) * NS_PER_MS;
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? Math.round(value) : null;
}

/** "0=bus 17" or "bus 17" (ordinal 0) -> ordinal and name. */
export function parseGpu(text: string): { readonly ordinal: number; readonly name: string } {
  const match = /^\s*(\d+)\s*=\s*(.*)$/.exec(text);
  return match === null
    ? { ordinal: 0, name: text.trim() }
    : { ordinal: Number(match[1]), name: match[2].trim() };
}

function applyGpu(panel: Panel, session: Session, text: string): void {
  const { ordinal, name } = parseGpu(text);
  const before = parseGpu(panel.byHand.gpuText(session));
  if (before.name !== '' && (name === '' || before.ordinal !== ordinal)) {
    panel.byHand.nameGpu(session.id, before.ordinal, '');
  }
  if (name !== '') panel.byHand.nameGpu(session.id, ordinal, name);
}

export function ByHand({ panel, session }: { panel: Panel; session: Session }): JSX.Element {
  const shift = panel.byHand.shifts.value.get(session.id);
  const apply = (input: HTMLInputElement): void => {
    const by = parseShift(input.value);
    input.setCustomValidity(by === null ? 'Enter a number of milliseconds, such as -9.5' : '');
    if (by === null) input.reportValidity();
    else if (by !== (shift ?? 0)) panel.byHand.shift(session.id, ns(by));
  };
  const gpu = panel.byHand.gpuText(session);
  return (
    <div class="fields">
      <label>
        Shift (ms)
        <input
          inputMode="decimal"
          placeholder="0"
          value={shift === undefined ? '' : `${shift / NS_PER_MS}`}
          onChange={(event) => apply(event.currentTarget)}
        />
      </label>
      <label title="ORDINAL=NAME, such as 0=rack 3 slot 1; sessions with the same name count as one physical GPU">
        GPU
        <input
          placeholder="0=name"
          value={gpu}
          onChange={(event) => applyGpu(panel, session, event.currentTarget.value)}
        />
      </label>
    </div>
  );
}
