/** The verdict, what it means and rests on, and the choice of the device. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import { formatShare, plural } from '../base/format';
import type { Panel } from '../state/panel';
import { Evidence } from './evidence';
import { flowing } from './flowing';
import { Conditional } from './moved';

const optionText = (device: Device): string => {
  const sessions = plural(device.sessions.length, 'session');
  if (device.sessions.length < 2) return `${device.label} · ${sessions}`;
  const share = formatShare(device.time.contended_ns, device.time.window_ns);
  return `${device.label} · ${sessions}, ${share} ${device.is_host ? 'overlap' : 'contended'}`;
};

function Compare({ panel }: { panel: Panel }): JSX.Element {
  return (
    <button
      type="button"
      title="Compare this device with another one, or with itself in another group"
      onClick={() => {
        panel.table.value = 'Compare';
        document.querySelector('.tables')?.scrollIntoView({ block: 'start' });
      }}
    >
      compare
    </button>
  );
}

function Chooser({
  panel,
  report,
  device,
}: {
  panel: Panel;
  report: Report;
  device: Device;
}): JSX.Element | null {
  const { devices } = report;
  const hasGroups = (panel.summary.value?.groups ?? 0) > 1;
  if (devices.length < 2) {
    return hasGroups ? (
      <div class="chooser">
        <Compare panel={panel} />
      </div>
    ) : null;
  }
  const index = devices.indexOf(device);
  const step = (by: number): void => panel.choose(devices[(index + by + devices.length) % devices.length].id);
  return (
    <div class="chooser">
      <label>
        <span class="visually-hidden">Device</span>
        <select value={device.id} onChange={(event) => panel.choose(event.currentTarget.value)}>
          {devices.map((each) => (
            <option key={each.id} value={each.id} selected={each.id === device.id}>
              {optionText(each)}
            </option>
          ))}
        </select>
      </label>
      <button type="button" aria-label="Previous device" onClick={() => step(-1)}>
        ‹
      </button>
      <span class="muted">
        {index + 1} of {devices.length}
      </span>
      <button type="button" aria-label="Next device" onClick={() => step(1)}>
        ›
      </button>
      <Compare panel={panel} />
    </div>
  );
}

export function Header({
  panel,
  report,
  device,
}: {
  panel: Panel;
  report: Report;
  device: Device;
}): JSX.Element {
  const { headline, meaning, trust, answers } = device.verdict;
  const isSimulated = report.sessions.some(({ id, simulated }) => simulated && device.sessions.includes(id));
  return (
    <header>
      <div class="headline">
        <h1 id="verdict">{flowing(headline)}</h1>
        {isSimulated && (
          <span class="badge" title="A simulator made these traces; they were not recorded on a GPU.">
            simulated
          </span>
        )}
        <Conditional panel={panel} />
        <Chooser panel={panel} report={report} device={device} />
      </div>
      {answers.length > 0 && (
        <dl class="answers">
          {answers.map(({ question, answer, place }) => (
            <div key={question}>
              <dt>
                {question} <Evidence panel={panel} place={place} of={question} />
              </dt>
              <dd>{flowing(answer)}</dd>
            </div>
          ))}
        </dl>
      )}
      <details class="basis" open={answers.length === 0}>
        <summary>What this rests on</summary>
        <p class="meaning">{flowing(meaning)}</p>
        <p class="muted details">{flowing(trust.join(' · '))}</p>
      </details>
      {report.notes.map((note) => (
        <p key={note} class="muted details">
          {flowing(note)}
        </p>
      ))}
    </header>
  );
}
