"""Memory scenarios drawn at random: one to four sessions whose allocators do all that profilers were seen to record.

Kernels are few. Buffers are many: activations, temporaries, staging, what lives over steps, what was there before the capture and is
freed in it, what is never freed, and operations that leak.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.heaps import Life, Move, changes_of, with_ties
from tb_contention.simulate.memory import chunk
from tb_contention.simulate.memory_lines import EVENT_MANAGER, EXECUTOR, LOADER, WORKER
from tb_contention.simulate.memory_scenarios import MemoryScenario, MemorySession
from tb_contention.simulate.memory_truth import Stated
from tb_contention.simulate.recording import HOST_BASE_NS, Window
from tb_contention.simulate.workload import Era, Item, Recorder, SessionSpec

_MIB, _GIB, _MS = 1 << 20, 1 << 30, 1_000_000
#: Allocators of all sessions keep their events on ns of their own, modulo this, so that the order between them is never in doubt.
_LANES = 16
_TYPES = (1, 3, 9, 10, 14, 19)

Generator = np.random.Generator


@dataclass(slots=True)
class Draft:
    """A session's buffers while they are drawn: lives, and moves as (time in ns, order of drawing, move)."""

    rng: Generator
    spec: SessionSpec
    typed: bool
    scoped: bool
    lives: list[Life] = field(default_factory=list)
    moves: list[tuple[float, Move]] = field(default_factory=list)

    def op(self, scope: str, kind: str) -> str:
        """Name an operation in the words of the session's release."""
        if self.spec.recorder.era is Era.JAX:
            return "" if kind == "Copy" else f"jit_train/{kind.lower()}"
        name = f"{scope}/{kind}" if self.scoped else f"{scope.rpartition('/')[2]}_{kind}"
        return f"{name}:{kind}" if self.typed else name

    def buffer(
        self, size: int, op: str, region: str = "output", *, allocator: str = "GPU_0_bfc", shaped: bool = True
    ) -> int:
        """Add a buffer of about this many bytes; sometimes the allocator gives more than the next 256."""
        rng = self.rng
        more = 256 * int(rng.integers(1, 9)) if rng.random() < 0.1 else 0
        shape = f"[{size // 1024 + 1},256]" if shaped else ""
        self.lives.append(
            Life(allocator=allocator, requested=size, size=chunk(size) + more, op=op, region=region, shape=shape,
                 data_type=int(rng.choice(_TYPES)))
        )  # fmt: skip
        return len(self.lives) - 1

    def give(self, time: float, life: int, thread: int = EXECUTOR) -> None:
        """Allocate a buffer."""
        self._move(time, life, thread, gives=True)

    def take(self, time: float, life: int, thread: int = EVENT_MANAGER) -> None:
        """Free a buffer."""
        self._move(time, life, thread, gives=False)

    def _move(self, time: float, life: int, thread: int, *, gives: bool) -> None:
        self.moves.append((time, Move(time=round(time), thread=self.spec.process_id + thread, life=life, gives=gives)))


