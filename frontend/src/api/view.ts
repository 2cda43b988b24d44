import type { Ns } from '../base/units';

/** Which group is looked at, and what the user set by hand; goes along with every request. */
export interface ViewQuery {
  /** Null: the most interesting one. */
  readonly group: string | null;
  readonly shifts: ReadonlyMap<string, Ns>;
  /** Key: `SESSION:ORDINAL`. */
  readonly gpus: ReadonlyMap<string, string>;
  /** The capture to measure a session against, both by id; '' for none. */
  readonly baselines: ReadonlyMap<string, string>;
}
