/** What the tab shows in each state of the server. */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { Panel } from '../state/panel';
import { AdviceView } from './advice';
import { Below, Empty, Help, Hints } from './apart';
import { Cards } from './cards';
import { Findings } from './findings';
import { GroupBar } from './group_bar';
import { Header } from './header';
import { MovedBar } from './moved';
import { Overview } from './overview';
import { Part } from './part';
import { Problems } from './problems';
import { TimelineView } from './timeline';

function Progress({ panel }: { panel: Panel }): JSX.Element | null {
  const summary = panel.summary.value;
  const isUnderway = summary === null || summary.state === 'scanning' || summary.state === 'working';
  const isRefused = panel.error.value !== null || panel.groups.notice.value === 'gone';
  if (!isUnderway || isRefused) return null;
  const value = summary?.progress ?? null;
  return (
    <div class="progress" role="status">
      <span>{summary?.message || 'Looking for captures'}</span>
      {value === null ? <progress /> : <progress value={value} max={1} />}
    </div>
  );
}

function Failure({ title, text, panel }: { title: string; text: string; panel: Panel }): JSX.Element {
  return (
    <div class="failure" role="alert">
      <strong>{title}</strong>
      <span>{text}</span>
      <button type="button" onClick={() => void panel.refresh()}>
        Try again
      </button>
    </div>
  );
}

function Ready({ panel }: { panel: Panel }): JSX.Element | null {
  const [summary, report, device] = [panel.summary.value, panel.report.value, panel.device.value];
  if (summary === null || report === null) return null;
  if (device === null) {
    return (
      <>
        {summary.group === null ? (
          <Empty {...{ panel, summary }} />
        ) : (
          <h1 id="verdict">These captures hold no work on a GPU or a processor</h1>
        )}
        <Problems report={report} />
      </>
    );
  }
  // What may make the figures wrong stands above them; notes stand with the tables.
  const isIncomplete = report.problems.some(({ severity }) => severity !== 'info');
  return (
    <>
      <MovedBar panel={panel} />
      <Part of={report}>
        <Header panel={panel} report={report} device={device} />
      </Part>
      {isIncomplete && <Problems report={report} />}
      <Part of={report}>
        <AdviceView panel={panel} report={report} device={device} />
      </Part>
      <Part of={report}>
        <Cards panel={panel} report={report} device={device} />
      </Part>
      <Part of={report}>
        <Findings panel={panel} findings={report.findings} device={device} />
      </Part>
      <Part of={report}>
        <TimelineView panel={panel} />
      </Part>
      {panel.isPainted.value && (
        <Part of={report}>
          <Below {...{ panel, report, device }} logdir={summary.logdir} hasProblems={!isIncomplete} />
        </Part>
      )}
    </>
  );
}

export function App({ panel }: { panel: Panel }): JSX.Element {
  useSignalEffect(() => {
    document.documentElement.dataset.theme = panel.host.theme.value;
  });
  const summary = panel.summary.value;
  const error = panel.error.value;
  const isOverview = panel.groups.isOverview.value;
  return (
    <main>
      {!isOverview && <GroupBar panel={panel} />}
      <Progress panel={panel} />
      {error !== null && <Failure title="The server cannot be reached." text={error} panel={panel} />}
      {summary?.state === 'failed' && panel.groups.notice.value !== 'gone' && (
        <Failure title="The analysis failed." text={summary.message} panel={panel} />
      )}
      {isOverview ? <Overview panel={panel} /> : <Ready panel={panel} />}
      {(panel.isPainted.value || panel.isHelpOpen.value) && <Help panel={panel} />}
      {(panel.isPainted.value || isOverview) && <Hints panel={panel} />}
    </main>
  );
}
