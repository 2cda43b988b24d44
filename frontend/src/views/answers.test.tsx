// The reports on which every form of a report is tested in Python (tests/golden/test_answers.py): the panel shows the same answer, names
// and digits.
import { render } from 'preact';
import { expect, it } from 'vitest';
import type { Report } from '../api/report';
import { Panel } from '../state/panel';
import { summaryOf } from '../testing/literals';
import { App } from './app';

const FILES = import.meta.glob<Report>('../../../tests/golden/expected/answers/*.json', {
  eager: true,
  import: 'default',
});
const REPORTS = Object.entries(FILES).map(
  ([path, report]) => [path.split('/').at(-1) ?? path, report] as const,
);

const FACTOR = /\d\.\d\d×/g;

it('has the reports of the other forms', () => {
  expect(REPORTS.length).toBeGreaterThan(10);
});

it.each(REPORTS)('answers for %s in the words of the report', (_name, report) => {
  const root = document.body.appendChild(document.createElement('div'));
  const panel = new Panel();
  panel.summary.value = summaryOf(report);
  render(<App panel={panel} />, root);
  const text = root.textContent ?? '';
  const [device] = report.devices;

  expect(root.querySelector('#verdict')?.textContent).toContain(device.verdict.headline);
  for (const { question, answer } of device.verdict.answers) {
    expect(text).toContain(question);
    expect(text).toContain(answer);
  }
  for (const line of device.verdict.trust) expect(text).toContain(line);
  for (const { label } of report.sessions) expect(text).toContain(label);
  for (const { figure, interval, basis } of device.per_session) {
    for (const words of [figure, interval, basis]) expect(text).toContain(words);
  }
  // No estimate without its interval: the headline and the answers are sentences.
  const sentences = [device.verdict.headline, ...device.verdict.answers.map(({ answer }) => answer)].join(
    '\n',
  );
  for (const match of sentences.matchAll(FACTOR)) {
    const [before, after] = [sentences.slice(0, match.index), sentences.slice(match.index + match[0].length)];
    expect(/(at least|at most|to) $/.test(before) || /^( as long)? \(|^ to /.test(after)).toBe(true);
  }
  render(null, root);
});
