// A stand-in for TensorBoard with the plugin, for work on the panel: `npm run mock -- [port] [sessions] [devices] [--groups N]`.
// Serves a page with a frame like TensorBoard's, the built bundle, and the routes of http_api.md over a made-up workload.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { makeGroups } from './mock_groups.mjs';
import { partOf } from './mock_memory.mjs';
import { idOf, layoutOf, reportOf } from './mock_report.mjs';
import { tileOf } from './mock_tiles.mjs';
import { makeWorkload } from './workload.mjs';

const STATIC = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../tb_contention/static');
const REVISION = 'c0ffee12';

const PAGE = `<!DOCTYPE html><body style="margin:0"><iframe src="data/plugin_entry.html" style="border:0;width:100%;height:100vh;display:block"></iframe>`;
const STUB = `<!DOCTYPE html><base href="plugin/tb_contention/"><script type="module">import("./index.js").then(m => void m.render())</script>`;

function eventOf(workload, parameters) {
  const [lane, row, time] = ['lane', 'row', 'time'].map((name) => Number(parameters.get(name)));
  const session = workload.sessions[Math.floor(lane / 3)];
  const events = [session.steps, session.kernels, session.copies][lane % 3];
  const event = events.find((each) => each.row === row && each.start <= time && time < each.end);
  if (event === undefined) return { event: null };
  const { name, start, end } = event;
  return {
    event: {
      name,
      start_ns: start,
      duration_ns: end - start,
      kind: 0,
      stream: '13',
      session: idOf(Math.floor(lane / 3)),
      step: null,
      correlation_id: 4711,
      op: 'model/dense/MatMul',
      details: null,
      bytes: null,
      launch: null,
      launch_ns: start - 9000,
      launch_duration_ns: 4000,
      launch_thread: 'train loop',
      launch_place: null,
      queue_ns: 5000,
      launched: null,
      stretched_ns: null,
      stalled_ns: null,
      distribution: null,
      meanwhile: [],
    },
  };
}

function summaryOf(workload, devices, group) {
  const report = reportOf(workload, devices);
  return {
    state: 'ready',
    message: '',
    progress: null,
    revision: REVISION,
    is_known: false,
    is_partial: false,
    trace_viewer: {},
    perfetto: '',
    logdir: 'logs',
    listing: 'l1',
    captures: groups.reduce((sum, { captures }) => sum + captures.length, 0),
    groups: groups.length,
    datasets: [],
    group,
    version: '0.1.0',
    xprof: false,
    report: devices === 0 ? { ...report, sessions: [], findings: [], problems: [] } : report,
  };
}

function answer(url, workload, devices) {
  const { pathname, searchParams } = url;
  const json = (value) => ['application/json', JSON.stringify(value)];
  if (pathname === '/') return ['text/html', PAGE];
  if (pathname === '/data/plugin_entry.html') return ['text/html', STUB];
  const route = pathname.replace('/data/plugin/tb_contention/', '');
  if (readdirSync(STATIC).includes(route)) {
    const type = route.endsWith('.json') ? 'application/json' : 'text/javascript';
    return [type, readFileSync(path.join(STATIC, route))];
  }
  if (route === 'api/groups')
    return json({ listing: 'l1', is_known: false, pending: 3, groups, problems: [] });
  const asked = searchParams.get('group');
  const group = groups.find(({ id }) => id === asked) ?? groups[0] ?? null;
  if (asked !== null && asked !== group?.id) return null;
  if (route === 'api/summary') return json(summaryOf(workload, devices, group));
  if (route === 'api/layout') return json(layoutOf(workload, searchParams.get('device'), REVISION));
  if (route === 'api/memory') return json(partOf(workload, searchParams, idOf));
  if (route === 'api/event') return json(eventOf(workload, searchParams));
  if (route === 'api/tile') {
    const [level, index] = [Number(searchParams.get('level')), Number(searchParams.get('index'))];
    return ['application/octet-stream', new Uint8Array(tileOf(workload, level, index))];
  }
  return null;
}

const { values, positionals } = parseArgs({
  options: { groups: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const [port = '6100', sessions = '2', devices = '1'] = positionals;
const groups = makeGroups(Number(values.groups));
const workload = makeWorkload(Number(sessions));
createServer((request, response) => {
  const found = answer(new URL(request.url, 'http://localhost'), workload, Number(devices));
  if (found === null) {
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error: { slug: 'unknown-group', message: 'No such route or group.' } }));
    return;
  }
  const [type, body] = found;
  response.writeHead(200, { 'Content-Type': type, 'Content-Encoding': 'gzip' });
  response.end(gzipSync(body, { level: 1 }));
}).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`));
