/** The page on the datasets in the log directory: the server prints it, and its rows lead to groups here. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Panel } from '../state/panel';

const GROUP = /p\.tb_contention\.group=([\w-]+)/;
/** As it was left. */
const isOpen = signal(false);

export function FleetPage({ panel }: { panel: Panel }): JSX.Element {
  const lead = (event: MouseEvent): void => {
    const group = GROUP.exec((event.target as Element).closest('a')?.href ?? '')?.[1];
    // With a key held down, a link opens elsewhere.
    if (group === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    panel.chooseGroup(group);
  };
  return (
    <iframe
      title="Fleet"
      class="fleet-page"
      src={`api/fleet?theme=${panel.host.theme.value}`}
      onLoad={({ currentTarget }) => currentTarget.contentDocument?.addEventListener('click', lead)}
    />
  );
}

/** Beside captures it is opened on demand. */
export function Fleet({ panel }: { panel: Panel }): JSX.Element | null {
  if (!panel.summary.value?.datasets.length) return null;
  return (
    <details
      class="fleet"
      open={isOpen.value}
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary>Fleet: what sharing cost, by job, host, GPU and week</summary>
      {isOpen.value && <FleetPage panel={panel} />}
    </details>
  );
}
