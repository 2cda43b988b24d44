/** Small values for tests: a device of two sessions, a layout, tiles. */
import { encodeTile } from '../../dev/encode_tile.mjs';
import type {
  Device,
  DeviceMemory,
  DriverView,
  Finding,
  Holder,
  Layout,
  ListedGroup,
  Report,
  Session,
  SessionMemory,
  Slowdown,
  Summary,
} from '../api/report';
import { decodeTile, type Tile } from '../api/tile';
import { bytes, ns } from '../base/units';

const GIB = 2 ** 30;

export const session = (name: string, more: Partial<Session> = {}): Session => ({
  id: `${name}/run/host0`,
  name,
  run: `${name}/run`,
  file: `${name}/plugins/profile/run/host0.xplane.pb`,
  host: 'host0',
  process_id: null,
  kind: 'process',
  green_context: null,
  clock: {
    source: 'task_environment',
    error_ns: ns(12_000),
    absolute_error_ns: ns(1e6),
    detail: '',
    check: 'none',
    correction_ns: null,
  },
  file_bytes: null,
  sha256: null,
  simulated: false,
  process: null,
  attribution: null,
  recording: null,
  label: name,
  window: { start_ns: ns(0), end_ns: ns(480e6) },
  steps: null,
  warnings: [],
  ...more,
});

/** A slowdown of which nothing is known, but for what is given. */
export const slowdown = (more: Partial<Slowdown> = {}): Slowdown => ({
  estimate: null,
  low: null,
  high: null,
  evidence: 'D',
  coverage: 0,
  settle: '',
  measured: false,
  baseline: '',
  ...more,
});

export const deviceSession = (name: string): Device['per_session'][number] => ({
  session: `${name}/run/host0`,
  kernels: 10,
  copies: 0,
  busy_ns: ns(240e6),
  exclusive_ns: ns(90e6),
  computing_ns: ns(240e6),
  collective_ns: ns(0),
  copying_ns: ns(0),
  contended_ns: ns(150e6),
  stretch_ns: null,
  stall_ns: null,
  absorbed_ns: null,
  lost_ns: null,
  clock_ns: null,
  off_gpu: null,
  slowdown: slowdown(),
  loop: 'closed',
  answer: 'unknown',
  figure: '',
  figure_of: 'steps',
  request_times: '',
  busy_with: '',
  interval: '',
  basis: 'unknown',
  loss: '',
  step: { shared_ns: null, alone_ns: null, count: 0 },
  baselines: [],
});

export const device = (names: readonly string[], more: Partial<Device> = {}): Device => ({
  id: 'host0/GPU:0',
  label: 'GPU 0 on host0',
  verdict: { answer: 'unknown', headline: '', meaning: '', trust: [], answers: [] },
  slowdown_scale: { low: 1, high: 1.1 },
  requests: [],
  mechanism_words: '',
  cannot_be_one_gpu: false,
  memory_words: '',
  driver_words: '',
  host: 'host0',
  model: null,
  capacity_bytes: null,
  identity: 'assumed',
  is_host: false,
  sessions: names.map((name) => `${name}/run/host0`),
  window: { start_ns: ns(0), end_ns: ns(480e6) },
  alignment: { max_error_ns: ns(12_000) },
  time: { window_ns: ns(480e6), idle_ns: ns(30e6), exclusive_ns: ns(300e6), contended_ns: ns(150e6) },
  mechanism: 'unknown',
  mechanism_confidence: 'unsure',
  mechanism_detail: '',
  slice_ns: null,
  progress_sum: null,
  metrics: null,
  per_session: names.map(deviceSession),
  pairs: [],
  blame: [],
  blame_kernels: [],
  kernels: [],
  step_times: [],
  scopes: [],
  threads: [],
  memory: null,
  memory_note: '',
  what_if: [],
  advice: null,
  driver: null,
  ...more,
});

/** Bytes of one operation. */
export const holder = (more: Partial<Holder> = {}): Holder => ({
  session: 'alpha/run/host0',
  allocator: 'GPU_0_bfc',
  kind: 'op',
  op: '',
  scope: '',
  bytes: bytes(1),
  requested_bytes: null,
  count: 1,
  region: null,
  data_type: null,
  shape: null,
  age_ns: null,
  ...more,
});

