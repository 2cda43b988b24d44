/** Memory of all sessions together; what is unknown says so. */
import type { JSX } from 'preact';
import type { Device, DeviceMemory } from '../api/report';
import { formatBytes, shorten } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { bytes } from '../base/units';
import { driverText } from '../model/driver';

const sumOfPeaks = (memory: DeviceMemory): number =>
  memory.sum_of_peaks_bytes ?? memory.per_session.reduce((sum, session) => sum + session.peak_bytes, 0);

const NO_MEMORY =
  'No allocator events in these traces. Record with the host tracer at level 2 or above to see memory.';

/** What the allocators may take together against what there is: the usual cause of a second process that fails. */
function limitsText(memory: DeviceMemory): string | null {
  const [limits, capacity] = [memory.sum_of_limits_bytes, memory.capacity_bytes];
  if (limits === null || capacity === null) return null;
  const text = `limits add up to ${formatBytes(limits)}`;
  return limits > capacity ? `${text}, more than there is` : text;
}

function headroomText(memory: DeviceMemory): string {
  const headroom = memory.headroom_bytes;
  if (headroom === null) return 'headroom unknown: no capacity in the traces';
  if (headroom < 0) return `over capacity by ${formatBytes(bytes(-headroom))}`;
  const safe = memory.safe_bytes;
  const isUnsafe = safe !== null && memory.combined_peak_bytes > safe;
  return `headroom ${formatBytes(headroom)}${isUnsafe ? `; only ${formatBytes(safe)} are safe` : ''}`;
}

function MemoryBar({
  memory,
  device,
  theme,
}: {
  memory: DeviceMemory;
  device: Device;
  theme: Theme;
}): JSX.Element {
  const whole = Math.max(memory.capacity_bytes ?? 0, memory.combined_peak_bytes, 1);
  return (
    <div class="bar" aria-hidden="true">
      {memory.per_session.map((share) => (
        <span
          key={share.session + share.allocator}
          style={{
            width: `${(100 * share.at_combined_peak_bytes) / whole}%`,
            background: sessionColour(theme, device.sessions.indexOf(share.session)),
          }}
        />
      ))}
    </div>
  );
}

export function MemoryCard({ device, theme }: { device: Device; theme: Theme }): JSX.Element {
  const { memory } = device;
  const title = device.sessions.length > 1 ? 'Memory, all sessions' : 'Memory';
  if (memory === null) {
    return (
      <section class="card" aria-label={title}>
        <h2>{title}</h2>
        <p class="figure">unknown</p>
        <p class="muted">{device.memory_note || NO_MEMORY}</p>
        {device.driver != null && <p>{driverText(device.driver)}</p>}
      </section>
    );
  }
  const peak = formatBytes(memory.combined_peak_bytes);
  const holder = memory.holders.find(({ kind }) => kind === undefined || kind === 'op');
  const saved = sumOfPeaks(memory) - memory.combined_peak_bytes;
  const limits = limitsText(memory);
  const isLowerBound = memory.sessions_without_data.length > 0;
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="figure">
        {isLowerBound && '≥ '}
        {peak}
        <small>
          {memory.capacity_bytes === null ? ' at the peak' : ` of ${formatBytes(memory.capacity_bytes)}`}
        </small>
      </p>
      <MemoryBar memory={memory} device={device} theme={theme} />
      <p>{headroomText(memory)}</p>
      {limits !== null && <p>{limits}</p>}
      {device.driver != null && <p>{driverText(device.driver)}</p>}
      {device.memory_note && <p class="muted">{device.memory_note}</p>}
      <details class="more">
        <summary>more</summary>
        <p>
          The figure is the peak of the sum; the sum of peaks is {formatBytes(bytes(sumOfPeaks(memory)))}
          {saved > 0 && <>, so staggering saves {formatBytes(bytes(saved))}</>}.
        </p>
        {holder !== undefined && holder.op !== '' && <p>Largest operation: {shorten(holder.op, 60)}</p>}
      </details>
    </section>
  );
}
