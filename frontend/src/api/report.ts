/** The JSON of the plugin's routes. Written by `python -m tb_contention.pages`; a test fails when it is stale. */
import type { Bytes, Ns } from '../base/units';

/**
 * One thing to do, what it brings in all, how sure that is, the exact setting, and how to verify
 * it.
 */
export interface Action {
  /** the predicted schedule, or the rule of the finding, that it comes from */
  readonly kind: string;
  /** what to do */
  readonly title: string;
  /** the exact setting or command */
  readonly setting: string;
  /** what it brings in all, in sentences */
  readonly brings: string;
  /** how sure that is */
  readonly sure: string;
  /** how to verify it */
  readonly verify: string;
  /** true: its whole range is a gain in all */
  readonly certain: boolean;
  /** relative change of the sum of all sessions' times; null where it is not predicted */
  readonly total: Range | null;
  /** relative change of the time until all recorded work is done; null where it is not predicted */
  readonly done: Range | null;
  /** what each session would see; empty where nothing is predicted */
  readonly changes: readonly SessionChange[];
}

/** What to do about a device: the actions, and in which order for whom. */
export interface Advice {
  /** everything that could be done, in no order */
  readonly actions: readonly Action[];
  /** what to do first */
  readonly recommendation: Recommendation;
  /** what to do first if one session matters most; empty for a session alone */
  readonly for_each: readonly Recommendation[];
}

/** How well the sessions of a group are placed against each other. */
export interface Alignment {
  /** the largest clock error among the sessions; null = unknown */
  readonly max_error_ns: Ns | null;
}

/** An allocator of a pair on both sides. */
export interface AllocatorComparison {
  /** its name before */
  readonly before_allocator: string;
  /** its name after */
  readonly after_allocator: string;
  /** its own peak in the window */
  readonly peak_bytes: Change;
  /** its limit */
  readonly limit_bytes: Change;
  /** the suggested limit */
  readonly suggested_limit_bytes: Change;
}

/**
 * The peak of one allocator in a part of the window, and what it held at the instant of the
 * holders.
 */
export interface AllocatorPart {
  /** id of the process */
  readonly session: string;
  /** name of the allocator */
  readonly allocator: string;
  /** its own peak in the part */
  readonly peak_bytes: Bytes;
  /** when that was first reached */
  readonly peak_at_ns: Ns;
  /** what it held at `at_ns` */
  readonly at_bytes: Bytes;
}

/**
 * Whether a session, or any session of a device, is slower because others share the device: `yes`
 * (slower: the whole interval of the slowdown lies above 1.05), `no` (not noticeably slower: the
 * whole interval lies below 1.05, or nothing was ever shared), `undecided` (the interval reaches
 * across 1.05, or has one end only), `unknown` (the slowdown is unknown)
 */
export type Answer = 'yes' | 'no' | 'undecided' | 'unknown';

/**
 * The rule that found a session inside a process, and for how many of the process's kernels no
 * session could be found.
 */
export interface Attribution {
  /** how the session is distinguished from the others of its process */
  readonly rule: Rule;
  /** the same in a sentence */
  readonly detail: string;
  /** number of its kernels */
  readonly kernels: number;
  /** number of kernels of its process for which no session could be found */
  readonly unattributed: number;
}

/**
 * A capture of the log directory that a session could be measured against, by what is known before
 * it is decoded.
 */
export interface BaselineChoice {
  /** id of the capture */
  readonly session: string;
  /** what people call it */
  readonly label: string;
  /** what suggests that it shows the same work alone, `manifest` or `kernels`; null for nothing */
  readonly found: Found | null;
  /** whether it may serve: nothing that is known before it is decoded speaks against it */
  readonly fits: boolean;
  /** why it may serve, or why not; a clause */
  readonly why: string;
}

/** The captures that a session could be measured against, the best first. */
export interface BaselineChoices {
  /** the captures */
  readonly choices: readonly BaselineChoice[];
  /** how many more the log directory holds */
  readonly left_out: number;
}

/** A capture that may show the work of a session alone, in words too. */
export interface BaselineOffer {
  /** id of the session in the capture alone */
  readonly session: string;
  /** what people call it */
  readonly label: string;
  /** how it was found */
  readonly found: Found;
  /** whether it is used */
  readonly use: Use;
  /** why it is not used, in words; empty where it is used */
  readonly reason: string;
  /** the same in a sentence */
  readonly words: string;
}

/** Captures alone of a program before and after. */
export interface BaselineSides {
  /** captures alone that were found for it before, the best first */
  readonly before: readonly BaselineOffer[];
  /** captures alone that were found for it after, the best first */
  readonly after: readonly BaselineOffer[];
}

/**
 * What totals are divided by, so that windows of different lengths compare: `step` (per step),
 * `second` (per second of the window)
 */
export type Basis = 'step' | 'second';

/** How much of a victim's loss a culprit explains. */
export interface Blame {
  /** id of the session that lost */
  readonly victim: string;
  /** id of the session that explains it, or `untraced`: work on the device that no trace shows */
  readonly culprit: string;
  /** the part of the loss */
  readonly lost_ns: Ns;
}

/** Where a figure lies with 90 % probability; of a slowdown in class D bounds. */
export interface Bounds {
  /** lower end; null if it is not finite */
  readonly low: number | null;
  /** upper end; null if it is not finite */
  readonly high: number | null;
}

/** Use if no process passed its cap. */
export interface CappedMemory {
  /** the combined peak then */
  readonly peak_bytes: Bytes;
  /** when that would be first reached */
  readonly peak_at_ns: Ns;
  /** sum of the limits, with caps in their place; null when one is unknown */
  readonly sum_of_limits_bytes: Bytes | null;
  /** each process */
  readonly sessions: readonly CappedSession[];
}

/**
 * A process under a cap (None: none): its own peak without it, and for how long it would be above.
 */
export interface CappedSession {
  /** id of the process */
  readonly session: string;
  /** its cap; null for none */
  readonly cap_bytes: Bytes | null;
  /** its own peak without the cap */
  readonly peak_bytes: Bytes;
  /** for how long it would be above its cap */
  readonly over_ns: Ns;
}

/** One figure before and after. */
export interface Change {
  /** the figure before; null where it is unknown */
  readonly before: number | null;
  /** the figure after; null where it is unknown */
  readonly after: number | null;
  /** what the change is, as far as it is certain */
  readonly verdict: Judgement;
  /** why nothing is claimed; empty where something is */
  readonly why: string;
  /** interval of the figure before; null without one */
  readonly before_interval: Bounds | null;
  /** interval of the figure after; null without one */
  readonly after_interval: Bounds | null;
  /** 90 % interval of after / before, on which the verdict rests; null without one */
  readonly ratio_interval: Bounds | null;
  /** after - before; null where one is unknown */
  readonly difference: number | null;
  /** after / before; null where one is unknown or nothing was there before */
  readonly ratio: number | null;
}

/**
 * What the kernels of a session say of its clock, against those of the sessions beside it: `none`
 * (they show nothing, or were not asked), `confirmed` (kernels are held up where others have work,
 * and at no other lag), `narrowed` (they show more exactly where it belongs than its coarse clock
 * does: the session was moved there), `corrected` (they are at another lag, and only there, by more
 * than the clock's error: the session was moved there), `doubted` (they are not where the clock
 * places the session; several lags would do, so the error was widened)
 */
export type ClockCheck = 'none' | 'confirmed' | 'narrowed' | 'corrected' | 'doubted';

/** Place trace time 0 on the wall clock: Unix ns, with a bound on the error (None = unknown). */
export interface ClockOffset {
  /** where its wall clock comes from */
  readonly source: ClockSource;
  /** bound on the error of its place in time; null = unknown */
  readonly error_ns: Ns | null;
  /** the same against sessions that another capture recorded; null = unknown */
  readonly absolute_error_ns: Ns | null;
  /** one sentence on the evidence */
  readonly detail: string;
  /** what its kernels say of it */
  readonly check: ClockCheck;
  /** how much later its kernels place it than the clock that it states; null = not moved */
  readonly correction_ns: Ns | null;
}

/** SM clock, MHz. */
export interface ClockRate {
  /** median of the first third of the samples */
  readonly first: number;
  /** median of the last third */
  readonly last: number;
  /** the lowest */
  readonly lowest: number;
}

/**
 * Where the wall-clock origin of a trace comes from, best first after what the user states: `user`
 * (the user states it), `manifest` (the manifest beside the trace), `task_environment` (the
 * profiler wrote it into the trace), `tf_data` (time stamps of tf.data in the trace),
 * `shared_capture` (another trace of the same capture), `kernels` (its kernels against those of the
 * sessions beside it), `file_time` (the time of the file), `none` (no wall clock is known)
 */
export type ClockSource =
  | 'user'
  | 'manifest'
  | 'task_environment'
  | 'tf_data'
  | 'shared_capture'
  | 'kernels'
  | 'file_time'
  | 'none';

/** What changed from one device group to another. */
export interface ComparedGroups {
  /** the side before */
  readonly before: ComparedSide;
  /** the side after */
  readonly after: ComparedSide;
  /** programs that are on both sides */
  readonly sessions: readonly SessionComparison[];
  /** sessions that are only after */
  readonly appeared: readonly Named[];
  /** sessions that are only before */
  readonly gone: readonly Named[];
  /** sentences on what is not comparable, and why */
  readonly notes: readonly string[];
  /** changes of all sessions together */
  readonly device: Together;
}

