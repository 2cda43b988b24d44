"""Sessions that lack memory: an operation that gets another kernel when a neighbour comes, and a pool that asks the driver for more."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tb_contention.recorders.xspace.writer import Event, Line, StatValue, Unsigned
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.heaps import Life, Move
from tb_contention.simulate.memory import chunk
from tb_contention.simulate.memory_lines import EXECUTOR, WORKER, thread_line
from tb_contention.simulate.memory_scenarios import MemoryScenario, MemorySession, stated_clock, stated_start
from tb_contention.simulate.recording import HOST_BASE_NS, Window, Works
from tb_contention.simulate.workload import Item, Recorder, SessionSpec
from tb_contention.units import PS_PER_NS

_MIB, _GIB, _MS, _US = 1 << 20, 1 << 30, 1_000_000, 1_000
_GPU_BASE_NS = 250_000  # after the device's tracer has started
#: Kernels of one convolution with a large workspace, with a small one, and of one that is tuned to two kernels in turn.
LARGE = "sm90_xmma_fprop_implicit_gemm_bf16bf16_bf16f32_f32_nhwckrsc_nhwc_tilesize128x128x64_cudnn"
SMALL = "void implicit_convolve_sgemm<float, float, 128, 5, 5, 3, 3, 3, 1>(int, int, int)"
OTHERS = (
    "void cudnn::winograd_nonfused::winogradForwardData4x4<float>",
    "void precomputed_convolve_sgemm<float, 1024>",
)
_CONV, _OTHER_CONV = "model/conv_3/Conv2D:Conv2D", "model/conv_5/Conv2D:Conv2D"

Generator = np.random.Generator


class _Kernel(NamedTuple):
    item: Item
    step: int
    launch: int
    start: int
    end: int


@dataclass(slots=True)
class _Draft:
    """A session while it is laid out: one host thread that launches ahead, times in ns."""

    spec: SessionSpec
    runs: list[StepRun] = field(default_factory=list)
    works: list[_Kernel] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    calls: list[tuple[str, int, int, int]] = field(default_factory=list)

    def launch(self, name: str, op: str, at: int, duration: int) -> int:
        """Add a kernel 15 us after its launch or when the one before is done; return its end."""
        start = max(at + 15 * _US, self.works[-1].end + _US if self.works else 0)
        item = Item(name=name, op=op, mean=0.0)
        self.works.append(_Kernel(item, len(self.runs), at, start, start + duration))
        return start + duration

    def hold(self, size: int, op: str, region: str, since: int, until: int) -> None:
        """Add a buffer that is held for a time."""
        self.lives.append(
            Life(
                allocator="GPU_0_bfc",
                requested=size,
                size=chunk(size),
                op=op,
                region=region,
                shape=f"[{size}]",
                data_type=1,
            )
        )
        for time, gives in ((since, True), (until, False)):
            self.moves.append(
                Move(time=time, thread=self.spec.process_id + EXECUTOR, life=len(self.lives) - 1, gives=gives)
            )

    def call(self, name: str, thread: int, start: int, end: int) -> None:
        """Add a call of the driver; thread: by its distance from the process id."""
        self.calls.append((name, self.spec.process_id + thread, start, end))

    def step(self, begin: int, end: int) -> None:
        """Close a step, whose kernels have been launched."""
        launched = [float(w.launch) for w in self.works if w.step == len(self.runs)]
        self.runs.append(StepRun(begin=float(begin), end=float(end), launch=launched))

    def session(self, limit: int) -> MemorySession:
        """Make the session; limit: bytes of its allocator, which also holds 2 GiB of weights."""
        weights = Life(allocator="GPU_0_bfc", requested=2 * _GIB, size=2 * _GIB)
        return MemorySession(
            spec=self.spec, runs=tuple(self.runs), lives=(*self.lives, weights), moves=tuple(sorted(self.moves, key=lambda m: m.time)),
            limits={"GPU_0_bfc": limit}, works=self._columns(), calls=self._lines(),
        )  # fmt: skip

    def _columns(self) -> Works:
        numbers = {item: number for number, item in enumerate(dict.fromkeys(work.item for work in self.works))}
        rows = [(numbers[item], step, launch, start, end) for item, step, launch, start, end in self.works]
        item, step, launch, start, end = np.array(rows, np.int64).reshape(-1, 5).T
        return Works(
            items=tuple(numbers), item=item, correlation=np.arange(1, len(rows) + 1), step=step, launch=launch, start=start, end=end,
            stream=np.zeros(len(rows), np.int64),
        )  # fmt: skip

    def _lines(self) -> tuple[Line, ...]:
        window, lines = Window.of(self.spec), dict[int, Line]()
        for row, (name, thread, start, end) in enumerate(self.calls):
            if window.holds(start, end, HOST_BASE_NS):
                line = lines.setdefault(thread, thread_line(self.spec, thread))
                stats: dict[str, StatValue] = {
                    "correlation_id": Unsigned((1 << 20) + row),
                    "context_id": "$$1",
                    "device_id": 0,
                }
                line.events.append(
                    Event(
                        name=name,
                        start=(start - window.start) * PS_PER_NS,
                        duration=(end - start) * PS_PER_NS,
                        stats=stats,
                    )
                )
        return tuple(lines.values())


def _spec(rng: Generator, name: str, process_id: int, window: tuple[float, float]) -> SessionSpec:
    recorder = Recorder(
        offset=float(rng.integers(-5_000, 5_000)), drift=float(rng.uniform(-30, 30)) if rng.random() < 0.5 else 0.0
    )
    return SessionSpec(name=name, items=(), steps=0, window=window, process_id=process_id, recorder=recorder)


def _neighbour(rng: Generator, spec: SessionSpec, start: int) -> MemorySession:
    """Make a session that begins at a time and does plain steps."""
    draft, begin = _Draft(spec=spec), start
    while begin < spec.window[1] * _MS:
        draft.hold(512 * _MIB, "other/MatMul:MatMul", "output", begin + 4 * _US, begin + 2 * _MS)
        for k in range(4):
            end = draft.launch(
                "ampere_sgemm_128x64_nn", f"other/layer_{k}/MatMul:MatMul", begin + (10 + 20 * k) * _US, 700 * _US
            )
        draft.step(begin, end + 30 * _US)
        begin = end + int(rng.integers(1, 3)) * _MS
    return draft.session(20 * _GIB)


def changed_kernels(seed: int) -> MemoryScenario:
    """Let a convolution lose its workspace, and with it its kernel, when a neighbour starts work; equal seeds give equal scenarios.

    facts: `kernel_changes`, over the whole file of the session; times and durations as the file states them, ns and Unix ns.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, *b"pressure"]))
    draft = _Draft(spec=_spec(rng, "convolver", 1000, (12.0, 300.0)))
    switch, begin, came = int(rng.integers(8, 22)), 2 * _MS, 0
    sizes = int(rng.integers(400, 900)) * _MIB + int(rng.integers(1, 256)), int(rng.integers(8, 64)) * _MIB
    slower = float(rng.uniform(1.3, 2.5))
    while begin < 310 * _MS:
        denied = len(draft.runs) >= switch
        if len(draft.runs) == switch:
            came = begin - 100 * _US  # more than the clocks are off, so that no kernel is on the wrong side of it
        workspace, usual = sizes[denied], int(rng.normal(600, 15)) * _US
        draft.hold(900 * _MIB, _CONV, "output", begin + 10 * _US, begin + 3 * _MS)
        draft.hold(workspace, _CONV, "temp", begin + 12 * _US, begin + 40 * _US)
        draft.launch(SMALL if denied else LARGE, _CONV, begin + 20 * _US, round(usual * slower) if denied else usual)
        draft.hold(128 * _MIB, _OTHER_CONV, "temp", begin + 52 * _US, begin + 90 * _US)
        draft.launch(OTHERS[len(draft.runs) % 2], _OTHER_CONV, begin + 60 * _US, 400 * _US)
        end = draft.launch("void cub::DeviceReduceKernel<float>", "loss/Mean:Mean", begin + 100 * _US, 80 * _US)
        draft.step(begin, end + 50 * _US)
        begin = end + int(rng.integers(2, 6)) * _MS
    neighbour = _neighbour(rng, _spec(rng, "neighbour", 1100, (20.0, 290.0)), came)
    session = draft.session(24 * _GIB)
    change = _change(draft, neighbour, sizes)
    return MemoryScenario(
        name=f"changed_kernels_{seed}", sessions=(session, neighbour), facts={"kernel_changes": [change]}
    )


