/** One card a session, one for their memory, one for the metrics of sharing where they are known. */
import type { JSX } from 'preact';
import type { Device, DeviceSession, Report, Session } from '../api/types';
import { formatCount, formatDuration, formatError, formatShare, plural, UNKNOWN } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { lengthOf, ns } from '../base/units';
import { mechanismText } from '../model/answers';
import {
  estimateOf,
  evidenceText,
  isBounded,
  isTold,
  lossText,
  rangeText,
  scaleOf,
  times,
} from '../model/slowdown';
import { spanOf } from '../model/timeline';
import { clockName } from '../model/verdict';
import type { Panel } from '../state/panel';
import { ByHand } from './by_hand';
import { Chip } from './chip';
import { MemoryCard } from './memory_card';
import { WhiskerView } from './whisker';

/** Busy alone, busy while another session was busy too, and the rest. */
function BusyBar({
  entry,
  window,
  colour,
}: {
  entry: DeviceSession;
  window: number;
  colour: string;
}): JSX.Element {
  const percent = (part: number): string => `${(100 * Math.max(0, part)) / Math.max(1, window)}%`;
  return (
    <div class="bar" aria-hidden="true">
      <span style={{ width: percent(entry.busy_ns - entry.contended_ns), background: colour }} />
      <span class="hatched" style={{ width: percent(entry.contended_ns), '--colour': colour }} />
    </div>
  );
}

/** The slowdown where anything is known about it, else how busy the session was. */
function Figure({ entry, device }: { entry: DeviceSession; device: Device }): JSX.Element {
  const slowdown = entry.slowdown;
  const window = device.time.window_ns;
  if (
    slowdown === null ||
    !isTold(device, slowdown) ||
    (!isBounded(slowdown) && estimateOf(slowdown) === null)
  ) {
    return (
      <p class="figure">
        {formatShare(entry.busy_ns, window)} <small>busy</small>
      </p>
    );
  }
  const [estimate, range] = [estimateOf(slowdown), rangeText(slowdown)];
  return (
    <p class="figure">
      {estimate === null ? range : times(estimate)}{' '}
      <small>slower{estimate !== null && range !== null && ` · ${range}`}</small>
    </p>
  );
}

/** How well the slowdown is known, and what it cost. */
function Cost({ entry, device }: { entry: DeviceSession; device: Device }): JSX.Element | null {
  const { slowdown } = entry;
  if (slowdown === null || device.sessions.length < 2 || !isTold(device, slowdown)) return null;
  const loss = lossText(entry, device.time.window_ns);
  const coverage =
    slowdown.coverage === undefined
      ? ''
      : `${formatShare(slowdown.coverage, 1)} of the contended kernel time`;
  return (
    <>
      <p class="muted" title={coverage === '' ? undefined : `${coverage} has a baseline`}>
        slowdown {evidenceText(slowdown)} <span class="evidence">evidence {slowdown.evidence}</span>
      </p>
      {loss !== null && <p>{loss}</p>}
      {slowdown.settle && <p class="settle">{slowdown.settle}</p>}
    </>
  );
}

/** Of a session inside a process: which process, and how it was told apart from the others there. */
function Inside({ session, report }: { session: Session; report: Report }): JSX.Element | null {
  if (session.kind !== 'in_process') return null;
  const process = report.sessions.find((each) => each.id === session.process);
  const attribution = session.attribution ?? null;
  return (
    <p class="muted" title={session.process ?? undefined}>
      {attribution?.detail ||
        `inside the process ${process?.name ?? session.process ?? UNKNOWN}, told apart by ${attribution?.rule ?? UNKNOWN}`}
    </p>
  );
}

function stepText(entry: DeviceSession, session: Session): string | null {
  const { step } = entry;
  if (step !== null && step.shared_ns !== null) {
    const alone = step.alone_ns === null ? '' : `, alone ${formatDuration(step.alone_ns)}`;
    return `step ${formatDuration(step.shared_ns)}${alone}`;
  }
  if (session.steps === null || session.steps.count === 0) return null;
  return `${formatCount(session.steps.count)} steps, median ${formatDuration(session.steps.p50_ns)}`;
}

/** Where a session ran; its run as well where another session has the same name. */
function whereOf(session: Session, report: Report): string {
  const namesakes = report.sessions.filter((each) => each.name === session.name);
  const run = namesakes.length > 1 ? session.run : null;
  const pid = session.process_id === null ? null : `pid ${session.process_id}`;
  return [run, session.host, pid].filter(Boolean).join(' · ');
}

