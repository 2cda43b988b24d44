/** Findings of the open device and those of no device in particular, worst first; the first three at once. */
import type { JSX } from 'preact';
import type { Device, Finding } from '../api/report';
import { plural } from '../base/format';
import { bySeverity } from '../model/tables';
import type { Panel } from '../state/panel';
import { Evidence } from './evidence';

const FIRST = 3;

interface FindingsProperties {
  readonly panel: Panel;
  readonly findings: readonly Finding[];
  readonly device: Device;
}

function Article({ panel, finding }: { panel: Panel; finding: Finding }): JSX.Element {
  return (
    <article class={`finding ${finding.severity}`}>
      <h3>
        {finding.title}
        <span class="visually-hidden"> ({finding.severity})</span>{' '}
        <Evidence panel={panel} place={finding.place} of={finding.title} />
      </h3>
      <p class="advice">{finding.advice || finding.detail}</p>
      <More finding={finding} />
    </article>
  );
}

/** The evidence for the advice, its expected effect, and how to check it. */
function More({ finding }: { finding: Finding }): JSX.Element | null {
  const { detail, advice, cause, effect, verify } = finding;
  const parts = [
    ['', advice === '' ? '' : detail],
    ['Cause', cause],
    ['Expected effect', effect],
    ['How to check', verify],
  ].filter(([, text]) => text);
  if (parts.length === 0) return null;
  return (
    <details>
      <summary>{effect ? 'cause, expected effect, how to check' : 'details'}</summary>
      {parts.map(([what, text]) => (
        <p key={what}>
          {what !== '' && <strong>{what}: </strong>}
          {text}
        </p>
      ))}
    </details>
  );
}

/** A finding about the open device or its sessions; not one about other devices only. */
const isOf = (device: Device, finding: Finding): boolean =>
  finding.device === device.id ||
  (finding.device === null &&
    (finding.sessions.length === 0 || finding.sessions.some((id) => device.sessions.includes(id))));

export function Findings(properties: FindingsProperties): JSX.Element | null {
  const { findings, device } = properties;
  const shown = bySeverity(findings.filter((finding) => isOf(device, finding)));
  if (shown.length === 0) return null;
  const article = (finding: Finding): JSX.Element => (
    <Article key={finding.rule + finding.title} panel={properties.panel} finding={finding} />
  );
  const rest = shown.slice(FIRST);
  return (
    <section aria-label="Findings">
      <div class="findings">{shown.slice(0, FIRST).map(article)}</div>
      {rest.length > 0 && (
        <details class="more-findings">
          <summary>{plural(rest.length, 'more finding')}</summary>
          <div class="findings">{rest.map(article)}</div>
        </details>
      )}
    </section>
  );
}
