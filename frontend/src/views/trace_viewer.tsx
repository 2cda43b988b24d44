/** Links into xprof's trace viewer, where TensorBoard has it: one session of a window at a time. */
import type { JSX } from 'preact';
import type { Span } from '../base/units';
import { traceViewerUrl } from '../model/trace_viewer';
import type { Panel } from '../state/panel';

interface LinkProperties {
  readonly panel: Panel;
  readonly id: string;
  readonly view: Span;
  readonly children: string;
}

export function TraceViewerLink({ panel, id, view, children }: LinkProperties): JSX.Element | null {
  const place = panel.summary.value?.trace_viewer?.[id];
  if (place === undefined) return null;
  return (
    <a href={traceViewerUrl(place, view, document.baseURI)} target="_blank" rel="noopener">
      {children}
    </a>
  );
}

/** Each session of the device in what the timeline shows. */
export function TraceViewerMenu({ panel }: { panel: Panel }): JSX.Element | null {
  const places = panel.summary.value?.trace_viewer ?? {};
  const layout = panel.timeline.layout.value;
  const view = panel.timeline.window.range.value ?? panel.timeline.window.viewport.value?.view ?? null;
  const sessions = layout?.sessions.filter(({ id }) => places[id] !== undefined) ?? [];
  if (sessions.length === 0 || view === null) return null;
  return (
    <details class="menu">
      <summary title="Open this window in xprof's trace viewer">trace viewer</summary>
      <div>
        {sessions.map(({ id }) => (
          <TraceViewerLink key={id} {...{ panel, id, view }}>
            {panel.labelOf(id)}
          </TraceViewerLink>
        ))}
      </div>
    </details>
  );
}
