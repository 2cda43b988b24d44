/** What to do first about the open device, for all sessions or for the one with a star; the next two behind it, the rest folded. */
import type { JSX } from 'preact';
import type { Action, Device, Recommendation, Report } from '../api/report';
import { plural } from '../base/format';
import type { Panel } from '../state/panel';
import { CopyButton } from './copy';
import { flowing } from './flowing';
import { Conditional } from './moved';

const NEXT = 2;

/** The recommendation for the session that matters most; that for all where there is none. */
const chosenFor = (device: Device, preferred: string | null): Recommendation | null =>
  device.advice?.for_each.find((each) => each.session === preferred) ?? device.advice?.recommendation ?? null;

function Parts({ action }: { action: Action }): JSX.Element {
  return (
    <dl class="action-parts">
      <dt>Setting</dt>
      <dd>{action.setting}</dd>
      <dt>What it brings</dt>
      <dd>{flowing(action.brings)}</dd>
      <dt>How sure</dt>
      <dd>{action.sure}</dd>
      <dt>Verify</dt>
      <dd>{flowing(action.verify)}</dd>
    </dl>
  );
}

function Behind({ action }: { action: Action }): JSX.Element {
  return (
    <li>
      <details>
        <summary>{action.title}</summary>
        <Parts action={action} />
      </details>
    </li>
  );
}

export function AdviceView({
  panel,
  report,
  device,
}: {
  panel: Panel;
  report: Report;
  device: Device;
}): JSX.Element | null {
  const found = chosenFor(device, panel.preferred.value);
  if (device.advice === null || found === null) return null;
  const ranked = found.actions
    .map((place) => device.advice?.actions[place])
    .filter((each) => each !== undefined);
  const first = found.standing === 'act' ? ranked[0] : undefined;
  const rest = first === undefined ? ranked : ranked.slice(1);
  const more = rest.slice(NEXT);
  const whom = report.sessions.find((each) => each.id === found.session)?.label;
  return (
    <section class={`recommendation ${found.standing}`} aria-labelledby="advice">
      <p class="muted">
        What to do first{whom === undefined ? '' : ` for ${whom}`} <Conditional panel={panel} />
      </p>
      <h2 id="advice">{flowing(found.headline)}</h2>
      <p>{flowing(found.why)}</p>
      {found.command !== '' && (
        <p>
          <code>{found.command}</code> <CopyButton text={() => found.command} label="Copy" />
        </p>
      )}
      {first !== undefined && <Parts action={first} />}
      {rest.length > 0 && (
        <ol class="next" start={first === undefined ? 1 : 2}>
          {rest.slice(0, NEXT).map((action) => (
            <Behind key={action.kind + action.title} action={action} />
          ))}
        </ol>
      )}
      {more.length > 0 && (
        <details>
          <summary>{plural(more.length, 'other action')}</summary>
          <ul class="next">
            {more.map((action) => (
              <Behind key={action.kind + action.title} action={action} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** Choose the session that matters most; the star is pressed again to take that back. */
export function Star({ panel, id, label }: { panel: Panel; id: string; label: string }): JSX.Element {
  const isPreferred = panel.preferred.value === id;
  const title = isPreferred ? 'All sessions matter equally again' : `${label} matters most: advise for it`;
  return (
    <button
      type="button"
      class="star"
      aria-pressed={isPreferred}
      aria-label={`${label} matters most`}
      title={title}
      onClick={() => {
        panel.preferred.value = isPreferred ? null : id;
      }}
    >
      {isPreferred ? '★' : '☆'}
    </button>
  );
}