/** Facts on one line where there is room; a line never ends between a number and its unit. */
function Facts({ facts, muted }: { facts: readonly (string | null)[]; muted?: boolean }): JSX.Element {
  const shown = facts.filter((fact) => fact !== null);
  return (
    <p class={muted ? 'facts muted' : 'facts'}>
      {shown.map((fact, index) => (
        <span key={fact}>
          {fact}
          {index < shown.length - 1 && ' · '}
        </span>
      ))}
    </p>
  );
}

interface CardProperties {
  readonly panel: Panel;
  readonly report: Report;
  readonly device: Device;
  readonly session: Session;
  readonly entry: DeviceSession;
  readonly index: number;
}

function SessionCard({ panel, report, device, session, entry, index }: CardProperties): JSX.Element {
  const theme: Theme = panel.theme.value;
  const window = device.time.window_ns;
  const isShared = device.sessions.length > 1;
  const scale = scaleOf(device);
  const colour = sessionColour(theme, index);
  return (
    <section class="card session" aria-label={`Session ${session.name}`}>
      <h2>
        <Chip theme={theme} index={index} />
        <span class="clip" title={session.id}>
          {session.name}
        </span>
        <span class="muted clip" title={session.file}>
          {whereOf(session, report)}
        </span>
      </h2>
      <Figure entry={entry} device={device} />
      {entry.slowdown !== null && scale !== null && isTold(device, entry.slowdown) && (
        <WhiskerView slowdown={entry.slowdown} scale={scale} colour={colour} />
      )}
      <Cost entry={entry} device={device} />
      <BusyBar entry={entry} window={window} colour={colour} />
      <Facts
        facts={[
          isShared
            ? `${formatShare(entry.contended_ns, window)} ${device.is_host ? 'at once' : 'contended'}`
            : null,
          `${formatCount(entry.kernels)} ${device.is_host ? 'operations' : 'kernels'}`,
          entry.copies ? plural(entry.copies, 'copy', 'copies') : null,
          stepText(entry, session),
        ]}
      />
      <Inside session={session} report={report} />
      <Facts
        muted
        facts={[
          `clock: ${clockName(session.clock.source)}, ${formatError(session.clock.error_ns)}`,
          `window ${formatDuration(ns(lengthOf(spanOf(session.window))))}`,
        ]}
      />
      <ByHand panel={panel} session={session} />
    </section>
  );
}

type Metrics = NonNullable<Device['metrics']>;

const METRICS: readonly (readonly [keyof Metrics, string, string])[] = [
  ['stp', 'STP', 'work done; 1 = as by turns'],
  ['antt', 'ANTT', 'mean slowdown; 1 = as alone'],
  ['fairness', 'fairness', '1 = all slowed alike'],
  ['jain', 'Jain', '1 = even progress'],
];

function SharingCard({ device }: { device: Device }): JSX.Element | null {
  const { metrics, progress_sum: progress } = device;
  const isKnown = device.mechanism !== 'unknown' && device.mechanism !== 'none';
  if (device.sessions.length < 2 || (metrics === null && (device.is_host || !isKnown))) return null;
  return (
    <section class="card" aria-label="Sharing">
      <h2>Sharing</h2>
      <p class="strong" title={device.mechanism_detail}>
        {mechanismText(device)}
      </p>
      {metrics !== null && (
        <dl class="metrics">
          {METRICS.map(([key, name, meaning]) => (
            <div key={key}>
              <dt>
                {name} <strong>{metrics[key].toFixed(2)}</strong>
              </dt>
              <dd class="muted">{meaning}</dd>
            </div>
          ))}
        </dl>
      )}
      {progress !== null && (
        <p class="muted small">progress sum {progress.toFixed(2)}: baseline work per contended time</p>
      )}
    </section>
  );
}

export function Cards({
  panel,
  report,
  device,
}: {
  panel: Panel;
  report: Report;
  device: Device;
}): JSX.Element {
  return (
    <div class="cards">
      {device.sessions.map((id, index) => {
        const session = report.sessions.find((each) => each.id === id);
        const entry = device.per_session.find((each) => each.session === id);
        if (session === undefined || entry === undefined) return null;
        return <SessionCard key={id} {...{ panel, report, device, session, entry, index }} />;
      })}
      <MemoryCard device={device} theme={panel.theme.value} />
      <SharingCard device={device} />
    </div>
  );
}
