/** One card per session, one for their memory, and one for the sharing metrics where they are known. */
import type { JSX } from 'preact';
import type { Device, DeviceSession, Report, Session, StepTimes } from '../api/report';
import { formatCount, formatDuration, formatError, formatShare, plural, UNKNOWN } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { lengthOf, ns } from '../base/units';
import { partedByLoss } from '../model/many';
import { isServing, partsOf, sharesText } from '../model/step_shares';
import { spanOf } from '../model/timeline';
import type { Panel } from '../state/panel';
import { Star } from './advice';
import { ByHand } from './apart';
import { Baseline } from './baseline';
import { Chip } from './chip';
import { Explained, MEANS } from './explained';
import { flowing } from './flowing';
import { Folded } from './folded';
import { MemoryCard } from './memory_card';
import { MovedBy } from './moved';
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

/**
 * How its steps divide where that is known; else busy alone, busy while another session was busy too (paler: a hatch would say that it was
 * lost), and the rest.
 */
function TimeBar({ entry, device, colour }: BarProperties): JSX.Element {
  const steps = device.step_times?.find((each) => each.session === entry.session);
  if (steps?.known && device.sessions.length > 1)
    return <StepBar steps={steps} colour={colour} isServing={isServing(device, entry.session)} />;
  const percent = percentOf(device.time.window_ns);
  return (
    <div class="bar" aria-hidden="true">
      <span style={{ width: percent(entry.busy_ns - entry.contended_ns), background: colour }} />
      <span style={{ width: percent(entry.contended_ns), background: colour, opacity: 0.5 }} />
    </div>
  );
}

interface StepBarProperties {
  readonly steps: StepTimes;
  readonly colour: string;
  readonly isServing: boolean;
}

function StepBar({ steps, colour, isServing }: StepBarProperties): JSX.Element {
  const [own, host, lost] = partsOf(steps);
  const percent = percentOf(own + host + lost);
  return (
    <>
      <div class="bar" aria-hidden="true">
        <span style={{ width: percent(own), background: colour }} />
        <span class="host" style={{ width: percent(host) }} />
        <span class="hatched" style={{ width: percent(lost), '--colour': colour }} />
      </div>
      <Explained means={MEANS.parts}>
        <Facts facts={sharesText(steps, true, isServing).split(' · ')} />
      </Explained>
    </>
  );
}

/** The slowdown where it is known, else how busy the session was. */
function Figure({ entry, device }: { entry: DeviceSession; device: Device }): JSX.Element {
  const { figure, figure_of: of, interval } = entry;
  if (figure === '') {
    return (
      <p class="figure">
        {formatShare(entry.busy_ns, device.time.window_ns)} <small>busy</small>
      </p>
    );
  }
  return (
    <p class="figure">
      {figure}{' '}
      <small>
        <Explained means={MEANS.slowdown}>{of === 'requests' ? 'per request' : 'slowdown'}</Explained>
        {interval !== '' && (
          <>
            {' '}
            · <span class="whole">{interval}</span>
          </>
        )}
      </small>
    </p>
  );
}

/** "lost 12.0 ms (2.5 %): 8.00 ms stretch + ..."; null where the loss is unknown. */
function lossText({ lost_ns: lost, loss }: DeviceSession, window: number): string | null {
  if (lost === null) return null;
  const share = formatShare(Math.max(0, lost), window);
  return `lost ${formatDuration(lost)} (${share})${loss === '' ? '' : `: ${loss}`}`;
}

function stepText(entry: DeviceSession, session: Session): string | null {
  if (entry.request_times !== '') return entry.request_times;
  const { step } = entry;
  if (step !== null && step.shared_ns !== null) {
    const alone = step.alone_ns === null ? '' : `, alone ${formatDuration(step.alone_ns)}`;
    return `step ${formatDuration(step.shared_ns)}${alone}`;
  }
  if (session.steps === null || session.steps.count === 0) return null;
  return `${formatCount(session.steps.count)} steps, median ${formatDuration(session.steps.p50_ns)}`;
}

/** Where a session ran. */
const whereOf = ({ host, process_id: pid }: Session): string =>
  pid === null ? host : `${host} · pid ${pid}`;

/** Facts on one line where there is room; a line never ends between a number and its unit. */
function Facts({ facts }: { facts: readonly (string | null)[] }): JSX.Element {
  const shown = facts.filter((fact) => fact !== null);
  return (
    <span class="facts">
      {shown.map((fact, index) => (
        <span key={fact}>
          {fact}
          {index < shown.length - 1 && ' · '}
        </span>
      ))}
    </span>
  );
}

interface CardProperties {
  readonly panel: Panel;
  readonly device: Device;
  readonly session: Session;
  readonly entry: DeviceSession;
  readonly index: number;
}

