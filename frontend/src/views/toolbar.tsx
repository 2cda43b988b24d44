/** The window in numbers, the gestures as buttons, and the report as downloads. */
import type { JSX } from 'preact';
import { formatDuration } from '../base/format';
import { lengthOf, type Span } from '../base/units';
import { during } from '../state/activity';
import type { Panel } from '../state/panel';
import type { Timeline } from '../state/timeline';
import { loadPictures, PerfettoMenu, TraceViewerMenu } from './apart';
import { LanesMenu } from './lanes_menu';
import { MISSING } from './later';
import { WithShift } from './moved';
import { SearchBox } from './search_box';

const edgesOf = (timeline: Timeline, { start, end }: Span): string =>
  [start, end].map((at) => timeline.instantText(at, (end - start) / 1000)).join(' – ');

function windowText(panel: Panel): string {
  const { timeline } = panel;
  const [view, extent] = [timeline.window.viewport.value?.view, timeline.extent.value];
  if (view === undefined || extent === null) return '';
  return `${edgesOf(timeline, view)} · ${formatDuration(lengthOf(view))} of ${formatDuration(lengthOf(extent))}`;
}

/** The ranges that were zoomed to, one inside the other. */
function Crumbs({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const crumbs = timeline.window.crumbs.value;
  if (crumbs.length === 0) return null;
  return (
    <nav class="crumbs" aria-label="Ranges zoomed to">
      <button type="button" class="link" onClick={() => timeline.window.fit()}>
        whole capture
      </button>
      {crumbs.map((crumb, place) => (
        <span key={crumb.start}>
          {' › '}
          <button type="button" class="link" onClick={() => timeline.window.backTo(place)}>
            {formatDuration(lengthOf(crumb))}
          </button>
        </span>
      ))}
    </nav>
  );
}

/** The selected range: its length, and a button that zooms to it. */
function Range({ panel }: { panel: Panel }): JSX.Element | null {
  const { timeline } = panel;
  const range = timeline.window.range.value;
  if (range === null || timeline.layout.value === null) return null;
  return (
    <span class="range" role="group" aria-label="Selected range">
      <strong>{formatDuration(lengthOf(range))}</strong> <span class="muted">{edgesOf(timeline, range)}</span>
      <button type="button" title="Zoom to the range (Enter)" onClick={() => timeline.window.commitRange()}>
        zoom to range
      </button>
      <button
        type="button"
        aria-label="Clear the range"
        title="Clear the range (Esc)"
        onClick={() => {
          timeline.window.range.value = null;
        }}
      >
        ×
      </button>
    </span>
  );
}

const PICTURES = ['svg', 'png'] as const;
const DOWNLOADS = ['html', 'json', 'markdown'] as const;

/** What draws pictures as files is in a file of its own. */
async function save(panel: Panel, format: (typeof PICTURES)[number]): Promise<void> {
  const savePicture = await during(loadPictures()).catch(() => null);
  if (savePicture === null) panel.timeline.error.value = MISSING;
  else await savePicture(panel, format, windowText(panel));
}

export function Toolbar({ panel }: { panel: Panel }): JSX.Element {
  const { timeline } = panel;
  const isMoved = panel.byHand.isInReports.value;
  const jump = (direction: 1 | -1): void => timeline.jumping.jump(direction);
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
        <button
          type="button"
          onClick={() => timeline.window.zoom(0.5)}
          aria-label="Zoom in"
          title="Zoom in (W)"
        >
          +
        </button>
        <button
          type="button"
          onClick={() => timeline.window.zoom(2)}
          aria-label="Zoom out"
          title="Zoom out (S)"
        >
          −
        </button>
        <button type="button" onClick={() => timeline.window.fit()} title="Show everything (F)">
          fit
        </button>
        <LanesMenu panel={panel} />
        {panel.isPainted.value && <TraceViewerMenu panel={panel} />}
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
        <button
          type="button"
          title="Print all of this tab, not only what TensorBoard's page shows of it"
          onClick={() => print()}
        >
          print
        </button>
        <span class="muted">picture</span>
        {PICTURES.map((format) => (
          <button
            key={format}
            type="button"
            title={`Save what the timeline shows as ${format.toUpperCase()}`}
            onClick={() => void save(panel, format)}
          >
            {format}
          </button>
        ))}
        <span class="muted">report</span>
        <WithShift panel={panel} />
        {DOWNLOADS.map((format) => (
          <a
            key={format}
            href={panel.source.reportUrl(format, { isMoved, muted: panel.muted.value })}
            download
          >
            {format}
          </a>
        ))}
        {panel.isPainted.value && <PerfettoMenu panel={panel} />}
      </div>
    </div>
  );
}
