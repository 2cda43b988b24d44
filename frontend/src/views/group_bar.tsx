/** Which group of captures is on screen, and the way to the others: the overview and a strip of the directory's time. */
import type { JSX } from 'preact';
import { plural } from '../base/format';
import type { Panel } from '../state/panel';
import { CopyButton } from './copy';
import { GroupStrip } from './group_strip';

function Notice({ panel }: { panel: Panel }): JSX.Element | null {
  const notice = panel.groups.notice.value;
  if (notice === null) return null;
  return (
    <div class="failure" role="status">
      <span>
        {notice === 'gone'
          ? 'The log directory no longer holds the group of captures in this address.'
          : 'The group in this address has changed: this is the group that holds its captures now.'}
      </span>
      <button type="button" onClick={() => panel.chooseGroup(null)}>
        Show what the directory holds
      </button>
    </div>
  );
}

export function CopyLink({ panel }: { panel: Panel }): JSX.Element {
  return (
    <CopyButton
      text={() => panel.link()}
      label="copy link"
      done="link copied"
      title="Copy a link that opens this view with all that is selected and set"
    />
  );
}

export function GroupBar({ panel }: { panel: Panel }): JSX.Element {
  const summary = panel.summary.value;
  const group = summary?.group ?? null;
  const count = summary?.groups ?? 0;
  return (
    <>
      <Notice panel={panel} />
      {count < 2 && group !== null && (
        <p class="group-title muted">
          {group.title} <CopyLink panel={panel} />
        </p>
      )}
      {count > 1 && (
        <nav class="group-bar" aria-label="Groups of captures">
          <button type="button" class="group-button" onClick={() => panel.chooseGroup(null)}>
            ‹ All {plural(count, 'group')}
          </button>
          {group !== null && (
            <span>
              <strong class="group-name">{group.title}</strong> <CopyLink panel={panel} />
            </span>
          )}
          <GroupStrip panel={panel} />
        </nav>
      )}
    </>
  );
}
