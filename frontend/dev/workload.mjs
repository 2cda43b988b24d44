// A made-up device: two or more sessions with steps, kernels and memory. Seeded, so that pictures repeat.
const MS = 1e6;

function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

const KERNELS = [
  'sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64_warpgroupsize1x1x1_execute_segment_k_off_kernel__5x_cublas',
  'void tensorflow::functor::ApplyAdamKernel<float>(int, float*, float*, float*, float const*)',
  'loop_add_fusion_12',
  'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevComm*, unsigned long, ncclWork*)',
  '<img src=x onerror="alert(1)">',
  'input_reduce_fusion',
];

/** Kernels of one step from `start` for `busy` ns of `period`. */
function stepKernels(random, start, busy, events) {
  let at = start;
  while (at < start + busy) {
    const long = random() < 0.06;
    const length = Math.round(long ? 0.4 * MS + random() * 1.6 * MS : 2e3 + random() * 60e3);
    const name = Math.floor(random() * KERNELS.length);
    events.push({ start: at, end: at + length, name: KERNELS[name], row: 0, kind: random() < 0.05 ? 1 : 0 });
    at += length + Math.round(random() * 4e3);
  }
}

function sessionOf(index, random, extent) {
  const period = [17.1, 85.5, 40, 23][index % 4] * MS;
  const part = [0.8, 0.36, 0.5, 0.3][index % 4];
  const offset = index * 7 * MS;
  const [steps, kernels, memory] = [[], [], []];
  for (let n = 0, at = offset; at + period < extent; n += 1) {
    const length = Math.round(period * (0.92 + 0.16 * random()));
    steps.push({ start: at, end: at + length, name: `step ${n}`, row: 0, kind: 3 });
    stepKernels(random, at + 0.05 * length, part * length, kernels);
    for (let i = 0; i < 16; i += 1) {
      const wave = i < 8 ? i / 8 : 2 - i / 8;
      memory.push([at + (i * length) / 16, (18 + 14 * wave + random()) * 2 ** 30 * (index > 1 ? 0.3 : 1)]);
    }
    at += length;
  }
  // A second stream whose copies overlap in time needs two rows.
  const copies = steps.flatMap((s, n) =>
    [0, 1].map((row) => ({
      start: s.start + row * 3e5,
      end: s.start + row * 3e5 + 2 * MS,
      name: n % 2 ? 'MemcpyD2H' : 'MemcpyH2D',
      row,
      kind: 1,
    })),
  );
  return { steps, kernels, copies, memory };
}

/** Intervals in which two or more sessions have a kernel, by a sweep over their merged busy intervals. */
function contentionOf(sessions) {
  const edges = [];
  for (const session of sessions) {
    let open = null;
    for (const event of session.kernels) {
      // Gaps below 20 µs do not count as idle in this made-up device.
      if (open !== null && event.start <= open.end + 2e4) open.end = Math.max(open.end, event.end);
      else {
        if (open !== null) edges.push([open.start, 1], [open.end, -1]);
        open = { start: event.start, end: event.end };
      }
    }
    if (open !== null) edges.push([open.start, 1], [open.end, -1]);
  }
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const found = [];
  let [depth, start, most] = [0, 0, 0];
  for (const [at, change] of edges) {
    if (depth < 2 && depth + change >= 2) [start, most] = [at, 2];
    if (depth >= 2 && depth + change < 2 && at > start) found.push({ start, end: at, depth: most });
    depth += change;
    most = Math.max(most, depth);
  }
  return found;
}

export function makeWorkload(count, extent = 480 * MS, seed = 7) {
  const random = randomFrom(seed);
  const sessions = Array.from({ length: count }, (_, index) => sessionOf(index, random, extent));
  return { extent, sessions, contention: contentionOf(sessions) };
}
