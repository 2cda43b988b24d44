/** Which of very many sessions are shown at once: those that lose most. */
import type { Device } from '../api/report';

/** More than this are not looked at one by one. */
export const MOST_AT_ONCE = 12;
const FIRST = 6;

/** A slowdown that is known goes before one that is only bounded; then the larger one goes first. */
function weightOf(device: Device, id: string): number {
  const found = device.per_session.find(({ session }) => session === id)?.slowdown;
  return found?.estimate != null ? 1e6 + found.estimate : (found?.high ?? 0);
}

/** Sessions that are shown at once, and the rest: none as long as there are few. */
export function partedByLoss(device: Device): readonly [readonly string[], readonly string[]] {
  const { sessions } = device;
  if (sessions.length <= MOST_AT_ONCE) return [sessions, []];
  const weights = new Map(sessions.map((id) => [id, weightOf(device, id)]));
  const worst = [...sessions].sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0)).slice(0, FIRST);
  return [worst, sessions.filter((id) => !worst.includes(id))];
}
