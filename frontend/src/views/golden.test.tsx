// The reports that the Python tests expect of the analysis are the input of the panel here: whoever changes the
// format breaks one of the two sides.
import { render } from 'preact';
import { expect, it } from 'vitest';
import alone from '../../../tests/golden/expected/alone.json';
import shared from '../../../tests/golden/expected/shared.json';
import type { Report } from '../api/report';
import { Panel } from '../state/panel';
import { summaryOf } from '../testing/literals';
import { App } from './app';

// JSON has plain numbers where the types have units.
const REPORTS = { alone, shared } as unknown as Readonly<Record<string, Report>>;

it.each(Object.entries(REPORTS))('shows the report %s.json without holes', (_name, report) => {
  const root = document.body.appendChild(document.createElement('div'));
  const panel = new Panel();
  panel.summary.value = summaryOf(report);
  render(<App panel={panel} />, root);
  const text = root.textContent ?? '';
  expect(root.querySelector('#verdict')?.textContent).toBe(report.devices[0].verdict.headline);
  for (const session of report.devices[0].sessions) {
    expect(text).toContain(report.sessions.find((each) => each.id === session)?.label);
  }
  for (const problem of report.problems) expect(text).toContain(problem.slug);
  expect(text).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
  render(null, root);
});

it('says in the card of a session what keeps the GPU busy in place of kernels', () => {
  const [device] = REPORTS.alone.devices;
  const said = '2.3 % kernels, 97 % copies alone and 0.7 % idle';
  const [entry] = device.per_session;
  const report = { ...REPORTS.alone, devices: [{ ...device, per_session: [{ ...entry, busy_with: said }] }] };
  const root = document.body.appendChild(document.createElement('div'));
  const panel = new Panel();
  panel.summary.value = summaryOf(report);
  render(<App panel={panel} />, root);
  expect(root.querySelector('.card.session')?.textContent).toContain(said);
  render(null, root);
});
