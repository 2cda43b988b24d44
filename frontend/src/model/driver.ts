/** What the driver saw, in words. */
import type { DriverView } from '../api/report';
import { formatBytes, formatDuration } from '../base/format';

function untracedText(driver: DriverView): string {
  const most = driver.untraced_peak_bytes;
  if (most !== null)
    return most === 0
      ? 'No other process held memory.'
      : `Processes that were not captured held up to ${formatBytes(most)} of that.`;
  return driver.processes.length === 0
    ? 'It does not tell whose that is.'
    : 'Which of its processes the captured ones are is not known, so neither is what others held.';
}

/** What was taken at most, by all; null where the driver did not tell. */
export function takenText({ used_peak_bytes: used, capacity_bytes: capacity }: DriverView): string | null {
  if (used === null) return null;
  return `at most ${formatBytes(used)}${capacity === null ? '' : ` of ${formatBytes(capacity)}`} taken`;
}

export function driverText(driver: DriverView): string {
  const { capacity_bytes: capacity, free_least_bytes: free, period_ns: period } = driver;
  const taken = takenText(driver);
  if (taken === null) return 'The driver did not tell how much was taken.';
  const left = capacity === null ? '' : `, ${formatBytes(free)} free at the least`;
  const how =
    period === null ? 'one sample' : `${driver.samples} samples, one every ${formatDuration(period)}`;
  return `The driver saw ${taken}${left} (${how}). ${untracedText(driver)}`;
}
