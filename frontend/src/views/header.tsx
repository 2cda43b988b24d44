/** The verdict as a sentence, what it rests on, and the choice of the device. */
import type { JSX } from 'preact';
import type { Device, Report } from '../api/report';
import { formatShare, plural } from '../base/format';
import { gpuName } from '../model/verdict';
import type { Panel } from '../state/panel';
import { Evidence } from './evidence';

const shareOf = (device: Device): string => formatShare(device.time.contended_ns, device.time.window_ns);

const optionText = (device: Device): string => {
  const sessions = plural(device.sessions.length, 'session');
  const share =
    device.sessions.length > 1 ? `, ${shareOf(device)} ${device.is_host ? 'at once' : 'contended'}` : '';
  return `${gpuName(device)} on ${device.host} · ${sessions}${share}`;
};

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
  if (devices.length < 2) return null;
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
      <button
        type="button"
        title="What changed from another device or another set of runs to this one"
        onClick={() => {
          panel.table.value = 'Compare';
          document.querySelector('.tables')?.scrollIntoView({ block: 'start' });
        }}
      >
        compare
      </button>
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
  const verdict = panel.verdict.value;
  return (
    <header>
      <div class="headline">
        <h1 id="verdict">{verdict?.sentence}</h1>
        {verdict?.simulated && (
          <span class="badge" title="These traces were made by a simulator, not recorded on a GPU.">
            simulated
          </span>
        )}
        <Chooser panel={panel} report={report} device={device} />
      </div>
      <p class="muted details">{verdict?.details.join(' · ')}</p>
      {verdict !== null && verdict.answers.length > 0 && (
        <dl class="answers">
          {verdict.answers.map(({ question, answer, place }) => (
            <div key={question}>
              <dt>
                {question} <Evidence panel={panel} place={place} of={question} />
              </dt>
              <dd>{answer}</dd>
            </div>
          ))}
        </dl>
      )}
      {report.notes.map((note) => (
        <p key={note} class="muted details">
          {note}
        </p>
      ))}
    </header>
  );
}
