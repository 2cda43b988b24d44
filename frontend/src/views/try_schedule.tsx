/** A schedule of one's own: which, whose, by how much. What it brings is a row of the table below. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import { formatBytes } from '../base/format';
import { bytes } from '../base/units';
import { limitsOf } from '../model/memory';
import { isOfOne, memoryHolders, TRIED, TRIED_WORDS, type TriedSchedule, valuesOf } from '../model/trying';
import type { Panel } from '../state/panel';
import { nameIn } from './session_name';

const GIB = 2 ** 30;

interface Properties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
}

function Amount({ panel, device }: Properties): JSX.Element | null {
  const { schedule, value, amount } = panel.trying;
  const allowed = schedule.value === null ? null : valuesOf(schedule.value, device);
  if (allowed === null || amount.value === null) return null;
  const { least, most, step, unit, suffix } = allowed;
  const set = (text: string, scale: number): void => {
    const next = Math.round(Number(text.replace(',', '.')) * scale);
    if (text.trim() !== '' && Number.isFinite(next)) value.value = Math.min(Math.max(next, least), most);
  };
  const name = schedule.value === 'sm_cap' ? 'Share of the multiprocessors' : 'Later by';
  return (
    <>
      <input
        type="range"
        aria-label={`${name}, slider`}
        {...{ min: least, max: most, step }}
        value={amount.value}
        aria-valuetext={`${amount.value / unit} ${suffix}`}
        onInput={(event) => set(event.currentTarget.value, 1)}
      />
      <label class="whole">
        <input
          class="amount"
          inputMode="decimal"
          aria-label={name}
          value={`${amount.value / unit}`}
          onChange={(event) => set(event.currentTarget.value, unit)}
        />{' '}
        {suffix}
      </label>
    </>
  );
}

function Limits({ panel, report, device }: Properties): JSX.Element {
  const layout = panel.timeline.layout.value;
  const holders = memoryHolders(layout, device);
  if (holders === null || layout?.memory == null)
    return <span class="muted">No allocator was recorded on this device.</span>;
  const recorded = limitsOf(layout.memory, new Map());
  return (
    <>
      {holders.map((session, place) => {
        const id = layout.sessions[session].id;
        const limit = panel.trying.limits.value.get(session) ?? null;
        const now = recorded[place];
        return (
          <label key={id} class="whole" title={`Recorded limit ${formatBytes(now)}`}>
            {nameIn(report, id)}{' '}
            <input
              class="amount"
              inputMode="decimal"
              value={limit === null ? '' : `${Number((limit / GIB).toFixed(3))}`}
              onChange={({ currentTarget }) => {
                const size = Math.round(Number(currentTarget.value.replace(',', '.')) * GIB);
                const isGiven = currentTarget.value.trim() !== '' && Number.isSafeInteger(size) && size >= 0;
                panel.trying.limit(session, isGiven ? bytes(size) : null);
              }}
            />{' '}
            GiB
          </label>
        );
      })}
      <span class="muted">
        {panel.trying.limits.value.size > 0
          ? 'Empty fields keep the recorded limit.'
          : 'Type limits of your own.'}
      </span>
    </>
  );
}

export function TrySchedule(properties: Properties): JSX.Element {
  const { panel, report, device } = properties;
  const { trying } = panel;
  const schedule = trying.schedule.value;
  return (
    <div class="try">
      <label>
        Try{' '}
        <select
          value={schedule ?? ''}
          onChange={(event) => trying.choose((event.currentTarget.value || null) as TriedSchedule | null)}
        >
          <option value="">a schedule of your own …</option>
          {TRIED.map((each) => (
            <option key={each} value={each}>
              {TRIED_WORDS[each]}
            </option>
          ))}
        </select>
      </label>
      {schedule !== null && isOfOne(schedule) && (
        <select
          aria-label="Session"
          value={trying.subject.value ?? ''}
          onChange={(event) => {
            trying.session.value = event.currentTarget.value;
          }}
        >
          {device.sessions.map((id) => (
            <option key={id} value={id}>
              {nameIn(report, id)}
            </option>
          ))}
        </select>
      )}
      <Amount {...properties} />
      {schedule === 'memory_limits' && <Limits {...properties} />}
      {schedule !== null && (
        <button type="button" onClick={() => trying.choose(null)}>
          Close
        </button>
      )}
      <span role="status" class="muted">
        {trying.error.value ?? (trying.isAsking.value ? 'Predicting …' : '')}
      </span>
    </div>
  );
}
