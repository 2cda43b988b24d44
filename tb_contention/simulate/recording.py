"""Simulated sessions -> what a profiler inside their process would have written: kernels, launches, steps and allocator events."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from tb_contention.recorders.xspace.writer import (
    Capabilities,
    Event,
    Line,
    Plane,
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
from tb_contention.units import PS_PER_NS

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of device work: correlation id, launch, start and end in ns. stream: among its session's, 0 = the first."""

    correlation: int
    item: Item
    step: int
    launch: int
    start: int
    end: int
    stream: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A session as it went, for its process's file.

    lines: further host events, by thread. works: device work, where it is not that of the specification's items in `runs`.
    """

    spec: SessionSpec
    runs: tuple[StepRun, ...]
    changes: list[MemoryChange]
    lines: tuple[Line, ...] = ()
    works: tuple[Work, ...] | None = None


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
    done = [spans(part.spec, part.runs) if part.works is None else list(part.works) for part in parts]
    works = [_numbered(work, number) for number, work in enumerate(done)]
    kept = [[w for w in work if not _lost(rng, recorder.lost_kernels)] for work in works]
    if recorder.cut < 1:
        last = window.start + recorder.cut * (window.end - window.start)
        kept = [[w for w in work if w.end <= last] for work in kept]
    launched = [[w for w in work if not _lost(rng, recorder.lost_launches)] for work in works]
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


def _lost(rng: np.random.Generator, share: float) -> bool:
    return share > 0 and rng.random() < share


def _numbered(works: list[Work], part: int) -> list[Work]:
    """Give the sessions of one process correlation ids of their own."""
    return [replace(work, correlation=work.correlation + (part << 24)) for work in works] if part else works


def _let_drift(plane: Plane, drift: float) -> None:
    for line in plane.lines:
        for event in line.events:
            event.start += round(event.start * drift * 1e-6)
            event.duration += round(event.duration * drift * 1e-6)


def spans(spec: SessionSpec, runs: tuple[StepRun, ...]) -> list[Work]:
    """List all device work of a session; items of one graph share the correlation id of its launch."""
    rows: list[Work] = []
    correlation = 0
    for number, run in enumerate(runs):
        before: Item | None = None
        for item, launch, start, finish in zip(spec.items, run.launch, run.start, run.finish, strict=True):
            if before is None or item.graph < 0 or item.graph != before.graph:
                correlation += 1
            before = item
            first = round(start)
            last = max(round(finish - spec.tail), first + 1)
            rows.append(
                Work(correlation=correlation, item=item, step=number, launch=round(launch), start=first, end=last)
            )
    return rows


def recorded_spans(spec: SessionSpec, runs: tuple[StepRun, ...]) -> list[tuple[int, int]]:
    """List (start, end) of the device work that is in the file, were no event lost."""
    window = Window.of(spec)
    return [(w.start, w.end) for w in spans(spec, runs) if window.holds(w.start, w.end, _GPU_BASE_NS)]


def recorded_steps(spec: SessionSpec, runs: tuple[StepRun, ...]) -> list[int]:
    """List the numbers of the steps that are whole in the file."""
    window = Window.of(spec)
    return [n for n, r in enumerate(runs) if window.holds(round(r.begin), round(r.end), HOST_BASE_NS)]


def _device_plane(parts: list[Recorded], works: list[list[Work]], window: Window) -> Plane:
    lines: dict[int, Line] = {}
    for part, work in zip(parts, works, strict=True):
        for one in work:
            if window.holds(one.start, one.end, _GPU_BASE_NS):
                further, name = _COPY_STREAMS.get(one.item.kind, (0, "Compute"))
                number = part.spec.stream + (further or (one.stream and one.stream + _FURTHER))
                line = lines.setdefault(
                    number, Line(id=number, name=f"Stream #{number}({name})", timestamp_ns=_GPU_BASE_NS)
                )
                line.events.append(_event(one.item.name, one.start, one.end, window, _work_stats(one, part.spec)))
    return Plane(id=0, name="/device:GPU:0", lines=[lines[n] for n in sorted(lines)], stats=GPU.stats())


def _event(name: str, start: int, end: int, window: Window, stats: dict[str, StatValue]) -> Event:
    return Event(name=name, start=(start - window.start) * PS_PER_NS, duration=(end - start) * PS_PER_NS, stats=stats)


def _work_stats(work: Work, spec: SessionSpec) -> dict[str, StatValue]:
    changing: dict[str, StatValue] = {"correlation_id": Unsigned(work.correlation)}
    if spec.recorder.era is Era.TF_2_6:
        changing["group_id"] = work.step
    return _item_stats(work.item, spec.recorder.era, spec.step_name) | changing


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


def _host_plane(parts: list[Recorded], launched: list[list[Work]], window: Window, epoch_ns: int) -> Plane:
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
        for one in work:
            if window.holds(one.launch, one.launch + call, HOST_BASE_NS):
                stats: dict[str, StatValue] = {
                    "correlation_id": Unsigned(one.correlation),
                    "context_id": "$$1",
                    "device_id": 0,
                }
                name = one.item.name if one.item.graph < 0 else "cuGraphLaunch"
                target = script if spec.recorder.era is Era.JAX else executor
                target.events.append(_event(name, one.launch, one.launch + call, window, stats))
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
    return [*callers, *(e for e in executors if e.events), *new.values()]


def _put(line: Line, event: HostEvent, window: Window) -> None:
    if window.holds(event.start, event.end, HOST_BASE_NS):
        line.events.append(_event(event.name, event.start, event.end, window, event.stats))
