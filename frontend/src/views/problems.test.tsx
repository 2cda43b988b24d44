// What the problems of a kind have in common stands once, and each file with the devices that it is on.
import { render } from 'preact';
import { expect, it } from 'vitest';
import type { Problem, Report } from '../api/report';
import { report } from '../testing/literals';
import { Problems } from './problems';

const problem = (file: string, more: Partial<Problem> = {}): Problem => ({
  file,
  slug: 'cut-short',
  severity: 'warning',
  origin: 'reading',
  message: `${file}: the file ends early.`,
  advice: 'Record again.',
  count: 1,
  offset: null,
  ...more,
});

function shown(given: Report): string {
  const root = document.createElement('div');
  render(<Problems report={given} />, root);
  return root.textContent ?? '';
}

it('says what is common once, and names each file', () => {
  const text = shown({ ...report(['one', 'two']), problems: [problem('a.gz'), problem('<b>.gz')] });

  for (const once of ['the file ends early.', 'Record again.', 'Found while reading.']) {
    expect(text.split(once)).toHaveLength(2);
  }
  expect(text).toContain('a.gz');
  expect(text).toContain('<b>.gz');
});

it('keeps apart what differs', () => {
  const other = problem('b.gz', { message: 'b.gz: a record is broken.' });
  const text = shown({ ...report(['one']), problems: [problem('a.gz'), other] });

  expect(text).toContain('a.gz the file ends early.');
  expect(text).toContain('b.gz a record is broken.');
});

it('names the device of a file where there are several', () => {
  const given = report(['one', 'two']);
  const [device] = given.devices;
  const devices = given.sessions.map(({ id }, index) => ({
    ...device,
    label: `GPU ${index}`,
    sessions: [id],
  }));
  const sessions = given.sessions.map((each, index) => ({ ...each, file: `${index}.gz` }));
  const text = shown({ ...given, devices, sessions, problems: [problem('1.gz')] });

  expect(text).toContain('1.gz (GPU 1)');
});
