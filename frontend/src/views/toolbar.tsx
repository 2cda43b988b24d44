/** The window in numbers, the gestures as buttons, and the report as downloads. */
import type { JSX } from 'preact';
import { formatDuration } from '../base/format';
import { formatInstant } from '../base/ticks';
import { lengthOf, ns } from '../base/units';
import type { Panel } from '../state/panel';
import { LanesMenu } from './lanes_menu';
import { SearchBox } from './search_box';
import { TraceViewerMenu } from './trace_viewer';

function windowText(panel: Panel): string {
  const [viewport, extent] = [panel.timeline.viewport.value, panel.timeline.extent.value];
  if (viewport === null || extent === null) return '';
  const { view } = viewport;
  const precision = ns(lengthOf(view) / 1000);
  const [from, to] = [view.start, view.end].map((at) => formatInstant(at, extent.start, precision));
  return `${from} – ${to} · ${formatDuration(lengthOf(view))} of ${formatDuration(lengthOf(extent))}`;
}

/** The ranges that were zoomed to, one inside the other. */
function Crumbs({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const crumbs = timeline.crumbs.value;
  if (crumbs.length === 0) return null;
  return (
    <nav class="crumbs" aria-label="Chosen ranges">
      <button type="button" class="link" onClick={() => timeline.fit()}>
        whole capture
      </button>
      {crumbs.map((crumb, place) => (
        <span key={crumb.start}>
          {' › '}
          <button type="button" class="link" onClick={() => timeline.backTo(place)}>
            {formatDuration(lengthOf(crumb))}
          </button>
        </span>
      ))}
    </nav>
  );
}

/** The chosen range: measured, and a way into it. */
function Range({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const [range, extent] = [timeline.range.value, timeline.extent.value];
  if (range === null || extent === null) return null;
  const precision = ns(Math.max(1, lengthOf(range) / 1000));
  const [from, to] = [range.start, range.end].map((at) => formatInstant(at, extent.start, precision));
  return (
    <span class="range" role="group" aria-label="Chosen range">
      <strong>{formatDuration(lengthOf(range))}</strong>{' '}
      <span class="muted">
        {from} – {to}
      </span>
      <button type="button" title="Zoom to the range (Enter)" onClick={() => timeline.commitRange()}>
        zoom to it
      </button>
      <button
        type="button"
        aria-label="Forget the range"
        title="Forget the range (Esc)"
        onClick={() => {
          timeline.range.value = null;
        }}
      >
        ×
      </button>
    </span>
  );
}

const DOWNLOADS = ['html', 'json', 'markdown'] as const;

export function Toolbar({ panel }: { panel: Panel }): JSX.Element {
  const { timeline } = panel;
  const jump = (direction: 1 | -1): void => timeline.jump(direction);
  return (
    <div class="toolbar">
      <div class="where">
        <span id="window" class="muted">
          {windowText(panel)}
        </span>
        <Range panel={panel} />
        <Crumbs panel={panel} />
      </div>
      <SearchBox panel={panel} />
      <div class="buttons">
        <button type="button" onClick={() => jump(-1)} title="Previous contended interval (Shift+N)">
          ‹ contention
        </button>
        <button type="button" onClick={() => jump(1)} title="Next contended interval (N)">
          contention ›
        </button>
        <button type="button" onClick={() => timeline.zoom(0.5)} aria-label="Zoom in" title="Zoom in (W)">
          +
        </button>
        <button type="button" onClick={() => timeline.zoom(2)} aria-label="Zoom out" title="Zoom out (S)">
          −
        </button>
        <button type="button" onClick={() => timeline.fit()} title="Show everything (F)">
          fit
        </button>
        <LanesMenu panel={panel} />
        <TraceViewerMenu panel={panel} />
        <button
          type="button"
          aria-label="Keys"
          title="Keys (?)"
          onClick={() => {
            panel.isHelpOpen.value = true;
          }}
        >
          ?
        </button>
        <span class="muted">report</span>
        {DOWNLOADS.map((format) => (
          <a key={format} href={panel.source.reportUrl(format)} download>
            {format}
          </a>
        ))}
        {timeline.layout.value !== null && (
          <a
            href={panel.source.reportUrl('perfetto', timeline.layout.value.device)}
            download
            title="The aligned sessions of this device as a trace for ui.perfetto.dev"
          >
            perfetto
          </a>
        )}
      </div>
    </div>
  );
}
