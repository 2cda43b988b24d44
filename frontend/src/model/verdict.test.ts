import { describe, expect, it } from 'vitest';
import type { Slowdown } from '../api/report';
import { ns } from '../base/units';
import { device, deviceSession, report, session, slowdown } from '../testing/literals';
import { gpuName, isSimulated, verdictOf } from './verdict';

const sentence = (names: readonly string[], more: Parameters<typeof report>[1] = {}): string => {
  const made = report(names, more);
  return verdictOf(made, made.devices[0]).sentence;
};

const slowed = (name: string, found: Slowdown) => ({ ...deviceSession(name), slowdown: found });
const time = { window_ns: ns(480e6), idle_ns: ns(330e6), exclusive_ns: ns(150e6), contended_ns: ns(0) };

describe('the verdict', () => {
  it('says how long both had work when nothing more is known', () => {
    expect(sentence(['alpha', 'beta'])).toBe(
      'Two sessions share GPU 0 on host0: for 31 % of 480 ms both had work on it',
    );
  });

  it('does not say both of three', () => {
    expect(sentence(['a', 'b', 'c'])).toBe(
      'Three sessions share GPU 0 on host0: for 31 % of 480 ms two or more had work on it at once',
    );
  });

  it('says that there was no contention', () => {
    expect(sentence(['a', 'b'], { time })).toBe(
      'Two sessions used GPU 0 on host0 and never had work on it at the same time',
    );
  });

  it('does not divide by an empty window', () => {
    const empty = { window_ns: ns(0), idle_ns: ns(0), exclusive_ns: ns(0), contended_ns: ns(0) };
    expect(sentence(['a', 'b'], { time: empty })).toBe(
      'Two sessions used GPU 0 on host0, but their captures have no time in common',
    );
  });

  it('says that a session was alone', () => {
    expect(sentence(['a'])).toBe('One session alone on GPU 0 on host0: busy for 50 % of 480 ms');
  });

  it('says that a session alone in its capture was slowed by others', () => {
    const per_session = [slowed('a', slowdown({ estimate: 1.45, low: 1.2, high: 1.7, evidence: 'C' }))];
    const blamed = (lost: number) => [{ victim: 'a', culprit: 'untraced', lost_ns: ns(lost) }];
    expect(sentence(['a'], { per_session, blame: blamed(5e6) })).toBe(
      'One session on GPU 0 on host0, beside processes that were not captured: a is about 1.45× slower',
    );
    expect(sentence(['a'], { per_session, blame: blamed(0) })).toMatch(/^One session alone/);
  });

  it('puts slowdowns first when they are known', () => {
    const known = slowdown({ estimate: 1.254, low: 1.23, high: 1.27, evidence: 'B' });
    const per_session = [slowed('a', known), slowed('b', { ...known, estimate: 1.4 })];
    expect(sentence(['a', 'b'], { per_session, mechanism: 'time_slicing' })).toBe(
      'Two sessions share GPU 0 on host0 by time slices: a is about 1.25× slower, b is about 1.40× slower',
    );
    const alike = [slowed('a', known), slowed('b', known)];
    expect(sentence(['a', 'b'], { per_session: alike })).toMatch(/: each is about 1\.25× slower$/);
  });

  it('counts the sessions for which there is no room', () => {
    const each = (name: string, i: number) =>
      slowed(name, slowdown({ estimate: 1.2 + i / 10, low: 1.1, high: 1.9, evidence: 'B' }));
    const names = ['a', 'b', 'c', 'd', 'e'];
    expect(sentence(names, { per_session: names.map(each) })).toMatch(
      /, c is about 1\.40× slower and 2 more$/,
    );
  });

  it('does not call a session slower that is not, and takes no estimate from class D', () => {
    const same = slowdown({ estimate: 1.002, low: 0.99, high: 1.01, evidence: 'A' });
    const open = slowdown({ estimate: 1.7, low: 1.2, high: null, evidence: 'D' });
    const per_session = [slowed('a', same), slowed('b', open)];
    expect(sentence(['a', 'b'], { per_session })).toBe(
      'Two sessions share GPU 0 on host0: a is not slower, b is at least 1.20× slower',
    );
    expect(sentence(['a', 'b'], { per_session: [slowed('a', same), slowed('b', same)] })).toMatch(
      /: none is slower$/,
    );
  });

  it('gives bounds where there is no estimate, and no number where there is none', () => {
    const bounds = slowdown({ estimate: null, low: 1.1, high: 1.6, evidence: 'D' });
    const nothing = slowdown({ estimate: null, low: null, high: null, evidence: 'D' });
    const per_session = [slowed('a', bounds), slowed('b', nothing)];
    expect(sentence(['a', 'b'], { per_session })).toBe(
      'Two sessions share GPU 0 on host0: a is between 1.10× and 1.60× slower',
    );
    expect(sentence(['a', 'b'], { per_session: [slowed('a', nothing), slowed('b', nothing)] })).toBe(
      'Two sessions share GPU 0 on host0: for 31 % of 480 ms both had work on it',
    );
  });
});

