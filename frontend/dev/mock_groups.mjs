// A made-up list of groups: pairs every few hours for months, captures alone between them.
const START = 1767225600e9;
const MINUTE = 60e9;
const NAMES = ['trainer', 'evaluator', 'server', 'sweep'];
const MODELS = ['NVIDIA H100 80GB HBM3', 'NVIDIA A100-SXM4-40GB'];

function foundOf(index) {
  if (index % 5 > 1) return null;
  const low = 1.02 + (index % 9) / 10;
  const figure = `${(low + 0.08).toFixed(2)}×`;
  return {
    answer: 'yes',
    label: NAMES[index % 4],
    figure,
    interval: `${low.toFixed(2)} to ${(low + 0.2).toFixed(2)}`,
    estimate: low + 0.08,
  };
}

function groupOf(index) {
  const shared = index % 3 !== 2;
  const size = shared ? 2 + (index % 11 === 0 ? 1 : 0) : 1;
  // Work comes in bouts: nights and weekends are quiet.
  const start = START + (index + 40 * Math.floor(index / 25)) * 73 * MINUTE;
  const names = Array.from({ length: size }, (_, i) => `${NAMES[(index + i) % 4]}/run${index}`);
  const hasClock = index % 50 !== 49;
  const time = new Date(start / 1e6).toISOString().slice(0, 16).replace('T', ' ');
  return {
    id: `g${index.toString(16).padStart(6, '0')}`,
    title: hasClock ? `${names.join(' + ')}, ${time} UTC` : names.join(' + '),
    captures: names.map((_, i) => `c${index}-${i}`),
    names,
    host: `gpuhost${index % 7}`,
    devices: [`gpuhost${index % 7}/GPU:${index % 8}`],
    models: [MODELS[index % 2]],
    start_ns: hasClock ? start : null,
    end_ns: hasClock ? start + (2 + (index % 30)) * MINUTE : null,
    shared,
    on_host: index % 40 === 7,
    overlap_ns: shared ? (20 + (index % 90)) * 1e9 : 0,
    overlap_share: shared ? 0.4 + (index % 60) / 100 : 0,
    clock_error_ns: 12000,
    by_name: index % 70 === 3,
    kernels: 40_000,
    simulated: index % 6 === 0 ? size : 0,
    left_out: index % 33 === 0 && shared ? 5 : 0,
    found: shared ? foundOf(index) : null,
  };
}

export const makeGroups = (count) => Array.from({ length: count }, (_, index) => groupOf(index));
