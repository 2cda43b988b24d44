// Summary and layout of a made-up workload, in the documented format.
import { costJson, lossJson, lostBySession } from './mock_cost.mjs';
import { CAPACITY, memoryJson, memoryLayout } from './mock_memory.mjs';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];

export const idOf = (index) => `${NAMES[index]}/2026_01_01_00_00_00/gpuhost`;
const totalOf = (events) => Math.round(events.reduce((sum, event) => sum + event.end - event.start, 0));
const spanOf = (workload) => ({ start_ns: 0, end_ns: workload.extent });

const sessionJson = (workload) => (session, index) => ({
  id: idOf(index),
  name: NAMES[index],
  run: `${NAMES[index]}/2026_01_01_00_00_00`,
  file: `${NAMES[index]}/plugins/profile/2026_01_01_00_00_00/simulated.xplane.pb`,
  host: 'gpuhost',
  process_id: 4211 + 166 * index,
  kind: index === 2 ? 'in_process' : 'process',
  process: index === 2 ? idOf(0) : null,
  attribution:
    index === 2
      ? {
          rule: 'model_id',
          detail: 'A session inside alpha: its runs carry the model id gamma.',
          kernels: 4211,
          unattributed: 12,
        }
      : null,
  label: NAMES[index],
  file_bytes: 2_400_000,
  sha256: null,
  simulated: true,
  recording: null,
  clock: {
    source: 'task_environment',
    error_ns: 12000,
    absolute_error_ns: 1e6,
    detail: 'The profiler wrote it.',
  },
  window: spanOf(workload),
  steps: { count: session.steps.length, mean_ns: 17e6, p50_ns: 17.1e6, p95_ns: 18e6 },
  warnings: index === 1 ? ['simulated trace'] : [],
});

function kernelJson(workload) {
  const rows = new Map();
  workload.sessions.forEach((session, index) => {
    for (const event of session.kernels) {
      const key = `${index}|${event.name}`;
      const row = rows.get(key) ?? {
        session: idOf(index),
        name: event.name,
        count: 0,
        total_ns: 0,
        alone_ns: index === 2 ? null : 0,
        lost_ns: index === 2 ? null : 0,
      };
      row.count += 1;
      if (index !== 2) {
        row.alone_ns += 0.8 * (event.end - event.start);
        row.lost_ns += 0.2 * (event.end - event.start);
      }
      row.total_ns += event.end - event.start;
      rows.set(key, row);
    }
  });
  const whole = (value) => (value === null ? null : Math.round(value));
  const rounded = [...rows.values()].map((row) => ({
    ...row,
    total_ns: whole(row.total_ns),
    alone_ns: whole(row.alone_ns),
    lost_ns: whole(row.lost_ns),
  }));
  return rounded.sort((a, b) => b.total_ns - a.total_ns);
}

const VERDICT = {
  answer: 'yes',
  headline: 'alpha takes 1.25× as long (1.23 to 1.27)',
  meaning: 'The sessions take turns on the GPU, and each waits for the others.',
  trust: ['estimated from its own undisturbed kernels'],
  answers: [
    {
      question: 'Is it contention?',
      answer: 'Yes: 2 of 3 sessions are slower.',
      place: { kind: 'contended', near: false, name: null, at_ns: null },
    },
  ],
};

