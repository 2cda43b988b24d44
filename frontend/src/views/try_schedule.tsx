/** A schedule of one's own: changes that apply together. What they bring is a row of the table below. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import { type Change, KINDS, wordOf } from '../model/changes';
import { amountOf, fieldOf, gpusOf, numberIn, OFFERED, subjectsOf, typed, wordsOf } from '../model/trying';
import type { Panel } from '../state/panel';
import { CopyButton } from './copy';
import { nameIn } from './session_name';

interface Properties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

interface ChangeProperties extends Properties {
  readonly change: Change;
  readonly set: (what: Partial<Change>) => void;
}

function Amount({ change, device, set }: ChangeProperties): JSX.Element | null {
  const amount = amountOf(change.kind, device);
  if (amount === null) return null;
  const { name, unit, least, most, step } = amount;
  const [value, field] = [numberIn(change.what, amount), fieldOf(change.what, amount)];
  return (
    <>
      <input
        type="range"
        aria-label={`${name}, slider`}
        {...{ min: least, max: most, step }}
        value={value ?? least}
        aria-valuetext={change.what}
        onInput={({ currentTarget }) => set({ what: typed(currentTarget.value, amount) })}
      />
      <label class="whole">
        <input
          class="amount"
          inputMode="decimal"
          aria-label={name}
          value={field}
          onInput={({ currentTarget }) => {
            const what = typed(currentTarget.value, amount);
            // What is being typed is perhaps no number yet.
            if (/\d/.test(what)) set({ what });
          }}
        />{' '}
        {(unit === '%' || field !== change.what) && unit}
      </label>
    </>
  );
}

function Who({ change, report, device, set }: ChangeProperties): JSX.Element {
  const ids = subjectsOf(change.kind, device);
  return (
    <select
      aria-label="Session"
      value={ids.find((id) => id === change.who || nameIn(report, id) === change.who) ?? ''}
      onChange={({ currentTarget }) => set({ who: nameIn(report, currentTarget.value) })}
    >
      {ids.map((id) => (
        <option key={id} value={id}>
          {nameIn(report, id)}
        </option>
      ))}
    </select>
  );
}

function Where({ change, report, device, set }: ChangeProperties): JSX.Element | null {
  const gpus = gpusOf(report, device);
  if (gpus.length === 0) return null;
  const chosen = gpus.find(({ id, label }) => change.what === id || label.startsWith(change.what));
  return (
    <select
      aria-label="GPU"
      value={change.what === '' ? '' : (chosen?.id ?? '')}
      onChange={({ currentTarget }) =>
        set({ what: gpus.find(({ id }) => id === currentTarget.value)?.label ?? '' })
      }
    >
      <option value="">an unused GPU</option>
      {gpus.map(({ id, label }) => (
        <option key={id} value={id}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** The next change of a kind: about the first session that has none; a way of sharing replaces the one before. */
function added(
  changes: readonly Change[],
  choice: string,
  { report, device }: Properties,
): readonly Change[] {
  const [kind, what] = OFFERED[Number(choice)];
  if (kind === 'policy') return [...changes.filter((each) => each.kind !== kind), { kind, who: '', what }];
  const taken = changes.filter((each) => each.kind === kind).map(({ who }) => who);
  const ids = subjectsOf(kind, device);
  const free = ids.find((id) => !taken.includes(id) && !taken.includes(nameIn(report, id))) ?? ids[0] ?? '';
  const amount = amountOf(kind, device);
  const usual = amount === null ? '' : typed(`${amount.usual}`, amount);
  return [...changes, { kind, who: nameIn(report, free), what: usual }];
}

const QUOTED = /[^\w@%+=:,./-]/;

/** The same question for a terminal. */
const commandOf = (logdir: string, changes: readonly Change[]): string =>
  ['tb-contention', 'whatif', logdir, ...changes.flatMap((change) => [`--${change.kind}`, wordOf(change)])]
    .map((word) => (QUOTED.test(word) ? `'${word.replaceAll("'", `'\\''`)}'` : word))
    .join(' ');

export function TrySchedule(properties: Properties): JSX.Element {
  const { panel, report, device } = properties;
  const { trying } = panel;
  const changes = trying.changes.value;
  const full = KINDS.filter(
    (kind) => changes.filter((each) => each.kind === kind).length >= subjectsOf(kind, device).length,
  );
  return (
    <div class="try">
      {changes.map((change, place) => {
        const own = {
          ...properties,
          change,
          set: (what: Partial<Change>) => trying.set(place, { ...change, ...what }),
        };
        return (
          <div key={place} class="change" role="group" aria-label={wordsOf(change)}>
            <span class="what">{wordsOf(change)}</span>
            {change.kind !== 'policy' && <Who {...own} />}
            {change.kind === 'move' && <Where {...own} />}
            <Amount {...own} />
            <button type="button" aria-label="Leave this change out" onClick={() => trying.set(place, null)}>
              ×
            </button>
          </div>
        );
      })}
      <label>
        {changes.length === 0 ? 'Try ' : 'and '}
        <select
          value=""
          onChange={({ currentTarget }) => {
            trying.changes.value = added(changes, currentTarget.value, properties);
            currentTarget.value = '';
          }}
        >
          <option value="">{changes.length === 0 ? 'a schedule of your own …' : 'another change …'}</option>
          {OFFERED.map(([kind, , words], index) => (
            <option key={words} value={index} disabled={kind !== 'policy' && full.includes(kind)}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {changes.length > 0 && (
        <>
          <button
            type="button"
            onClick={() => {
              trying.changes.value = [];
            }}
          >
            Close
          </button>
          <CopyButton text={() => commandOf(report.logdir, changes)} label="Copy as a command" />
        </>
      )}
      <span role="status" class="muted">
        {trying.error.value ?? (trying.isAsking.value ? 'Predicting …' : '')}
      </span>
    </div>
  );
}
