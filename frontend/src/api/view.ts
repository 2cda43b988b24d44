import type { Ns } from '../base/units';

/** Which group is looked at, and what the user set by hand; goes along with every request. */
export interface ViewQuery {
  /** Null: the most interesting one. */
  readonly group: string | null;
  readonly shifts: ReadonlyMap<string, Ns>;
  /** Key: `SESSION:ORDINAL`. */
  readonly gpus: ReadonlyMap<string, string>;
}
