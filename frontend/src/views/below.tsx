/** What stands below the timeline: who lost what, steps, schedules to try, tables, and how to record again. */
import type { JSX } from 'preact';
import { BlameView } from './blame';
import { Fleet } from './fleet';
import type { TableProperties } from './head';
import { Problems } from './problems';
import { RecordMore } from './record';
import { StepsView } from './steps';
import { Tables } from './tables';
import { WhatIfView } from './what_if';

interface BelowProperties extends TableProperties {
  readonly logdir: string;
  /** Problems that make figures wrong stand above them. */
  readonly hasProblems: boolean;
}

export function Below({ logdir, hasProblems, ...shown }: BelowProperties): JSX.Element {
  return (
    <>
      <div class="losses">
        <BlameView {...shown} />
        <StepsView {...shown} />
      </div>
      <WhatIfView {...shown} />
      {hasProblems && <Problems report={shown.report} />}
      <Tables {...shown} />
      {shown.panel.summary.value?.groups === 1 && <Fleet panel={shown.panel} />}
      <RecordMore logdir={logdir} report={shown.report} />
    </>
  );
}
