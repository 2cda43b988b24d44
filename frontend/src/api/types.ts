/** The JSON of the plugin's routes; field by field in `tb_contention/report/FORMAT.md` and `plugin/http_api.md`. */
import type { Bytes, Ns } from '../base/units';

export interface WireSpan {
  readonly start_ns: Ns;
  readonly end_ns: Ns;
}

/** How a session inside a process was told apart, and how many kernels of that process belong to none. */
export interface Attribution {
  readonly rule: string;
  readonly detail: string;
  readonly kernels: number;
  readonly unattributed: number;
}

export interface Session {
  readonly id: string;
  readonly name: string;
  readonly run: string;
  readonly file: string;
  readonly host: string;
  readonly process_id: number | null;
  /** in_process: one of several sessions inside one process, which is then a session of its own. */
  readonly kind: string;
  /** Of an in_process session: the id of its process. */
  readonly process?: string | null;
  readonly attribution?: Attribution | null;
  readonly simulated?: boolean;
  readonly clock: { readonly source: string; readonly error_ns: Ns | null };
  readonly window: WireSpan;
  readonly steps: {
    readonly count: number;
    readonly mean_ns: Ns;
    readonly p50_ns: Ns;
    readonly p95_ns: Ns;
  } | null;
  readonly warnings: readonly string[];
}

export interface Slowdown {
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** A, B, C or D; in D there is no estimate, and low and high are bounds. */
  readonly evidence: string;
  /** Share of the contended kernel time whose kernels have a baseline. */
  readonly coverage?: number;
  /** Which capture would settle what is open. */
  readonly settle?: string;
}

export interface DeviceSession {
  readonly session: string;
  readonly kernels: number;
  readonly copies?: number;
  readonly busy_ns: Ns;
  readonly contended_ns: Ns;
  readonly stretch_ns: Ns | null;
  readonly stall_ns: Ns | null;
  /** Stretch and stall that the host's slack hid: lost = stretch + stall - absorbed. */
  readonly absorbed_ns?: Ns | null;
  readonly lost_ns: Ns | null;
  readonly slowdown: Slowdown | null;
  readonly step: {
    readonly shared_ns: Ns | null;
    readonly alone_ns: Ns | null;
    readonly count?: number;
  } | null;
}

/** How much of a victim's loss a culprit explains; the culprit may be "untraced". */
export interface Blame {
  readonly victim: string;
  readonly culprit: string;
  readonly lost_ns: Ns;
}

export interface KernelBlame extends Blame {
  readonly victim_kernel: string;
  readonly culprit_kernel: string;
}

/**
 * Step periods in time order, as columns; own + host + lost = end - start. A row sums up `merged` periods, the last one
 * what is left of all `steps`.
 */
export interface StepTimes {
  readonly session: string;
  readonly known: boolean;
  readonly steps?: number;
  readonly merged: number;
  readonly number: readonly number[];
  readonly start_ns: readonly Ns[];
  readonly end_ns: readonly Ns[];
  readonly own_ns: readonly Ns[];
  readonly host_ns: readonly Ns[];
  readonly lost_ns: readonly Ns[];
}

export interface ScopeRow {
  readonly session: string;
  readonly scope: string;
  readonly kernels: number;
  readonly total_ns: Ns;
  readonly peak_bytes: Bytes | null;
}

export interface ThreadRow {
  readonly session: string;
  readonly thread: string;
  readonly runs: number;
  readonly busy_ns: Ns;
  readonly waited_ns: Ns;
  readonly waits_for: string;
  readonly kernels: number;
  readonly total_ns: Ns;
}

export interface KernelRow {
  readonly session: string;
  readonly name: string;
  readonly count: number;
  readonly total_ns: Ns;
  readonly alone_ns: Ns | null;
  readonly lost_ns: Ns | null;
}

export interface SessionMemory {
  readonly session: string;
  readonly allocator: string;
  readonly peak_bytes: Bytes;
  readonly peak_at_ns: Ns;
  readonly at_combined_peak_bytes: Bytes;
  readonly limit_bytes: Bytes | null;
  readonly before_capture_bytes: Bytes;
  readonly lifetime_peak_bytes?: Bytes | null;
  readonly suggested_limit_bytes?: Bytes;
  readonly rounding_at_peak_bytes?: Bytes | null;
  readonly fragmentation_at_peak?: number | null;
  readonly fragmentation_most?: number | null;
  readonly events?: number;
  readonly repeated_events?: number;
  readonly missing_events?: number;
  readonly unpaired_frees?: number;
}

