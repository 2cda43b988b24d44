/** What the driver saw, in words. */
import type { DriverView } from '../api/types';
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

export function driverText(driver: DriverView): string {
  const {
    used_peak_bytes: used,
    capacity_bytes: capacity,
    free_least_bytes: free,
    period_ns: period,
  } = driver;
  if (used === null) return 'The driver did not tell how much was taken.';
  const of =
    capacity === null
      ? ' taken'
      : ` of ${formatBytes(capacity)} taken, ${formatBytes(free)} free at the least`;
  const how =
    period === null ? 'one sample' : `${driver.samples} samples, one every ${formatDuration(period)}`;
  return `The driver saw at most ${formatBytes(used)}${of} (${how}). ${untracedText(driver)}`;
}
