/** Memory of all sessions together, or that it is unknown. */
import type { JSX } from 'preact';
import type { Device, DeviceMemory } from '../api/report';
import { formatBytes, shorten } from '../base/format';
import { sessionColour, type Theme } from '../base/palette';
import { Explained, MEANS } from './explained';
import { flowing } from './flowing';

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
  const words = device.memory_words !== '' && <p>{flowing(device.memory_words)}</p>;
  if (memory === null) {
    return (
      <section class="card" aria-label={title}>
        <h2>{title}</h2>
        <p class="figure">unknown</p>
        {words}
      </section>
    );
  }
  if (device.cannot_be_one_gpu) {
    return (
      <section class="card" aria-label={title}>
        <h2>{title}</h2>
        <p class="figure">not of one GPU</p>
        {words}
      </section>
    );
  }
  const peak = formatBytes(memory.combined_peak_bytes);
  const holder = memory.holders.find(({ kind }) => kind === 'op');
  const isLowerBound = memory.sessions_without_data.length > 0;
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="figure">
        {isLowerBound && '≥ '}
        {peak}
        <small>
          {' '}
          <Explained means={MEANS.memory}>
            {memory.capacity_bytes === null ? 'at the peak' : `of ${formatBytes(memory.capacity_bytes)}`}
          </Explained>
        </small>
      </p>
      <MemoryBar memory={memory} device={device} theme={theme} />
      {words}
      {holder !== undefined && holder.op !== '' && <p>Largest operation: {shorten(holder.op, 60)}</p>}
    </section>
  );
}
