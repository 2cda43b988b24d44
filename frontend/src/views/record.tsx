/** How to record: exact commands to copy, since the tab itself writes nothing. */
import type { JSX } from 'preact';
import type { Report } from '../api/report';
import { captureCommand, runCommand } from '../model/recording';
import { Recipe } from './recipe';

export function Commands({ logdir, files }: { logdir: string; files: readonly string[] }): JSX.Element {
  return (
    <>
      <Recipe
        name="Running programs with profiler servers: record all at the same time"
        code={captureCommand(logdir, files)}
      />
      <Recipe name="Unmodified programs: start each alone, then all together" code={runCommand(logdir)} />
      <p class="muted">
        Both commands also record which GPU each program used, what the driver reported meanwhile, and how the
        clocks were set. Traces do not contain this.
      </p>
    </>
  );
}

export function RecordMore({ logdir, report }: { logdir: string; report: Report }): JSX.Element {
  return (
    <details class="more record">
      <summary>Record again</summary>
      <Commands logdir={logdir} files={report.sessions.map(({ file }) => file)} />
    </details>
  );
}
