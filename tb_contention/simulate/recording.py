"""Simulated sessions -> what a profiler inside their process would have written: kernels, launches, steps and allocator events."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from tb_contention.recorders.xspace.writer import (
    Capabilities,
    Event,
    Line,
    Plane,
    Rows,
    Space,
    StatValue,
    Unsigned,
    encode,
    task_environment,
)
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.host_events import HostEvent, host_events
from tb_contention.simulate.memory import MemoryChange, allocator_events
from tb_contention.simulate.workload import Era, Item, ItemKind, SessionSpec
from tb_contention.units import I64, PS_PER_NS, Bool

HOST = "simulated-host"
GPU = Capabilities(
    model="Simulated GPU 80 GB",
    clock_rate_khz=1_980_000,
    core_count=132,
    memory_size=84_987_740_160,
    memory_bandwidth=3_352_320_000_000,
    compute_capability=(9, 0),
)
HOST_BASE_NS, _GPU_BASE_NS = 182_340, 197_512  # tracers start a little after the profiler session does
_COPY_STREAMS = {ItemKind.TO_DEVICE: (1, "MemcpyH2D"), ItemKind.TO_HOST: (2, "MemcpyD2H")}
_FURTHER = 2  # further compute streams come after those of the copies
_COPY_DETAILS = {
    ItemKind.TO_DEVICE: "kind_src:pinned kind_dst:device size:{} dest:0 async:1",
    ItemKind.TO_HOST: "kind_src:device kind_dst:pinned size:{} dest:0 async:1",
}
_LOST = "Dropped {} events because of the limit on device events."


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A capture window, ns of the simulation; trace time 0 is its start."""

    start: int
    end: int

    @classmethod
    def of(cls, spec: SessionSpec) -> "Window":
        """Return the window that a session asks for."""
        return cls(start=round(spec.window[0] * 1e6), end=round(spec.window[1] * 1e6))

    def holds(self, start: int, end: int, base: int) -> bool:
        """Say whether an event is recorded: a profiler drops what began before it or ended after it."""
        return start >= self.start + base and end <= self.end

    def held(self, start: I64, end: I64, base: int) -> Bool:
        """Say of each of many events whether it is recorded."""
        return (start >= self.start + base) & (end <= self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """The device work of a session, in order of launch: columns of one length.

    item: which of `items`; correlation: id; launch, start, end: ns of the simulation; stream: among its session's, 0 = the first.
    """

    items: tuple[Item, ...]
    item: I64
    correlation: I64
    step: I64
    launch: I64
    start: I64
    end: I64
    stream: I64

    def __len__(self) -> int:
        return len(self.item)

    def where(self, rows: Bool) -> "Works":
        """Return some of it."""
        columns = ("item", "correlation", "step", "launch", "start", "end", "stream")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A session as it went, for its process's file.

    lines: further host events, by thread. works: device work, where it is not that of the specification's items in `runs`.
    """

    spec: SessionSpec
    runs: tuple[StepRun, ...]
    changes: list[MemoryChange]
    lines: tuple[Line, ...] = ()
    works: Works | None = None


def record(spec: SessionSpec, runs: tuple[StepRun, ...], changes: list[MemoryChange], epoch_ns: int) -> bytes:
    """Write the file of a process with one session; epoch_ns: Unix ns of simulation time 0."""
    return record_process([Recorded(spec=spec, runs=runs, changes=changes)], epoch_ns)


def record_process(parts: list[Recorded], epoch_ns: int) -> bytes:
    """Write the file of a process; its sessions share the window and the recorder of the first."""
    return encode(space_of(parts, epoch_ns))


def space_of(parts: list[Recorded], epoch_ns: int) -> Space:
    """Make the planes of a process's file."""
    spec = parts[0].spec
    window, recorder = Window.of(spec), spec.recorder
    rng = np.random.default_rng(np.random.SeedSequence([spec.process_id, len(parts)]))
    done = [spans(part.spec, part.runs) if part.works is None else part.works for part in parts]
    # The sessions of one process have correlation ids of their own.
    works = [replace(work, correlation=work.correlation + (k << 24)) for k, work in enumerate(done)]
    kept = [work.where(_not_lost(rng, recorder.lost_kernels, len(work))) for work in works]
    if recorder.cut < 1:
        last = window.start + recorder.cut * (window.end - window.start)
        kept = [work.where(work.end <= last) for work in kept]
    launched = [work.where(_not_lost(rng, recorder.lost_launches, len(work))) for work in works]
    planes = [_device_plane(parts, kept, window), _host_plane(parts, launched, window, epoch_ns)]
    if recorder.era in (Era.TF_2_20, Era.JAX):
        planes.append(Plane(id=1001, name="/host:metadata"))
        start = epoch_ns + window.start + round(recorder.offset)
        planes.append(task_environment(start, start + window.end - window.start))
        for plane in planes:
            plane.stats["process_id"] = spec.process_id
    for plane in planes if recorder.drift else ():
        _let_drift(plane, recorder.drift)
    missing = sum(map(len, works)) - sum(map(len, kept))
    warnings = [_LOST.format(missing)] if recorder.lost_kernels or recorder.cut < 1 else []
    return Space(planes=planes, hostnames=[HOST], warnings=warnings)


def _not_lost(rng: np.random.Generator, share: float, count: int) -> Bool:
    return rng.random(count) >= share if share > 0 else np.ones(count, np.bool_)


def _let_drift(plane: Plane, drift: float) -> None:
    for line in plane.lines:
        for event in line.events:
            event.start += round(event.start * drift * 1e-6)
            event.duration += round(event.duration * drift * 1e-6)
        for rows in line.rows:
            rows.start = rows.start + np.rint(rows.start * drift * 1e-6).astype(np.int64)
            rows.duration = rows.duration + np.rint(rows.duration * drift * 1e-6).astype(np.int64)


def spans(spec: SessionSpec, runs: tuple[StepRun, ...], streams: tuple[int, ...] = ()) -> Works:
    """Return all device work of a session; items of one graph share the correlation id of its launch. streams: of each item."""
    items = spec.items
    before = [None, *items[:-1]]
    # A graph is launched with its first item.
    launches = [b is None or item.graph < 0 or item.graph != b.graph for b, item in zip(before, items, strict=True)]
    shape = len(runs), len(items)
    launch, start, finish = (
        np.array([getattr(run, name) for run in runs], np.float64).reshape(shape) for name in ("launch", "start", "finish")
    )  # fmt: skip
    first = np.rint(start).astype(np.int64).ravel()
    return Works(
        items=items,
        item=np.tile(np.arange(len(items)), len(runs)),
        correlation=np.cumsum(np.tile(np.array(launches, np.int64), len(runs))),
        step=np.repeat(np.arange(len(runs)), len(items)),
        launch=np.rint(launch).astype(np.int64).ravel(),
        start=first,
        end=np.maximum(np.rint(finish - spec.tail).astype(np.int64).ravel(), first + 1),
        stream=np.tile(np.array(streams or (0,) * len(items), np.int64), len(runs)),
    )


def recorded_spans(spec: SessionSpec, runs: tuple[StepRun, ...]) -> I64:
    """Return (start, end) of the device work that is in the file, were no event lost; rows of two."""
    works = spans(spec, runs)
    held = Window.of(spec).held(works.start, works.end, _GPU_BASE_NS)
    return np.column_stack([works.start[held], works.end[held]])


def recorded_steps(spec: SessionSpec, runs: tuple[StepRun, ...]) -> list[int]:
    """List the numbers of the steps that are whole in the file."""
    window = Window.of(spec)
    return [n for n, r in enumerate(runs) if window.holds(round(r.begin), round(r.end), HOST_BASE_NS)]


def _device_plane(parts: list[Recorded], works: list[Works], window: Window) -> Plane:
    lines: dict[int, Line] = {}
    for part, work in zip(parts, works, strict=True):
        seen = work.where(window.held(work.start, work.end, _GPU_BASE_NS))
        places = [_COPY_STREAMS.get(item.kind, (0, "Compute")) for item in seen.items]
        apart = np.array([further for further, _ in places], np.int64)[seen.item]
        stream = part.spec.stream + np.where(apart > 0, apart, np.where(seen.stream > 0, seen.stream + _FURTHER, 0))
        for number in np.unique(stream).tolist():
            mine = seen.where(stream == number)
            name = f"Stream #{number}({places[int(mine.item[0])][1]})"
            line = lines.setdefault(number, Line(id=number, name=name, timestamp_ns=_GPU_BASE_NS))
            era = part.spec.recorder.era
            kinds = [(item.name, _item_stats(item, era, part.spec.step_name)) for item in mine.items]
            changing = {"correlation_id": mine.correlation}
            if era is Era.TF_2_6:
                changing["group_id"] = mine.step
            line.rows.append(_rows(kinds, mine.item, mine.start, mine.end, window, changing))
    return Plane(id=0, name="/device:GPU:0", lines=[lines[n] for n in sorted(lines)], stats=GPU.stats())


def _rows(
    kinds: list[tuple[str, dict[str, StatValue]]], kind: I64, start: I64, end: I64, window: Window, changing: dict[str, I64]
) -> Rows:  # fmt: skip
    """Make rows of what lasted from a time to another, ns of the simulation."""
    start, duration = (start - window.start) * PS_PER_NS, (end - start) * PS_PER_NS
    return Rows(kinds=kinds, kind=kind, start=start, duration=duration, changing=changing)


def _event(name: str, start: int, end: int, window: Window, stats: dict[str, StatValue]) -> Event:
    return Event(name=name, start=(start - window.start) * PS_PER_NS, duration=(end - start) * PS_PER_NS, stats=stats)


@cache
def _item_stats(item: Item, era: Era, step_name: str) -> dict[str, StatValue]:
    """List the stats of an item in the order of the file, with places for those that change from step to step."""
    op = "level 0" if era is Era.TF_2_6 else "tf_op"
    stats: dict[str, StatValue] = {"correlation_id": Unsigned(0), "context_id": "$$1", op: item.op}
    if era is Era.TF_2_6:
        stats["group_id"] = 0
    if era is Era.JAX:
        stats |= {"hlo_module": f"jit_{step_name}", "hlo_op": item.name}
    if item.graph >= 0:
        stats["cuda_graph_id"] = Unsigned(item.graph + 1)
    if item.kind is not ItemKind.KERNEL:
        return {**stats, "memcpy_details": _COPY_DETAILS[item.kind].format(item.copied)}
    grid, block = (",".join(map(str, size)) for size in (item.grid, item.block))
    occupancy = 25.0 if item.registers > 128 else 100.0
    details = f"regs:{item.registers} static_shared:0 dynamic_shared:{item.shared} grid:{grid} block:{block} occ_pct:{occupancy:g}"
    return {
        **stats,
        "kernel_details": details,
        "theoretical_occupancy_pct": occupancy,
        "occupancy_min_grid_size": 264,
        "occupancy_suggested_block_size": item.block[0],
    }


def _host_plane(parts: list[Recorded], launched: list[Works], window: Window, epoch_ns: int) -> Plane:
    """Write a calling thread and an executor thread per session."""
    pid = parts[0].spec.process_id
    lines, executors = [], []
    for number, (part, work) in enumerate(zip(parts, launched, strict=True)):
        spec = part.spec
        script = Line(id=pid + number, name="python3" if not number else f"Thread-{number}", timestamp_ns=HOST_BASE_NS)
        executor = Line(id=pid + 37 + number, name=f"tf_Compute/{pid + 37 + number}", timestamp_ns=HOST_BASE_NS)
        lines.append(script)
        executors.append(executor)
        for event in host_events(spec, part.runs, in_process=len(parts) > 1, epoch_ns=epoch_ns):
            _put(script if event.calling else executor, event, window)
        call = round(spec.launch_cost * 650)
        done = work.where(window.held(work.launch, work.launch + call, HOST_BASE_NS))
        target = script if spec.recorder.era is Era.JAX else executor
        stats: dict[str, StatValue] = {"correlation_id": Unsigned(0), "context_id": "$$1", "device_id": 0}
        kinds = [(item.name if item.graph < 0 else "cuGraphLaunch", stats) for item in done.items]
        rows = _rows(kinds, done.item, done.launch, done.launch + call, window, {"correlation_id": done.correlation})
        rows.place = len(target.events)
        target.rows.append(rows)
        inside = [change for change in part.changes if window.holds(change.time, change.time, HOST_BASE_NS)]
        executor.events += allocator_events(inside, window.start, spec.limit)
    return Plane(id=1000, name="/host:CPU", lines=_joined(lines, executors, [e for part in parts for e in part.lines]))


def _joined(callers: list[Line], executors: list[Line], further: list[Line]) -> list[Line]:
    """Put further events on the threads that are there, and on new ones; executors without events are left out."""
    known = {line.id: line for line in (*callers, *executors)}
    new: dict[int, Line] = {}
    for line in further:
        target = known.get(line.id) or new.setdefault(line.id, replace(line, events=[]))
        target.events.extend(replace(event) for event in line.events)
    return [*callers, *(e for e in executors if e.events or any(len(rows.kind) for rows in e.rows)), *new.values()]


def _put(line: Line, event: HostEvent, window: Window) -> None:
    if window.holds(event.start, event.end, HOST_BASE_NS):
        line.events.append(_event(event.name, event.start, event.end, window, event.stats))