/** One side of a comparison. */
export interface ComparedSide {
  /** the log directory as given */
  readonly logdir: string;
  /** id of the device in its report */
  readonly device: string;
  /** what people call the device */
  readonly label: string;
  /** host of the device */
  readonly host: string;
  /** name of the GPU's model; null where the capture does not state it */
  readonly model: string | null;
  /** the work is operations on the host's processor */
  readonly is_host: boolean;
  /** length of the window */
  readonly window_ns: Ns;
  /** how the sessions share */
  readonly mechanism: Mechanism;
  /** the sessions */
  readonly sessions: readonly Named[];
}

/** What changed from one device group to another, and the same of further groups. */
export interface Comparison {
  /** version of this format */
  readonly format_version: 1;
  /** the program that made it */
  readonly tool: Tool;
  /** the side before */
  readonly before: ComparedSide;
  /** the side after */
  readonly after: ComparedSide;
  /** programs that are on both sides */
  readonly sessions: readonly SessionComparison[];
  /** sessions that are only after */
  readonly appeared: readonly Named[];
  /** sessions that are only before */
  readonly gone: readonly Named[];
  /** sentences on what is not comparable, and why */
  readonly notes: readonly string[];
  /** changes of all sessions together */
  readonly device: Together;
  /** the same figures of the other pairs of groups */
  readonly more: readonly ComparedGroups[];
  /** ids of device groups before without one that holds their programs after */
  readonly groups_gone: readonly string[];
  /** ids of device groups after without one that holds their programs before */
  readonly groups_appeared: readonly string[];
}

/**
 * How sure it is by which mechanism sessions share a device: `sure` (the traces leave no other),
 * `likely` (the traces fit it, and others less well), `unsure` (the traces do not decide)
 */
export type Confidence = 'sure' | 'likely' | 'unsure';

/** Contention in [start, end) of the window. */
export interface ContentionPart {
  /** where the part begins */
  readonly start_ns: Ns;
  /** where it ends */
  readonly end_ns: Ns;
  /** kernels that met there, at most 200: largest loss first, by overlap where it is unknown */
  readonly pairs: readonly KernelPair[];
  /** stretch and stall of each victim by culprit */
  readonly delays: readonly Blame[];
  /** how the part divides */
  readonly time: TimeSplit;
  /** overlap of each two sessions there */
  readonly overlaps: readonly PairOverlap[];
  /** each session there */
  readonly per_session: readonly SessionInPart[];
  /** kernels by session and name, longest total first */
  readonly kernels: readonly KernelRow[];
}

/** A shift of one session against the others, and the mean slowdown under it. */
export interface CurvePoint {
  /** by how much it starts later */
  readonly shift_ns: Ns;
  /** mean slowdown; null if it is not finite */
  readonly antt: number | null;
}

/**
 * One physical GPU and a group of sessions that were captured together on it; a session alone is a
 * group of one.
 */
export interface Device {
  /** unique; a later group on the same GPU gets `#2`, `#3`, ... */
  readonly id: string;
  /** host of the device */
  readonly host: string;
  /** how it is known which GPU it is */
  readonly identity: Identity;
  /** no GPU work was captured, and the work is operations on the host's processor */
  readonly is_host: boolean;
  /** name of the GPU's model; null where the capture does not state it */
  readonly model: string | null;
  /** memory of the GPU; null where the capture does not state it */
  readonly capacity_bytes: Bytes | null;
  /** how well the sessions are placed against each other */
  readonly alignment: Alignment;
  /** how the window divides */
  readonly time: TimeSplit;
  /** overlap of each two sessions */
  readonly pairs: readonly PairOverlap[];
  /** how the sessions share */
  readonly mechanism: Mechanism;
  /**
   * one sentence on how that is known; it begins with `Measured by` where the GPU's context
   * switches were recorded and fit the kernels
   */
  readonly mechanism_detail: string;
  /** how sure the mechanism is; advice that depends on it needs a sure one */
  readonly mechanism_confidence: Confidence;
  /**
   * length of a turn under time slicing: estimated, or the median of those that context switches
   * show; null where it cannot be determined
   */
  readonly slice_ns: Ns | null;
  /**
   * work completed per time in which several sessions had work, in units of what each completes
   * alone, summed over them: about 1 when they take turns, more when they run side by side; null
   * without baselines
   */
  readonly progress_sum: number | null;
  /** over all sessions; null unless every session has an estimate */
  readonly metrics: SharingMetrics | null;
  /** who lost how much to whom; the rows of one victim add up to its `lost_ns`, within 1 % */
  readonly blame: readonly Blame[];
  /** which kernels lost how much to which, top pairs only */
  readonly blame_kernels: readonly KernelBlame[];
  /** memory of all sessions; null when no allocator event was recorded */
  readonly memory: DeviceMemory | null;
  /** why memory is null or incomplete; empty when it is complete */
  readonly memory_note: string;
  /** parts of the sessions by the first levels of name scopes */
  readonly scopes: readonly ScopeRow[];
  /** threads and queues that drive the sessions */
  readonly threads: readonly ThreadRow[];
  /** what the sessions would see another way; empty for a session alone, and on a host */
  readonly what_if: readonly Prediction[];
  /** what the driver reported of the GPU meanwhile; null where no manifest holds samples */
  readonly driver: DriverView | null;
  /** what to do first; null where that could not be worked out */
  readonly advice: Advice | null;
  /** ids of the sessions */
  readonly sessions: readonly string[];
  /** what was analysed: the intersection of the capture windows */
  readonly window: WireSpan;
  /**
   * whether its processes held more at once than one GPU has, although nothing states that they
   * were on one GPU
   */
  readonly cannot_be_one_gpu: boolean;
  /** what people call the device */
  readonly label: string;
  /** the answer for this device, judged and worded once for all readers */
  readonly verdict: Verdict;
  /** the scale on which its slowdowns are drawn */
  readonly slowdown_scale: SlowdownScale;
  /** the mechanism in a sentence */
  readonly mechanism_words: string;
  /** the memory of all sessions in sentences, or why it is unknown; "" for neither */
  readonly memory_words: string;
  /** what the driver reports in sentences; "" where no manifest has samples */
  readonly driver_words: string;
  /** what each session had of the device, and what sharing cost it */
  readonly per_session: readonly DeviceSession[];
  /**
   * request times of the sessions whose steps begin with requests, which arrive at a rhythm of
   * their own
   */
  readonly requests: readonly SessionRequests[];
  /** kernels by session and name, longest total first */
  readonly kernels: readonly KernelRow[];
  /** whole step periods in the window by session, in time order, as columns of equal length */
  readonly step_times: readonly StepTimes[];
}

/** Memory of all sessions of a group together. */
export interface DeviceMemory {
  /** memory of the GPU; null when it is unknown */
  readonly capacity_bytes: Bytes | null;
  /**
   * the capacity less 5 % (at least 300 MiB) for the system and 500 MiB for each process's context
   * and libraries, together a quarter at most; null when the capacity is
   */
  readonly safe_bytes: Bytes | null;
  /** the highest sum over all allocators in the window */
  readonly combined_peak_bytes: Bytes;
  /** when that was first reached */
  readonly combined_peak_at_ns: Ns;
  /** what is left of the capacity at the combined peak, may be negative; null when unknown */
  readonly headroom_bytes: Bytes | null;
  /** one entry per process and allocator */
  readonly per_session: readonly SessionMemory[];
  /** the same for pinned host memory, which is not part of the sums */
  readonly host_allocators: readonly SessionMemory[];
  /** sum of the allocators' own peaks, which is not reached when they peak at different times */
  readonly sum_of_peaks_bytes: Bytes;
  /** what the allocators may take together; null when one does not state its limit */
  readonly sum_of_limits_bytes: Bytes | null;
  /** sessions whose memory is not in their capture: then the sums are lower bounds */
  readonly sessions_without_data: readonly string[];
  /** who held the combined peak, largest first; the rows add up to `combined_peak_bytes` */
  readonly holders: readonly Holder[];
  /** operations that hold more from step to step, largest gain first */
  readonly growth: readonly MemoryGrowth[];
  /** use per step, over whole steps in the window */
  readonly steps: readonly StepMemory[];
  /** operations that run other kernels since a neighbour came, or than in a capture alone */
  readonly kernel_changes: readonly KernelChange[];
  /** time spent getting memory */
  readonly stalls: readonly MemoryStall[];
  /** requests that an allocator refused, the largest of each session first */
  readonly refused: readonly Refused[];
  /**
   * the holders of the combined peak, summed by name scope, as far down as the scopes share it out
   */
  readonly holder_scopes: readonly ScopeHeld[];
}