def random_memory(seed: int) -> MemoryScenario:
    """Draw a scenario; equal seeds give equal scenarios."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, *b"memory"]))
    count = int(rng.integers(1, 5))
    lanes = iter(range(_LANES))
    sessions = tuple(_session(rng, k, lanes) for k in range(count))
    return MemoryScenario(name=f"memory_{seed}", sessions=sessions)


def _session(rng: Generator, number: int, lanes: Iterator[int]) -> MemorySession:
    spec = _spec(rng, number)
    runs = _runs(rng, spec)
    draft = Draft(rng=rng, spec=spec, typed=bool(rng.random() < 0.5), scoped=bool(rng.random() < 0.7))
    leaks = _leaks(draft, runs) if rng.random() < 0.35 else {}
    _held_before(draft)
    if rng.random() < 0.3:
        _created_late(draft)
    _steps(draft, runs)
    _other_allocators(draft, runs)
    moves = _placed(draft, lanes)
    if rng.random() < 0.08:
        moves, leaks = tuple(m for m in moves if m.time < (spec.window[0] + 30) * _MS), {}
    share = float(rng.choice([0.0, 0.05, 0.3]))
    window = Window.of(spec)
    first = min((m.time for m in moves if m.time >= window.start + HOST_BASE_NS), default=0)
    moves = with_ties(tuple(draft.lives), moves, share, first + 1_000_000)
    return MemorySession(
        spec=spec, runs=runs, lives=tuple(draft.lives), moves=moves, limits=_limits(draft, moves),
        reserved={"GPU_0_bfc": 3 * _MIB} if rng.random() < 0.1 else {}, silent=number > 0 and bool(rng.random() < 0.15), leaks=leaks,
    )  # fmt: skip


def _spec(rng: Generator, number: int) -> SessionSpec:
    era = list(Era)[int(rng.choice(4, p=[0.55, 0.15, 0.1, 0.2]))]
    recorder = Recorder(
        era=era,
        offset=float(rng.integers(-2 * _MS, 2 * _MS)) if rng.random() < 0.5 else 0.0,
        drift=float(rng.uniform(-40, 40)) if rng.random() < 0.4 else 0.0,
    )
    items = tuple(
        Item(name=f"simulated_kernel_{k}", op=f"model/layer_{k}/MatMul:MatMul", mean=0.0)
        for k in range(int(rng.integers(2, 6)))
    )
    start = float(rng.uniform(5, 40))
    return SessionSpec(
        name=f"session_{'abcd'[number]}", items=items, steps=0, window=(start, start + float(rng.uniform(110, 220))),
        process_id=1000 + 100 * number, recorder=recorder,
    )  # fmt: skip


def _runs(rng: Generator, spec: SessionSpec) -> tuple[StepRun, ...]:
    """Lay out steps from the simulation's start beyond the window's end, kernels evenly inside."""
    period, count = float(rng.uniform(6, 16)) * _MS, len(spec.items)
    begins = np.arange(float(rng.uniform(0, 3)) * _MS, (spec.window[1] + 20) * _MS, period)
    begins = begins + rng.uniform(0, 0.05 * period, len(begins))
    runs = []
    for begin in begins.round().tolist():
        end = begin + round(0.85 * period)
        launch = [float(round(begin + 0.8 * period * (k + 0.2) / count)) for k in range(count)]
        runs.append(
            StepRun(begin=begin, end=float(end), launch=launch, start=[t + 20_000 for t in launch],
                    finish=[t + 20_000 + round(0.5 * period / count) for t in launch])
        )  # fmt: skip
    return tuple(runs)


def _size(rng: Generator, low: float, high: float) -> int:
    """Draw bytes, evenly by their logarithm."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high))))


def _held_before(draft: Draft) -> None:
    """Weights and optimizer slots, some freed while captured; and sometimes a peak that is over before the capture."""
    rng, (start, end) = draft.rng, draft.spec.window
    for k in range(int(rng.integers(3, 12))):
        life = draft.buffer(_size(rng, 4 * _MIB, 2 * _GIB), draft.op(f"model/layer_{k}", "VarHandleOp"), "persist")
        if rng.random() < 0.25:
            draft.take(float(rng.uniform(start, end)) * _MS, life, EXECUTOR)
    if rng.random() < 0.5:
        # Sometimes it outlasts the beginning of the capture, which then is where the window's peak is.
        lasts = rng.random() < 0.4
        life = draft.buffer(_size(rng, 4 * _GIB, 12 * _GIB) * (1 + 2 * lasts), draft.op("init", "RandomUniform"))
        draft.give(1_000, life)
        draft.take((start + float(rng.uniform(0.3, 6))) * _MS if lasts else 2_000_000, life)


def _created_late(draft: Draft) -> None:
    """Optimizer slots that the first update inside the capture creates: many operations, held to the end."""
    at = draft.rng.uniform(*draft.spec.window) * _MS
    for k in range(int(draft.rng.integers(40, 90))):
        life = draft.buffer(
            _size(draft.rng, 1024, 64 * _MIB), draft.op(f"adam/slot_{k}", "AssignVariableOp"), "persist"
        )
        draft.give(at + k * 5_000, life, WORKER)


def _leaks(draft: Draft, runs: tuple[StepRun, ...]) -> dict[str, int]:
    """Let an operation keep what it allocates in each step."""
    op = draft.op("metrics/history", "TensorListPushBack")
    size = _size(draft.rng, _MIB, 64 * _MIB)
    for run in runs:
        draft.lives.append(
            Life(
                allocator="GPU_0_bfc",
                requested=size,
                size=chunk(size),
                op=op,
                region="dynamic",
                shape=f"[{size // 4}]",
                data_type=1,
            )
        )
        draft.give((run.begin + run.end) / 2, len(draft.lives) - 1, WORKER)
    return {op: chunk(size)}