function deviceJson(workload, id) {
  const contended = totalOf(workload.contention);
  const busy = workload.sessions.map((session) => totalOf(session.kernels));
  const idle = Math.max(0, Math.round(workload.extent - busy.reduce((a, b) => a + b, 0) + contended));
  return {
    id,
    host: 'gpuhost',
    model: 'H100 80 GB',
    capacity_bytes: CAPACITY,
    identity: 'assumed',
    is_host: false,
    label: `GPU ${id.at(-1)} on gpuhost`,
    verdict: VERDICT,
    slowdown_scale: { low: 1, high: 1.62 },
    mechanism_words: 'Time slicing, slices of about 2.30 ms: the sessions take turns.',
    memory_words: 'The combined peak fits.',
    driver_words: '',
    memory_note: '',
    what_if: [],
    driver: null,
    pairs: [],
    sessions: workload.sessions.map((_, index) => idOf(index)),
    window: spanOf(workload),
    alignment: { max_error_ns: 12000 },
    time: {
      window_ns: workload.extent,
      idle_ns: idle,
      exclusive_ns: workload.extent - idle - contended,
      contended_ns: contended,
    },
    ...costJson(workload, idOf, kernelJson(workload)),
    per_session: workload.sessions.map((_, index) => ({
      session: idOf(index),
      kernels: workload.sessions[index].kernels.length,
      copies: workload.sessions[index].copies.length,
      busy_ns: busy[index],
      exclusive_ns: busy[index] - Math.min(contended, busy[index]),
      contended_ns: Math.min(contended, busy[index]),
      ...lossJson(workload, index),
      baselines: [],
    })),
    kernels: kernelJson(workload),
    memory: memoryJson(workload, idOf),
  };
}

const UNSAID = { cause: '', effect: '', verify: '', gain_ns: null, gain_bytes: null, place: null };

const FINDINGS = [
  {
    rule: 'overlapping-work',
    severity: 'warning',
    title: 'Both sessions had work on the GPU for 31 % of the window',
    detail: 'Their kernels overlap in 16 intervals, most of them in the evaluation step of beta.',
    advice: 'Shift the evaluation to the gap after the step of alpha, or start nvidia-cuda-mps-control -d.',
    ...UNSAID,
    evidence: {},
    device: null,
    sessions: [],
  },
  {
    rule: 'memory-fits',
    severity: 'info',
    title: 'Memory is no problem',
    detail: 'Both pools fit: limits 36 + 36 of 79.2 GiB.',
    advice: '',
    ...UNSAID,
    evidence: {},
    device: null,
    sessions: [],
  },
];

const PROBLEMS = [
  {
    file: 'beta/plugins/profile/2026_01_01_00_00_00/simulated.xplane.pb',
    slug: 'dropped-events',
    severity: 'warning',
    origin: 'recording',
    message: 'The profiler dropped 1,204 GPU events.',
    advice: 'Record for a shorter time.',
    count: 1,
    offset: null,
  },
];

export const reportOf = (workload, devices = 1) => ({
  format_version: 1,
  tool: { name: 'tb_contention', version: '0.1.0' },
  logdir: 'logs',
  origin_ns: 1767225600000000000,
  sessions: workload.sessions.map(sessionJson(workload)),
  devices: Array.from({ length: devices }, (_, ordinal) => deviceJson(workload, `gpuhost/GPU:${ordinal}`)),
  findings: FINDINGS,
  problems: PROBLEMS,
  notes: [],
});

export function layoutOf(workload, device, revision) {
  return {
    device,
    revision,
    window: spanOf(workload),
    extent: spanOf(workload),
    sessions: workload.sessions.map((_, index) => ({
      id: idOf(index),
      name: NAMES[index],
      window: spanOf(workload),
    })),
    lanes: workload.sessions.flatMap((session, index) => [
      {
        lane: 3 * index,
        session: index,
        kind: 'steps',
        label: 'steps',
        title: 'Steps',
        rows: 1,
        events: session.steps.length,
      },
      {
        lane: 3 * index + 1,
        session: index,
        kind: 'stream',
        label: 'stream 13',
        title: 'Stream #13(Compute)',
        rows: 1,
        events: session.kernels.length,
      },
      {
        lane: 3 * index + 2,
        session: index,
        kind: 'stream',
        label: 'stream 14',
        title: 'Stream #14(MemcpyH2D)',
        rows: 2,
        events: session.copies.length,
      },
    ]),
    hidden_lanes: 0,
    memory: memoryLayout(workload),
    lost: lostBySession(workload)
      .map((_, index) => index)
      .filter((index) => index !== 2),
    levels: { min: 0, max: 40 },
  };
}