/** One session's part of a device's time, and what sharing cost it. */
export interface DeviceSession {
  /** id of the session */
  readonly session: string;
  /** number of its kernels in the window */
  readonly kernels: number;
  /** number of its copies and memsets in the window */
  readonly copies: number;
  /** union of its work in the window: `exclusive_ns` + `contended_ns` */
  readonly busy_ns: Ns;
  /** of that, with a kernel that is no collective; the rest is `collective_ns` + `copying_ns` */
  readonly computing_ns: Ns;
  /** of that, with kernels of collective communication alone, which mostly wait for other ranks */
  readonly collective_ns: Ns;
  /** of that, with copies and memsets alone */
  readonly copying_ns: Ns;
  /** it had work and no other session had */
  readonly exclusive_ns: Ns;
  /** it had work and so had another session */
  readonly contended_ns: Ns;
  /** by how much longer its kernels took than alone */
  readonly stretch_ns: Ns | null;
  /** for how long its work waited while others had the device */
  readonly stall_ns: Ns | null;
  /** the part of stretch and stall that slack of the host hid */
  readonly absorbed_ns: Ns | null;
  /**
   * what its step periods lost: `stretch_ns` + `stall_ns` + `off_gpu.host_lost_ns` - `absorbed_ns`
   */
  readonly lost_ns: Ns | null;
  /** step period while sharing / step period alone */
  readonly slowdown: Slowdown;
  /** what it met elsewhere than on the GPU; null where nothing points to that */
  readonly off_gpu: OffGpu | null;
  /**
   * the part of `stretch_ns` by which company slows the whole device and for some time after it as
   * well: the clock falls, or caches are cold; null where kernels after company do not show it
   */
  readonly clock_ns: Ns | null;
  /** what starts its steps */
  readonly loop: Loop;
  /** mean step period */
  readonly step: StepPeriod;
  /** whether the session is slower because others share the device */
  readonly answer: Answer;
  /**
   * its slowdown as it is printed large: the estimate, else the bounds; of its requests where it
   * serves some
   */
  readonly figure: string;
  /** what that is a slowdown of: `steps` or `requests` */
  readonly figure_of: string;
  /** the interval that stands beside an estimate, as it is printed; "" without one */
  readonly interval: string;
  /** what the slowdown rests on, with its evidence class */
  readonly basis: string;
  /** what the loss consists of */
  readonly loss: string;
  /** how long its requests take, in sentences; "" where no requests start its steps */
  readonly request_times: string;
  /**
   * how the window divides into kernels, collectives alone, copies alone and the rest; "" where
   * kernels are all
   */
  readonly busy_with: string;
  /** captures alone that were found for it, the best first */
  readonly baselines: readonly BaselineOffer[];
}

/** What the driver counted on the whole GPU. */
export interface DriverCurves {
  /** memory in use on the GPU */
  readonly used: DriverLevels | null;
  /** the part that no capture explains */
  readonly untraced: DriverLevels | null;
}

/**
 * A step function of bytes without its steps of height 0: `bytes[0]` before `time_ns[0]`, `bytes[i
 * + 1]` from `time_ns[i]`.
 */
export interface DriverLevels {
  /** when it changes */
  readonly time_ns: readonly Ns[];
  /** the value before the first change and after each */
  readonly bytes: readonly Bytes[];
}

/** A process that the driver listed on the GPU. */
export interface DriverProcess {
  /** id of the process */
  readonly process_id: number;
  /** name of its program */
  readonly name: string;
  /** id of the session that it is; null if it was not captured or cannot be matched */
  readonly session: string | null;
  /** the most that it had taken at a sample; null where the driver does not report it */
  readonly peak_bytes: Bytes | null;
  /** what it had taken when most of the GPU was; null where the driver does not report it */
  readonly at_fullest_bytes: Bytes | null;
  /** in use by its recorded allocators at that instant; null where no capture records it */
  readonly in_use_bytes: Bytes | null;
  /**
   * lower bound of what it had taken beside them: context, libraries, other allocations; null where
   * the figures do not bound it
   */
  readonly beside_least_bytes: Bytes | null;
  /** upper bound of the same; null where the figures do not bound it */
  readonly beside_most_bytes: Bytes | null;
}

/** Samples of the driver within a group's window, from one session's manifest. */
export interface DriverView {
  /** id of the session whose manifest holds the samples */
  readonly source: string;
  /** number of samples */
  readonly samples: number;
  /** their median distance; null for one sample */
  readonly period_ns: Ns | null;
  /** memory of the GPU; null when unknown */
  readonly capacity_bytes: Bytes | null;
  /** the most of it that was taken by all; null when unknown */
  readonly used_peak_bytes: Bytes | null;
  /** when that was; null when unknown */
  readonly used_peak_at_ns: Ns | null;
  /** what was left then; null when unknown */
  readonly free_least_bytes: Bytes | null;
  /** the processes that the driver listed, largest first */
  readonly processes: readonly DriverProcess[];
  /**
   * captured sessions that are not found among the listed processes, such as those in containers;
   * then what is untraced is unknown
   */
  readonly unmatched: readonly string[];
  /**
   * the most that listed processes without a capture had taken together; null where that is unknown
   */
  readonly untraced_peak_bytes: Bytes | null;
  /** when that was; null when unknown */
  readonly untraced_peak_at_ns: Ns | null;
  /** taken at the fullest and by no listed process; null when unknown */
  readonly unlisted_bytes: Bytes | null;
  /** what was taken by all, as a step function; null when unknown */
  readonly used: DriverLevels | null;
  /** what processes without a capture had taken, as a step function; null when unknown */
  readonly untraced: DriverLevels | null;
  /** SM clock in MHz; null below 6 samples */
  readonly clock_mhz: ClockRate | null;
  /** mean power; null when unknown */
  readonly power_w: number | null;
  /** mean utilisation; null when unknown */
  readonly utilisation_percent: number | null;
}

/** The event asked for. */
export interface EventAnswer {
  /** the event; null where there is none */
  readonly event: EventDetail | null;
}

/** One event in full. */
export interface EventDetail {
  /** name of the event */
  readonly name: string;
  /** start of the event */
  readonly start_ns: Ns;
  /** length of the event */
  readonly duration_ns: Ns;
  /** 0 kernel, 1 copy, 2 memset, 3 step, 4 host operation, 5 unknown (name lost) */
  readonly kind: number;
  /** stream or thread on which it ran */
  readonly stream: string;
  /** session that ran it */
  readonly session: string;
  /** number of the step during which it started */
  readonly step: number | null;
  /** number by which the profiler pairs launch and kernel */
  readonly correlation_id: number | null;
  /** operation of the framework that it belongs to */
  readonly op: string | null;
  /** size of a copy or memset */
  readonly bytes: Bytes | null;
  /** launch or copy as the profiler wrote it */
  readonly details: string | null;
  /** launch configuration; null where the profiler wrote none */
  readonly launch: LaunchConfiguration | null;
  /** start of the launch call */
  readonly launch_ns: Ns | null;
  /** length of the launch call */
  readonly launch_duration_ns: Ns | null;
  /** thread that made the launch call */
  readonly launch_thread: string | null;
  /** where the timeline shows the launch call */
  readonly launch_place: Place | null;
  /** time from the end of the launch call to the kernel's start */
  readonly queue_ns: Ns | null;
  /** of a launch call: the first kernel shown that it launched */
  readonly launched: Place | null;
  /** time that other sessions added to it; null where unknown */
  readonly stretched_ns: Ns | null;
  /** time it was stalled before its start; null where unknown */
  readonly stalled_ns: Ns | null;
  /** all kernels of its name and operation in the analysed window */
  readonly distribution: KernelDistribution | null;
  /** what other sessions ran during it, at most 8, longest overlap first */
  readonly meanwhile: readonly Meanwhile[];
}

/**
 * What a slowdown rests on: `A` (measured against a capture of the session alone), `B` (estimated
 * from its own kernels that ran undisturbed, for at least 80 % of the contended kernel time), `C`
 * (estimated from what the sharing mechanism leaves undisturbed), `D` (not identifiable: bounds
 * only)
 */
export type Evidence = 'A' | 'B' | 'C' | 'D';

/** A place that the panel can show. */
export interface EvidencePlace {
  /** what the panel shows */
  readonly kind: PlaceKind;
  /** so near that single kernels show */
  readonly near: boolean;
  /** of a section or a table */
  readonly name: string | null;
  /** the instant */
  readonly at_ns: Ns | null;
}

/** What the slowdowns of both sides rest on. */
export interface EvidenceSides {
  /** class of the slowdown before */
  readonly before: Evidence;
  /** class of the slowdown after */
  readonly after: Evidence;
}

/** One statement of the analysis with the numbers that it rests on and what to do about it. */
export interface Finding {
  /** stable name of the rule */
  readonly rule: string;
  /** how much it matters */
  readonly severity: Severity;
  /** the symptom in one line */
  readonly title: string;
  /** the symptom with its numbers */
  readonly detail: string;
  /** what to set, exactly; empty where there is nothing to do */
  readonly advice: string;
  /** the numbers that it rests on; keys by rule */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** id of the device; null where it is not about one */
  readonly device: string | null;
  /** ids of the sessions that it is about */
  readonly sessions: readonly string[];
  /** why it is so; empty where that is unknown */
  readonly cause: string;
  /** what following the advice should bring */
  readonly effect: string;
  /** what would show it right or wrong */
  readonly verify: string;
  /** time of the window that the advice is predicted to save; null = not predicted */
  readonly gain_ns: Ns | null;
  /** memory that the advice is predicted to free; null = not predicted */
  readonly gain_bytes: Bytes | null;
  /** options of `tb-contention` that follow the advice, to be copied */
  readonly options: readonly string[];
  /** where the panel shows the evidence; null where it has no more to show */
  readonly place: EvidencePlace | null;
}

/**
 * How a capture was found to show the work of a session alone: `user` (the user names it),
 * `manifest` (its manifest states that it recorded the same command alone), `kernels` (it runs the
 * same kernels, as often per step)
 */
export type Found = 'user' | 'manifest' | 'kernels';

/**
 * The groups of the log directory: of two or more before sessions alone, the worst known slowdown
 * first.
 */
export interface GroupsAnswer {
  /** changes whenever the list changes */
  readonly listing: string;
  /** whether the caller has this list; groups is then null */
  readonly is_known: boolean;
  /** captures of which only the name is known yet */
  readonly pending: number;
  /** the groups; null where the caller has them */
  readonly groups: readonly ListedGroup[] | null;
  /** why nothing ran together; empty where something did */
  readonly apart: string;
  /** what cannot be decided between captures: which of them may have run together */
  readonly findings: readonly Finding[];
  /** what is wrong with the log directory and its files; a group's report names those of its own */
  readonly problems: readonly Problem[];
}

