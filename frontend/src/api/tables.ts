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
    note: 'Lost = stretch (kernels take longer than alone) + stall (work waits) + host (it takes longer beside other hosts) − absorbed (hidden by slack of the host).',
    together: true,
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'slowdown', title: 'slowdown', kind: 'slowdown', help: 'step period while sharing / step period alone' },
      { key: 'answer', title: 'slower', kind: 'word' },
      { key: 'basis', title: 'basis', kind: 'text' },
      { key: 'step.shared_ns', title: 'step, shared', kind: 'duration', help: 'mean step period while sharing' },
      { key: 'step.alone_ns', title: 'step, alone', kind: 'duration', help: 'what it would be alone' },
      { key: 'stretch_ns', title: 'stretch', kind: 'duration', help: 'by how much longer its kernels took than alone' },
      { key: 'stall_ns', title: 'stall', kind: 'duration', help: 'for how long its work waited while others had the device' },
      { key: 'off_gpu.host_lost_ns', title: 'host', kind: 'duration', help: 'by how much longer its host took' },
      { key: 'absorbed_ns', title: 'absorbed', kind: 'duration', help: 'the part of stretch and stall that slack of the host hid' },
      { key: 'lost_ns', title: 'lost', kind: 'duration', help: 'what its step periods lost: `stretch_ns` + `stall_ns` + `off_gpu.host_lost_ns` - `absorbed_ns`', of: 'device.time.window_ns' },
    ],
  },
  requests: {
    slug: 'requests',
    title: 'Request times',
    help: 'How long requests take where they arrive at a rhythm of their own, together and alone, from arrival to the end of the step.',
    source: ['devices', 'requests'],
    note: 'The arrival of a request that waited for the one before is not recorded; its waiting is estimated.',
    together: true,
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'requests', title: 'requests', kind: 'count', help: 'how many requests the window shows' },
      { key: 'waited', title: 'that waited', kind: 'count', help: 'how many of them waited for the one before, so that their arrival is estimated' },
      { key: 'slowdown', title: 'slowdown', kind: 'slowdown', help: 'mean request time while sharing / mean request time alone' },
      { key: 'shared.mean_ns', title: 'mean, shared', kind: 'durations', help: 'mean' },
      { key: 'alone.mean_ns', title: 'mean, alone', kind: 'durations', help: 'mean' },
      { key: 'shared.p50_ns', title: 'p50, shared', kind: 'durations', help: 'median' },
      { key: 'alone.p50_ns', title: 'p50, alone', kind: 'durations', help: 'median' },
      { key: 'shared.p95_ns', title: 'p95, shared', kind: 'durations', help: '95th percentile' },
      { key: 'alone.p95_ns', title: 'p95, alone', kind: 'durations', help: '95th percentile' },
      { key: 'shared.p99_ns', title: 'p99, shared', kind: 'durations', help: '99th percentile' },
      { key: 'alone.p99_ns', title: 'p99, alone', kind: 'durations', help: '99th percentile' },
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
      { key: 'lost_ns', title: 'lost', kind: 'duration', help: 'the part of the loss' },
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
      { key: 'slowdown', title: 'slowdown then', kind: 'factors', help: 'step period then / alone' },
      { key: 'step_ns', title: 'step then', kind: 'durations', help: 'mean step period then' },
      { key: 'gain_ns', title: 'step shorter by', kind: 'durations', help: 'by how much its step period would be shorter than recorded, negative = longer' },
      { key: 'latency', title: 'latency then', kind: 'factors', help: 'mean time per request then / alone, arrivals as recorded' },
      { key: 'request_ns', title: 'time per request then', kind: 'durations', help: 'mean time per request then' },
      { key: 'end_ns', title: 'work done after', kind: 'durations', help: "when its recorded work would be done, from the window's start" },
    ],
  },
  schedules: {
    slug: 'schedules',
    title: 'What the predictions rest on',
    help: 'What each schedule means for all sessions together, and which assumptions the predictions make.',
    source: ['devices', 'what_if'],
    columns: [
      { key: 'setting', title: 'change', kind: 'text' },
      { key: 'makespan_ns', title: 'all recorded work done after', kind: 'durations', help: 'until the recorded work of all sessions is done' },
      { key: 'combined_peak_bytes', title: 'memory peak', kind: 'bytes', help: 'the highest sum of all allocators then' },
      { key: 'combined_peak_most_bytes', title: 'at most', kind: 'bytes', help: 'how high the sum would be if all peaks fell together (`memory_limits`: the sum of the limits)' },
      { key: 'fits', title: 'fits', kind: 'flag' },
      { key: 'played_share', title: 'part of the window', kind: 'share', help: 'which part of the window was played, from its start' },
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
      { key: 'lost_ns', title: 'lost', kind: 'duration', help: "what was lost while the culprit's kernel had work on the device" },
    ],
  },
  per_session: {
    slug: 'per_session',
    title: 'Time',
    help: 'How long each session had work on the device, alone and while another session had work too.',
    source: ['devices', 'per_session'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'kernels', title: 'kernels', kind: 'count', help: 'number of its kernels in the window' },
      { key: 'copies', title: 'copies', kind: 'count', help: 'number of its copies and memsets in the window' },
      { key: 'busy_ns', title: 'busy', kind: 'duration', help: 'union of its work in the window: `exclusive_ns` + `contended_ns`', of: 'device.time.window_ns' },
      { key: 'exclusive_ns', title: 'while no other had work', kind: 'duration', help: 'it had work and no other session had' },
      { key: 'contended_ns', title: 'while another had work', kind: 'duration', help: 'it had work and so had another session', of: 'busy_ns' },
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
      { key: 'overlap_ns', title: 'overlap', kind: 'duration', help: 'for how long both had work on the device at once', of: 'device.time.window_ns' },
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
      { key: 'peak_bytes', title: 'own peak', kind: 'bytes', help: 'its own peak in the window' },
      { key: 'peak_at_ns', title: 'at', kind: 'instant', help: 'when that was first reached' },
      { key: 'at_combined_peak_bytes', title: 'at the combined peak', kind: 'bytes', help: 'what it held when the sum was highest' },
      { key: 'before_capture_bytes', title: 'before the capture', kind: 'bytes', help: 'held when the capture began, known as a total only' },
      { key: 'limit_bytes', title: 'limit', kind: 'bytes', help: 'limit of the allocator' },
      { key: 'lifetime_peak_bytes', title: 'peak since start', kind: 'bytes', help: 'the highest since the process began, perhaps before the capture' },
      { key: 'suggested_limit_bytes', title: 'suggested limit', kind: 'bytes', help: 'the higher of `peak_bytes` and `lifetime_peak_bytes`, and a tenth more for fragmentation, rounded up to 16 MiB (256 MiB above 2 GiB), at most the present limit. A rule of thumb: what the process did not do while it was captured is not in it' },
      { key: 'fragmentation_at_peak', title: 'fragmentation', kind: 'share', help: 'share of its free memory that is outside its largest free block, at the peak' },
      { key: 'gaps', title: 'recording', kind: 'text', unless: 'complete' },
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
      { key: 'bytes', title: 'bytes', kind: 'bytes', help: 'as the allocator rounds them', of: 'outer.combined_peak_bytes' },
      { key: 'count', title: 'count', kind: 'count', help: 'allocations in this row' },
      { key: 'region', title: 'region', kind: 'text' },
      { key: 'data_type', title: 'type', kind: 'text' },
      { key: 'shape', title: 'shape', kind: 'text' },
      { key: 'age_ns', title: 'age', kind: 'duration', help: 'since the oldest of them was allocated' },
    ],
  },
  holder_scopes: {
    slug: 'holder_scopes',
    title: 'The combined peak by name scope',
    help: 'Name scopes by the bytes that their operations hold at the combined peak.',
    source: ['devices', 'memory', 'holder_scopes'],
    columns: [
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'kind', title: 'kind', kind: 'word' },
      { key: 'scope', title: 'scope', kind: 'name', unless: '(no scope)' },
      { key: 'bytes', title: 'bytes', kind: 'bytes', help: 'as the allocator rounds them', of: 'outer.combined_peak_bytes' },
      { key: 'count', title: 'count', kind: 'count', help: 'number of allocations' },
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
      { key: 'outer.peak_at_ns', title: 'at', kind: 'instant', help: 'when that was first reached' },
      { key: 'op', title: 'operation', kind: 'name', unless: '(no operation recorded)' },
      { key: 'bytes', title: 'bytes', kind: 'bytes', help: 'as the allocator rounds them', of: 'outer.peak_bytes' },
      { key: 'count', title: 'count', kind: 'count', help: 'allocations in this row' },
      { key: 'region', title: 'region', kind: 'text' },
      { key: 'data_type', title: 'type', kind: 'text' },
      { key: 'shape', title: 'shape', kind: 'text' },
      { key: 'age_ns', title: 'age', kind: 'duration', help: 'since the oldest of them was allocated' },
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
      { key: 'steps', title: 'steps', kind: 'count', help: 'number of whole steps' },
      { key: 'allocations', title: 'allocations per step', kind: 'number', help: 'mean number of allocations per step' },
      { key: 'allocated_bytes', title: 'allocated per step', kind: 'bytes', help: 'mean number of bytes allocated per step' },
      { key: 'rise_bytes', title: 'rise within a step', kind: 'bytes', help: 'the largest rise within a step above its beginning' },
      { key: 'temporary.bytes', title: 'largest temporary', kind: 'bytes', help: 'its size' },
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
      { key: 'bytes_per_step', title: 'more per step', kind: 'bytes', help: 'gain per step' },
      { key: 'first_bytes', title: 'from', kind: 'bytes', help: 'held at the end of the first step that counts' },
      { key: 'last_bytes', title: 'to', kind: 'bytes', help: 'held at the end of the last step' },
      { key: 'steps', title: 'over steps', kind: 'count', help: 'number of steps between the two' },
      { key: 'rising', title: 'rising steps', kind: 'share', help: 'share of the steps at whose end it holds more than at the end of the step before' },
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
      { key: 'count_after', title: 'count', kind: 'count', help: 'instances after' },
      { key: 'mean_before_ns', title: 'mean before', kind: 'duration', help: 'mean duration before' },
      { key: 'mean_after_ns', title: 'mean after', kind: 'duration', help: 'mean duration after' },
      { key: 'workspace_before_bytes', title: 'workspace before', kind: 'bytes', help: 'the largest temporary of the operation before' },
      { key: 'workspace_after_bytes', title: 'workspace after', kind: 'bytes', help: 'the largest temporary of the operation after' },
      { key: 'cost_ns', title: 'cost', kind: 'duration', help: 'how much longer in total the kernels in the window took than those before' },
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
      { key: 'count', title: 'count', kind: 'count', help: 'how often' },
      { key: 'total_ns', title: 'total', kind: 'duration', help: 'time lost in all' },
      { key: 'longest_ns', title: 'longest', kind: 'duration', help: 'the longest' },
      { key: 'longest_at_ns', title: 'longest at', kind: 'instant', help: 'when the longest began' },
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
      { key: 'peak_bytes', title: 'own peak', kind: 'bytes', help: 'its own peak in the window' },
      { key: 'peak_at_ns', title: 'at', kind: 'instant', help: 'when that was first reached' },
      { key: 'at_combined_peak_bytes', title: 'at the combined peak', kind: 'bytes', help: 'what it held when the sum was highest' },
      { key: 'before_capture_bytes', title: 'before the capture', kind: 'bytes', help: 'held when the capture began, known as a total only' },
      { key: 'limit_bytes', title: 'limit', kind: 'bytes', help: 'limit of the allocator' },
      { key: 'lifetime_peak_bytes', title: 'peak since start', kind: 'bytes', help: 'the highest since the process began, perhaps before the capture' },
      { key: 'suggested_limit_bytes', title: 'suggested limit', kind: 'bytes', help: 'the higher of `peak_bytes` and `lifetime_peak_bytes`, and a tenth more for fragmentation, rounded up to 16 MiB (256 MiB above 2 GiB), at most the present limit. A rule of thumb: what the process did not do while it was captured is not in it' },
      { key: 'fragmentation_at_peak', title: 'fragmentation', kind: 'share', help: 'share of its free memory that is outside its largest free block, at the peak' },
      { key: 'gaps', title: 'recording', kind: 'text', unless: 'complete' },
    ],
  },
  driver: {
    slug: 'driver',
    title: 'GPU memory, clock and power, as the driver reports them',
    help: 'What the driver reported about the whole GPU while the sessions ran.',
    source: ['devices', 'driver'],
    columns: [
      { key: 'source', title: 'recorded by', kind: 'session' },
      { key: 'samples', title: 'samples', kind: 'count', help: 'number of samples' },
      { key: 'period_ns', title: 'one every', kind: 'duration', help: 'their median distance' },
      { key: 'used_peak_bytes', title: 'allocated at most', kind: 'bytes', help: 'the most of it that was taken by all', of: 'capacity_bytes' },
      { key: 'used_peak_at_ns', title: 'at', kind: 'instant', help: 'when that was' },
      { key: 'free_least_bytes', title: 'free at least', kind: 'bytes', help: 'what was left then' },
      { key: 'untraced_peak_bytes', title: 'by processes without a capture', kind: 'bytes', help: 'the most that listed processes without a capture had taken together' },
      { key: 'unlisted_bytes', title: 'of no listed process', kind: 'bytes', help: 'taken at the fullest and by no listed process' },
      { key: 'unmatched', title: 'sessions not matched', kind: 'sessions' },
      { key: 'clock_mhz.first', title: 'clock at first, MHz', kind: 'number', help: 'median of the first third of the samples' },
      { key: 'clock_mhz.last', title: 'clock at last, MHz', kind: 'number', help: 'median of the last third' },
      { key: 'clock_mhz.lowest', title: 'lowest clock, MHz', kind: 'number', help: 'the lowest' },
      { key: 'power_w', title: 'power, W', kind: 'number', help: 'mean power' },
      { key: 'utilisation_percent', title: 'utilisation, %', kind: 'number', help: 'mean utilisation' },
    ],
  },
  driver_processes: {
    slug: 'driver_processes',
    title: 'GPU memory by process, as the driver reports it',
    help: 'Every process that the driver lists on the GPU, with what it holds outside its allocators.',
    source: ['devices', 'driver', 'processes'],
    note: "Outside the allocators: the CUDA context, libraries, and memory that allocators do not record. It is a range because the size of an allocator's pool is between its memory in use and its limit.",
    columns: [
      { key: 'process_id', title: 'process', kind: 'identifier', help: 'id of the process' },
      { key: 'name', title: 'name', kind: 'name' },
      { key: 'session', title: 'session', kind: 'session' },
      { key: 'peak_bytes', title: 'peak', kind: 'bytes', help: 'the most that it had taken at a sample' },
      { key: 'at_fullest_bytes', title: 'when the GPU was fullest', kind: 'bytes', help: 'what it had taken when most of the GPU was', of: 'device.driver.capacity_bytes' },
      { key: 'in_use_bytes', title: 'in use by allocators', kind: 'bytes', help: 'in use by its recorded allocators at that instant' },
      { key: 'beside_least_bytes', title: 'outside them, at least', kind: 'bytes', help: 'lower bound of what it had taken beside them: context, libraries, other allocations' },
      { key: 'beside_most_bytes', title: 'outside them, at most', kind: 'bytes', help: 'upper bound of the same' },
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
      { key: 'count', title: 'count', kind: 'count', help: 'number of instances' },
      { key: 'total_ns', title: 'total', kind: 'duration', help: 'summed durations, clipped to the window' },
      { key: 'mean_ns', title: 'mean', kind: 'duration', help: 'mean duration, clipped to the window' },
      { key: 'alone_ns', title: 'alone', kind: 'duration', help: 'what they take alone' },
      { key: 'lost_ns', title: 'lost', kind: 'duration', help: 'by how much longer they took than alone, and waits before them' },
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
      { key: 'number', title: 'step', kind: 'count', help: 'number of the step that ends the period, or the last of those merged' },
      { key: 'start_ns', title: 'start', kind: 'instant', help: 'where the entry begins' },
      { key: 'end_ns', title: 'end', kind: 'instant', help: 'where the entry ends' },
      { key: 'period_ns', title: 'length', kind: 'duration', help: 'length of each entry' },
      { key: 'own_ns', title: 'own work', kind: 'duration', help: "device time of the entry's kernels as they take alone" },
      { key: 'host_ns', title: 'host', kind: 'duration', help: 'the rest of the period alone' },
      { key: 'lost_ns', title: 'lost', kind: 'duration', help: 'what other sessions added' },
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
      { key: 'kernels', title: 'kernels', kind: 'count', help: 'number of kernels' },
      { key: 'total_ns', title: 'device time', kind: 'duration', help: 'summed durations in the window' },
      { key: 'peak_bytes', title: 'peak memory', kind: 'bytes', help: "the most that its operations' allocations held at once in the window" },
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
      { key: 'runs', title: 'runs', kind: 'count', help: 'session or function runs that it began in the window' },
      { key: 'busy_ns', title: 'time in runs', kind: 'duration', help: 'time inside those runs' },
      { key: 'waited_ns', title: 'waited', kind: 'duration', help: 'time in which its runs were open and no work of theirs was on the device or the executor' },
      { key: 'waits_for', title: 'waited mostly for', kind: 'name' },
      { key: 'kernels', title: 'kernels', kind: 'count', help: 'number of kernels of its runs' },
      { key: 'total_ns', title: 'device time', kind: 'duration', help: 'device time of its runs' },
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
      { key: 'capacity_bytes', title: 'capacity', kind: 'bytes', help: 'memory of the GPU' },
      { key: 'sessions', title: 'sessions', kind: 'sessions' },
      { key: 'verdict.answer', title: 'contention', kind: 'word' },
      { key: 'mechanism', title: 'mechanism', kind: 'word' },
      { key: 'slice_ns', title: 'time slice', kind: 'duration', help: 'length of a turn under time slicing: estimated, or the median of those that context switches show' },
      { key: 'progress_sum', title: 'combined throughput', kind: 'number', help: 'work completed per time in which several sessions had work, in units of what each completes alone, summed over them: about 1 when they take turns, more when they run side by side' },
      { key: 'alignment.max_error_ns', title: 'clock error', kind: 'duration', help: 'the largest clock error among the sessions' },
      { key: 'time.window_ns', title: 'window', kind: 'duration', help: 'length of the window' },
      { key: 'time.idle_ns', title: 'idle', kind: 'duration', help: 'no session had work on the device', of: 'time.window_ns' },
      { key: 'time.exclusive_ns', title: 'one session', kind: 'duration', help: 'exactly one session had work', of: 'time.window_ns' },
      { key: 'time.contended_ns', title: 'overlap', kind: 'duration', help: 'two or more sessions had work', of: 'time.window_ns' },
      { key: 'metrics.antt', title: 'ANTT', kind: 'number', help: 'mean slowdown' },
      { key: 'metrics.stp', title: 'STP', kind: 'number', help: 'sum of 1 / slowdown' },
      { key: 'memory.combined_peak_bytes', title: 'memory peak', kind: 'bytes', help: 'the highest sum over all allocators in the window' },
      { key: 'memory.headroom_bytes', title: 'headroom', kind: 'bytes', help: 'what is left of the capacity at the combined peak, may be negative' },
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
      { key: 'process_id', title: 'process', kind: 'identifier', help: 'id of the process' },
      { key: 'simulated', title: 'simulated', kind: 'flag' },
      { key: 'clock.source', title: 'clock from', kind: 'word' },
      { key: 'clock.error_ns', title: 'error', kind: 'duration', help: 'bound on the error of its place in time' },
      { key: 'clock.detail', title: 'evidence', kind: 'text' },
      { key: 'steps.count', title: 'steps', kind: 'count', help: 'number of periods' },
      { key: 'steps.mean_ns', title: 'step, mean', kind: 'duration', help: 'mean period' },
      { key: 'warnings', title: 'warnings', kind: 'list' },
      { key: 'file_bytes', title: 'file size', kind: 'bytes', help: 'size of the file as it was read' },
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
      { key: 'kernels', title: 'kernels', kind: 'count', help: 'number of its kernels' },
      { key: 'unattributed', title: 'unattributed kernels of the process', kind: 'count', help: 'number of kernels of its process for which no session could be found' },
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
      { key: 'mps.active_thread_percentage', title: 'MPS active threads, %', kind: 'number', help: "cap on the GPU's threads in percent" },
      { key: 'mps.pinned_memory_limit', title: 'MPS memory limit', kind: 'text' },
      { key: 'kernel_mode', title: 'kernels while traced', kind: 'word' },
      { key: 'clock_change_ns', title: 'wall clock set by', kind: 'duration', help: 'by how much the wall clock moved against a steady one over the recording' },
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
      { key: 'gain_ns', title: 'time to gain', kind: 'duration', help: 'time of the window that the advice is predicted to save' },
      { key: 'gain_bytes', title: 'memory to gain', kind: 'bytes', help: 'memory that the advice is predicted to free' },
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
      { key: 'count', title: 'count', kind: 'count', help: 'how many events, bytes or entries it stands for' },
      { key: 'offset', title: 'first byte', kind: 'identifier', help: 'the first byte concerned' },
    ],
  },
} as const satisfies Record<string, TableSpec>;
