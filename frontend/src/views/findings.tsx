/** Findings of the open device and those of no device in particular, worst first. */
import type { JSX } from 'preact';
import type { Device, Finding } from '../api/types';
import { bySeverity } from '../model/tables';

export function Findings({
  findings,
  device,
}: {
  findings: readonly Finding[];
  device: Device;
}): JSX.Element | null {
  const shown = bySeverity(findings.filter((f) => f.device === null || f.device === device.id));
  if (shown.length === 0) return null;
  return (
    <section class="findings" aria-label="Findings">
      {shown.map((finding) => (
        <article key={finding.rule + finding.title} class={`finding ${finding.severity}`}>
          <h3>
            {finding.title}
            <span class="visually-hidden"> ({finding.severity})</span>
          </h3>
          <p>{finding.detail}</p>
          {finding.advice !== '' && <p class="advice">{finding.advice}</p>}
        </article>
      ))}
    </section>
  );
}