/** An allocator whose events are complete. */
export const allocator = (more: Partial<SessionMemory> = {}): SessionMemory => ({
  session: 'alpha/run/host0',
  allocator: 'GPU_0_bfc',
  peak_bytes: bytes(1),
  peak_at_ns: ns(1),
  at_combined_peak_bytes: bytes(1),
  limit_bytes: null,
  before_capture_bytes: bytes(0),
  lifetime_peak_bytes: null,
  suggested_limit_bytes: bytes(1),
  rounding_at_peak_bytes: null,
  fragmentation_at_peak: null,
  fragmentation_most: null,
  events: 1,
  repeated_events: 0,
  missing_events: 0,
  unpaired_frees: 0,
  gaps: '',
  holders: [],
  ...more,
});

/** Memory of a device on which nothing is held. */
export const deviceMemory = (more: Partial<DeviceMemory> = {}): DeviceMemory => ({
  capacity_bytes: null,
  safe_bytes: null,
  combined_peak_bytes: bytes(0),
  combined_peak_at_ns: ns(0),
  headroom_bytes: null,
  per_session: [],
  host_allocators: [],
  sum_of_peaks_bytes: bytes(0),
  sum_of_limits_bytes: null,
  sessions_without_data: [],
  holders: [],
  holder_scopes: [],
  growth: [],
  steps: [],
  kernel_changes: [],
  stalls: [],
  refused: [],
  ...more,
});

/** Samples of the driver that counted nothing. */
export const driverView = (more: Partial<DriverView> = {}): DriverView => ({
  source: 'alpha/run/host0',
  samples: 10,
  period_ns: null,
  capacity_bytes: null,
  used_peak_bytes: null,
  used_peak_at_ns: null,
  free_least_bytes: null,
  processes: [],
  unmatched: [],
  untraced_peak_bytes: null,
  untraced_peak_at_ns: null,
  unlisted_bytes: null,
  used: null,
  untraced: null,
  clock_mhz: null,
  power_w: null,
  utilisation_percent: null,
  ...more,
});

