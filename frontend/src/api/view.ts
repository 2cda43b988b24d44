import type { Ns } from '../base/units';

/** What the user set by hand; goes along with every request. */
export interface ViewQuery {
  readonly shifts: ReadonlyMap<string, Ns>;
  /** Key: `SESSION:ORDINAL`. */
  readonly gpus: ReadonlyMap<string, string>;
}
