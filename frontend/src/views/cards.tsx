/** One card a session, one for their memory, one for the metrics of sharing where they are known. */
import type { JSX } from 'preact';
import type { Device, DeviceSession, Report, Session, Slowdown, StepTimes } from '../api/report';
import { formatCount, formatDuration, formatError, formatShare, plural, UNKNOWN } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { lengthOf, ns } from '../base/units';
import { mechanismText } from '../model/answers';
import { shortNames } from '../model/names';
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
import { partsOf, sharesText } from '../model/steps';
import { spanOf } from '../model/timeline';
import { clockName, sessionsOf } from '../model/verdict';
import type { Panel } from '../state/panel';
import { ByHand, isByHand } from './by_hand';
import { Chip } from './chip';
import { MemoryCard } from './memory_card';
import { WhiskerView } from './whisker';

/** The parts of a whole as widths. */
const percentOf =
  (whole: number) =>
  (part: number): string =>
    `${(100 * Math.max(0, part)) / Math.max(1, whole)}%`;

interface BarProperties {
  readonly entry: DeviceSession;
  readonly device: Device;
  readonly colour: string;
}

/** How its steps divide where that is known; else busy alone, busy while another session was busy too, and the rest. */
function TimeBar({ entry, device, colour }: BarProperties): JSX.Element {
  const steps = device.step_times?.find((each) => each.session === entry.session);
  if (steps?.known && device.sessions.length > 1) return <StepBar steps={steps} colour={colour} />;
  const percent = percentOf(device.time.window_ns);
  return (
    <div class="bar" aria-hidden="true">
      <span style={{ width: percent(entry.busy_ns - entry.contended_ns), background: colour }} />
      <span class="hatched" style={{ width: percent(entry.contended_ns), '--colour': colour }} />
    </div>
  );
}

function StepBar({ steps, colour }: { steps: StepTimes; colour: string }): JSX.Element {
  const [own, host, lost] = partsOf(steps);
  const percent = percentOf(own + host + lost);
  return (
    <>
      <div class="bar" aria-hidden="true">
        <span style={{ width: percent(own), background: colour }} />
        <span class="host" style={{ width: percent(host) }} />
        <span class="hatched" style={{ width: percent(lost), '--colour': colour }} />
      </div>
      <Facts facts={sharesText(steps).split(' · ')} />
    </>
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
    <p class="figure" title={`slowdown ${evidenceText(slowdown)}${coverageText(slowdown)}`}>
      {estimate === null ? range : times(estimate)}{' '}
      <small>
        slower{estimate !== null && range !== null && ` · ${range}`}{' '}
        <span class="evidence">evidence {slowdown.evidence}</span>
      </small>
    </p>
  );
}

const coverageText = ({ coverage }: Slowdown): string =>
  coverage === undefined ? '' : `; ${formatShare(coverage, 1)} of the contended kernel time has a baseline`;

/** How well the slowdown is known, and what it cost. */
function Cost({ entry, device }: { entry: DeviceSession; device: Device }): JSX.Element | null {
  const { slowdown } = entry;
  if (slowdown === null || device.sessions.length < 2 || !isTold(device, slowdown)) return null;
  const loss = lossText(entry, device.time.window_ns);
  return (
    <>
      <p>slowdown {evidenceText(slowdown)}</p>
      {loss !== null && <p>{loss}</p>}
    </>
  );
}

