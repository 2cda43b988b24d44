/** The tables of a report. Generated from `tb_contention/tables/`; do not edit. */

export type Kind = 
  | 'text'
  | 'word'
  | 'name'
  | 'session'
  | 'sessions'
  | 'device'
  | 'list'
  | 'map'
  | 'flag'
  | 'count'
  | 'identifier'
  | 'duration'
  | 'instant'
  | 'bytes'
  | 'number'
  | 'factor'
  | 'share'
  | 'slowdown'
  | 'factors'
  | 'durations';

export interface Column {
  /** Where the value is in a row; `device.` looks in the device, `outer.` in the object around the row. */
  readonly key: string;
  readonly title: string;
  readonly kind: Kind;
  readonly help?: string;
  /** Key of the whole that the value is a part of. */
  readonly of?: string;
  /** What stands instead of an empty text. */
  readonly unless?: string;
}

export interface TableSpec {
  readonly slug: string;
  readonly title: string;
  readonly help: string;
  readonly note?: string;
  /** Path of its rows from the report, or from a device behind `devices`. */
  readonly source: readonly string[];
  readonly together?: boolean;
  readonly forHost?: string;
  readonly columnar?: boolean;
  readonly columns: readonly Column[];
}

export const DEVICE_TABLES = {
  slowdowns: {
    slug: 'slowdowns',
    title: 'What sharing cost',
    help: 'How much longer each session takes, how that is known, and what the loss consists of.',
    source: ['devices', 'per_session'],
    note: 'Lost = stretch (kernels take longer than alone) + stall (work waits) − absorbed (hidden by slack of the host).',
    together: true,
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'slowdown', title: 'slowdown', kind: 'slowdown' },
      { key: 'answer', title: 'slower', kind: 'word' },
      { key: 'basis', title: 'basis', kind: 'text' },
      { key: 'step.shared_ns', title: 'step, shared', kind: 'duration' },
      { key: 'step.alone_ns', title: 'step, alone', kind: 'duration' },
      { key: 'stretch_ns', title: 'stretch', kind: 'duration' },
      { key: 'stall_ns', title: 'stall', kind: 'duration' },
      { key: 'absorbed_ns', title: 'absorbed', kind: 'duration' },
      { key: 'lost_ns', title: 'lost', kind: 'duration', of: 'device.time.window_ns' },
    ],
  },
  blame: {
    slug: 'blame',
    title: 'Who delays whom',
    help: "How much of each session's loss each other session explains.",
    source: ['devices', 'blame'],
    columns: [
      { key: 'victim', title: 'session', kind: 'session' },
      { key: 'culprit', title: 'culprit', kind: 'session' },
      { key: 'lost_ns', title: 'lost', kind: 'duration' },
    ],
  },
  predictions: {
    slug: 'predictions',
    title: 'What would help',
    help: 'What each session would see under another schedule.',
    source: ['devices', 'what_if', 'sessions'],
    columns: [
      { key: 'outer.setting', title: 'change', kind: 'text' },
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'slowdown', title: 'slowdown then', kind: 'factors' },
      { key: 'step_ns', title: 'step then', kind: 'durations' },
      { key: 'gain_ns', title: 'step shorter by', kind: 'durations' },
      { key: 'end_ns', title: 'work done after', kind: 'durations' },
    ],
  },
  schedules: {
    slug: 'schedules',
    title: 'What the predictions rest on',
    help: 'What each schedule means for all sessions together, and which assumptions the predictions make.',
    source: ['devices', 'what_if'],
    columns: [
      { key: 'setting', title: 'change', kind: 'text' },
      { key: 'makespan_ns', title: 'all recorded work done after', kind: 'durations' },
      { key: 'combined_peak_bytes', title: 'memory peak', kind: 'bytes' },
      { key: 'combined_peak_most_bytes', title: 'at most', kind: 'bytes' },
      { key: 'fits', title: 'fits', kind: 'flag' },
      { key: 'played_share', title: 'part of the window', kind: 'share' },
      { key: 'assumes', title: 'assumes', kind: 'text' },
      { key: 'unknown', title: 'unknown because', kind: 'text' },
    ],
  },
  blame_kernels: {
    slug: 'blame_kernels',
    title: 'Kernel pairs',
    help: 'Which kernels lost most time, and to which kernels of other sessions.',
    source: ['devices', 'blame_kernels'],
    columns: [
      { key: 'victim', title: 'session', kind: 'session' },
      { key: 'victim_kernel', title: 'kernel that lost', kind: 'name' },
      { key: 'culprit', title: 'other session', kind: 'session' },
      { key: 'culprit_kernel', title: 'its kernel', kind: 'name' },
      { key: 'lost_ns', title: 'lost', kind: 'duration' },
    ],
  },
  per_session: {
    slug: 'per_session',
    title: 'Time',
    help: 'How long each session had work on the device, alone and while another session had work too.',
    source: ['devices', 'per_session'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'kernels', title: 'kernels', kind: 'count' },
      { key: 'copies', title: 'copies', kind: 'count' },
      { key: 'busy_ns', title: 'busy', kind: 'duration', of: 'device.time.window_ns' },
      { key: 'exclusive_ns', title: 'while no other had work', kind: 'duration' },
      { key: 'contended_ns', title: 'while another had work', kind: 'duration', of: 'busy_ns' },
    ],
  },
  pairs: {
    slug: 'pairs',
    title: 'Pairs',
    help: 'How long two sessions had work on the device at once.',
    source: ['devices', 'pairs'],
    columns: [
      { key: 'a', title: 'session', kind: 'session' },
      { key: 'b', title: 'and', kind: 'session' },
      { key: 'overlap_ns', title: 'overlap', kind: 'duration', of: 'device.time.window_ns' },
    ],
  },
  memory: {
    slug: 'memory',
    title: 'Memory',
    help: 'The peak of each allocator, and what it held at the combined peak.',
    source: ['devices', 'memory', 'per_session'],
    note: 'No capture includes CUDA contexts and libraries (about 500 MiB per process), memory that an allocator reserves without handing it out, or processes that were not captured.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'allocator', title: 'allocator', kind: 'text' },
      { key: 'peak_bytes', title: 'own peak', kind: 'bytes' },
      { key: 'peak_at_ns', title: 'at', kind: 'instant' },
      { key: 'at_combined_peak_bytes', title: 'at the combined peak', kind: 'bytes' },
      { key: 'before_capture_bytes', title: 'before the capture', kind: 'bytes' },
      { key: 'limit_bytes', title: 'limit', kind: 'bytes' },
      { key: 'lifetime_peak_bytes', title: 'peak since start', kind: 'bytes' },
      { key: 'suggested_limit_bytes', title: 'suggested limit', kind: 'bytes' },
      { key: 'fragmentation_at_peak', title: 'fragmentation', kind: 'share' },
    ],
  },
  holders: {
    slug: 'holders',
    title: 'Who holds the combined peak',
    help: 'Operations by the bytes that they hold at the combined peak.',
    source: ['devices', 'memory', 'holders'],
    note: 'All rows add up to the combined peak.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'allocator', title: 'allocator', kind: 'text' },
      { key: 'op', title: 'operation', kind: 'name', unless: '(no operation recorded)' },
      { key: 'bytes', title: 'bytes', kind: 'bytes' },
      { key: 'count', title: 'count', kind: 'count' },
      { key: 'region', title: 'region', kind: 'text' },
      { key: 'data_type', title: 'type', kind: 'text' },
      { key: 'shape', title: 'shape', kind: 'text' },
      { key: 'age_ns', title: 'age', kind: 'duration' },
    ],
  },
  holder_scopes: {
    slug: 'holder_scopes',
    title: 'The combined peak by name scope',
    help: 'Name scopes by the bytes that their operations hold at the combined peak.',
    source: ['devices', 'memory', 'holder_scopes'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'scope', title: 'scope', kind: 'name', unless: '(no scope)' },
      { key: 'bytes', title: 'bytes', kind: 'bytes', of: 'device.memory.combined_peak_bytes' },
      { key: 'count', title: 'count', kind: 'count' },
    ],
  },
  own_holders: {
    slug: 'own_holders',
    title: "Who holds each session's own peak",
    help: 'Operations by the bytes that they hold at the peak of their own allocator.',
    source: ['devices', 'memory', 'per_session', 'holders'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'allocator', title: 'allocator', kind: 'text' },
      { key: 'outer.peak_at_ns', title: 'at', kind: 'instant' },
      { key: 'op', title: 'operation', kind: 'name', unless: '(no operation recorded)' },
      { key: 'bytes', title: 'bytes', kind: 'bytes' },
      { key: 'count', title: 'count', kind: 'count' },
      { key: 'region', title: 'region', kind: 'text' },
      { key: 'data_type', title: 'type', kind: 'text' },
      { key: 'shape', title: 'shape', kind: 'text' },
      { key: 'age_ns', title: 'age', kind: 'duration' },
    ],
  },
  memory_steps: {
    slug: 'memory_steps',
    title: 'Memory per step',
    help: 'How each session uses its allocator within a step.',
    source: ['devices', 'memory', 'steps'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'allocator', title: 'allocator', kind: 'text' },
      { key: 'steps', title: 'steps', kind: 'count' },
      { key: 'allocations', title: 'allocations per step', kind: 'number' },
      { key: 'allocated_bytes', title: 'allocated per step', kind: 'bytes' },
      { key: 'rise_bytes', title: 'rise within a step', kind: 'bytes' },
      { key: 'temporary.bytes', title: 'largest temporary', kind: 'bytes' },
      { key: 'temporary.op', title: 'its operation', kind: 'name' },
    ],
  },
  memory_growth: {
    slug: 'memory_growth',
    title: 'Growing from step to step',
    help: 'Operations that hold more at the end of each step than at the end of the previous one.',
    source: ['devices', 'memory', 'growth'],
    note: 'Later steps do not free this memory: it is a leak, or a cache that fills.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'op', title: 'operation', kind: 'name', unless: 'all together' },
      { key: 'bytes_per_step', title: 'more per step', kind: 'bytes' },
      { key: 'first_bytes', title: 'from', kind: 'bytes' },
      { key: 'last_bytes', title: 'to', kind: 'bytes' },
      { key: 'steps', title: 'over steps', kind: 'count' },
      { key: 'rising', title: 'rising steps', kind: 'share' },
    ],
  },
  kernel_changes: {
    slug: 'kernel_changes',
    title: 'Operations that changed their kernel',
    help: 'Operations that switched to another kernel when a neighbour arrived, or compared with a capture alone.',
    source: ['devices', 'memory', 'kernel_changes'],
    note: 'Durations after the change include what sharing the GPU adds.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'op', title: 'operation', kind: 'name', unless: '(no operation recorded)' },
      { key: 'neighbour', title: 'since', kind: 'session', unless: 'a capture alone' },
      { key: 'before', title: 'kernel before', kind: 'name' },
      { key: 'after', title: 'kernel after', kind: 'name' },
      { key: 'count_after', title: 'count', kind: 'count' },
      { key: 'mean_before_ns', title: 'mean before', kind: 'duration' },
      { key: 'mean_after_ns', title: 'mean after', kind: 'duration' },
      { key: 'workspace_before_bytes', title: 'workspace before', kind: 'bytes' },
      { key: 'workspace_after_bytes', title: 'workspace after', kind: 'bytes' },
      { key: 'cost_ns', title: 'cost', kind: 'duration' },
    ],
  },
  memory_stalls: {
    slug: 'memory_stalls',
    title: 'Time spent getting memory',
    help: 'Calls that take memory from the driver or return it, and allocations that waited for a free.',
    source: ['devices', 'memory', 'stalls'],
    note: 'driver: driver calls. room: allocations that waited for a free; their times are upper bounds.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'kind', title: 'kind', kind: 'word' },
      { key: 'what', title: 'call or operation', kind: 'name' },
      { key: 'count', title: 'count', kind: 'count' },
      { key: 'total_ns', title: 'total', kind: 'duration' },
      { key: 'longest_ns', title: 'longest', kind: 'duration' },
      { key: 'longest_at_ns', title: 'longest at', kind: 'instant' },
    ],
  },
  host_allocators: {
    slug: 'host_allocators',
    title: 'Pinned host memory',
    help: 'Allocators of pinned host memory, which the sums leave out.',
    source: ['devices', 'memory', 'host_allocators'],
    note: 'This memory is on the host, not on the GPU.',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'allocator', title: 'allocator', kind: 'text' },
      { key: 'peak_bytes', title: 'own peak', kind: 'bytes' },
      { key: 'peak_at_ns', title: 'at', kind: 'instant' },
      { key: 'at_combined_peak_bytes', title: 'at the combined peak', kind: 'bytes' },
      { key: 'before_capture_bytes', title: 'before the capture', kind: 'bytes' },
      { key: 'limit_bytes', title: 'limit', kind: 'bytes' },
      { key: 'lifetime_peak_bytes', title: 'peak since start', kind: 'bytes' },
      { key: 'suggested_limit_bytes', title: 'suggested limit', kind: 'bytes' },
      { key: 'fragmentation_at_peak', title: 'fragmentation', kind: 'share' },
    ],
  },
  driver: {
    slug: 'driver',
    title: 'GPU memory, clock and power, as the driver reports them',
    help: 'What the driver reported about the whole GPU while the sessions ran.',
    source: ['devices', 'driver'],
    columns: [
      { key: 'source', title: 'recorded by', kind: 'session' },
      { key: 'samples', title: 'samples', kind: 'count' },
      { key: 'period_ns', title: 'one every', kind: 'duration' },
      { key: 'used_peak_bytes', title: 'allocated at most', kind: 'bytes', of: 'capacity_bytes' },
      { key: 'used_peak_at_ns', title: 'at', kind: 'instant' },
      { key: 'free_least_bytes', title: 'free at least', kind: 'bytes' },
      { key: 'untraced_peak_bytes', title: 'by processes without a capture', kind: 'bytes' },
      { key: 'unlisted_bytes', title: 'of no listed process', kind: 'bytes' },
      { key: 'unmatched', title: 'sessions not matched', kind: 'sessions' },
      { key: 'clock_mhz.first', title: 'clock at first, MHz', kind: 'number' },
      { key: 'clock_mhz.last', title: 'clock at last, MHz', kind: 'number' },
      { key: 'clock_mhz.lowest', title: 'lowest clock, MHz', kind: 'number' },
      { key: 'power_w', title: 'power, W', kind: 'number' },
      { key: 'utilisation_percent', title: 'utilisation, %', kind: 'number' },
    ],
  },
  driver_processes: {
    slug: 'driver_processes',
    title: 'GPU memory by process, as the driver reports it',
    help: 'Every process that the driver lists on the GPU, with what it holds outside its allocators.',
    source: ['devices', 'driver', 'processes'],
    note: "Outside the allocators: the CUDA context, libraries, and memory that allocators do not record. It is a range because the size of an allocator's pool is between its memory in use and its limit.",
    columns: [
      { key: 'process_id', title: 'process', kind: 'identifier' },
      { key: 'name', title: 'name', kind: 'name' },
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'peak_bytes', title: 'peak', kind: 'bytes' },
      { key: 'at_fullest_bytes', title: 'when the GPU was fullest', kind: 'bytes', of: 'device.driver.capacity_bytes' },
      { key: 'in_use_bytes', title: 'in use by allocators', kind: 'bytes' },
      { key: 'beside_least_bytes', title: 'outside them, at least', kind: 'bytes' },
      { key: 'beside_most_bytes', title: 'outside them, at most', kind: 'bytes' },
    ],
  },
  kernels: {
    slug: 'kernels',
    title: 'Kernels',
    help: 'All instances of each kernel name in the window.',
    source: ['devices', 'kernels'],
    forHost: 'Operations',
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'name', title: 'kernel', kind: 'name' },
      { key: 'count', title: 'count', kind: 'count' },
      { key: 'total_ns', title: 'total', kind: 'duration' },
      { key: 'alone_ns', title: 'alone', kind: 'duration' },
      { key: 'lost_ns', title: 'lost', kind: 'duration' },
    ],
  },
  steps: {
    slug: 'steps',
    title: 'Steps',
    help: 'Each step period: own device work, host time, and time added by other sessions.',
    source: ['devices', 'step_times'],
    columnar: true,
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'number', title: 'step', kind: 'count' },
      { key: 'start_ns', title: 'start', kind: 'instant' },
      { key: 'end_ns', title: 'end', kind: 'instant' },
      { key: 'own_ns', title: 'own work', kind: 'duration' },
      { key: 'host_ns', title: 'host', kind: 'duration' },
      { key: 'lost_ns', title: 'lost', kind: 'duration' },
    ],
  },
  scopes: {
    slug: 'scopes',
    title: 'Parts by name scope',
    help: 'Device time and memory of each session by the name scopes of its operations.',
    source: ['devices', 'scopes'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'scope', title: 'scope', kind: 'name' },
      { key: 'kernels', title: 'kernels', kind: 'count' },
      { key: 'total_ns', title: 'device time', kind: 'duration' },
      { key: 'peak_bytes', title: 'peak memory', kind: 'bytes' },
    ],
  },
  threads: {
    slug: 'threads',
    title: 'Threads and queues',
    help: 'How long each thread or queue of the host worked, and what it waited for.',
    source: ['devices', 'threads'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'thread', title: 'thread', kind: 'name' },
      { key: 'runs', title: 'runs', kind: 'count' },
      { key: 'busy_ns', title: 'time in runs', kind: 'duration' },
      { key: 'waited_ns', title: 'waited', kind: 'duration' },
      { key: 'waits_for', title: 'waited mostly for', kind: 'name' },
      { key: 'kernels', title: 'kernels', kind: 'count' },
      { key: 'total_ns', title: 'device time', kind: 'duration' },
    ],
  },
} as const satisfies Record<string, TableSpec>;

