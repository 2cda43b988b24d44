/** The address: every part keeps its keys there, in the formats that bookmarks have. */
import { signal } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Source } from '../api/source';
import { bytes, ns, span } from '../base/units';
import { layout, listed, report, summaryOf } from '../testing/literals';
import { Address } from './address';
import { Panel } from './panel';

const PREFIX = 'p.tb_contention.';

/** As a bookmark has them. */
const BOOKMARKED = {
  group: 'a1b2c3d4e5',
  list: 'together~a%20~%20b',
  device: 'host0%2FGPU%3A0%232',
  first: 'train%2F2026%2Fhost',
  window: '1000~2000000000123',
  range: '-7~12',
  event: '4~1~-33',
  shift: 'train%252F2026%253Da%253Bb~c%2526d%252Fhost%3A-9000000%3Bgr%25C3%25B6%25C3%259Fe%3A1',
  kept: 'train%252F2026%3A1',
  gpu: 'train%252Frun%252Fhost%253A0%3Arack%25203%253B%2520slot%25201~a%2526b%253Dc%2525',
  instant: '-5',
  caps: '1%3A1073741824',
  lanes: '1.0~1~~4.2~7~0',
  marks: '-3%3A%3B8%3Ahere%253A%2520a%253Bb%253Dc%2520%2526%2520%253Ci%253E',
  find: '~%3Dgemm%20%26%20~co',
  table: 'Kernel%20pairs',
  before: 'host0%2FGPU%3A0',
  try: 'cap%3Atrain%2F2026%253Ba%2525%3D40%2525%3Bshift%3Aa%3D-40ms%3Bmove%3Ab%3Bpolicy%3Amps',
} as const;

const hashOf = (texts: Readonly<Record<string, string>>): string =>
  ['#tb_contention', ...Object.entries(texts).map(([name, text]) => `${PREFIX}${name}=${text}`)].join('&');

const BOOKMARK = hashOf(BOOKMARKED);

const keysIn = (hash: string): readonly string[] => hash.slice(1).split('&').sort();

/** All that the address is to hold. */
function stateOf({
  groups,
  deviceId,
  preferred,
  table,
  byHand,
  timeline,
  searching,
  comparison,
  trying,
}: Panel) {
  const { window, lanes, marks, memoryCursor, selection } = timeline;
  return {
    group: groups.pinned.value,
    list: groups.choice.value,
    device: deviceId.value,
    first: preferred.value,
    window: window.span.value,
    range: window.range.value,
    event: selection.place.value,
    shift: byHand.shifts.value,
    kept: byHand.kept.value,
    gpu: byHand.gpus.value,
    instant: memoryCursor.instant.value,
    caps: memoryCursor.caps.value,
    lanes: lanes.arrangement.value,
    marks: marks.all.value,
    find: searching.search.value,
    table: table.value,
    before: comparison.before.value,
    try: trying.changes.value,
  };
}

const AT_FIRST = stateOf(new Panel());

function opened(hash: string) {
  const panel = new Panel(new Source());
  const entries: string[] = [];
  const host = {
    hash,
    isShown: signal(true),
    isHeld: signal(false),
    push: (next: string) => {
      entries.push(host.hash);
      host.hash = next;
    },
  };
  const address = new Address(host, panel.parts);
  address.read();
  return { panel, host, address, entries };
}

let stop = (): void => {};