function SessionCard({ panel, device, session, entry, index }: CardProperties): JSX.Element {
  const theme: Theme = panel.theme.value;
  const window = device.time.window_ns;
  const isShared = device.sessions.length > 1;
  const colour = sessionColour(theme, index);
  const step = stepText(entry, session);
  // On a processor overlap alone says nothing about cost: there is nothing to settle.
  const isUnsettled = isShared && entry.slowdown.settle !== '' && !(device.is_host && entry.figure === '');
  const loss = lossText(entry, window);
  const drawn = device.requests.find((each) => each.session === entry.session)?.slowdown ?? entry.slowdown;
  return (
    <section class="card session" aria-label={`Session ${session.label}`}>
      <h2>
        <Chip theme={theme} index={index} />
        <span class="session-label">{session.label}</span>
        {isShared && device.advice !== null && <Star panel={panel} id={session.id} label={session.label} />}
      </h2>
      <MovedBy panel={panel} session={session} />
      <Figure entry={entry} device={device} />
      {entry.figure !== '' && (
        <>
          <WhiskerView slowdown={drawn} scale={device.slowdown_scale} colour={colour} />
          <p class="muted">
            <Explained means={MEANS.evidence}>{entry.basis}</Explained>
          </p>
        </>
      )}
      <Baseline panel={panel} place="card" session={entry.session} offers={entry.baselines} />
      {step !== null && <p>{flowing(step)}</p>}
      {entry.busy_with !== '' && <p>{flowing(entry.busy_with)}</p>}
      <TimeBar entry={entry} device={device} colour={colour} />
      {isUnsettled && <p class="settle">{entry.slowdown.settle}</p>}
      <details class="more by-hand" open={panel.byHand.isSet(session)}>
        <summary data-means={MEANS.contended}>
          {isShared &&
            `${formatShare(entry.contended_ns, window)} ${device.is_host ? 'overlap' : 'contended'} · `}
          <span class="whole">clock {formatError(session.clock.error_ns)}</span> · more
        </summary>
        {loss !== null && <p>{loss}</p>}
        <p>
          {whereOf(session)} · {session.file}
        </p>
        <Facts
          facts={[
            `${formatCount(entry.kernels)} ${device.is_host ? 'operations' : 'kernels'}`,
            entry.copies ? plural(entry.copies, 'copy', 'copies') : null,
            `busy ${formatShare(entry.busy_ns, window)}`,
          ]}
        />
        {session.attribution !== null && <p class="muted">{session.attribution.detail}</p>}
        <p>
          window {formatDuration(ns(lengthOf(spanOf(session.window))))} · clock{' '}
          {formatError(session.clock.error_ns)}
          {session.clock.detail !== '' && `: ${session.clock.detail}`}
        </p>
        {panel.isPainted.value && <ByHand panel={panel} session={session} />}
      </details>
    </section>
  );
}

const STP_MEANS = '1 = no better than one after the other';
const PROGRESS_MEANS = 'combined throughput while sessions overlap, relative to one session alone';

const METRICS = [
  ['ANTT', 'antt'],
  ['fairness', 'fairness'],
  ['Jain', 'jain'],
] as const;

const metric = (value: number | null): string => value?.toFixed(2) ?? UNKNOWN;

function SharingCard({ device }: { device: Device }): JSX.Element | null {
  const { metrics, progress_sum: progress } = device;
  const isKnown = device.mechanism !== 'unknown' && device.mechanism !== 'none';
  if (device.sessions.length < 2 || (metrics === null && (device.is_host || !isKnown))) return null;
  return (
    <section class="card" aria-label="Sharing">
      <h2>Sharing</h2>
      {metrics !== null && (
        <p class="figure">
          <Explained means={MEANS.STP}>STP</Explained> {metric(metrics.stp)} <small>{STP_MEANS}</small>
        </p>
      )}
      <p>{flowing(device.mechanism_words)}</p>
      {metrics !== null && (
        <p class="facts">
          {METRICS.map(([name, key], index) => (
            <span key={key}>
              <Explained means={MEANS[name]}>{name}</Explained> {metric(metrics[key])}
              {index < METRICS.length - 1 && ' · '}
            </span>
          ))}
        </p>
      )}
      <details class="more">
        <summary>more</summary>
        {device.mechanism_detail && <p>{device.mechanism_detail}</p>}
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
  const card = (id: string): JSX.Element | null => {
    const session = report.sessions.find((each) => each.id === id);
    const entry = device.per_session.find((each) => each.session === id);
    if (session === undefined || entry === undefined) return null;
    return (
      <SessionCard key={id} {...{ panel, device, session, entry, index: device.sessions.indexOf(id) }} />
    );
  };
  const [first, rest] = partedByLoss(device);
  return (
    <>
      <div class="cards">
        {first.map(card)}
        <MemoryCard device={device} theme={panel.theme.value} />
        <SharingCard device={device} />
      </div>
      <Folded count={rest.length} one="more session">
        {() => <div class="cards">{rest.map(card)}</div>}
      </Folded>
    </>
  );
}