export const REPORT_TABLES = {
  devices: {
    slug: 'devices',
    title: 'Devices',
    help: 'One row per physical GPU and group of sessions that were captured together on it.',
    source: ['devices'],
    columns: [
      { key: 'id', title: 'device', kind: 'device' },
      { key: 'model', title: 'model', kind: 'text' },
      { key: 'capacity_bytes', title: 'capacity', kind: 'bytes' },
      { key: 'sessions', title: 'sessions', kind: 'sessions' },
      { key: 'verdict.answer', title: 'contention', kind: 'word' },
      { key: 'mechanism', title: 'mechanism', kind: 'word' },
      { key: 'slice_ns', title: 'time slice', kind: 'duration' },
      { key: 'progress_sum', title: 'combined throughput', kind: 'number' },
      { key: 'alignment.max_error_ns', title: 'clock error', kind: 'duration' },
      { key: 'time.window_ns', title: 'window', kind: 'duration' },
      { key: 'time.idle_ns', title: 'idle', kind: 'duration', of: 'time.window_ns' },
      { key: 'time.exclusive_ns', title: 'one session', kind: 'duration', of: 'time.window_ns' },
      { key: 'time.contended_ns', title: 'overlap', kind: 'duration', of: 'time.window_ns' },
      { key: 'metrics.antt', title: 'ANTT', kind: 'number' },
      { key: 'metrics.stp', title: 'STP', kind: 'number' },
      { key: 'memory.combined_peak_bytes', title: 'memory peak', kind: 'bytes' },
      { key: 'memory.headroom_bytes', title: 'headroom', kind: 'bytes' },
    ],
  },
  sessions: {
    slug: 'sessions',
    title: 'Sources',
    help: 'Each session with its file, its window and its clock.',
    source: ['sessions'],
    columns: [
      { key: 'id', title: 'session', kind: 'session' },
      { key: 'file', title: 'file', kind: 'text' },
      { key: 'process_id', title: 'process', kind: 'identifier' },
      { key: 'simulated', title: 'simulated', kind: 'flag' },
      { key: 'clock.source', title: 'clock from', kind: 'word' },
      { key: 'clock.error_ns', title: 'error', kind: 'duration' },
      { key: 'clock.detail', title: 'evidence', kind: 'text' },
      { key: 'steps.count', title: 'steps', kind: 'count' },
      { key: 'steps.mean_ns', title: 'step, mean', kind: 'duration' },
      { key: 'warnings', title: 'warnings', kind: 'list' },
      { key: 'file_bytes', title: 'file size', kind: 'bytes' },
      { key: 'sha256', title: 'SHA-256', kind: 'name' },
    ],
  },
  attributions: {
    slug: 'attributions',
    title: 'Sessions inside a process',
    help: 'How each session inside a process was distinguished from the others, and how many kernels are unattributed.',
    source: ['sessions', 'attribution'],
    columns: [
      { key: 'outer.id', title: 'session', kind: 'session' },
      { key: 'outer.process', title: 'process', kind: 'session' },
      { key: 'rule', title: 'rule', kind: 'word' },
      { key: 'detail', title: 'how it was distinguished', kind: 'text' },
      { key: 'kernels', title: 'kernels', kind: 'count' },
      { key: 'unattributed', title: 'unattributed kernels of the process', kind: 'count' },
    ],
  },
  recordings: {
    slug: 'recordings',
    title: 'How the captures were recorded',
    help: 'What the manifest beside each trace states about the process and its GPU.',
    source: ['sessions', 'recording'],
    columns: [
      { key: 'outer.id', title: 'session', kind: 'session' },
      { key: 'container', title: 'container', kind: 'text' },
      { key: 'driver', title: 'driver', kind: 'text' },
      { key: 'mps.state', title: 'MPS', kind: 'word' },
      { key: 'mps.active_thread_percentage', title: 'MPS active threads, %', kind: 'number' },
      { key: 'mps.pinned_memory_limit', title: 'MPS memory limit', kind: 'text' },
      { key: 'kernel_mode', title: 'kernels while traced', kind: 'word' },
      { key: 'clock_change_ns', title: 'wall clock set by', kind: 'duration' },
      { key: 'versions', title: 'versions', kind: 'map' },
    ],
  },
  findings: {
    slug: 'findings',
    title: 'Findings',
    help: 'What the analysis found, with cause, remedy, expected effect and check.',
    source: ['findings'],
    columns: [
      { key: 'rule', title: 'rule', kind: 'text' },
      { key: 'severity', title: 'severity', kind: 'word' },
      { key: 'device', title: 'device', kind: 'device' },
      { key: 'sessions', title: 'sessions', kind: 'sessions' },
      { key: 'title', title: 'finding', kind: 'text' },
      { key: 'detail', title: 'evidence', kind: 'text' },
      { key: 'cause', title: 'cause', kind: 'text' },
      { key: 'advice', title: 'remedy', kind: 'text' },
      { key: 'effect', title: 'expected effect', kind: 'text' },
      { key: 'verify', title: 'check', kind: 'text' },
      { key: 'gain_ns', title: 'time to gain', kind: 'duration' },
      { key: 'gain_bytes', title: 'memory to gain', kind: 'bytes' },
    ],
  },
  problems: {
    slug: 'problems',
    title: 'Problems with the input',
    help: 'What was lost or could not be used, by file.',
    source: ['problems'],
    columns: [
      { key: 'file', title: 'file', kind: 'text' },
      { key: 'slug', title: 'problem', kind: 'text' },
      { key: 'severity', title: 'severity', kind: 'word' },
      { key: 'origin', title: 'lost during', kind: 'word' },
      { key: 'message', title: 'what happened', kind: 'text' },
      { key: 'advice', title: 'remedy', kind: 'text' },
      { key: 'count', title: 'count', kind: 'count' },
      { key: 'offset', title: 'first byte', kind: 'identifier' },
    ],
  },
} as const satisfies Record<string, TableSpec>;