function writing(hash: string) {
  const made = opened(hash);
  stop = made.address.start();
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

it('restores all of a bookmark', () => {
  expect(stateOf(opened(BOOKMARK).panel)).toEqual({
    group: 'a1b2c3d4e5',
    list: { text: 'a ~ b', company: 'together' },
    device: 'host0/GPU:0#2',
    first: 'train/2026/host',
    window: span(1_000, 2_000_000_000_123),
    range: span(-7, 12),
    event: { lane: 4, row: 1, at: ns(-33) },
    shift: new Map([
      ['train/2026=a;b~c&d/host', ns(-9_000_000)],
      ['größe', ns(1)],
    ]),
    kept: new Map([['train/2026', 1]]),
    gpu: new Map([['train/run/host:0', 'rack 3; slot 1~a&b=c%']]),
    instant: ns(-5),
    caps: new Map([[1, bytes(1 << 30)]]),
    lanes: {
      order: [1, 0],
      folded: new Set([1]),
      hidden: new Set(),
      hiddenLanes: new Set([4, 2]),
      pinned: [7],
      launches: new Set([0]),
    },
    marks: [
      { at: ns(-3), note: '' },
      { at: ns(8), note: 'here: a;b=c & <i>' },
    ],
    find: { text: '=gemm & ~co', isExact: false },
    table: 'Kernel pairs',
    before: 'host0/GPU:0',
    try: [
      { kind: 'cap', who: 'train/2026;a%', what: '40%' },
      { kind: 'shift', who: 'a', what: '-40ms' },
      { kind: 'move', who: 'b', what: '' },
      { kind: 'policy', who: '', what: 'mps' },
    ],
  });
});

it('writes all that it read, byte by byte', () => {
  const { host } = writing(BOOKMARK);
  host.hash = '#tb_contention';
  vi.runAllTimers();
  expect(keysIn(host.hash)).toEqual(keysIn(BOOKMARK));
});

it.each(Object.entries(BOOKMARKED))('keeps the key %s apart from the others', (name, text) => {
  const { host, panel } = writing(hashOf({ [name]: text }));
  host.hash = '#tb_contention';
  vi.runAllTimers();
  expect(host.hash).toBe(hashOf({ [name]: text }));
  const { [name as keyof typeof AT_FIRST]: own, ...others } = stateOf(panel);
  const { [name as keyof typeof AT_FIRST]: atFirst, ...othersAtFirst } = AT_FIRST;
  expect(own).not.toEqual(atFirst);
  expect(others).toEqual(othersAtFirst);
});

it.each([
  'list=together',
  'list=nobody~',
  'window=9~1',
  'window=a~b',
  'range=5~5',
  'event=1~2',
  'event=-1~0~5',
  'event=0~0~soon',
  'shift=a:NaN',
  'shift=%',
  'gpu=:::;',
  'instant=soon',
  'instant=',
  'caps=0:-1;x:5;1:NaN',
  'lanes=1~2',
  'marks=soon:here;5',
  'find==',
  'table=',
  'try=as_recorded',
  'try=sm_cap',
  'try=cap:',
  'try=../x:y',
  '__proto__=1',
])('makes no state out of %s', (text) => {
  expect(stateOf(opened(`#${PREFIX}${text}`).panel)).toEqual(AT_FIRST);
});

it('writes once, when changes come to rest, and nothing while another tab has the address', () => {
  const { host, panel } = writing('#tb_contention');
  for (const end of [10, 20, 30]) panel.timeline.window.range.value = span(0, end);
  expect(host.hash).toBe('#tb_contention');
  vi.runAllTimers();
  expect(host.hash).toBe(hashOf({ range: '0~30' }));
  host.isShown.value = false;
  panel.timeline.window.range.value = null;
  vi.runAllTimers();
  expect(host.hash).toBe(hashOf({ range: '0~30' }));
  host.isShown.value = true;
  vi.runAllTimers();
  expect(host.hash).toBe('#tb_contention');
});

it('forgets what was of the device that is left, and keeps the rest', () => {
  const { panel } = opened(BOOKMARK);
  panel.summary.value = summaryOf(report(['alpha', 'beta']));
  panel.timeline.layout.value = layout;
  panel.timeline.window.commit(span(100, 200));
  panel.choose('host0/GPU:9');
  const {
    group,
    list,
    device,
    first: preferred,
    shift,
    kept,
    gpu,
    find,
    table,
    before,
    ...ofDevice
  } = stateOf(panel);
  const first = AT_FIRST;
  expect(ofDevice).toEqual({
    window: first.window,
    range: first.range,
    event: first.event,
    instant: first.instant,
    caps: first.caps,
    lanes: first.lanes,
    marks: first.marks,
    try: first.try,
  });
  expect(panel.timeline.window.crumbs.value).toEqual([]);
  expect([group, device, table, before, find?.text]).toEqual([
    'a1b2c3d4e5',
    'host0/GPU:9',
    'Kernel pairs',
    'host0/GPU:0',
    '=gemm & ~co',
  ]);
  expect([shift.size, kept.size, gpu.size, list.company]).toEqual([2, 1, 1, 'together']);
});

it('names the group that the server chose once the address holds anything of it', () => {
  const { host, panel } = writing('#tb_contention');
  panel.groups.adopt(listed('g7'));
  vi.runAllTimers();
  expect(host.hash).toBe('#tb_contention');
  panel.timeline.window.range.value = span(0, 30);
  vi.runAllTimers();
  expect(keysIn(host.hash)).toEqual(keysIn(hashOf({ group: 'g7', range: '0~30' })));
});

it('keeps the place that is left as it is, and goes on in another entry of the history', () => {
  const { panel, host, address, entries } = writing('#tb_contention');
  panel.table.value = 'Sessions';
  address.leave();
  expect(entries).toEqual([hashOf({ table: 'Sessions' })]);
  panel.groups.choose('a1b2c3d4e5');
  panel.deviceId.value = 'host0/GPU:9';
  vi.runAllTimers();
  expect(entries).toHaveLength(1);
  const now = { group: 'a1b2c3d4e5', device: 'host0%2FGPU%3A9', table: 'Sessions' };
  expect(keysIn(host.hash)).toEqual(keysIn(hashOf(now)));
  expect([address.text('group'), address.text('range')]).toEqual(['a1b2c3d4e5', '']);
});

describe('in the history of the browser', () => {
  const range = (panel: Panel, end: number | null): void => {
    panel.timeline.window.range.value = end === null ? null : span(0, end);
  };

  it('makes one entry of each place, with what was noted there by then', () => {
    const { panel, host, entries } = writing('#tb_contention');
    range(panel, 10);
    vi.runAllTimers();
    panel.timeline.marks.note(ns(8), 'here');
    vi.runAllTimers();
    expect(entries).toEqual(['#tb_contention']);
    range(panel, 20);
    vi.runAllTimers();
    expect(entries.slice(1)).toEqual([hashOf({ range: '0~10', marks: '8%3Ahere' })]);
    expect(keysIn(host.hash)).toEqual(keysIn(hashOf({ range: '0~20', marks: '8%3Ahere' })));
  });

  it('waits for the end of a drag, however slow, and takes it for one step', () => {
    const { panel, host, address, entries } = writing('#tb_contention');
    host.isHeld.value = true;
    for (const end of [10, 20, 30]) {
      range(panel, end);
      vi.advanceTimersByTime(1000);
    }
    expect([host.hash, entries]).toEqual(['#tb_contention', []]);
    host.isHeld.value = false;
    address.flush();
    vi.runAllTimers();
    expect([host.hash, entries]).toEqual([hashOf({ range: '0~30' }), ['#tb_contention']]);
  });

  it('takes pans and zooms that follow each other for one step, and the next ones for another', () => {
    const { panel, host, entries } = writing('#tb_contention');
    for (const end of [10, 20, 30]) {
      panel.timeline.window.span.value = span(0, end);
      vi.advanceTimersByTime(600);
    }
    expect([host.hash, entries]).toEqual([hashOf({ window: '0~30' }), ['#tb_contention']]);
    vi.advanceTimersByTime(5000);
    panel.timeline.window.span.value = span(0, 40);
    vi.runAllTimers();
    expect(entries).toEqual(['#tb_contention', hashOf({ window: '0~30' })]);
  });

  it('keeps places apart that follow each other faster than changes come to rest', () => {
    const { panel, address, entries } = writing('#tb_contention');
    range(panel, 10);
    address.flush();
    range(panel, 20);
    address.flush();
    vi.runAllTimers();
    expect(entries).toEqual(['#tb_contention', hashOf({ range: '0~10' })]);
  });

  it('goes back without another entry, and without a loss of what was noted since', () => {
    const { panel, host, address, entries } = writing('#tb_contention');
    range(panel, 10);
    vi.runAllTimers();
    panel.timeline.marks.note(ns(8), 'here');
    vi.runAllTimers();
    host.hash = '#tb_contention';
    address.read(true);
    expect(panel.timeline.window.range.value).toBeNull();
    vi.runAllTimers();
    expect([host.hash, entries]).toEqual([hashOf({ marks: '8%3Ahere' }), ['#tb_contention']]);
    host.hash = '#tb_contention';
    address.read();
    expect(panel.timeline.marks.all.value).toEqual([]);
  });

  it('makes no entry when another tab has dropped the keys from the address', () => {
    const { panel, host, entries } = writing('#tb_contention');
    range(panel, 10);
    vi.runAllTimers();
    host.isShown.value = false;
    host.hash = '#tb_contention';
    host.isShown.value = true;
    vi.runAllTimers();
    expect([host.hash, entries.length]).toEqual([hashOf({ range: '0~10' }), 1]);
  });

  it('names the only group in a link, and what is set', () => {
    const { panel, address } = opened(hashOf({ range: '0~10' }));
    range(panel, 20);
    expect(address.link('g7')).toBe(hashOf({ group: 'g7', range: '0~20' }));
  });
});