/** What a row of holders is; the totals stand for no operation. */
export type HolderKind = 'op' | 'before_capture' | 'not_recorded' | 'others';

export interface Holder {
  readonly session: string;
  readonly allocator?: string;
  readonly kind?: HolderKind;
  readonly op: string;
  readonly scope?: string;
  readonly bytes: Bytes;
  readonly requested_bytes?: Bytes | null;
  readonly count?: number;
  readonly region: string | null;
  readonly data_type?: string | null;
  readonly shape: string | null;
  readonly age_ns?: Ns | null;
}

export interface ScopeHeld {
  readonly session: string;
  readonly kind: HolderKind;
  readonly scope: string;
  readonly bytes: Bytes;
  readonly count: number;
}

export interface MemoryGrowth {
  readonly session: string;
  readonly allocator: string;
  readonly op: string;
  readonly first_bytes: Bytes;
  readonly last_bytes: Bytes;
  readonly steps: number;
  readonly bytes_per_step: number;
  readonly rising: number;
}

export interface StepMemory {
  readonly session: string;
  readonly allocator: string;
  readonly steps: number;
  readonly allocations: number;
  readonly allocated_bytes: number;
  readonly rise_bytes: Bytes;
  readonly temporary: {
    readonly bytes: Bytes;
    readonly op: string;
    readonly shape: string | null;
    readonly step: number;
  } | null;
  readonly temporary_median_bytes: Bytes;
}

export interface KernelChange {
  readonly session: string;
  readonly neighbour: string | null;
  readonly op: string;
  readonly before: string;
  readonly after: string;
  readonly count_before: number;
  readonly count_after: number;
  readonly mean_before_ns: Ns;
  readonly mean_after_ns: Ns;
  readonly workspace_before_bytes: Bytes | null;
  readonly workspace_after_bytes: Bytes | null;
  readonly at_ns: Ns | null;
  readonly cost_ns: Ns;
}

export interface MemoryStall {
  readonly session: string;
  readonly kind: 'driver' | 'room';
  readonly what: string;
  readonly count: number;
  readonly total_ns: Ns;
  readonly longest_ns: Ns;
  readonly longest_at_ns: Ns;
}

export interface DeviceMemory {
  readonly capacity_bytes: Bytes | null;
  readonly combined_peak_bytes: Bytes;
  readonly combined_peak_at_ns: Ns;
  readonly headroom_bytes: Bytes | null;
  readonly sum_of_peaks_bytes?: Bytes;
  /** Sessions whose memory is not in their capture: the sums are then lower bounds. */
  readonly sessions_without_data?: readonly string[];
  readonly safe_bytes?: Bytes | null;
  readonly sum_of_limits_bytes?: Bytes | null;
  readonly per_session: readonly SessionMemory[];
  readonly host_allocators?: readonly SessionMemory[];
  readonly holders: readonly Holder[];
  readonly holder_scopes?: readonly ScopeHeld[];
  readonly growth?: readonly MemoryGrowth[];
  readonly steps?: readonly StepMemory[];
  readonly kernel_changes?: readonly KernelChange[];
  readonly stalls?: readonly MemoryStall[];
}

/** Memory in a part of the window, with the holders at one instant. */
export interface MemoryPart {
  readonly start_ns: Ns;
  readonly end_ns: Ns;
  readonly peak_bytes: Bytes;
  readonly peak_at_ns: Ns;
  readonly per_session: readonly {
    readonly session: string;
    readonly allocator: string;
    readonly peak_bytes: Bytes;
    readonly peak_at_ns: Ns;
    readonly at_bytes: Bytes;
  }[];
  readonly at_ns: Ns;
  readonly total_bytes: Bytes;
  readonly holders: readonly Holder[];
  readonly scopes: readonly ScopeHeld[];
  readonly capped: CappedMemory | null;
}

