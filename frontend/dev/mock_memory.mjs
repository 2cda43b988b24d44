// Memory of a made-up workload: peaks, holders at any instant, and use under caps, in the documented format.

const GIB = 2 ** 30;
export const CAPACITY = Math.round(79.2 * GIB);
const SAFE = Math.round(74.3 * GIB);
const LIMIT = 36 * GIB;
const BEFORE = 18 * GIB;
const OPS = ['model/dense_3/MatMul', 'model/attention/Softmax', 'loss/sparse_xent'];

/** Bytes in use of each session at an instant. */
function usedAt(workload, time) {
  return workload.sessions.map(({ memory }) => {
    const last = memory.filter(([at]) => at <= time).at(-1) ?? memory[0];
    return Math.round(last[1]);
  });
}

/** The highest sum within a part, exactly, by all changes; `caps` cuts each session at its own. */
export function peakOf(workload, start = 0, end = workload.extent, caps = null) {
  const times = workload.sessions.flatMap(({ memory }) => memory.map(([at]) => at));
  const inside = [start, ...times.filter((at) => at > start && at <= end).sort((a, b) => a - b)];
  let best = { at: start, sum: -1, shares: [] };
  for (const at of inside) {
    const shares = usedAt(workload, at).map((used, index) => Math.min(used, caps?.[index] ?? used));
    const sum = shares.reduce((a, b) => a + b, 0);
    if (sum > best.sum) best = { at: Math.round(at), sum, shares };
  }
  return best;
}

/** One session's own peak. */
export function ownPeak(workload, index, start, end) {
  return peakOf({ ...workload, sessions: [workload.sessions[index]] }, start, end);
}

function holdersOf(shares, idOf) {
  const rows = shares.flatMap((used, index) => {
    const total = { session: idOf(index), allocator: 'GPU_0_bfc', requested_bytes: null };
    const before = Math.min(BEFORE, used);
    const parts = OPS.map((_, place) => Math.floor(((used - before) * (3 - place)) / 6));
    const rest = used - before - parts.reduce((a, b) => a + b, 0);
    return [
      {
        ...total,
        kind: 'before_capture',
        op: '',
        scope: '',
        bytes: before,
        count: 0,
        region: null,
        data_type: null,
        shape: null,
        age_ns: null,
      },
      ...OPS.map((op, place) => ({
        ...total,
        kind: 'op',
        op,
        scope: op.split('/').slice(0, -1).join('/'),
        bytes: parts[place] + (place === 0 ? rest : 0),
        count: place + 1,
        region: place === 1 ? 'temp' : 'output',
        data_type: 'bfloat16',
        shape: `[${256 << place},4096]`,
        age_ns: 1e6 * (place + 1),
      })),
    ];
  });
  return rows.filter((row) => row.bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

function scopesOf(holders) {
  const sums = new Map();
  for (const { session, kind, scope, bytes, count } of holders) {
    const row = sums.get(`${session}|${kind}|${scope}`) ?? { session, kind, scope, bytes: 0, count: 0 };
    row.bytes += bytes;
    row.count += count;
    sums.set(`${session}|${kind}|${scope}`, row);
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
}

export function memoryJson(workload, idOf) {
  const peak = peakOf(workload);
  const holders = holdersOf(peak.shares, idOf);
  const own = workload.sessions.map((_, index) => ownPeak(workload, index));
  return {
    capacity_bytes: CAPACITY,
    safe_bytes: SAFE,
    combined_peak_bytes: peak.sum,
    combined_peak_at_ns: peak.at,
    headroom_bytes: CAPACITY - peak.sum,
    sum_of_peaks_bytes: own.reduce((sum, each) => sum + each.sum, 0),
    sum_of_limits_bytes: LIMIT * workload.sessions.length,
    sessions_without_data: [],
    host_allocators: [],
    per_session: workload.sessions.map((_, index) => ({
      session: idOf(index),
      allocator: 'GPU_0_bfc',
      peak_bytes: own[index].sum,
      peak_at_ns: own[index].at,
      at_combined_peak_bytes: peak.shares[index],
      limit_bytes: LIMIT,
      before_capture_bytes: BEFORE,
      lifetime_peak_bytes: own[index].sum + GIB,
      suggested_limit_bytes: LIMIT,
      fragmentation_at_peak: 0.03,
      fragmentation_most: 0.12,
      rounding_at_peak_bytes: null,
      events: 100,
      missing_events: index,
      repeated_events: 0,
      unpaired_frees: 0,
      gaps: '',
      holders: [],
    })),
    holders,
    holder_scopes: scopesOf(holders),
    growth: [],
    steps: [],
    kernel_changes: [],
    stalls: [],
  };
}

export function partOf(workload, parameters, idOf) {
  const [start, end] = ['start', 'end'].map((name) => Number(parameters.get(name)));
  const peak = peakOf(workload, start, end);
  const at = parameters.has('at') ? Number(parameters.get('at')) : peak.at;
  const shares = usedAt(workload, at);
  const holders = holdersOf(shares, idOf);
  const caps =
    parameters
      .get('caps')
      ?.split(',')
      .map((cap) => (cap === '' ? null : Number(cap))) ?? null;
  const capped = caps && peakOf(workload, start, end, caps);
  const own = workload.sessions.map((_, index) => ownPeak(workload, index, start, end));
  return {
    start_ns: start,
    end_ns: end,
    peak_bytes: peak.sum,
    peak_at_ns: peak.at,
    per_session: own.map((each, index) => ({
      session: idOf(index),
      allocator: 'GPU_0_bfc',
      peak_bytes: each.sum,
      peak_at_ns: each.at,
      at_bytes: shares[index],
    })),
    at_ns: at,
    total_bytes: shares.reduce((a, b) => a + b, 0),
    holders,
    scopes: scopesOf(holders),
    capped: capped && {
      peak_bytes: capped.sum,
      peak_at_ns: capped.at,
      sum_of_limits_bytes: caps.reduce((sum, cap) => sum + (cap ?? LIMIT), 0),
      sessions: own.map((each, index) => ({
        session: idOf(index),
        cap_bytes: caps[index],
        peak_bytes: each.sum,
        over_ns: caps[index] !== null && each.sum > caps[index] ? 5e6 : 0,
      })),
    },
  };
}

export function memoryLayout(workload) {
  const peak = peakOf(workload);
  return {
    sessions: workload.sessions.map((_, index) => index),
    capacity_bytes: CAPACITY,
    safe_bytes: SAFE,
    limit_bytes: workload.sessions.map(() => LIMIT),
    peak_bytes: peak.sum,
    peak_at_ns: peak.at,
    own_peaks: workload.sessions.map((_, index) => {
      const own = ownPeak(workload, index);
      return { peak_bytes: own.sum, peak_at_ns: own.at };
    }),
    driver: null,
    axis_top_bytes: CAPACITY,
  };
}