/** Of a session inside a process: which process, and how it was told apart from the others there. */
function Inside({ session, report }: { session: Session; report: Report }): JSX.Element | null {
  if (session.kind !== 'in_process') return null;
  const process = report.sessions.find((each) => each.id === session.process);
  const attribution = session.attribution;
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
function Facts({ facts }: { facts: readonly (string | null)[] }): JSX.Element {
  const shown = facts.filter((fact) => fact !== null);
  return (
    <p class="facts">
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
  readonly name: string;
}

function SessionCard({ panel, report, device, session, entry, index, name }: CardProperties): JSX.Element {
  const theme: Theme = panel.theme.value;
  const window = device.time.window_ns;
  const isShared = device.sessions.length > 1;
  const scale = scaleOf(device);
  const colour = sessionColour(theme, index);
  const step = stepText(entry, session);
  const isUnsettled = isShared && entry.slowdown?.settle && isTold(device, entry.slowdown);
  return (
    <section class="card session" aria-label={`Session ${session.name}`}>
      <h2>
        <Chip theme={theme} index={index} />
        <span class="clip" title={session.id}>
          {name}
        </span>
        <span class="muted clip" title={session.file}>
          {whereOf(session, report)}
        </span>
      </h2>
      <Figure entry={entry} device={device} />
      {entry.slowdown !== null && scale !== null && isTold(device, entry.slowdown) && (
        <WhiskerView slowdown={entry.slowdown} scale={scale} colour={colour} />
      )}
      {step !== null && <p>{step}</p>}
      <TimeBar entry={entry} device={device} colour={colour} />
      {isUnsettled && <p class="settle">{entry.slowdown?.settle}</p>}
      <details class="more by-hand" open={isByHand(panel, session)}>
        <summary>
          {isShared &&
            `${formatShare(entry.contended_ns, window)} ${device.is_host ? 'at once' : 'contended'} · `}
          <span class="whole">clock {formatError(session.clock.error_ns)}</span> · more
        </summary>
        <Cost entry={entry} device={device} />
        <Facts
          facts={[
            `${formatCount(entry.kernels)} ${device.is_host ? 'operations' : 'kernels'}`,
            entry.copies ? plural(entry.copies, 'copy', 'copies') : null,
            `busy ${formatShare(entry.busy_ns, window)}`,
          ]}
        />
        <Inside session={session} report={report} />
        <Facts
          facts={[
            `clock: ${clockName(session.clock.source)}, ${formatError(session.clock.error_ns)}`,
            `window ${formatDuration(ns(lengthOf(spanOf(session.window))))}`,
          ]}
        />
        <ByHand panel={panel} session={session} />
      </details>
    </section>
  );
}

type Metrics = NonNullable<Device['metrics']>;

const STP_MEANS = 'work done; 1 = as by turns';
const PROGRESS_MEANS = 'work as it takes alone, of all, per time in which several had work';

const METRICS: readonly (readonly [keyof Metrics, string, string])[] = [
  ['antt', 'ANTT', 'mean slowdown; 1 = as alone'],
  ['fairness', 'fairness', '1 = all slowed alike'],
  ['jain', 'Jain', '1 = even progress'],
];

const metric = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

function SharingCard({ device }: { device: Device }): JSX.Element | null {
  const { metrics, progress_sum: progress } = device;
  const isKnown = device.mechanism !== 'unknown' && device.mechanism !== 'none';
  if (device.sessions.length < 2 || (metrics === null && (device.is_host || !isKnown))) return null;
  return (
    <section class="card" aria-label="Sharing">
      <h2>Sharing</h2>
      {metrics !== null && (
        <p class="figure">
          STP {metric(metrics.stp)} <small>{STP_MEANS}</small>
        </p>
      )}
      <p>{mechanismText(device)}</p>
      {metrics !== null && <Facts facts={METRICS.map(([key, name]) => `${name} ${metric(metrics[key])}`)} />}
      <details class="more">
        <summary>more</summary>
        {device.mechanism_detail && <p>{device.mechanism_detail}</p>}
        {metrics !== null && METRICS.map(([key, name, meaning]) => <p key={key}>{`${name}: ${meaning}`}</p>)}
        {progress !== null && <p>{`progress sum ${progress.toFixed(2)}: ${PROGRESS_MEANS}`}</p>}
      </details>
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
  const names = shortNames(sessionsOf(report, device));
  return (
    <div class="cards">
      {device.sessions.map((id, index) => {
        const session = report.sessions.find((each) => each.id === id);
        const entry = device.per_session.find((each) => each.session === id);
        if (session === undefined || entry === undefined) return null;
        return (
          <SessionCard
            key={id}
            {...{ panel, report, device, session, entry, index }}
            name={names.get(id) ?? id}
          />
        );
      })}
      <MemoryCard device={device} theme={panel.theme.value} />
      <SharingCard device={device} />
    </div>
  );
}