export interface CappedMemory {
  readonly peak_bytes: Bytes;
  readonly peak_at_ns: Ns;
  readonly sum_of_limits_bytes: Bytes | null;
  readonly sessions: readonly {
    readonly session: string;
    readonly cap_bytes: Bytes | null;
    readonly peak_bytes: Bytes;
    readonly over_ns: Ns;
  }[];
}

export interface Device {
  readonly id: string;
  readonly host: string;
  readonly model: string | null;
  readonly capacity_bytes: Bytes | null;
  readonly identity: string;
  /** No GPU work was captured: these are operations on the host's processor. */
  readonly is_host?: boolean;
  readonly sessions: readonly string[];
  readonly window: WireSpan;
  readonly alignment: { readonly max_error_ns: Ns | null };
  readonly time: {
    readonly window_ns: Ns;
    readonly idle_ns: Ns;
    readonly exclusive_ns: Ns;
    readonly contended_ns: Ns;
  };
  readonly mechanism: string;
  /** One sentence on how the mechanism is known. */
  readonly mechanism_detail?: string;
  readonly slice_ns?: Ns | null;
  readonly progress_sum: number | null;
  readonly metrics: {
    readonly antt: number;
    readonly stp: number;
    readonly fairness: number;
    readonly jain: number;
  } | null;
  readonly per_session: readonly DeviceSession[];
  readonly blame: readonly Blame[];
  readonly blame_kernels?: readonly KernelBlame[];
  readonly kernels: readonly KernelRow[];
  readonly step_times?: readonly StepTimes[];
  readonly scopes?: readonly ScopeRow[];
  readonly threads?: readonly ThreadRow[];
  readonly memory: DeviceMemory | null;
  /** Why memory is null or incomplete. */
  readonly memory_note?: string;
  readonly what_if?: readonly Prediction[];
  /** Null where no manifest holds samples of the driver. */
  readonly driver?: DriverView | null;
}

/** A step function: bytes[0] before time_ns[0], bytes[i + 1] from time_ns[i]. */
export interface DriverLevels {
  readonly time_ns: readonly Ns[];
  readonly bytes: readonly Bytes[];
}

export interface DriverProcess {
  readonly process_id: number;
  readonly name: string;
  /** Null: not captured, or not known which. */
  readonly session: string | null;
  readonly peak_bytes: Bytes | null;
  readonly at_fullest_bytes: Bytes | null;
  readonly in_use_bytes: Bytes | null;
  readonly beside_least_bytes: Bytes | null;
  readonly beside_most_bytes: Bytes | null;
}

/** What the driver saw of a GPU while the sessions ran. */
export interface DriverView {
  readonly samples: number;
  readonly period_ns: Ns | null;
  readonly capacity_bytes: Bytes | null;
  readonly used_peak_bytes: Bytes | null;
  readonly used_peak_at_ns: Ns | null;
  readonly free_least_bytes: Bytes | null;
  readonly untraced_peak_bytes: Bytes | null;
  readonly untraced_peak_at_ns: Ns | null;
  readonly unlisted_bytes: Bytes | null;
  readonly unmatched: readonly string[];
  readonly processes: readonly DriverProcess[];
}

/** A predicted quantity; estimate is null where only the range can be told. */
export interface Range {
  readonly estimate: number | null;
  readonly low: number;
  readonly high: number;
}

/** What the sessions would see under another schedule. */
export interface Prediction {
  readonly schedule: string;
  /** The change in words. */
  readonly setting: string;
  readonly sessions: readonly {
    readonly session: string;
    readonly slowdown: Range | null;
  }[];
  readonly makespan_ns: Range | null;
  readonly combined_peak_bytes: Bytes | null;
  readonly combined_peak_most_bytes?: Bytes | null;
  readonly fits: boolean | null;
  readonly assumes: string;
  /** Why nothing can be told; "" where something can. */
  readonly unknown: string;
}

export type Severity = 'info' | 'warning' | 'critical' | 'error';

export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  /** Why; what the advice should bring; what would show it right or wrong. */
  readonly cause?: string;
  readonly effect?: string;
  readonly verify?: string;
  /** Keys by rule. */
  readonly evidence?: Readonly<Record<string, unknown>>;
  readonly device: string | null;
  readonly sessions: readonly string[];
}

export interface Problem {
  readonly file: string;
  readonly slug: string;
  readonly severity: Severity;
  readonly origin: string;
  readonly message: string;
  readonly advice: string;
  readonly count: number;
  readonly offset: number | null;
}