/** The next or previous hit of a search. */
export interface HitAnswer {
  /** the hit; null where no event has such a name */
  readonly hit: Place | null;
}

/**
 * Bytes that one operation holds at an instant, equal allocations (region, type, shape) in one row.
 */
export interface Holder {
  /** id of the process, or of the session inside it whose run allocated */
  readonly session: string;
  /** name of the allocator */
  readonly allocator: string;
  /** what the row is */
  readonly kind: HolderKind;
  /** the operation as recorded, empty where it is not; of totals what they are, in parentheses */
  readonly op: string;
  /** name scope of the operation */
  readonly scope: string;
  /** as the allocator rounds them */
  readonly bytes: Bytes;
  /** as asked for; null where that is not recorded */
  readonly requested_bytes: Bytes | null;
  /** allocations in this row */
  readonly count: number;
  /** `output`, `temp`, `persist` or `dynamic`; null where it is not recorded */
  readonly region: string | null;
  /** such as `float32`; null where it is not recorded */
  readonly data_type: string | null;
  /** such as `[300,300]`; null where it is not recorded */
  readonly shape: string | null;
  /** since the oldest of them was allocated; null for totals */
  readonly age_ns: Ns | null;
}

/**
 * What a row of holders is: `op` (allocations of one operation that the capture recorded),
 * `before_capture` (held when the capture began and not freed since, known as a total only),
 * `not_recorded` (what missing events gave, or took if negative), `others` (the rows beyond the
 * largest)
 */
export type HolderKind = 'op' | 'before_capture' | 'not_recorded' | 'others';

/**
 * How it is known which physical GPU a plane is: `user` (the user states it), `manifest` (a
 * manifest or the recording itself states it), `assumed` (host, ordinal and capabilities agree)
 */
export type Identity = 'user' | 'manifest' | 'assumed';

/**
 * What a change is, as far as it is certain: `better` (it is certain, and good), `worse` (it is
 * certain, and bad), `same` (nothing changed), `unclear` (it may be chance, or it is neither good
 * nor bad in itself)
 */
export type Judgement = 'better' | 'worse' | 'same' | 'unclear';

/**
 * How much instances of one kernel lost while instances of another session's kernel had work on the
 * device; top pairs only.
 */
export interface KernelBlame {
  /** id of the session that lost */
  readonly victim: string;
  /** name of its kernel */
  readonly victim_kernel: string;
  /** id of the other session */
  readonly culprit: string;
  /** name of the other session's kernel */
  readonly culprit_kernel: string;
  /** what was lost while the culprit's kernel had work on the device */
  readonly lost_ns: Ns;
}

/**
 * An operation that runs other kernels since a neighbour came, or other ones than when captured
 * alone.
 */
export interface KernelChange {
  /** id of the session */
  readonly session: string;
  /** id of the session that came; null in comparison with a capture alone */
  readonly neighbour: string | null;
  /** the operation */
  readonly op: string;
  /** name of the kernel before */
  readonly before: string;
  /** name of the kernel after */
  readonly after: string;
  /** instances before */
  readonly count_before: number;
  /** instances after */
  readonly count_after: number;
  /** mean duration before */
  readonly mean_before_ns: Ns;
  /** mean duration after */
  readonly mean_after_ns: Ns;
  /** the largest temporary of the operation before; null if it has none */
  readonly workspace_before_bytes: Bytes | null;
  /** the largest temporary of the operation after; null if it has none */
  readonly workspace_after_bytes: Bytes | null;
  /** when the neighbour came; null in comparison with a capture alone */
  readonly at_ns: Ns | null;
  /** how much longer in total the kernels in the window took than those before */
  readonly cost_ns: Ns;
}

/** A kernel name of a pair on both sides. */
export interface KernelDifference {
  /** name of the kernel */
  readonly name: string;
  /** before; null where it did not run */
  readonly before: KernelSums | null;
  /** after; null where it did not run */
  readonly after: KernelSums | null;
  /** on which sides it ran */
  readonly presence: Presence;
  /** change of `each_ns` */
  readonly difference_ns: Ns;
}

/**
 * Durations of the kernels of one name and operation in the analysed window, in logarithmic bins.
 */
export interface KernelDistribution {
  /** edges of the bins, ns; one more than there are bins */
  readonly edges_ns: readonly Ns[];
  /** contended kernels in each bin */
  readonly contended: readonly number[];
  /** undisturbed kernels in each bin */
  readonly undisturbed: readonly number[];
  /** median duration of the contended kernels; null without any */
  readonly median_contended_ns: Ns | null;
  /** median duration of the undisturbed kernels; null without any */
  readonly median_undisturbed_ns: Ns | null;
  /** number of contended kernels */
  readonly count_contended: number;
  /** number of undisturbed kernels */
  readonly count_undisturbed: number;
}

/**
 * Whether the tracer lets kernels of one process run at once (CUPTI's CONCURRENT_KERNEL):
 * `concurrent` (kernels of one process may run at once), `serialised` (the tracer runs them one
 * after another), `unknown` (it is not recorded)
 */
export type KernelMode = 'concurrent' | 'serialised' | 'unknown';

/** Instances of two kernels that met on the device. */
export interface KernelPair {
  /** id of the session that lost */
  readonly victim: string;
  /** name of its kernel */
  readonly victim_kernel: string;
  /** id of the other session */
  readonly culprit: string;
  /** name of the other session's kernel */
  readonly culprit_kernel: string;
  /** how many pairs of instances met */
  readonly count: number;
  /** for how long they met, including the victim's wait before its start */
  readonly overlap_ns: Ns;
  /** what the victim's instances lost by it; null where the victim's loss is unknown */
  readonly lost_ns: Ns | null;
}

/** All instances of one kernel name of a session, with what they cost. */
export interface KernelRow {
  /** id of the session */
  readonly session: string;
  /** name of the kernel */
  readonly name: string;
  /** number of instances */
  readonly count: number;
  /** summed durations, clipped to the window */
  readonly total_ns: Ns;
  /** mean duration, clipped to the window */
  readonly mean_ns: Ns;
  /** what they take alone; null where no baseline is known */
  readonly alone_ns: Ns | null;
  /**
   * by how much longer they took than alone, and waits before them; null where no baseline is
   * known. A kernel that sharing did not touch scatters around 0, so it may be slightly negative
   */
  readonly lost_ns: Ns | null;
}

/** A kernel name on one side. */
export interface KernelSums {
  /** number of instances */
  readonly count: number;
  /** summed durations */
  readonly total_ns: Ns;
  /** that sum per step or per second */
  readonly each_ns: Ns;
  /** mean duration */
  readonly mean_ns: Ns;
}

/** What the last analysis of a group found, in the words of the report. */
export interface KnownAnswer {
  /** whether a session is slower: `yes`, `no`, `undecided` or `unknown` */
  readonly answer: string;
  /**
   * the session that is slowed most, or the requests to it, by its short name; empty where none is
   * known
   */
  readonly label: string;
  /** its slowdown as a card shows it; empty where nothing is known */
  readonly figure: string;
  /** the interval of that slowdown */
  readonly interval: string;
  /** the slowdown as a number, or the lower bound; null where it is unknown */
  readonly estimate: number | null;
  /** what was lost from its captures or could not be used, a sentence each */
  readonly problems: readonly string[];
}

/** The wanted events of one lane. */
export interface LaneHits {
  /** number of the lane in the layout */
  readonly lane: number;
  /** wanted events on the lane */
  readonly count: number;
  /** those between start and end */
  readonly in_view: number;
  /** start of each place in view */
  readonly start_ns: readonly Ns[];
  /** end of each place in view */
  readonly end_ns: readonly Ns[];
}

/** How a kernel was launched; None for what the text does not state. */
export interface LaunchConfiguration {
  /** blocks, as x, y, z */
  readonly grid: readonly number[] | null;
  /** threads per block, as x, y, z */
  readonly block: readonly number[] | null;
  /** registers per thread */
  readonly registers: number | null;
  /** static shared memory per block */
  readonly static_shared_bytes: Bytes | null;
  /** dynamic shared memory per block */
  readonly dynamic_shared_bytes: Bytes | null;
  /** theoretical occupancy as the profiler states it */
  readonly occupancy_percent: number | null;
}

/** The lanes of one device and the scales of their tiles. */
export interface Layout {
  /** id of the device */
  readonly device: string;
  /** revision to ask tiles of */
  readonly revision: string;
  /** the analysed window, in which all sessions were recorded */
  readonly window: WireSpan;
  /** from the first session's start to the last one's end: the limits of the timeline */
  readonly extent: WireSpan;
  /** sessions on the device */
  readonly sessions: readonly LayoutSession[];
  /** lanes, top to bottom */
  readonly lanes: readonly LayoutLane[];
  /** number of streams left out; the busiest are shown */
  readonly hidden_lanes: number;
  /** scale of the memory track; null where memory is unknown */
  readonly memory: MemoryLayout | null;
  /** indexes of the sessions whose lost time is known; the others have no such track */
  readonly lost: readonly number[];
  /** levels of the tiles: one of level L has 512 buckets of 2^L ns */
  readonly levels: LevelRange;
}

/** A lane of the timeline. */
export interface LayoutLane {
  /** number of the lane */
  readonly lane: number;
  /** index into `sessions` */
  readonly session: number;
  /** what it shows; a `stream` on a device without GPU planes is a host thread */
  readonly kind: 'steps' | 'stream' | 'launch';
  /** short label */
  readonly label: string;
  /** full name */
  readonly title: string;
  /** number of sub-lanes, for events that overlap in time */
  readonly rows: number;
  /** number of events */
  readonly events: number;
}