/** Two sessions, alpha and beta, about which everything is known that a report can say. */
export const costly = (): Partial<Device> => {
  const [alpha, beta] = ['alpha/run/host0', 'beta/run/host0'];
  return {
    verdict: {
      answer: 'yes',
      headline: 'alpha takes 1.25× as long (1.23 to 1.27) because of beta',
      meaning: 'Both had work on it at once for 150 ms of 480 ms.',
      trust: ['clocks from tf.data, ±12.0 µs', 'no losses reported'],
      answers: [
        {
          question: 'Who?',
          answer: 'beta delays alpha (11.0 ms, 92 % of its loss).',
          place: { kind: 'section', near: false, name: 'blame', at_ns: null },
        },
        {
          question: 'By what mechanism?',
          answer: 'Time slicing: the sessions take turns.',
          place: { kind: 'contended', near: true, name: null, at_ns: null },
        },
        { question: 'How much?', answer: 'alpha 1.25× (1.23 to 1.27).', place: null },
      ],
    },
    slowdown_scale: { low: 1, high: 1.6 },
    mechanism_words: 'Time slicing, slices of about 2.30 ms: the sessions take turns.',
    mechanism: 'time_slicing',
    mechanism_confidence: 'sure',
    mechanism_detail: 'Kernels of both stop together.',
    slice_ns: ns(2.3e6),
    progress_sum: 0.98,
    metrics: { antt: 1.26, stp: 1.59, fairness: 0.97, jain: 0.99 },
    per_session: [
      {
        ...deviceSession('alpha'),
        stretch_ns: ns(8e6),
        stall_ns: ns(6e6),
        absorbed_ns: ns(2e6),
        lost_ns: ns(12e6),
        answer: 'yes',
        figure: '1.25×',
        interval: '1.23 to 1.27',
        basis: 'estimated from its own undisturbed kernels (class B)',
        loss: '8.00 ms stretch + 6.00 ms stall − 2.00 ms absorbed by the host',
        slowdown: {
          estimate: 1.25,
          low: 1.23,
          high: 1.27,
          evidence: 'B',
          coverage: 0.93,
          settle: '',
          measured: false,
          baseline: '',
        },
        step: { shared_ns: ns(17.1e6), alone_ns: ns(13.7e6), count: 28 },
      },
      {
        ...deviceSession('beta'),
        answer: 'yes',
        figure: '1.10× to 1.60×',
        basis: 'bounded, not estimated (class D)',
        slowdown: {
          estimate: null,
          low: 1.1,
          high: 1.6,
          evidence: 'D',
          coverage: 0,
          settle: 'Record beta alone.',
          measured: false,
          baseline: '',
        },
      },
    ],
    blame: [
      { victim: alpha, culprit: beta, lost_ns: ns(11e6) },
      { victim: alpha, culprit: 'untraced', lost_ns: ns(1e6) },
    ],
    blame_kernels: [
      {
        victim: alpha,
        victim_kernel: 'gemm',
        culprit: beta,
        culprit_kernel: '<b>copy</b>',
        lost_ns: ns(4e6),
      },
    ],
    step_times: [
      {
        session: alpha,
        known: true,
        steps: 2,
        merged: 1,
        number: [1, 2],
        start_ns: [ns(0), ns(200e6)],
        end_ns: [ns(200e6), ns(480e6)],
        period_ns: [ns(200e6), ns(280e6)],
        own_ns: [ns(100e6), ns(200e6)],
        host_ns: [ns(50e6), ns(60e6)],
        lost_ns: [ns(50e6), ns(20e6)],
      },
    ],
    scopes: [
      { session: alpha, scope: 'model/attention', kernels: 7, total_ns: ns(9e6), peak_bytes: bytes(2 * GIB) },
      { session: beta, scope: 'model/dense', kernels: 5, total_ns: ns(12e6), peak_bytes: null },
    ],
    threads: [
      {
        session: beta,
        thread: 'prefetch <i>1</i>',
        runs: 28,
        busy_ns: ns(300e6),
        waited_ns: ns(90e6),
        waits_for: 'train loop',
        kernels: 5,
        total_ns: ns(12e6),
      },
    ],
  };
};

export const report = (names: readonly string[], more: Partial<Device> = {}): Report => ({
  format_version: 1,
  tool: { name: 'tb_contention', version: '0' },
  logdir: 'logs',
  origin_ns: null,
  sessions: names.map((name) => session(name)),
  devices: [device(names, more)],
  findings: [],
  problems: [],
  muted: [],
  notes: [],
});

/** Two captures that ran together. */
export const listed = (id: string, more: Partial<ListedGroup> = {}): ListedGroup => ({
  id,
  title: `group ${id}`,
  captures: [`${id}a`, `${id}b`],
  names: ['alpha', 'beta'],
  host: 'host0',
  devices: ['host0/GPU:0'],
  models: ['H100'],
  start_ns: ns(0),
  end_ns: ns(60e9),
  shared: true,
  repeated: false,
  on_host: false,
  overlap_ns: ns(30e9),
  overlap_share: 0.5,
  clock_error_ns: ns(12_000),
  by_name: false,
  kernels: 10,
  simulated: 0,
  left_out: 0,
  found: null,
  problems: [],
  ...more,
});

/** What the server says when it is done. */
export const summaryOf = (made: Report | null, more: Partial<Summary> = {}): Summary => ({
  state: 'ready',
  message: '',
  progress: null,
  revision: 'r1',
  is_known: false,
  is_partial: false,
  trace_viewer: {},
  perfetto: '',
  logdir: 'logs',
  listing: 'l1',
  captures: 2,
  groups: 1,
  datasets: [],
  group: null,
  version: '0',
  xprof: false,
  report: made,
  ...more,
});

