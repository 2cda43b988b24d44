// What sharing costs in a made-up workload: plausible numbers in the documented format, not an analysis.
const clip = (event, interval) => Math.min(event.end, interval.end) - Math.max(event.start, interval.start);

/** Long kernels inside contended intervals lose their second half, and a part of the gap before them. */
function lostOf(workload, session) {
  const [stretched, stalled] = [[], []];
  let at = 0;
  let free = 0;
  for (const event of session.kernels) {
    while (at < workload.contention.length && workload.contention[at].end <= event.start) at += 1;
    const interval = workload.contention[at];
    if (interval !== undefined && clip(event, interval) > 0) {
      const middle = Math.round((event.start + event.end) / 2);
      if (event.end - event.start > 30e3) stretched.push({ start: middle, end: event.end });
      if (event.start > free) stalled.push({ start: free, end: event.start });
    }
    free = event.end;
  }
  return { stretched, stalled };
}

const LOST = new WeakMap();

export function lostBySession(workload) {
  const known = LOST.get(workload) ?? workload.sessions.map((session) => lostOf(workload, session));
  LOST.set(workload, known);
  return known;
}

const total = (spans) => Math.round(spans.reduce((sum, span) => sum + span.end - span.start, 0));

const SLOWDOWNS = [
  {
    estimate: 1.25,
    low: 1.23,
    high: 1.27,
    evidence: 'B',
    coverage: 0.93,
    settle: '',
    measured: false,
    baseline: '',
  },
  {
    estimate: 1.26,
    low: 1.19,
    high: 1.34,
    evidence: 'A',
    coverage: 1,
    settle: '',
    measured: false,
    baseline: '',
  },
  {
    estimate: null,
    low: 1.05,
    high: 1.62,
    evidence: 'D',
    coverage: 0.12,
    settle: 'Record this session once without the others for 20 steps.',
    measured: false,
    baseline: '',
  },
];

export function lossJson(workload, index) {
  const { stretched, stalled } = lostBySession(workload)[index];
  const [stretch, stall] = [total(stretched), total(stalled)];
  const slowdown = SLOWDOWNS[index % SLOWDOWNS.length];
  const isKnown = slowdown.estimate !== null;
  const absorbed = Math.round(0.2 * (stretch + stall));
  const period = 17.1e6;
  return {
    stretch_ns: isKnown ? stretch : null,
    stall_ns: isKnown ? stall : null,
    absorbed_ns: isKnown ? absorbed : null,
    lost_ns: isKnown ? stretch + stall - absorbed : null,
    slowdown,
    answer: isKnown ? 'yes' : 'undecided',
    figure: isKnown ? `${slowdown.estimate.toFixed(2)}×` : '1.05× to 1.62×',
    interval: isKnown ? `${slowdown.low.toFixed(2)} to ${slowdown.high.toFixed(2)}` : '',
    basis: `estimated (class ${slowdown.evidence})`,
    loss: '',
    step: {
      shared_ns: period,
      alone_ns: isKnown ? Math.round(period / slowdown.estimate) : null,
      count: workload.sessions[index].steps.length,
    },
  };
}

function blameOf(workload, idOf) {
  return workload.sessions.flatMap((_, victim) => {
    const lost = lossJson(workload, victim).lost_ns;
    if (lost === null) return [];
    const culprits = workload.sessions.map((_, i) => i).filter((i) => i !== victim);
    const each = Math.round((0.94 * lost) / culprits.length);
    const named = culprits.map((i) => ({ victim: idOf(victim), culprit: idOf(i), lost_ns: each }));
    const rest = lost - each * culprits.length;
    return [...named, { victim: idOf(victim), culprit: 'untraced', lost_ns: rest }];
  });
}

function stepTimesOf(workload, idOf) {
  return workload.sessions.map((session, index) => {
    const steps = session.steps.slice(0, 400);
    const lost = lostBySession(workload)[index];
    const known = lossJson(workload, index).lost_ns !== null;
    const rows = steps.map((step, number) => {
      const inside = [...lost.stretched, ...lost.stalled].reduce(
        (sum, s) => sum + Math.max(0, clip(s, step)),
        0,
      );
      const length = step.end - step.start;
      const loss = known ? Math.min(Math.round(inside), Math.round(0.4 * length)) : 0;
      const host = Math.round(0.1 * (length - loss));
      return { number, ...step, host, lost: loss, own: length - loss - host };
    });
    return {
      session: idOf(index),
      known,
      steps: steps.length,
      merged: 1,
      number: rows.map((row) => row.number),
      start_ns: rows.map((row) => row.start),
      end_ns: rows.map((row) => row.end),
      own_ns: rows.map((row) => row.own),
      host_ns: rows.map((row) => row.host),
      period_ns: rows.map((row) => row.own + row.host + row.lost),
      lost_ns: rows.map((row) => row.lost),
    };
  });
}

export function costJson(workload, idOf, kernels) {
  const blame = blameOf(workload, idOf);
  const pairs = blame.filter((row) => row.culprit !== 'untraced');
  return {
    mechanism: 'time_slicing',
    mechanism_detail: 'Kernels of both sessions stop together for about 2.3 ms, 41 times.',
    slice_ns: 2_300_000,
    progress_sum: 0.98,
    metrics: { antt: 1.26, stp: 1.59, fairness: 0.99, jain: 1 },
    blame,
    blame_kernels: pairs.flatMap((row, i) =>
      kernels.slice(0, 3).map((kernel, k) => ({
        ...row,
        victim_kernel: kernels[(i + k) % kernels.length].name,
        culprit_kernel: kernel.name,
        lost_ns: Math.round(row.lost_ns * [0.5, 0.2, 0.1][k]),
      })),
    ),
    step_times: stepTimesOf(workload, idOf),
    scopes: workload.sessions.flatMap((_, index) =>
      ['model/attention', 'model/dense', 'gradients', ''].map((scope, i) => ({
        session: idOf(index),
        scope,
        kernels: 400 - 90 * i,
        total_ns: 90e6 - 21e6 * i,
        peak_bytes: i === 3 ? null : (4 - i) * 2 ** 30,
      })),
    ),
    threads: workload.sessions.flatMap((_, index) =>
      ['train loop', 'prefetch'].map((thread, i) => ({
        session: idOf(index),
        thread,
        runs: 28 - i,
        busy_ns: 300e6 / (1 + i),
        waited_ns: 40e6 + 60e6 * i,
        waits_for: i === 0 ? '' : 'train loop',
        kernels: i === 0 ? 800 : 0,
        total_ns: i === 0 ? 180e6 : 0,
      })),
    ),
  };
}