def _steps(draft: Draft, runs: tuple[StepRun, ...]) -> None:
    rng = draft.rng
    layers = [(_size(rng, 64 << 10, 700 * _MIB), float(rng.uniform(0, 0.02))) for _ in range(int(rng.integers(3, 8)))]
    temporaries = int(rng.integers(3, 12))
    bursts = {int(rng.integers(len(runs)))} if rng.random() < 0.7 else set()
    for number, run in enumerate(runs):
        length = run.end - run.begin
        for k, (size, jitter) in enumerate(layers):
            life = draft.buffer(size, draft.op(f"model/layer_{k}", "MatMul"))
            draft.give(run.begin + length * (0.05 + 0.35 * k / len(layers) + jitter), life)
            late = length * 1.3 if rng.random() < 0.1 else 0.0
            draft.take(run.begin + length * (0.95 - 0.4 * k / len(layers) + float(rng.uniform(0, 0.03))) + late, life)
        for _ in range(temporaries):
            _temporary(draft, run.begin + length * float(rng.uniform(0.02, 0.8)), length)
        if number in bursts:
            life = draft.buffer(_size(rng, 2 * _GIB, 6 * _GIB), draft.op("model/head", "Softmax"), "temp")
            draft.give(run.begin + 0.4 * length, life)
            draft.take(run.begin + 0.7 * length, life, EXECUTOR)
        if rng.random() < 0.4:
            life = draft.buffer(
                _size(rng, 1024, 300 * _MIB), draft.op("checkpoint", "Identity"), "persist", shaped=False
            )
            draft.give(run.begin + length * float(rng.uniform(0.1, 0.9)), life, WORKER)
            draft.take(run.begin + length * float(rng.uniform(1.2, 7)), life)


def _temporary(draft: Draft, time: float, length: float) -> None:
    """Allocate what one operation needs while it is launched."""
    rng = draft.rng
    kind = ("Conv2D", "Copy", "Cumsum")[int(rng.integers(3))]
    life = draft.buffer(_size(rng, 100, 200 * _MIB), draft.op(f"model/layer_{int(rng.integers(4))}", kind), "temp")
    thread = EXECUTOR if rng.random() < 0.7 else WORKER
    draft.give(time, life, thread)
    draft.take(time + float(rng.uniform(2_000, 0.2 * length)), life, thread if rng.random() < 0.5 else EVENT_MANAGER)


def _other_allocators(draft: Draft, runs: tuple[StepRun, ...]) -> None:
    """Pinned and ordinary host memory, and sometimes a second allocator of the device."""
    rng, jax = draft.rng, draft.spec.recorder.era is Era.JAX
    chosen = []
    if rng.random() < 0.7:
        chosen.append(("xla_gpu_host_bfc" if jax else "gpu_host_bfc", LOADER))
    if rng.random() < 0.4:
        chosen.append(("mklcpu", LOADER))
    if rng.random() < 0.25:
        chosen.append(("GPU_collectivememory_0_bfc" if jax else "GPU_1_bfc", WORKER))
    for name, thread in chosen:
        before = draft.buffer(_size(rng, _MIB, 256 * _MIB), "", "persist", allocator=name, shaped=False)
        if rng.random() < 0.3:
            draft.take(float(rng.uniform(*draft.spec.window)) * _MS, before, thread)
        for run in runs:
            life = draft.buffer(_size(rng, 1000, 64 * _MIB), draft.op("input", "IteratorGetNext"), allocator=name)
            draft.give(run.begin + float(rng.uniform(0.1, 0.3)) * (run.end - run.begin), life, thread)
            if rng.random() < 0.95:
                draft.take(run.begin + float(rng.uniform(0.4, 1.6)) * (run.end - run.begin), life, EVENT_MANAGER)


def _placed(draft: Draft, lanes: Iterator[int]) -> tuple[Move, ...]:
    """Put moves in order, each on a ns that is its allocator's own on the clock that the file states."""
    spec = draft.spec
    stated = Stated(
        origin=round(spec.recorder.offset) + Window.of(spec).start,
        window=Window.of(spec).start,
        drift=spec.recorder.drift,
    )
    lane = {name: next(lanes) for name in dict.fromkeys(life.allocator for life in draft.lives)}
    placed = []
    for _, move in sorted(draft.moves, key=lambda m: m[0]):
        time, wanted = move.time, lane[draft.lives[move.life].allocator]
        while stated.at(time) % _LANES != wanted:
            time += 1
        placed.append(replace(move, time=time))
    return tuple(sorted(placed, key=lambda m: m.time))


def _limits(draft: Draft, moves: tuple[Move, ...]) -> dict[str, int]:
    """Draw limits that hold what is there, together below or above the GPU's capacity."""
    most = dict.fromkeys(dict.fromkeys(life.allocator for life in draft.lives), 0)
    for change in changes_of(tuple(draft.lives), moves):
        most[change.life.allocator] = change.peak
    limits = {}
    for name, peak in most.items():
        held = peak + sum(life.size for life in draft.lives if life.allocator == name and not peak)
        drawn = int(draft.rng.choice([0, 16, 40])) * _GIB if name.startswith("GPU_") else 64 * _GIB
        limits[name] = max(held + held // 16 + 16 * _MIB, drawn)
    return limits