/** A session on the device. */
export interface LayoutSession {
  /** id of the session */
  readonly id: string;
  /** short name */
  readonly name: string;
  /** when it was recorded */
  readonly window: WireSpan;
}

/** The levels at which there are tiles. */
export interface LevelRange {
  /** finest level */
  readonly min: number;
  /** coarsest level */
  readonly max: number;
}

/** Captures that ran together on at least one device, or one that ran alone. */
export interface ListedGroup {
  /** stable id, made of its captures' ids */
  readonly id: string;
  /** its runs and its time, for people */
  readonly title: string;
  /** ids of its captures */
  readonly captures: readonly string[];
  /** short names of its captures, in that order */
  readonly names: readonly string[];
  /** host; several are separated by commas */
  readonly host: string;
  /** names of the devices that the captures share, or of those of the one */
  readonly devices: readonly string[];
  /** models of these devices */
  readonly models: readonly string[];
  /** Unix ns of the first start; null when there is no clock */
  readonly start_ns: Ns | null;
  /** Unix ns of the last end; null when there is no clock */
  readonly end_ns: Ns | null;
  /** whether two or more captures ran together */
  readonly shared: boolean;
  /** whether they are recordings of one process that hold the same work */
  readonly repeated: boolean;
  /** whether the captures have no GPU work, but operations on a processor */
  readonly on_host: boolean;
  /** time in which all of its captures were recorded */
  readonly overlap_ns: Ns;
  /** share, 0 to 1, of its shortest window in which surely all were recorded */
  readonly overlap_share: number;
  /** largest error of the clocks between its captures; null = unknown */
  readonly clock_error_ns: Ns | null;
  /** number of kernels of its captures */
  readonly kernels: number;
  /** how many of its captures a simulator made */
  readonly simulated: number;
  /**
   * whether its captures were not read yet, and are only named at about the same time on one host
   */
  readonly by_name: boolean;
  /** captures that ran together with these, but are beyond the bound of a group */
  readonly left_out: number;
  /** what the last analysis found; null when it was not analysed */
  readonly found: KnownAnswer | null;
  /**
   * what was lost from its captures or could not be used, a sentence each, as far as they were read
   */
  readonly problems: readonly string[];
}

/**
 * What starts the steps of a session: `closed` (each step follows from the one before it), `open`
 * (requests, or data, that arrive at a rhythm of their own), `unknown` (the traces do not show it)
 */
export type Loop = 'closed' | 'open' | 'unknown';

/** What a manifest says of one session. */
export interface ManifestSession {
  /** id of the container; null outside one */
  readonly container: string | null;
  /** name of the Kubernetes pod; null outside one */
  readonly pod: string | null;
  /** its namespace */
  readonly namespace: string | null;
  /** name of its Kubernetes node; null where the pod does not know it */
  readonly node: string | null;
  /** which command of which `tb-contention run` it is; null for other recordings */
  readonly recorded: Recorded | null;
  /** version of the GPU's driver; null when unknown */
  readonly driver: string | null;
  /** sharing by NVIDIA's Multi-Process Service */
  readonly mps: Mps;
  /** sharing by the device plugin of Kubernetes */
  readonly sharing: Sharing;
  /** whether the tracer lets kernels of one process run at once */
  readonly kernel_mode: KernelMode;
  /** variables of the environment that change how a GPU is used */
  readonly environment: Readonly<Record<string, string>>;
  /** versions by package */
  readonly versions: Readonly<Record<string, string>>;
  /** what could not be recorded, a sentence each */
  readonly not_known: readonly string[];
  /**
   * what it may use of the GPU: a MIG instance and a static partition of MPS are its own, a cap and
   * a replica reserve nothing; null when nothing restricts it
   */
  readonly part: string | null;
  /**
   * by how much the wall clock moved against a steady one over the recording; null without readings
   */
  readonly clock_change_ns: Ns | null;
}

/**
 * Why two sessions are taken for one program, the first that holds: `user` (`--pair` names them),
 * `same` (they have one id), `name` (they have one name), `last_part` (the name, or the run without
 * its date, is the same but for the folders above), `host` (they are the only ones left over on
 * their host, and at least 90 % of their kernels are the same)
 */
export type Match = 'user' | 'same' | 'name' | 'last_part' | 'host';

/** The kernels of one name that another session ran during an event. */
export interface Meanwhile {
  /** session that ran them */
  readonly session: string;
  /** name of the kernels */
  readonly name: string;
  /** time for which they overlapped the event, summed */
  readonly overlap_ns: Ns;
  /** number of kernels */
  readonly count: number;
}

/**
 * How sessions share a device, as far as their traces show: `none` (they are never on the device at
 * once), `time_slicing` (they take turns), `concurrent` (their kernels run side by side),
 * `single_stream` (their kernels share one queue), `unknown` (the traces do not show it)
 */
export type Mechanism = 'none' | 'time_slicing' | 'concurrent' | 'single_stream' | 'unknown';

/** What an operation holds at the ends of a session's steps, rising to the last: perhaps a leak. */
export interface MemoryGrowth {
  /** id of the process */
  readonly session: string;
  /** name of the allocator */
  readonly allocator: string;
  /** the operation; empty for the sum of all, with what no event explains */
  readonly op: string;
  /** held at the end of the first step that counts */
  readonly first_bytes: Bytes;
  /** held at the end of the last step */
  readonly last_bytes: Bytes;
  /** number of steps between the two */
  readonly steps: number;
  /** share of the steps at whose end it holds more than at the end of the step before */
  readonly rising: number;
  /** gain per step */
  readonly bytes_per_step: number;
}

/** The scale of the memory track. */
export interface MemoryLayout {
  /**
   * indexes into the layout's `sessions`, bottom of the stack first; of the sessions inside one
   * process the first stands for the process
   */
  readonly sessions: readonly number[];
  /** memory of the GPU */
  readonly capacity_bytes: Bytes | null;
  /** capacity minus what the system and each process's context take */
  readonly safe_bytes: Bytes | null;
  /** allocator limits, in the order of `sessions` */
  readonly limit_bytes: readonly (Bytes | null)[];
  /** combined peak */
  readonly peak_bytes: Bytes;
  /** when it was reached; null where only the driver counted */
  readonly peak_at_ns: Ns | null;
  /** peak of each session, in the order of `sessions` */
  readonly own_peaks: readonly OwnPeak[];
  /** what the driver counted; null where it was not recorded */
  readonly driver: DriverCurves | null;
  /** top of the axis: room for the capacity, the peak, and limits that are near */
  readonly axis_top_bytes: Bytes;
}

/** Memory in a part of the window: the combined peak there, and the holders at one instant. */
export interface MemoryPart {
  /** where the part begins */
  readonly start_ns: Ns;
  /** where it ends */
  readonly end_ns: Ns;
  /** the combined peak in the part */
  readonly peak_bytes: Bytes;
  /** when that was first reached */
  readonly peak_at_ns: Ns;
  /** each process and allocator */
  readonly per_session: readonly AllocatorPart[];
  /** the instant */
  readonly at_ns: Ns;
  /** what is held in all */
  readonly total_bytes: Bytes;
  /** who held it, largest first; the rows add up to the total */
  readonly holders: readonly Holder[];
  /** the same summed by name scope, as far down as the scopes share it out */
  readonly scopes: readonly ScopeHeld[];
  /** the same under caps; null without any */
  readonly capped: CappedMemory | null;
}

/** Time that a session spent getting memory. */
export interface MemoryStall {
  /** id of the session */
  readonly session: string;
  /** how time was lost */
  readonly kind: StallKind;
  /** how often */
  readonly count: number;
  /** time lost in all */
  readonly total_ns: Ns;
  /** the longest */
  readonly longest_ns: Ns;
  /** when the longest began */
  readonly longest_at_ns: Ns;
  /** the call or operation */
  readonly what: string;
}

/** Sharing by MPS, its caps and its static partition; None = no such thing. */
export interface Mps {
  /** whether the process was a client */
  readonly state: MpsState;
  /** cap on the GPU's threads in percent; null = none */
  readonly active_thread_percentage: number | null;
  /** cap on device memory, as the variable spells it; null = none */
  readonly pinned_memory_limit: string | null;
  /**
   * static partition of the multiprocessors that only its clients use, `GPU/PARTITION`; null = none
   */
  readonly sm_partition: string | null;
}

/**
 * Whether the process was a client of NVIDIA's Multi-Process Service: `on` (it was a client), `off`
 * (it was not), `unknown` (it is not recorded)
 */
export type MpsState = 'on' | 'off' | 'unknown';

/** A session by id and by name. */
export interface Named {
  /** id of the session */
  readonly id: string;
  /** label of the session in its report */
  readonly name: string;
}

/**
 * What a session lost where it met others elsewhere than on the GPU: on the processor and on the
 * bus.
 */
export interface OffGpu {
  /**
   * what its slowdown would be by the GPU alone, with host and copies as recorded; null where that
   * is unknown
   */
  readonly gpu_slowdown: number | null;
  /**
   * share of the window, 0 to 1, in which its host works with nothing of the session on the GPU
   * while the host of another session works
   */
  readonly hosts_meet: number;
  /**
   * how many times as long the work of its host takes beside other hosts; null where the captures
   * do not show it
   */
  readonly host_factor: number | null;
  /** by how much longer its host took; null where that is unknown */
  readonly host_lost_ns: Ns | null;
  /**
   * by how much longer its copies took because of copies of others in their direction; null where
   * that is unknown
   */
  readonly copies_lost_ns: Ns | null;
  /** hosts meet for most of the time, and nothing in the captures tells what that costs */
  readonly unmeasured: boolean;
}

