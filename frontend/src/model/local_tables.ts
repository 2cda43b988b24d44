/** Tables that only the panel has, of a part of the window: declared as those that every form of a report has. */
import type { TableSpec } from '../api/tables';

/** Pairs of kernels that met in the part in focus. */
export const PAIRS: TableSpec = {
  slug: 'kernel_pairs',
  title: 'Kernel pairs',
  help: 'Which kernels of two sessions met, for how long, and what the first lost by it.',
  source: [],
  columns: [
    { key: 'victim_kernel', title: 'kernel', kind: 'name' },
    { key: 'victim', title: 'session', kind: 'session' },
    { key: 'culprit_kernel', title: 'met kernel', kind: 'name' },
    { key: 'culprit', title: 'of session', kind: 'session' },
    { key: 'count', title: 'times', kind: 'count' },
    { key: 'overlap_ns', title: 'at once', kind: 'duration' },
    { key: 'lost_ns', title: 'lost', kind: 'duration' },
  ],
};

/** Sessions in a part of the window: sums over what of them lies there. */
export const SESSIONS_IN_PART: TableSpec = {
  slug: 'sessions_in_part',
  title: 'Sessions in this part',
  help: 'What each session had of the device in the part in focus.',
  source: [],
  columns: [
    { key: 'session', title: 'session', kind: 'session' },
    { key: 'kernels', title: 'kernels', kind: 'count' },
    { key: 'busy_ns', title: 'had work', kind: 'duration', of: 'outer.window_ns' },
    { key: 'contended_ns', title: 'while another had work', kind: 'duration', of: 'busy_ns' },
    { key: 'stretch_ns', title: 'stretch', kind: 'duration' },
    { key: 'stall_ns', title: 'stall', kind: 'duration' },
    { key: 'steps.count', title: 'whole steps', kind: 'count' },
    { key: 'steps.own_ns', title: 'own work', kind: 'duration' },
    { key: 'steps.host_ns', title: 'host', kind: 'duration' },
    { key: 'steps.lost_ns', title: 'lost', kind: 'duration' },
  ],
};