/** Two sessions with one stream each; 1024 ns long. */
export const layout: Layout = {
  device: 'host0/GPU:0',
  revision: 'r1',
  window: { start_ns: ns(0), end_ns: ns(1024) },
  extent: { start_ns: ns(0), end_ns: ns(1024) },
  sessions: ['alpha', 'beta'].map((name) => ({
    id: `${name}/run/host0`,
    name,
    window: { start_ns: ns(0), end_ns: ns(1024) },
  })),
  lanes: [
    { lane: 0, session: 0, kind: 'steps', label: 'steps', title: 'Steps', rows: 1, events: 1 },
    { lane: 1, session: 0, kind: 'stream', label: 'stream 13', title: 'Stream #13', rows: 2, events: 3 },
    { lane: 2, session: 1, kind: 'stream', label: 'stream 13', title: 'Stream #13', rows: 1, events: 1 },
  ],
  memory: {
    sessions: [0, 1],
    capacity_bytes: bytes(10 * GIB),
    limit_bytes: [null, null],
    peak_bytes: bytes(6 * GIB),
    peak_at_ns: ns(512),
    safe_bytes: null,
    own_peaks: [],
    driver: null,
    axis_top_bytes: bytes(10 * GIB),
  },
  hidden_lanes: 0,
  lost: [],
  levels: { min: 0, max: 40 },
};

export interface SliceLiteral {
  readonly at: readonly [number, number];
  readonly name?: number;
  readonly count?: number;
  readonly row?: number;
  readonly busy?: number;
}

export const laneTrack = (lane: number, slices: readonly SliceLiteral[]) => ({
  kind: 'lane',
  lane,
  columns: {
    start: ['f64', slices.map((s) => s.at[0])],
    end: ['f64', slices.map((s) => s.at[1])],
    busy: ['f64', slices.map((s) => s.busy ?? s.at[1] - s.at[0])],
    name: ['u32', slices.map((s) => s.name ?? 0)],
    count: ['u32', slices.map((s) => s.count ?? 1)],
    row: ['u16', slices.map((s) => s.row ?? 0)],
    kind: ['u8', slices.map(() => 0)],
  } as const,
});

export const contentionTrack = (intervals: readonly (readonly [number, number, number])[]) => ({
  kind: 'contention',
  columns: {
    start: ['f64', intervals.map((i) => i[0])],
    end: ['f64', intervals.map((i) => i[1])],
    busy: ['f64', intervals.map((i) => i[1] - i[0])],
    count: ['u32', intervals.map(() => 1)],
    depth: ['u8', intervals.map((i) => i[2])],
  } as const,
});

/** Spans as start, end, kind (0 stretched, 1 stalled) and, for merged ones, how many. */
export const lostTrack = (of: number, spans: readonly (readonly [number, number, number, number?])[]) => ({
  kind: 'lost',
  session: of,
  columns: {
    start: ['f64', spans.map((s) => s[0])],
    end: ['f64', spans.map((s) => s[1])],
    busy: ['f64', spans.map((s) => s[1] - s[0])],
    count: ['u32', spans.map((s) => s[3] ?? 1)],
    kind: ['u8', spans.map((s) => s[2])],
  } as const,
});

export const memoryTrack = (of: number, most: readonly number[], last: readonly number[]) => ({
  kind: 'memory',
  session: of,
  columns: { max: ['f64', most], last: ['f64', last] } as const,
});

type Tracks = Parameters<typeof encodeTile>[1];

export const tileBytes = (
  level: number,
  index: number,
  names: readonly string[],
  tracks: Tracks,
): ArrayBuffer => {
  const start_ns = index * 512 * 2 ** level;
  return encodeTile({ level, index, start_ns, end_ns: start_ns + 512 * 2 ** level, names }, tracks);
};

export const tile = (level: number, index: number, names: readonly string[], tracks: Tracks): Tile =>
  decodeTile(tileBytes(level, index, names, tracks));

export const finding = (rule: string, title: string, more: Partial<Finding> = {}): Finding => ({
  rule,
  severity: 'warning',
  title,
  detail: `${title} in detail`,
  advice: '',
  evidence: {},
  device: null,
  sessions: [],
  cause: '',
  effect: '',
  verify: '',
  gain_ns: null,
  gain_bytes: null,
  options: [],
  place: null,
  ...more,
});