it('does not call overlap on a processor contention', () => {
  const made = report(['a', 'b'], { id: 'host0/CPU', is_host: true });
  const said = verdictOf(made, made.devices[0]);
  expect(said.sentence).toBe(
    'Two sessions ran on the processor on host0, at once for 31 % of 480 ms: overlap, which is no proof of contention',
  );
  expect(said.details.join(' ')).not.toContain('contended');
  expect(said.details.join(' ')).not.toContain('same GPU');
});

it('says that sessions wait for each other in one stream, also on a processor', () => {
  const known = slowdown({ estimate: 1.97, low: 1.87, high: 2.07, evidence: 'C' });
  const per_session = [slowed('a', known), slowed('b', known)];
  const more = { id: 'host0/CPU', is_host: true, time, per_session, mechanism: 'single_stream' as const };
  expect(sentence(['a', 'b'], more)).toBe(
    'Two sessions share the processor on host0 through one stream: each is about 1.97× slower',
  );
});

describe('what it rests on', () => {
  it('says plainly what is assumed and unknown', () => {
    const made = report(['a', 'b'], { alignment: { max_error_ns: null } });
    expect(verdictOf(made, made.devices[0]).details).toEqual([
      'model unknown',
      'same GPU assumed: host, ordinal and capabilities agree',
      'clocks from Task Environment, error unknown',
      '31 % of 480 ms contended',
      'no losses reported',
    ]);
  });

  it('never hides a loss', () => {
    const made = report(['a', 'b']);
    const lossy = { ...made, sessions: [session('a', { warnings: ['dropped 12 events'] }), session('b')] };
    expect(verdictOf(lossy, lossy.devices[0]).details).toContain('1 loss reported, see Problems');
  });
});

it('knows a simulated session by its name, host, file or warnings', () => {
  expect(isSimulated([session('a')])).toBe(false);
  expect(isSimulated([session('a', { host: 'Simulated-host' })])).toBe(true);
  expect(isSimulated([session('a', { simulated: true })])).toBe(true);
  expect(isSimulated([session('a', { warnings: ['this trace was simulated'] })])).toBe(true);
});

it('names the GPU by its ordinal, and by its id when that has another form', () => {
  expect(gpuName(device([]))).toBe('GPU 0');
  expect(gpuName(device([], { id: 'h/GPU:3#2' }))).toBe('GPU 3 (group 2)');
  const uuid = 'GPU-1f0a9c3e-5b7d-4e21-9f3a-0c8d7e6b5a41';
  expect(gpuName(device([], { id: `host0/${uuid}#2` }))).toBe('GPU …5a41 (group 2)');
  expect(gpuName(device([], { id: 'rack 3' }))).toBe('rack 3');
});

it('says that the cost is being measured, not that it cannot be told', () => {
  const made = report(['alpha', 'beta']);
  expect(verdictOf(made, made.devices[0], true).answers.map(({ answer }) => answer)).toEqual([
    'Being measured: work at once for 31 % of 480 ms',
  ]);
});