def _change(draft: _Draft, neighbour: MemorySession, sizes: tuple[int, int]) -> dict[str, Any]:
    """Return what the files state about the kernels with and without the workspace."""
    assert neighbour.works
    spec, came = draft.spec, int(neighbour.works.start[0])
    window, stated = Window.of(spec), stated_clock(spec)
    inside = [w for w in draft.works if window.holds(w.start, w.end, _GPU_BASE_NS)]
    lengths = [[stated.ps(w.end - w.start) for w in inside if w.item.name == name] for name in (LARGE, SMALL)]
    means = [round(sum(one) // PS_PER_NS / len(one)) for one in lengths]
    return {
        "session": spec.name, "neighbour": neighbour.spec.name, "op": _CONV.partition(":")[0], "before": LARGE, "after": SMALL,
        "count_before": len(lengths[0]), "count_after": len(lengths[1]), "mean_before_ns": means[0], "mean_after_ns": means[1],
        "workspace_before_bytes": chunk(sizes[0]), "workspace_after_bytes": chunk(sizes[1]),
        "at_ns": stated_clock(neighbour.spec).at(came),
    }  # fmt: skip


def growing_pool(seed: int) -> MemoryScenario:
    """Let a pool grow by driver calls that take ms, beside a neighbour; equal seeds give equal scenarios.

    facts: `stalls`, in the window where the captures overlap; ns and Unix ns as the files state them.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, *b"growing"]))
    draft, begin = _Draft(spec=_spec(rng, "grower", 1000, (12.0, 260.0))), 2 * _MS
    while begin < 270 * _MS:
        at = begin + 10 * _US
        if rng.random() < 0.5:
            at = _ask_driver(rng, draft, at)
        draft.hold(int(rng.integers(64, 2048)) * _MIB, "model/MatMul:MatMul", "output", at + 5 * _US, at + 4 * _MS)
        draft.launch("ampere_sgemm_128x64_nn", "model/MatMul:MatMul", at + 20 * _US, 1500 * _US)
        end = draft.launch("void cub::DeviceReduceKernel<float>", "loss/Mean:Mean", at + 60 * _US, 80 * _US)
        draft.step(begin, end + 50 * _US)
        begin = end + int(rng.integers(4, 8)) * _MS
    neighbour = _neighbour(rng, _spec(rng, "neighbour", 1100, (30.0, 250.0)), 33 * _MS)
    session = draft.session(60 * _GIB)
    return MemoryScenario(
        name=f"growing_pool_{seed}", sessions=(session, neighbour), facts={"stalls": _stalls(session, neighbour, draft)}
    )


def _ask_driver(rng: Generator, draft: _Draft, at: int) -> int:
    """Take memory from the driver, sometimes after giving some back, sometimes on two threads at once; return when it is there."""
    if rng.random() < 0.3:
        freed = at + int(rng.integers(100, 900)) * _US
        draft.call("cuMemFree_v2", EXECUTOR, at, freed)
        at = freed + 3 * _US
    done = at + int(rng.integers(1_000, 7_000)) * _US
    draft.call("cuMemAlloc_v2", EXECUTOR, at, done)
    if rng.random() < 0.3:
        draft.call("cuMemAlloc_v2", WORKER, at + 500 * _US, done + int(rng.integers(1, 400)) * _US)
    return done


def _stalls(session: MemorySession, neighbour: MemorySession, draft: _Draft) -> list[dict[str, Any]]:
    """Return how often and for how long the driver was called, counting overlapping calls once."""
    specs, stated = (session.spec, neighbour.spec), stated_clock(session.spec)
    first = max(stated_start(s) for s in specs)
    last = min(stated_start(s) + Window.of(s).end - Window.of(s).start for s in specs)
    window = Window.of(session.spec)
    recorded = [call for call in draft.calls if window.holds(call[2], call[3], HOST_BASE_NS)]
    spans = [(stated.at(start), stated.end(start, end)) for _, _, start, end in recorded]
    spans = sorted((max(start, first), min(end, last)) for start, end in spans if start <= last and end >= first)
    total, reached = 0, first
    for start, end in spans:
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    if not spans:
        return []
    longest = max(spans, key=lambda s: (s[1] - s[0], -s[0]))
    return [
        {
            "session": session.spec.name, "kind": "driver", "what": ", ".join(sorted({call[0] for call in recorded})),
            "count": len(spans), "total_ns": total, "longest_ns": longest[1] - longest[0], "longest_at_ns": longest[0],
        }
    ]  # fmt: skip
