/** How to record: exact commands to copy, since the tab itself writes nothing. */
import type { JSX } from 'preact';
import type { Report } from '../api/report';
import { captureCommand, runCommand } from '../model/recording';
import { Recipe } from './recipe';

export function Commands({ logdir, files }: { logdir: string; files: readonly string[] }): JSX.Element {
  return (
    <>
      <Recipe
        name="Programs that run, with profiler servers: the same moment of all"
        code={captureCommand(logdir, files)}
      />
      <Recipe
        name="Programs started for it: each alone, then together, none of them changed"
        code={runCommand(logdir)}
      />
      <p class="muted">
        Both write down which GPU each program used, what the driver saw meanwhile, and how the clocks stood:
        what no trace says.
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