/**
 * Who lost it: the profiler while recording, or this program while reading: `recording` (the
 * profiler lost it), `reading` (this program could not use it)
 */
export type Origin = 'recording' | 'reading';

/** The most that one session held. */
export interface OwnPeak {
  /** peak in the analysed window */
  readonly peak_bytes: Bytes;
  /** when it was reached */
  readonly peak_at_ns: Ns;
}

/**
 * For how long two sessions had work on the device at the same instants: co-pending in time, which
 * is not concurrency.
 */
export interface PairOverlap {
  /** id of one session */
  readonly a: string;
  /** id of the other */
  readonly b: string;
  /** for how long both had work on the device at once */
  readonly overlap_ns: Ns;
}

/** A value of a schedule by its name. */
export interface Parameter {
  /** name of the parameter */
  readonly name: string;
  /** its value */
  readonly value: number | string | null;
}

/** An event as the timeline shows it. */
export interface Place {
  /** number of the lane in the layout */
  readonly lane: number;
  /** sub-lane */
  readonly row: number;
  /** name of the event */
  readonly name: string;
  /** start of the event */
  readonly start_ns: Ns;
  /** end of the event */
  readonly end_ns: Ns;
}

/**
 * What the panel shows: `contended` (the longest contended interval), `section` (a section by its
 * name: `blame`, `steps`, `what-if`), `table` (a table by its name), `memory` (an instant of the
 * memory track, with its holders), `time` (an instant of the timeline, with a table beside it)
 */
export type PlaceKind = 'contended' | 'section' | 'table' | 'memory' | 'time';

/** One schedule and what it would bring. */
export interface Prediction {
  /** how the sessions would run */
  readonly schedule: Schedule;
  /** the change in words, such as `start evaluator 41.2 ms later` */
  readonly setting: string;
  /**
   * the same as values: `session`, `shift_ns`, `percent`, `slice_ns`, `switch_ns` (cost of a change
   * of turns), `control_error` (relative, of the worst session), `claim_vagueness` (how far apart
   * the least and the most are that kernels take of the multiprocessors, mean by time, 0 to 1),
   * `sum_of_limits_bytes`; of `memory_limits` per allocator its limit in bytes under `<session>
   * <allocator>`; of several changes at once `policy`, and per session `shift_ns <session>`,
   * `percent <session>` (of a cap), `part <session>` (percent of a partition), `first <session>`,
   * `gpu <session>` (empty: an unused one), `limit_bytes <session>`
   */
  readonly parameters: readonly Parameter[];
  /** what each session would see */
  readonly sessions: readonly SessionPrediction[];
  /** until the recorded work of all sessions is done; null when unknown */
  readonly makespan_ns: Range | null;
  /** the highest sum of all allocators then; null when unknown */
  readonly combined_peak_bytes: Bytes | null;
  /**
   * how high the sum would be if all peaks fell together (`memory_limits`: the sum of the limits);
   * null when unknown
   */
  readonly combined_peak_most_bytes: Bytes | null;
  /**
   * true: the most stays below `safe_bytes`; false: the peak exceeds the capacity or a limit is
   * below what was needed; null: open
   */
  readonly fits: boolean | null;
  /** of `shifted` without a given shift: every shift of that session that was tried */
  readonly curve: readonly CurvePoint[];
  /**
   * which part of the window was played, from its start; results are scaled to the whole. At most
   * 24,000 kernels of all sessions and 20 s are played. Null where nothing was played
   */
  readonly played_share: number | null;
  /** what the prediction takes for granted, and a test would show wrong */
  readonly assumes: string;
  /**
   * why it cannot be predicted, and what would settle it; empty where it can. Quantities that are
   * certain all the same (a session alone on a GPU is not slowed down; memory) are there
   */
  readonly unknown: string;
}

/** What another schedule would bring. */
export interface PredictionAnswer {
  /** the prediction; null while it is not done, and then it is asked for again */
  readonly prediction: Prediction | null;
}

/**
 * Whether a kernel ran on both sides: `both` (it ran on both), `appeared` (it ran only after),
 * `gone` (it ran only before)
 */
export type Presence = 'both' | 'appeared' | 'gone';

/** Something lost or unusable in one file. */
export interface Problem {
  /** the file, relative to the log directory */
  readonly file: string;
  /** stable name of the kind of problem */
  readonly slug: string;
  /** how much it matters */
  readonly severity: Severity;
  /** who lost it */
  readonly origin: Origin;
  /** what happened */
  readonly message: string;
  /** what to do about it */
  readonly advice: string;
  /** how many events, bytes or entries it stands for */
  readonly count: number;
  /** the first byte concerned; null where there is none */
  readonly offset: number | null;
}

/** One question with its answer in a sentence, and where its evidence is. */
export interface QuestionAnswer {
  /** the question */
  readonly question: string;
  /** the answer in a sentence */
  readonly answer: string;
  /** where the panel shows the evidence; null for nowhere */
  readonly place: EvidencePlace | null;
}

/** A predicted quantity with the range that its inputs leave open. */
export interface Range {
  /** the prediction; null where only the range can be determined */
  readonly estimate: number | null;
  /** lower end of the range */
  readonly low: number;
  /** upper end of the range */
  readonly high: number;
}

/** The answer to what to do first, for all sessions or for one that matters most. */
export interface Recommendation {
  /** id of the session that matters most; null: the total over sessions counts */
  readonly session: string | null;
  /** what can be recommended */
  readonly standing: Standing;
  /** what to do first, in one line */
  readonly headline: string;
  /** why, in sentences */
  readonly why: string;
  /** what to record, as a command; "" where nothing is to be recorded */
  readonly command: string;
  /** places in `actions` of what helps, the best first */
  readonly actions: readonly number[];
}

/**
 * Which command of which `tb-contention run` a capture is of: the same command in company and alone
 * is the same work.
 */
export interface Recorded {
  /** drawn for each `tb-contention run` */
  readonly run: string;
  /** number of the command, from 0 */
  readonly command: number;
  /** the command ran alone */
  readonly alone: boolean;
}

/** A request for memory that an allocator refused: the program ran out of memory. */
export interface Refused {
  /** id of the process */
  readonly session: string;
  /** the instant */
  readonly at_ns: Ns;
  /** how many requests of the process were refused in all */
  readonly count: number;
  /** what was asked for */
  readonly asked_bytes: Bytes;
  /** what the allocator had given away then; null where it is not recorded */
  readonly in_use_bytes: Bytes | null;
  /** what the allocator held of the GPU then; null where it is not recorded */
  readonly reserved_bytes: Bytes | null;
  /** who held what then, largest first */
  readonly holders: readonly Holder[];
}

/** The whole answer. */
export interface Report {
  /** version of this format */
  readonly format_version: 1;
  /** the program that made it */
  readonly tool: Tool;
  /** the log directory as given */
  readonly logdir: string;
  /** Unix ns that all times are relative to; null when no trace has a wall clock */
  readonly origin_ns: Ns | null;
  /** what was captured */
  readonly sessions: readonly Session[];
  /**
   * one entry per device and group of sessions that were captured together on it: GPUs first, among
   * them those with a measurably slower session, then the most contended
   */
  readonly devices: readonly Device[];
  /** the gravest first; of equal ones what may gain most */
  readonly findings: readonly Finding[];
  /** what of the input is lost or cannot be used */
  readonly problems: readonly Problem[];
  /** findings that the user muted, in the same order */
  readonly muted: readonly Finding[];
  /** sentences about the analysis itself, such as an option without effect */
  readonly notes: readonly string[];
}

/**
 * A figure of the request times, whole ns, with its 90 % interval; the ends are equal where no
 * arrival had to be estimated.
 */
export interface RequestTime {
  /** the figure */
  readonly estimate: number;
  /** lower end of its 90 % interval */
  readonly low: number;
  /** upper end of its 90 % interval */
  readonly high: number;
}

/** How long requests take. */
export interface RequestTimes {
  /** mean */
  readonly mean_ns: RequestTime;
  /** median */
  readonly p50_ns: RequestTime;
  /** 95th percentile */
  readonly p95_ns: RequestTime;
  /** 99th percentile */
  readonly p99_ns: RequestTime;
}

/**
 * How sessions inside a process are distinguished, best first: `model_id` (by the id of the model
 * or session that the framework wrote beside each kernel), `annotation` (by an annotation of the
 * program), `thread_and_scope` (by the thread that launched the kernel and the name scope of its
 * operation), `process` (the process is one session)
 */
export type Rule = 'model_id' | 'annotation' | 'thread_and_scope' | 'process';

/**
 * How the sessions would run instead: `as_recorded` (the control: as they did run), `shifted` (one
 * session starts later), `one_after_another` (each session has the device to itself), `mps`
 * (kernels side by side under NVIDIA's Multi-Process Service), `sm_cap` (one session gets at most a
 * part of the multiprocessors, under MPS), `time_slicing` (turns instead of side by side), `moved`
 * (one session runs on another GPU), `memory_limits` (each allocator gets a limit), `partition`
 * (each session has a part of the multiprocessors to itself, as with MIG), `priority` (the kernels
 * of some sessions go first), `combined` (several changes at once)
 */
export type Schedule =
  | 'as_recorded'
  | 'shifted'
  | 'one_after_another'
  | 'mps'
  | 'sm_cap'
  | 'time_slicing'
  | 'moved'
  | 'memory_limits'
  | 'partition'
  | 'priority'
  | 'combined';

/** Bytes that the operations of one name scope hold at an instant. */
export interface ScopeHeld {
  /** id of the session */
  readonly session: string;
  /** what the row is */
  readonly kind: HolderKind;
  /** name scope; empty where there is none */
  readonly scope: string;
  /** as the allocator rounds them */
  readonly bytes: Bytes;
  /** number of allocations */
  readonly count: number;
}

