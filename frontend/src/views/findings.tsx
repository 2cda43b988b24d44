/** Findings of the open device and those of no device in particular, worst first; the first three at once. */
import type { JSX } from 'preact';
import type { Device, Finding } from '../api/report';
import { plural } from '../base/format';
import { bySeverity, groupFindings } from '../model/tables';
import type { Panel } from '../state/panel';
import { CopyButton } from './copy';
import { Evidence } from './evidence';
import { flowing } from './flowing';

const FIRST = 3;

interface FindingsProperties {
  readonly panel: Panel;
  readonly findings: readonly Finding[];
  readonly device: Device;
}

interface ArticleProperties {
  readonly panel: Panel;
  readonly alike: readonly [Finding, ...Finding[]];
}

function Article({ panel, alike }: ArticleProperties): JSX.Element {
  const [finding, ...others] = alike;
  const { title, rule, severity, options } = finding;
  return (
    <article class={`finding ${severity}`}>
      <h3>
        {flowing(title)}
        <span class="visually-hidden"> ({severity})</span>
        {others.length > 0 && <span class="badge">{alike.length}×</span>}{' '}
        <Evidence panel={panel} place={finding.place} of={title} />
        <button
          type="button"
          class="link mute"
          aria-label={`Mute findings of ${rule}`}
          title={`Leave out findings of ${rule}`}
          onClick={() => {
            panel.muted.value = new Set([...panel.muted.value, rule]);
          }}
        >
          mute
        </button>
      </h3>
      <p class="advice">{flowing(finding.advice || finding.detail)}</p>
      {options.length > 0 && (
        <p>
          <code>{options.join(' ')}</code> <CopyButton text={() => options.join(' ')} label="Copy" />
        </p>
      )}
      <More finding={finding} />
      {others.length > 0 && (
        <details>
          <summary>{plural(others.length, 'more finding')} of this kind</summary>
          <ul>
            {others.map((other) => (
              <li key={other.title}>
                {other.title} <Evidence panel={panel} place={other.place} of={other.title} />
                {other.advice !== finding.advice && <p class="muted">{other.advice || other.detail}</p>}
              </li>
            ))}
          </ul>
        </details>
      )}
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
          {flowing(text)}
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

/** The muted rules, each with a button that shows its findings again. */
function Muted({ panel, rules }: { panel: Panel; rules: readonly string[] }): JSX.Element | null {
  if (rules.length === 0) return null;
  return (
    <p class="muted">
      {plural(rules.length, 'kind')} of finding muted ({rules.join(', ')}) ·{' '}
      <button
        type="button"
        class="link"
        onClick={() => {
          panel.muted.value = new Set();
        }}
      >
        show
      </button>
    </p>
  );
}

export function Findings({ panel, findings, device }: FindingsProperties): JSX.Element | null {
  const found = bySeverity(findings.filter((finding) => isOf(device, finding)));
  if (found.length === 0) return null;
  const muted = panel.muted.value;
  const shown = groupFindings(found.filter(({ rule }) => !muted.has(rule)));
  const article = (alike: ArticleProperties['alike']): JSX.Element => (
    <Article key={alike[0].rule + alike[0].title} panel={panel} alike={alike} />
  );
  const rest = shown.slice(FIRST);
  return (
    <section aria-label="Findings">
      {shown.length > 0 && <div class="findings">{shown.slice(0, FIRST).map(article)}</div>}
      {rest.length > 0 && (
        <details class="more-findings">
          <summary>{plural(rest.length, 'more finding')}</summary>
          <div class="findings">{rest.map(article)}</div>
        </details>
      )}
      <Muted
        panel={panel}
        rules={[...new Set(found.map(({ rule }) => rule))].filter((rule) => muted.has(rule))}
      />
    </section>
  );
}
