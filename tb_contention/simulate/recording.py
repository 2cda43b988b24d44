"""A simulated session -> what a profiler inside it would have written: kernels, launches, steps and allocator events of a window."""

from dataclasses import dataclass

from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.memory import MemoryChange, allocator_events
from tb_contention.simulate.workload import Item, ItemKind, SessionSpec
from tb_contention.units import PS_PER_NS
from tb_contention.xspace.writer import (
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

HOST = "simulated-host"
GPU = Capabilities(
    model="Simulated GPU 80 GB",
    clock_rate_khz=1_980_000,
    core_count=132,
    memory_size=84_987_740_160,
    memory_bandwidth=3_352_320_000_000,
    compute_capability=(9, 0),
)
_HOST_BASE_NS, _GPU_BASE_NS = 182_340, 197_512  # tracers start a little after the profiler session does
_STREAMS = {
    ItemKind.KERNEL: (20, "Compute"),
    ItemKind.TO_DEVICE: (21, "MemcpyH2D"),
    ItemKind.TO_HOST: (22, "MemcpyD2H"),
}
_COPY_DETAILS = {
    ItemKind.TO_DEVICE: "kind_src:pinned kind_dst:device size:{} dest:0 async:1",
    ItemKind.TO_HOST: "kind_src:device kind_dst:pinned size:{} dest:0 async:1",
}


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


def record(spec: SessionSpec, runs: "tuple[StepRun, ...]", changes: "list[MemoryChange]", epoch_ns: int) -> bytes:
    """Write the session's file; epoch_ns: Unix ns of simulation time 0."""
    window = Window.of(spec)
    host = _host_plane(spec, runs, changes, window)
    planes = [
        _device_plane(spec, runs, window),
        host,
        Plane(id=1001, name="/host:metadata"),
        task_environment(epoch_ns + window.start, epoch_ns + window.end),
    ]
    for plane in planes:
        plane.stats["process_id"] = spec.process_id
    return encode(Space(planes=planes, hostnames=[HOST]))


def spans(spec: SessionSpec, runs: "tuple[StepRun, ...]") -> "list[tuple[int, Item, int, int, int]]":
    """List all device work: (correlation id, item, launch, start, end), ns of the simulation."""
    rows = []
    correlation = 0
    for run in runs:
        for item, launch, start, finish in zip(spec.items, run.launch, run.start, run.finish, strict=True):
            correlation += 1
            first = round(start)
            rows.append((correlation, item, round(launch), first, max(round(finish - spec.tail), first + 1)))
    return rows


def recorded_spans(spec: SessionSpec, runs: "tuple[StepRun, ...]") -> "list[tuple[int, int]]":
    """List (start, end) of the device work that is in the file."""
    window = Window.of(spec)
    return [(s, e) for _, _, _, s, e in spans(spec, runs) if window.holds(s, e, _GPU_BASE_NS)]


def recorded_steps(spec: SessionSpec, runs: "tuple[StepRun, ...]") -> "list[int]":
    """List the numbers of the steps that are whole in the file."""
    window = Window.of(spec)
    return [n for n, r in enumerate(runs) if window.holds(round(r.begin), round(r.end), _HOST_BASE_NS)]


def _device_plane(spec: SessionSpec, runs: "tuple[StepRun, ...]", window: Window) -> Plane:
    lines = {
        kind: Line(id=number, name=f"Stream #{number}({name})", timestamp_ns=_GPU_BASE_NS)
        for kind, (number, name) in _STREAMS.items()
    }
    for correlation, item, _, start, end in spans(spec, runs):
        if window.holds(start, end, _GPU_BASE_NS):
            event = _event(item.name, start, end, window, _work_stats(item, correlation))
            lines[item.kind].events.append(event)
    used = [line for line in lines.values() if line.events]
    return Plane(id=0, name="/device:GPU:0", lines=used, stats=GPU.stats())


def _event(name: str, start: int, end: int, window: Window, stats: "dict[str, StatValue]") -> Event:
    return Event(name=name, start=(start - window.start) * PS_PER_NS, duration=(end - start) * PS_PER_NS, stats=stats)


def _work_stats(item: Item, correlation: int) -> "dict[str, StatValue]":
    stats: dict[str, StatValue] = {"correlation_id": Unsigned(correlation), "context_id": "$$1", "tf_op": item.op}
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


def _host_plane(spec: SessionSpec, runs: "tuple[StepRun, ...]", changes: "list[MemoryChange]", window: Window) -> Plane:
    pid = spec.process_id
    script = Line(id=pid, name="python3", timestamp_ns=_HOST_BASE_NS)
    executor = Line(id=pid + 37, name=f"tf_Compute/{pid + 37}", timestamp_ns=_HOST_BASE_NS)
    for line, name, start, end, stats in _step_events(spec, runs):
        if window.holds(start, end, _HOST_BASE_NS):
            (script if line == "script" else executor).events.append(_event(name, start, end, window, stats))
    call = round(spec.launch_cost * 650)
    for correlation, item, launch, _, _ in spans(spec, runs):
        if window.holds(launch, launch + call, _HOST_BASE_NS):
            stats = {"correlation_id": Unsigned(correlation), "context_id": "$$1", "device_id": 0}
            executor.events.append(_event(item.name, launch, launch + call, window, stats))
    inside = [change for change in changes if window.holds(change.time, change.time, _HOST_BASE_NS)]
    executor.events += allocator_events(inside, window.start, spec.limit)
    return Plane(id=1000, name="/host:CPU", lines=[script, executor])


def _step_events(
    spec: SessionSpec, runs: "tuple[StepRun, ...]"
) -> "list[tuple[str, str, int, int, dict[str, StatValue]]]":
    """List (thread, name, start, end, stats) of the host's own events: step, eager call, function, executor."""
    events: list[tuple[str, str, int, int, dict[str, StatValue]]] = []
    function = f"__inference_{spec.step_name}_function_{spec.process_id}"
    for number, run in enumerate(runs):
        begin, end, last = round(run.begin), round(run.end), round(run.launch[-1])
        identity = ((spec.process_id << 20) + number) * 2_654_435_761 % (1 << 62)
        joined = identity ^ 0x5BD1E995
        events += [
            ("script", spec.step_name, begin, end, {"step_num": number, "_r": 1}),
            ("script", "EagerExecute", begin + 200, end - 300, {"eager_op": function, "is_func": 1}),
            ("script", "FunctionRun", begin + 300, end - 400, {"id": identity, "_pt": 2, "_p": joined, "_r": 1}),
            ("executor", "ExecutorState::Process", begin + 400, last + round(spec.launch_cost * 900),
             {"id": identity, "iter_num": 0, "_ct": 2, "_c": joined}),
        ]  # fmt: skip
    return events
