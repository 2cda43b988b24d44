/** Who lost how much to whom, as a matrix of victims and culprits. */
import type { Blame, Device } from '../api/report';
import { type Ns, ns } from '../base/units';

/** The culprit where no traced session explains a loss. */
export const UNTRACED = 'untraced';
export const UNTRACED_WORDS = 'untraced work';

export interface BlameCell {
  readonly culprit: string;
  /** Null: the session itself, or nothing said. */
  readonly lost: Ns | null;
  /** Of the victim's whole loss, 0 to 1. */
  readonly share: number;
}

export interface BlameRow {
  readonly victim: string;
  readonly cells: readonly BlameCell[];
  readonly total: Ns;
  /** Of a server: by how much a request takes longer on average; null of others, and where that is unknown. */
  readonly later: Ns | null;
}

export interface BlameMatrix {
  readonly culprits: readonly string[];
  readonly rows: readonly BlameRow[];
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

/** A server loses no throughput as long as it catches up between requests; what it loses is their time. */
function laterOf(device: Device, victim: string): Ns | null {
  const served = device.requests.find(({ session }) => session === victim);
  const together = served?.shared.mean_ns.estimate;
  const alone = served?.alone?.mean_ns.estimate;
  return together == null || alone == null ? null : ns(together - alone);
}

function rowOf(
  victim: string,
  culprits: readonly string[],
  blame: readonly Blame[],
  later: Ns | null,
): BlameRow {
  const mine = blame.filter((entry) => entry.victim === victim);
  const total = mine.reduce((sum, entry) => sum + entry.lost_ns, 0);
  const cells = culprits.map((culprit) => {
    const found = mine.filter((entry) => entry.culprit === culprit);
    const lost = found.reduce((sum, entry) => sum + entry.lost_ns, 0);
    const share = total > 0 ? Math.max(0, lost) / total : 0;
    return { culprit, lost: found.length === 0 ? null : ns(lost), share };
  });
  return { victim, cells, total: ns(total), later };
}

/** Sessions in the device's order, "untraced" last; null where the report blames nobody. */
export function blameMatrix(device: Device): BlameMatrix | null {
  const { blame, sessions } = device;
  if (blame.length === 0) return null;
  const named = (of: (entry: Blame) => string): readonly string[] => blame.map(of);
  const others = named((entry) => entry.culprit).filter((id) => id !== UNTRACED);
  const hasUntraced = blame.some((entry) => entry.culprit === UNTRACED);
  const culprits = [...unique([...sessions, ...others]), ...(hasUntraced ? [UNTRACED] : [])];
  const victims = unique([...sessions, ...named((entry) => entry.victim)]).filter((id) =>
    blame.some((entry) => entry.victim === id),
  );
  return { culprits, rows: victims.map((victim) => rowOf(victim, culprits, blame, laterOf(device, victim))) };
}
