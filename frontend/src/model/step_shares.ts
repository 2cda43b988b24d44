/** How the step periods of a session divide: what they take alone, the host's part, what other sessions added. */
import type { Device, StepTimes } from '../api/report';
import { formatShare } from '../base/format';
import { type Ns, ns } from '../base/units';

/** What all steps together are made of: own, host, lost. */
export function partsOf(times: StepTimes): readonly [Ns, Ns, Ns] {
  const sum = (of: readonly Ns[]): Ns => ns(of.reduce((total, value) => total + value, 0));
  return [sum(times.own_ns), sum(times.host_ns), sum(times.lost_ns)];
}

/** The lost part of a server's steps from which they count as delayed; below it only its requests do. */
const LEAST = 0.005;

/** Whether the steps of a session begin when requests arrive. */
export const isServing = (device: Device, session: string): boolean =>
  device.requests.some((each) => each.session === session);

/**
 * How all steps divide; a session alone on its device loses nothing to others. Of a session that serves requests, waiting in the one
 * step is made up for by idling less before the next: it is delayed, but loses no throughput.
 */
export function sharesText(times: StepTimes, isShared = true, isServing = false): string {
  const [own, host, lost] = partsOf(times);
  const whole = own + host + lost;
  const parts = [`own ${formatShare(own, whole)}`, `host ${formatShare(host, whole)}`];
  const isMadeUp = isServing && times.known && lost < LEAST * whole;
  if (isShared && !isMadeUp)
    parts.push(
      times.known ? `${isServing ? 'delayed' : 'lost'} ${formatShare(lost, whole)}` : 'lost time unknown',
    );
  return parts.join(' · ');
}