/** A part of a session by the first levels of its operations' name scopes. */
export interface ScopeRow {
  /** id of the session */
  readonly session: string;
  /** name scope */
  readonly scope: string;
  /** number of kernels */
  readonly kernels: number;
  /** summed durations in the window */
  readonly total_ns: Ns;
  /**
   * the most that its operations' allocations held at once in the window; null without allocator
   * events
   */
  readonly peak_bytes: Bytes | null;
}

/** The wanted events of a device. */
export interface SearchResult {
  /** wanted events on all lanes */
  readonly count: number;
  /** distinct names among them */
  readonly names: number;
  /** lanes with hits */
  readonly lanes: readonly LaneHits[];
}

/** A session and what its capture lost. */
export interface Session {
  /** unique and stable: `<run>/<host>`, and `/<process>` where a file holds several */
  readonly id: string;
  /** short, for people; not always unique */
  readonly name: string;
  /** the run directory */
  readonly run: string;
  /** the file, relative to the log directory */
  readonly file: string;
  /** the host, as the file name states it */
  readonly host: string;
  /** id of the process; null when the capture does not state it */
  readonly process_id: number | null;
  /** `process`, or `in_process`: one tf.Session, function or model inside a process */
  readonly kind: 'process' | 'in_process';
  /** its place in time */
  readonly clock: ClockOffset;
  /** size of the file as it was read; null where the trace was not read from one */
  readonly file_bytes: Bytes | null;
  /** SHA-256 of the file as it was read; null where the trace was not read from one */
  readonly sha256: string | null;
  /** the manifest beside the trace states that a simulator made it */
  readonly simulated: boolean;
  /** id of the process of an `in_process` session, else null */
  readonly process: string | null;
  /** how an `in_process` session is distinguished; null for a whole process */
  readonly attribution: Attribution | null;
  /** step periods in the whole capture; null without steps */
  readonly steps: StepSummary | null;
  /** what the profiler reported as lost, and what the reader could not use */
  readonly warnings: readonly string[];
  /** its capture window */
  readonly window: WireSpan;
  /** what people call the session: short, and unique in the report */
  readonly label: string;
  /**
   * the green context of its process that its kernels run in, with its multiprocessors; null for
   * none
   */
  readonly green_context: string | null;
  /**
   * what the manifest beside the trace states; null without one, and for a session inside a process
   */
  readonly recording: ManifestSession | null;
}

/** How much longer or shorter one session's recorded work would take. */
export interface SessionChange {
  /** id of the session */
  readonly session: string;
  /** relative change of the time that its work takes; −0.3 is 30 % less */
  readonly change: Range;
}

/** One program before and after. */
export interface SessionComparison {
  /** id of the session before */
  readonly before: string;
  /** id of the session after */
  readonly after: string;
  /** its name before */
  readonly before_name: string;
  /** its name after */
  readonly after_name: string;
  /** why the two are taken for one program; what fits several sessions pairs none */
  readonly match: Match;
  /** change of the slowdown */
  readonly slowdown: Change;
  /** change of the median step period */
  readonly step_ns: Change;
  /**
   * change of the median time per step that its own kernels take alone (`own_ns` of
   * `step_times[]`): whether the program itself changed
   */
  readonly device_time_ns: Change;
  /** change of `lost_ns` / `window_ns` */
  readonly lost_share: Change;
  /** change of `busy_ns` / `window_ns` */
  readonly busy_share: Change;
  /** a session inside a process, which owns the memory; then `memory` is empty */
  readonly in_process: boolean;
  /** allocators on both sides */
  readonly memory: readonly AllocatorComparison[];
  /** what `each_ns` is per */
  readonly kernels_per: Basis;
  /**
   * by name, largest `difference_ns` first; kernels that began in whole step periods, or in the
   * window where steps are not on both sides
   */
  readonly kernels: readonly KernelDifference[];
  /** what the slowdowns rest on */
  readonly evidence: EvidenceSides;
  /** whole step periods */
  readonly steps: StepSides;
  /** what its slowdowns are measured against, on each side */
  readonly baselines: BaselineSides;
}

/** One session in a part of the window. */
export interface SessionInPart {
  /** id of the session */
  readonly session: string;
  /** number of its kernels in the window */
  readonly kernels: number;
  /** number of its copies and memsets in the window */
  readonly copies: number;
  /** union of its work in the window: `exclusive_ns` + `contended_ns` */
  readonly busy_ns: Ns;
  /** of that, with a kernel that is no collective; the rest is `collective_ns` + `copying_ns` */
  readonly computing_ns: Ns;
  /** of that, with kernels of collective communication alone, which mostly wait for other ranks */
  readonly collective_ns: Ns;
  /** of that, with copies and memsets alone */
  readonly copying_ns: Ns;
  /** it had work and no other session had */
  readonly exclusive_ns: Ns;
  /** it had work and so had another session */
  readonly contended_ns: Ns;
  /** by how much longer its kernels there took than alone; null where its loss is unknown */
  readonly stretch_ns: Ns | null;
  /** for how long its work there waited; null where its loss is unknown */
  readonly stall_ns: Ns | null;
  /** its whole step periods there */
  readonly steps: StepsPart;
}

/**
 * The window peak of one allocator, when it was, who held it, and what it held when the sum of all
 * was highest.
 */
export interface SessionMemory {
  /** id of the process */
  readonly session: string;
  /** name of the allocator */
  readonly allocator: string;
  /** its own peak in the window */
  readonly peak_bytes: Bytes;
  /** when that was first reached */
  readonly peak_at_ns: Ns;
  /** what it held when the sum was highest */
  readonly at_combined_peak_bytes: Bytes;
  /** limit of the allocator; null if it states none */
  readonly limit_bytes: Bytes | null;
  /** held when the capture began, known as a total only */
  readonly before_capture_bytes: Bytes;
  /** the highest since the process began, perhaps before the capture; null if not stated */
  readonly lifetime_peak_bytes: Bytes | null;
  /**
   * what rounding to chunks added to the requests held at its peak, as far as recorded; null if
   * none is
   */
  readonly rounding_at_peak_bytes: Bytes | null;
  /**
   * share of its free memory that is outside its largest free block, at the peak; the allocator's
   * own figure, null if not stated
   */
  readonly fragmentation_at_peak: number | null;
  /** the same at its highest */
  readonly fragmentation_most: number | null;
  /** allocator events that are used */
  readonly events: number;
  /** events that are left out because they were reported twice */
  readonly repeated_events: number;
  /** changes of the bytes in use that no event explains */
  readonly missing_events: number;
  /** frees of what was allocated before the capture or by a missing event */
  readonly unpaired_frees: number;
  /** who held its own peak, largest first */
  readonly holders: readonly Holder[];
  /**
   * the higher of `peak_bytes` and `lifetime_peak_bytes`, and a tenth more for fragmentation,
   * rounded up to 16 MiB (256 MiB above 2 GiB), at most the present limit. A rule of thumb: what
   * the process did not do while it was captured is not in it
   */
  readonly suggested_limit_bytes: Bytes;
  /** what is wrong with its recorded events, in words; "" for nothing */
  readonly gaps: string;
}

/** What one session would see. */
export interface SessionPrediction {
  /** id of the session */
  readonly session: string;
  /** step period then / alone; null when unknown */
  readonly slowdown: Range | null;
  /** mean step period then; null when unknown */
  readonly step_ns: Range | null;
  /** when its recorded work would be done, from the window's start; null when unknown */
  readonly end_ns: Range | null;
  /**
   * by how much its step period would be shorter than recorded, negative = longer; null when
   * unknown
   */
  readonly gain_ns: Range | null;
  /**
   * mean time per request then / alone, arrivals as recorded; null where requests do not start its
   * steps or it is unknown
   */
  readonly latency: Range | null;
  /** mean time per request then; null where `latency` is */
  readonly request_ns: Range | null;
}

/** How long the requests to one session take. */
export interface SessionRequests {
  /** id of the session */
  readonly session: string;
  /** how many requests the window shows */
  readonly requests: number;
  /** how many of them waited for the one before, so that their arrival is estimated */
  readonly waited: number;
  /** mean request time while sharing / mean request time alone */
  readonly slowdown: Slowdown;
  /** request times while sharing */
  readonly shared: RequestTimes;
  /** request times alone, estimated; null where that is unknown */
  readonly alone: RequestTimes | null;
}

/**
 * How much a problem or finding matters; problems use INFO, WARNING and ERROR, findings INFO,
 * WARNING and CRITICAL: `info` (good to know), `warning` (act on it when you can; figures may be
 * affected), `error` (input is lost), `critical` (act on it first)
 */
export type Severity = 'info' | 'warning' | 'error' | 'critical';

/** How the device plugin of Kubernetes hands out the GPU. */
export interface Sharing {
  /** `time-slicing` or `mps`, as the node's label spells it; null when nothing states it */
  readonly strategy: string | null;
  /** how many the node offers of its GPUs together; null when nothing states it */
  readonly replicas: number | null;
}

/** Metrics over all sessions of a group; definitions in `contention/metrics.py`. */
export interface SharingMetrics {
  /** mean slowdown; null if it is not finite */
  readonly antt: number | null;
  /** sum of 1 / slowdown; null if it is not finite */
  readonly stp: number | null;
  /** least / most normalised progress; null if it is not finite */
  readonly fairness: number | null;
  /** Jain index of the progress; null if it is not finite */
  readonly jain: number | null;
}

