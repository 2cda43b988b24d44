// Tiles of a made-up workload, by brute force.
import { encodeTile } from './encode_tile.mjs';
import { lostBySession } from './mock_cost.mjs';

/** Long events one by one, shorter ones merged per bucket and row. */
function mergedSlices(events, start, end, bucket) {
  const slices = [];
  const buckets = new Map();
  for (const event of events) {
    if (event.end <= start || event.start >= end) continue;
    const length = event.end - event.start;
    if (length >= bucket) {
      slices.push({ ...event, count: 1, busy: length, longest: length });
      continue;
    }
    const key = `${Math.floor((event.start - start) / bucket)}|${event.row}`;
    const old = buckets.get(key);
    if (old === undefined) buckets.set(key, { ...event, count: 1, busy: length, longest: length });
    else {
      const name = length > old.longest ? event.name : old.name;
      const longest = Math.max(length, old.longest);
      buckets.set(key, {
        ...old,
        name,
        longest,
        end: event.end,
        count: old.count + 1,
        busy: old.busy + length,
      });
    }
  }
  return [...slices, ...buckets.values()].sort((a, b) => a.start - b.start);
}

function laneTrack(lane, slices, nameOf) {
  const column = (type, of) => [type, slices.map(of)];
  return {
    kind: 'lane',
    lane,
    columns: {
      start: column('f64', (s) => s.start),
      end: column('f64', (s) => s.end),
      busy: column('f64', (s) => s.busy),
      name: column('u32', (s) => nameOf(s.name)),
      count: column('u32', (s) => s.count),
      row: column('u16', (s) => s.row),
      kind: column('u8', (s) => s.kind),
    },
  };
}

function contentionTrack(intervals) {
  return {
    kind: 'contention',
    columns: {
      start: ['f64', intervals.map((i) => i.start)],
      end: ['f64', intervals.map((i) => i.end)],
      busy: ['f64', intervals.map((i) => i.busy)],
      count: ['u32', intervals.map((i) => i.count)],
      depth: ['u8', intervals.map((i) => i.depth)],
    },
  };
}

function lostTrack(session, spans) {
  const column = (type, key) => [type, spans.map((s) => s[key])];
  return {
    kind: 'lost',
    session,
    columns: {
      start: column('f64', 'start'),
      end: column('f64', 'end'),
      busy: column('f64', 'busy'),
      count: column('u32', 'count'),
      kind: column('u8', 'kind'),
    },
  };
}

function memoryTrack(session, steps, start, bucket) {
  let [at, value] = [0, Number.NaN];
  const [most, last] = [[], []];
  for (; at < steps.length && steps[at][0] < start; at += 1) value = steps[at][1];
  for (let i = 0; i < 512; i += 1) {
    let max = value;
    while (at < steps.length && steps[at][0] < start + (i + 1) * bucket) {
      value = steps[at][1];
      max = Number.isNaN(max) ? value : Math.max(max, value);
      at += 1;
    }
    most.push(max);
    last.push(value);
  }
  return { kind: 'memory', session, columns: { max: ['f64', most], last: ['f64', last] } };
}

export function tileOf(workload, level, index) {
  const bucket = 2 ** level;
  const start = index * 512 * bucket;
  const end = start + 512 * bucket;
  const names = [];
  const nameOf = (name) => {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
  };
  const tracks = [];
  workload.sessions.forEach((session, at) => {
    [session.steps, session.kernels, session.copies].forEach((events, kind) => {
      tracks.push(laneTrack(3 * at + kind, mergedSlices(events, start, end, bucket), nameOf));
    });
    tracks.push(memoryTrack(at, session.memory, start, bucket));
  });
  const intervals = mergedSlices(
    workload.contention.map((interval) => ({ ...interval, row: 0, name: '', kind: 0 })),
    start,
    end,
    bucket,
  );
  tracks.push(contentionTrack(intervals));
  lostBySession(workload).forEach(({ stretched, stalled }, session) => {
    const spans = [stretched, stalled].flatMap((all, kind) =>
      mergedSlices(
        all.map((each) => ({ ...each, row: kind, name: '', kind })),
        start,
        end,
        bucket,
      ),
    );
    tracks.push(lostTrack(session, spans));
  });
  return encodeTile({ level, index, start_ns: start, end_ns: end, names }, tracks);
}
