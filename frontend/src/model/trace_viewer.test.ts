import { expect, it } from 'vitest';
import { traceViewerUrl } from './trace_viewer';

const BASE = 'http://localhost:6006/data/plugin/tb_contention/';
const PLACE = { run: 'train/2026_03_05', host: 'box', zero_ns: 0 };
const MS = 1_000_000;

function opened(place = PLACE, view = { start: 0, end: MS }, base = BASE) {
  const page = new URL(traceViewerUrl(place, view, base));
  const data = page.searchParams.get('trace_data_url') ?? '';
  return { page, data: new URL(page.origin + data), view: page.searchParams };
}

it('is the address that the viewer was seen to open at this window', () => {
  expect(traceViewerUrl(PLACE, { start: 1900 * MS, end: 1940 * MS }, BASE)).toBe(
    'http://localhost:6006/data/plugin/profile/trace_viewer_index.html?is_streaming=true&is_oss=true' +
      '&trace_data_url=%2Fdata%2Fplugin%2Fprofile%2Fdata%3Frun%3Dtrain%252F2026_03_05%26tag%3Dtrace_viewer%2540' +
      '%26host%3Dbox%26hosts%3Dbox&view_start=1900&view_end=1940',
  );
});

it('counts from the zero of the session, to the nanosecond', () => {
  const { view } = opened({ ...PLACE, zero_ns: -4_217_641 }, { start: 1, end: 3_600_000_000_001 });
  expect(Number(view.get('view_start'))).toBe(4.217642);
  expect(Number(view.get('view_end'))).toBe(3_600_004.217642);
});

it('may begin before the session does', () => {
  const { view } = opened({ ...PLACE, zero_ns: 2 * MS }, { start: 0, end: 3 * MS });
  expect([view.get('view_start'), view.get('view_end')]).toEqual(['-2', '1']);
});

it('gives an instant some width', () => {
  const { view } = opened(PLACE, { start: MS, end: MS });
  expect(Number(view.get('view_end'))).toBeGreaterThan(Number(view.get('view_start')));
});

it('keeps the prefix of the server, and of an experiment, in both addresses', () => {
  for (const prefix of ['/pfx', '/a%20b/c', '/experiment/defaultExperimentId']) {
    const base = `http://localhost:6006${prefix}/data/plugin/tb_contention/`;
    const { page, data } = opened(PLACE, undefined, base);
    expect(page.pathname).toBe(`${prefix}/data/plugin/profile/trace_viewer_index.html`);
    expect(data.pathname).toBe(`${prefix}/data/plugin/profile/data`);
  }
});

it('carries any name of a run and a host', () => {
  const place = { run: 'odd é &+%20#?=/S 1;x', host: 'h ö&+%;#x', zero_ns: 0 };
  const { data } = opened(place);
  expect(Object.fromEntries(data.searchParams)).toEqual({
    run: place.run,
    tag: 'trace_viewer@',
    host: place.host,
    hosts: place.host,
  });
});