export interface Report {
  readonly format_version: number;
  readonly origin_ns: number | null;
  readonly sessions: readonly Session[];
  readonly devices: readonly Device[];
  readonly findings: readonly Finding[];
  readonly problems: readonly Problem[];
  /** About the analysis itself, such as an option without effect. */
  readonly notes?: readonly string[];
}

export interface Summary {
  readonly state: 'scanning' | 'working' | 'ready' | 'failed';
  readonly message: string;
  readonly progress: number | null;
  readonly revision: string;
  readonly logdir: string;
  readonly version: string;
  readonly xprof: boolean;
  /** By session: where xprof's trace viewer has it, and which instant is its 0 ms. */
  readonly trace_viewer?: Readonly<
    Record<string, { readonly run: string; readonly host: string; readonly zero_ns: Ns }>
  >;
  readonly report: Report | null;
  /** The report is the one that the panel has. */
  readonly is_known?: boolean;
  /** What sharing cost is still being measured: the report says nothing of it yet. */
  readonly is_partial?: boolean;
}

export interface LayoutLane {
  readonly lane: number;
  readonly session: number;
  readonly kind: 'steps' | 'stream' | 'launch';
  readonly label: string;
  readonly title: string;
  readonly rows: number;
  readonly events: number;
}

export interface Layout {
  readonly device: string;
  readonly revision: string;
  readonly window: WireSpan;
  readonly extent: WireSpan;
  readonly sessions: readonly { readonly id: string; readonly name: string; readonly window: WireSpan }[];
  readonly lanes: readonly LayoutLane[];
  readonly memory: {
    readonly sessions: readonly number[];
    readonly capacity_bytes: Bytes | null;
    readonly safe_bytes?: Bytes | null;
    readonly limit_bytes: readonly (Bytes | null)[];
    /** The combined peak; of no sessions, the most that the driver saw. */
    readonly peak_bytes: Bytes;
    /** Null without sessions: no allocator was recorded. */
    readonly peak_at_ns: Ns | null;
    /** In the order of sessions. */
    readonly own_peaks?: readonly { readonly peak_bytes: Bytes; readonly peak_at_ns: Ns }[];
    /** What the driver saw meanwhile, where a manifest holds it. */
    readonly driver?: { readonly used: DriverLevels | null; readonly untraced: DriverLevels | null } | null;
  } | null;
  /** Indexes of the sessions whose lost time is known. */
  readonly lost?: readonly number[];
  readonly levels: { readonly min: number; readonly max: number };
}

export interface EventDetail {
  readonly name: string;
  readonly start_ns: Ns;
  readonly duration_ns: Ns;
  readonly kind: string | number;
  readonly stream: string | null;
  readonly session: string;
  readonly correlation_id: number | null;
  readonly op: string | null;
  readonly details: string | null;
  readonly bytes: Bytes | null;
  readonly launch_ns: Ns | null;
  readonly launch_thread?: string | null;
  readonly launch_duration_ns?: Ns | null;
  readonly queue_ns?: Ns | null;
  readonly launch?: LaunchConfiguration | null;
  /** Where the call that launched it is shown. */
  readonly launch_place?: Place | null;
  /** Of a launch call: where the first kernel that it launched is shown. */
  readonly launched?: Place | null;
  readonly step?: number | null;
  readonly stretched_ns?: Ns | null;
  readonly stalled_ns?: Ns | null;
  readonly distribution?: KernelDistribution | null;
  readonly meanwhile?: readonly {
    readonly session: string;
    readonly name: string;
    readonly overlap_ns: Ns;
    readonly count: number;
  }[];
}

/** An event on a lane. */
export interface Place extends WireSpan {
  readonly lane: number;
  readonly row: number;
  readonly name: string;
}

/** Where events of a wanted name are. */
export interface SearchResult {
  readonly count: number;
  readonly names: number;
  readonly lanes: readonly {
    readonly lane: number;
    readonly count: number;
    readonly in_view: number;
    readonly start_ns: readonly Ns[];
    readonly end_ns: readonly Ns[];
  }[];
}

export interface KernelPair extends Omit<KernelBlame, 'lost_ns'> {
  readonly lost_ns: Ns | null;
  readonly count: number;
  readonly overlap_ns: Ns;
}