/** The overlap with one session moved. */
export interface Shifted {
  /** how the window then divides */
  readonly time: TimeSplit;
  /** overlap of each two sessions then */
  readonly overlaps: readonly PairOverlap[];
}

/** Step period while sharing / step period alone, with its 90 % interval. */
export interface Slowdown {
  /** the slowdown; null in class D */
  readonly estimate: number | null;
  /** lower end of the 90 % interval, in class D a bound; null where it is unknown */
  readonly low: number | null;
  /** upper end of the 90 % interval, in class D a bound; null where it is unknown */
  readonly high: number | null;
  /** what it rests on */
  readonly evidence: Evidence;
  /** share, 0 to 1, of the contended kernel time whose kernels have a baseline */
  readonly coverage: number;
  /** which capture would settle what is open; empty when nothing is */
  readonly settle: string;
  /** the GPU's recorded context switches measured it */
  readonly measured: boolean;
  /**
   * name of the capture alone that it is measured against, several apart by commas; empty where
   * none serves
   */
  readonly baseline: string;
}

/** The scale on which all slowdowns of a device are drawn. */
export interface SlowdownScale {
  /** its lower end, 1 or less */
  readonly low: number;
  /** its upper end */
  readonly high: number;
}

/**
 * How a session lost time getting memory: `driver` (calls that take memory from the driver or give
 * it back), `room` (an allocation that came only after another was freed; its times are upper
 * bounds)
 */
export type StallKind = 'driver' | 'room';

/**
 * What can be recommended: `act` (an action is recommended), `fine` (nothing is to be done),
 * `record` (no action can be recommended before something else is recorded)
 */
export type Standing = 'act' | 'fine' | 'record';

/** How a session's allocator is used per step, over the whole steps of the window. */
export interface StepMemory {
  /** id of the session */
  readonly session: string;
  /** name of the allocator */
  readonly allocator: string;
  /** number of whole steps */
  readonly steps: number;
  /** mean number of allocations per step */
  readonly allocations: number;
  /** mean number of bytes allocated per step */
  readonly allocated_bytes: Bytes;
  /** the largest rise within a step above its beginning */
  readonly rise_bytes: Bytes;
  /** the largest allocation that was freed in the step that made it; null if none was */
  readonly temporary: Temporary | null;
  /** median over the steps of the largest such allocation */
  readonly temporary_median_bytes: Bytes;
}

/** Mean step period of a session while sharing and alone. */
export interface StepPeriod {
  /** mean step period while sharing; null without steps or other sessions */
  readonly shared_ns: Ns | null;
  /** what it would be alone; null where that is unknown */
  readonly alone_ns: Ns | null;
  /**
   * how many whole periods of the window both rest on; 0 when `shared_ns` is the mean of the whole
   * capture
   */
  readonly count: number;
}

/** Whole step periods in the window of one side. */
export interface StepSide {
  /** number of whole step periods */
  readonly count: number;
  /** mean period; null without any */
  readonly mean_ns: Ns | null;
  /** kernels and copies per step; null where steps are not on both sides */
  readonly kernels: number | null;
}

/** Whole step periods in the windows of both sides. */
export interface StepSides {
  /** before */
  readonly before: StepSide;
  /** after */
  readonly after: StepSide;
}

/**
 * Step periods of a session, from the end of one step to the end of the next, in the whole capture.
 */
export interface StepSummary {
  /** number of periods */
  readonly count: number;
  /** mean period */
  readonly mean_ns: Ns;
  /** median period */
  readonly p50_ns: Ns;
  /** 95th percentile of the periods */
  readonly p95_ns: Ns;
}

/**
 * Step periods of which each entry stands for equally many neighbours; lengths are sums, and the
 * last entry stands for the rest.
 */
export interface StepTimes {
  /** id of the session */
  readonly session: string;
  /** number of the step that ends the period, or the last of those merged */
  readonly number: readonly number[];
  /** where the entry begins */
  readonly start_ns: readonly Ns[];
  /** where the entry ends */
  readonly end_ns: readonly Ns[];
  /**
   * device time of the entry's kernels as they take alone; with `host_ns` and `lost_ns` its length
   */
  readonly own_ns: readonly Ns[];
  /** the rest of the period alone */
  readonly host_ns: readonly Ns[];
  /** what other sessions added; means nothing where `known` is false */
  readonly lost_ns: readonly Ns[];
  /** whether the loss is identifiable */
  readonly known: boolean;
  /**
   * how many periods an entry stands for: more than 1 beyond 400 periods; the last entry may stand
   * for fewer
   */
  readonly merged: number;
  /** number of periods */
  readonly steps: number;
  /** length of each entry */
  readonly period_ns: readonly Ns[];
}

/**
 * Whole step periods inside a part of the window; own, host and lost add up to their length, all 0
 * without any.
 */
export interface StepsPart {
  /** number of periods */
  readonly count: number;
  /** device time of their kernels as they take alone */
  readonly own_ns: Ns;
  /** the rest of the periods alone */
  readonly host_ns: Ns;
  /** what other sessions added; null where the loss is unknown */
  readonly lost_ns: Ns | null;
}

/** The state of a view, with its report once there is one. */
export interface Summary {
  /** how far the analysis is */
  readonly state: 'scanning' | 'working' | 'ready' | 'failed';
  /** what is going on, or why it failed; for people */
  readonly message: string;
  /** share that is done, 0 to 1; null where that is unknown */
  readonly progress: number | null;
  /** changes whenever the files or the analysis change; part of every tile's address */
  readonly revision: string;
  /** whether the caller has this revision; the report is then null */
  readonly is_known: boolean;
  /**
   * whether this is a first look, while the cost of sharing is measured; it has its own revision
   */
  readonly is_partial: boolean;
  /** log directory of TensorBoard, or its `--logdir_spec` */
  readonly logdir: string;
  /** changes whenever the list of groups changes */
  readonly listing: string;
  /** captures in the log directory */
  readonly captures: number;
  /** groups in the log directory */
  readonly groups: number;
  /** datasets of `tb-contention batch` in the log directory, by their paths below it */
  readonly datasets: readonly string[];
  /**
   * the group that the view is about; null until the log directory was looked through, or without
   * captures
   */
  readonly group: ListedGroup | null;
  /** version of tb_contention */
  readonly version: string;
  /** whether xprof's plugin is loaded */
  readonly xprof: boolean;
  /** where xprof's trace viewer shows a session; only sessions that it can open */
  readonly trace_viewer: Readonly<Record<string, TraceViewerPlace>>;
  /** address of the Perfetto page that the tab hands traces to; empty for ui.perfetto.dev */
  readonly perfetto: string;
  /** the report, as in report/FORMAT.md; null until there is a first look */
  readonly report: Report | null;
}

/** The largest allocation that was freed within the step in which it was made. */
export interface Temporary {
  /** its size */
  readonly bytes: Bytes;
  /** the operation */
  readonly op: string;
  /** its shape; null where it is not recorded */
  readonly shape: string | null;
  /** number of the step */
  readonly step: number;
}

/** A thread (or queue) that drives a session. */
export interface ThreadRow {
  /** id of the session */
  readonly session: string;
  /** name of the thread or queue */
  readonly thread: string;
  /** session or function runs that it began in the window */
  readonly runs: number;
  /** time inside those runs */
  readonly busy_ns: Ns;
  /** time in which its runs were open and no work of theirs was on the device or the executor */
  readonly waited_ns: Ns;
  /** the thread of the same session that was at work for most of that time; empty if none was */
  readonly waits_for: string;
  /** number of kernels of its runs */
  readonly kernels: number;
  /** device time of its runs */
  readonly total_ns: Ns;
}

/** How a window divides: idle + exclusive + contended = window, exactly. */
export interface TimeSplit {
  /** length of the window */
  readonly window_ns: Ns;
  /** no session had work on the device */
  readonly idle_ns: Ns;
  /** exactly one session had work */
  readonly exclusive_ns: Ns;
  /** two or more sessions had work */
  readonly contended_ns: Ns;
}

/** Changes of all sessions together. */
export interface Together {
  /** change of the contended share of the window */
  readonly contended_share: Change;
  /** change of the combined peak */
  readonly combined_peak_bytes: Change;
  /** change of the headroom */
  readonly headroom_bytes: Change;
  /** change of the sum of 1 / slowdown */
  readonly stp: Change;
  /** change of the mean slowdown */
  readonly antt: Change;
}

/** The program that made an answer. */
export interface Tool {
  /** its name */
  readonly name: 'tb_contention';
  /** its version */
  readonly version: string;
}

/** Where xprof's trace viewer shows a session. */
export interface TraceViewerPlace {
  /** run, as xprof names it */
  readonly run: string;
  /** host, as xprof names it */
  readonly host: string;
  /** instant that the trace viewer shows as 0 ms */
  readonly zero_ns: Ns;
}

/**
 * What a capture alone is used for: `used` (the slowdown is measured against it), `offered` (it may
 * be a baseline, but is used only if the user names it), `refused` (it is no baseline)
 */
export type Use = 'used' | 'offered' | 'refused';

/**
 * The answer for one device: in one sentence, what it means, what it rests on, and question by
 * question.
 */
export interface Verdict {
  /** whether it is contention */
  readonly answer: Answer;
  /** the answer in one sentence, without a full stop */
  readonly headline: string;
  /** what it means, in sentences */
  readonly meaning: string;
  /** what the answer rests on, in a few words each */
  readonly trust: readonly string[];
  /** the answer question by question; empty where nothing is shared */
  readonly answers: readonly QuestionAnswer[];
}

/** A span of time, ns from the report's origin. */
export interface WireSpan {
  /** where it begins */
  readonly start_ns: Ns;
  /** where it ends */
  readonly end_ns: Ns;
}
