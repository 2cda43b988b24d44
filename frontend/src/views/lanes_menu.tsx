/** Which lanes are shown, in which order: a menu of all sessions and their lanes. */
import type { JSX } from 'preact';
import { orderOf } from '../model/arrangement';
import type { TimelineLane, TimelineLayout } from '../model/timeline';
import type { Panel } from '../state/panel';
import { Chip } from './chip';

function LaneChoice({ panel, lane }: { panel: Panel; lane: TimelineLane }): JSX.Element {
  const { timeline } = panel;
  const { hiddenLanes, pinned } = timeline.lanes.arranged.value;
  return (
    <li>
      <label class="choice">
        <input
          type="checkbox"
          checked={!hiddenLanes.has(lane.lane)}
          onChange={() => timeline.lanes.arrange('hiddenLanes', lane.lane)}
        />{' '}
        {lane.label}
      </label>
      <button
        type="button"
        aria-pressed={pinned.includes(lane.lane)}
        aria-label={`Pin ${lane.label}`}
        onClick={() => timeline.lanes.pin(lane.lane)}
      >
        pin
      </button>
    </li>
  );
}

function SessionChoice({
  panel,
  layout,
  session,
}: {
  panel: Panel;
  layout: TimelineLayout;
  session: number;
}): JSX.Element {
  const { timeline } = panel;
  const { hidden, launches } = timeline.lanes.arranged.value;
  const name = timeline.nameOf(session);
  const own = layout.lanes.filter((lane) => lane.session === session);
  const hasCalls = own.some((lane) => lane.kind === 'launch');
  const lanes = own.filter((lane) => lane.kind !== 'launch' || launches.has(session));
  return (
    <fieldset>
      <legend>
        <label class="choice">
          <input
            type="checkbox"
            checked={!hidden.has(session)}
            onChange={() => timeline.lanes.arrange('hidden', session)}
          />{' '}
          <Chip theme={panel.theme.value} index={session} /> {name}
        </label>
        {layout.sessions.length > 1 && (
          <>
            <button
              type="button"
              aria-label={`Move ${name} up`}
              onClick={() => timeline.lanes.moveSession(session, -1)}
            >
              ↑
            </button>
            <button
              type="button"
              aria-label={`Move ${name} down`}
              onClick={() => timeline.lanes.moveSession(session, 1)}
            >
              ↓
            </button>
          </>
        )}
      </legend>
      {hasCalls && (
        <label class="choice">
          <input
            type="checkbox"
            checked={launches.has(session)}
            onChange={() => timeline.lanes.arrange('launches', session)}
          />{' '}
          kernel launch calls
        </label>
      )}
      <ul>
        {lanes.map((lane) => (
          <LaneChoice key={lane.lane} panel={panel} lane={lane} />
        ))}
      </ul>
    </fieldset>
  );
}

export function LanesMenu({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const layout = timeline.layout.value;
  if (layout === null) return null;
  const arranged = timeline.lanes.arranged.value;
  const left = arranged.hidden.size + arranged.hiddenLanes.size;
  return (
    <details class="menu lanes-menu">
      <summary>Lanes{left > 0 && ` (${left} hidden)`}</summary>
      <div>
        {orderOf(layout.sessions.length, arranged).map((session) => (
          <SessionChoice key={session} {...{ panel, layout, session }} />
        ))}
        <button
          type="button"
          onClick={() => {
            timeline.lanes.reset();
          }}
        >
          reset
        </button>
      </div>
    </details>
  );
}