/** Contention in a part of the window. */
export interface ContentionPart extends WireSpan {
  readonly time: Device['time'];
  readonly per_session: readonly {
    readonly session: string;
    readonly kernels: number;
    readonly copies: number;
    readonly busy_ns: Ns;
    readonly contended_ns: Ns;
    readonly stretch_ns: Ns | null;
    readonly stall_ns: Ns | null;
    readonly steps: {
      readonly count: number;
      readonly own_ns: Ns;
      readonly host_ns: Ns;
      readonly lost_ns: Ns | null;
    };
  }[];
  readonly overlaps: readonly PairOverlap[];
  readonly kernels: readonly KernelRow[];
  readonly pairs: readonly KernelPair[];
  readonly delays: readonly Blame[];
}

export interface PairOverlap {
  readonly a: string;
  readonly b: string;
  readonly overlap_ns: Ns;
}

/** Overlap as it would be with a session moved. */
export interface Shifted {
  readonly time: Device['time'];
  readonly overlaps: readonly PairOverlap[];
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** One figure before and after. */
export interface Change {
  readonly before: number | null;
  readonly after: number | null;
  readonly difference: number | null;
  readonly ratio: number | null;
  readonly verdict: 'better' | 'worse' | 'same' | 'unclear';
  /** Why nothing is claimed. */
  readonly why: string;
  readonly before_interval: Bounds | null;
  readonly after_interval: Bounds | null;
  readonly ratio_interval: Bounds | null;
}

export interface KernelSums {
  readonly count: number;
  readonly mean_ns: Ns;
  readonly total_ns: Ns;
  /** Its time per step or per second of the window. */
  readonly each_ns: Ns;
}

export interface KernelDifference {
  readonly name: string;
  readonly presence: 'both' | 'appeared' | 'gone';
  readonly before: KernelSums | null;
  readonly after: KernelSums | null;
  readonly difference_ns: Ns;
}

export interface SessionComparison {
  readonly before: string;
  readonly after: string;
  readonly before_name: string;
  readonly after_name: string;
  readonly match: string;
  readonly slowdown: Change;
  readonly step_ns: Change;
  readonly device_time_ns: Change;
  readonly lost_share: Change;
  readonly busy_share: Change;
  readonly memory: readonly {
    readonly before_allocator: string;
    readonly after_allocator: string;
    readonly peak_bytes: Change;
    readonly suggested_limit_bytes: Change;
  }[];
  readonly kernels_per: string;
  readonly kernels: readonly KernelDifference[];
}

interface ComparedSide {
  readonly device: string;
  readonly host: string;
  readonly mechanism: string;
  readonly window_ns: Ns;
  readonly sessions: readonly { readonly id: string; readonly name: string }[];
}

/** Two devices of the report. */
export interface Comparison {
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  readonly device: {
    readonly contended_share: Change;
    readonly combined_peak_bytes: Change;
    readonly headroom_bytes: Change;
    readonly stp: Change;
    readonly antt: Change;
  };
  readonly sessions: readonly SessionComparison[];
  readonly appeared: readonly { readonly id: string; readonly name: string }[];
  readonly gone: readonly { readonly id: string; readonly name: string }[];
  readonly notes: readonly string[];
}

export interface LaunchConfiguration {
  readonly grid: readonly number[] | null;
  readonly block: readonly number[] | null;
  readonly registers: number | null;
  readonly static_shared_bytes: Bytes | null;
  readonly dynamic_shared_bytes: Bytes | null;
  readonly occupancy_percent: number | null;
}

/** Durations of all kernels of one name, in logarithmic bins. */
export interface KernelDistribution {
  readonly edges_ns: readonly number[];
  readonly contended: readonly number[];
  readonly undisturbed: readonly number[];
  readonly median_contended_ns: Ns | null;
  readonly median_undisturbed_ns: Ns | null;
  readonly count_contended: number;
  readonly count_undisturbed: number;
}

/** What the user set by hand; goes along with every request. */
export interface ViewQuery {
  readonly shifts: ReadonlyMap<string, Ns>;
  /** Key: `SESSION:ORDINAL`. */
  readonly gpus: ReadonlyMap<string, string>;
}
