"""The structure of a file -> devices, streams, threads, the clock's origin, and which lines to read how."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_contention.model.trace import Device, Stream
from tb_contention.units import I64, PS_PER_NS, U8
from tb_contention.xspace import events as ev
from tb_contention.xspace import wire as w
from tb_contention.xspace.names import STAT_ROLES, Role
from tb_contention.xspace.problems import ProblemList

_GPU = re.compile(r"/device:GPU:(\d{1,9})( \[\d+\])?")
_HOST = re.compile(r"/host:(CPU|CUPTI|NVTX-CUPTI|ROCTRACER|python-tracer)( \[\d+\])?")
_DERIVED_FIRST, _DERIVED_LAST = -559038737, -559038348
_DERIVED_NAMES = frozenset(
    ("Steps", "Launch Stats", "TensorFlow Name Scope", "Framework Name Scope", "TensorFlow Ops", "Framework Ops")
    + ("XLA Modules", "XLA Ops", "Async XLA Ops", "Source code", "CUPTI overhead", "_counters_")
)
#: Of types of a stream's line: events that are no work are among its events, told by names that a cut file may have lost.
_MIXED = re.compile(r"MemoryResidency|UnifiedMemory|Overhead|MemoryAlloc|MemoryFree|CudaGraph|Generic")
_ABSOLUTE = 100_000_000_000_000_000  # ns; a line stamp above it is a Unix time


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A scanned file: its bytes and the tables of `wire.scan`."""

    data: U8
    planes: I64
    lines: I64
    event_names: I64
    stat_names: I64
    values: I64
    texts: I64
    info: I64

    def text(self, start: int, length: int) -> str:
        """Decode a text; bytes that are not UTF-8 become U+FFFD."""
        return self.data[start : start + length].tobytes().decode("utf-8", "replace")


def read_space(data: U8) -> Space:
    """Scan a file twice: to count, then to fill tables of that size."""
    info = np.zeros(w.INFO_WIDTH, np.int64)
    none = w.empty_table(0, 1)
    w.scan(data, 0, none, none, none, none, none, none, info)
    kinds = (w.PLANES, w.LINES, w.EVENT_NAMES, w.STAT_NAMES, w.VALUES, w.TEXTS)
    widths = (w.PLANE_WIDTH, w.LINE_WIDTH, w.META_WIDTH, w.META_WIDTH, w.VALUE_WIDTH, w.TEXT_WIDTH)
    tables = [w.empty_table(int(info[kind]), width) for kind, width in zip(kinds, widths, strict=True)]
    w.scan(data, 1, *tables, info)
    names = ("planes", "lines", "event_names", "stat_names", "values", "texts")
    return Space(data=data, info=info, **dict(zip(names, tables, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to read. rows: the table of lines for `events.walk`; device_events: at most so many kernels."""

    rows: I64
    devices: "tuple[Device, ...]"
    streams: "tuple[Stream, ...]"
    threads: "tuple[str, ...]"
    device_events: int
    process_id: "int | None"
    start_ns: "int | None"
    stop_ns: "int | None"


def plan_lines(space: Space, problems: ProblemList) -> Plan:
    """Sort lines into streams, threads and what is left out; planes of one name and lines of one id are merged."""
    names = [space.text(int(p[w.PLANE_NAME]), min(int(p[w.PLANE_NAME_LENGTH]), 4096)) for p in space.planes]
    gpus = {n: int(m[1]) for n in dict.fromkeys(names) if (m := _GPU.fullmatch(n))}
    order = sorted(gpus, key=lambda n: (gpus[n], n))
    stats = _plane_stats(space, names)
    devices = tuple(_device(n, gpus[n], stats.get(n, {})) for n in order)
    streams: dict[tuple[int, int], str] = {}
    threads: dict[tuple[str, int], int] = {}
    thread_names: list[str] = []
    chosen: list[tuple[int, int, int, Any]] = []
    row_of = {name: k for k, name in enumerate(order)}
    for line in space.lines:
        plane = names[line[w.LINE_PLANE]]
        if plane in gpus:
            kind = _device_line(int(line[w.LINE_ID]), name := _line_name(space, line))
            if kind is None:
                continue
            key = row_of[plane], int(line[w.LINE_ID])
            if kind != ev.STEP_LINE:
                streams.setdefault(key, name)
            chosen.append((kind, *key, line))
        elif match := _HOST.fullmatch(plane):
            thread = match[2] or "", int(line[w.LINE_ID])
            if thread not in threads:
                threads[thread] = len(thread_names)
                thread_names.append(_line_name(space, line))
            chosen.append((ev.HOST_LINE, 0, threads[thread], line))
    stream_order = sorted(streams)
    start = _integer(stats.get("Task Environment", {}), Role.START_TIME)
    origin = _origin(start, [int(line[w.LINE_TIME]) for *_, line in chosen])
    position = {key: k for k, key in enumerate(stream_order)}
    rows = _rows(chosen, position, origin)
    processes = [pid for s in stats.values() if (pid := _integer(s, Role.PROCESS_ID)) is not None]
    return Plan(
        rows=rows,
        devices=devices,
        streams=tuple(Stream(device=d, id=i, name=streams[d, i]) for d, i in stream_order),
        threads=tuple(thread_names),
        device_events=sum(int(line[w.LINE_COUNT]) for kind, *_, line in chosen if kind in (ev.DEVICE_LINE, ev.MIXED_LINE)),
        process_id=processes[0] if processes else None,
        start_ns=origin,
        stop_ns=_integer(stats.get("Task Environment", {}), Role.STOP_TIME),
    )


def _origin(start: "int | None", stamps: "list[int]") -> "int | None":
    """Return the Unix ns of time 0: as stated, or else the smallest line stamp of a writer that writes Unix times."""
    if start:
        return start
    absolute = [stamp for stamp in stamps if stamp > _ABSOLUTE]
    return min(absolute) if absolute else None


def _rows(chosen: "list[tuple[int, int, int, Any]]", position: "dict[tuple[int, int], int]", origin: "int | None") -> I64:
    """Lay the lines out for compiled code, streams in their order so that a stable sort by start keeps it."""
    rows = np.zeros((len(chosen), ev.W_WIDTH), np.int64)
    for row, (kind, device, at, line) in zip(rows, chosen, strict=True):
        stamp = int(line[w.LINE_TIME])
        stamp -= origin if origin is not None and stamp > _ABSOLUTE else 0
        base = stamp * PS_PER_NS if 0 <= stamp <= ev.LIMIT // PS_PER_NS else -1
        target = at if kind == ev.HOST_LINE else -1 - device if kind == ev.STEP_LINE else position[device, at]
        row[:] = line[w.LINE_START], line[w.LINE_END], line[w.LINE_CUT], base, target, line[w.LINE_PLANE], kind
    return rows


def _line_name(space: Space, line: Any) -> str:
    for at, length in ((w.LINE_NAME, w.LINE_NAME_LENGTH), (w.LINE_DISPLAY, w.LINE_DISPLAY_LENGTH)):
        if line[length]:
            return space.text(int(line[at]), min(int(line[length]), 4096))
    return ""


def _device_line(line_id: int, name: str) -> "int | None":
    """Say how to read a line of a GPU plane: as work, as steps, or (None) not at all."""
    signed = line_id - (1 << 32) if (1 << 31) <= line_id < (1 << 32) else line_id
    if name == "Steps" or signed == _DERIVED_FIRST:
        return ev.STEP_LINE
    if _DERIVED_FIRST <= signed <= _DERIVED_LAST or name in _DERIVED_NAMES or name.startswith("Host Offload Ops"):
        return None
    if " - from #" in name or 0x10000000 <= line_id < 0x10000100:
        return None
    return ev.MIXED_LINE if _MIXED.search(name) else ev.DEVICE_LINE


def _plane_stats(space: Space, names: "list[str]") -> "dict[str, dict[Role, Any]]":
    """Read the plane stats that have a role, of devices, hosts and the task environment."""
    out: dict[str, dict[Role, Any]] = {}
    value_ends = np.append(space.planes[1:, w.PLANE_VALUES], len(space.values)) if len(names) else []
    stat_ends = np.append(space.planes[1:, w.PLANE_STATS], len(space.stat_names)) if len(names) else []
    for k, name in enumerate(names):
        first, last = int(space.planes[k, w.PLANE_VALUES]), int(value_ends[k])
        if first == last or not (name == "Task Environment" or _GPU.fullmatch(name) or _HOST.fullmatch(name)):
            continue
        table = space.stat_names[space.planes[k, w.PLANE_STATS] : stat_ends[k]]
        known = {int(r[0]): (int(r[1]), int(r[2])) for r in table}
        found = out.setdefault(name, {})
        for stat, kind, value, length in space.values[first:last].tolist():
            place = known.get(stat)
            role = STAT_ROLES.get(space.text(*place)) if place and place[1] < 64 else None
            if role is not None and kind:
                found[role] = _value(space, kind, value, length, known)
    return out


def _value(space: Space, kind: int, value: int, length: int, known: "dict[int, tuple[int, int]]") -> Any:
    if kind == 2:
        return float(np.int64(value).view(np.float64))
    if kind == 3:
        return value & ((1 << 64) - 1)
    if kind == 4:
        return value
    place = (value, length) if kind in (5, 6) else known.get(value)
    return None if place is None else space.text(place[0], min(place[1], 4096))


def _integer(stats: "dict[Role, Any]", role: Role) -> "int | None":
    value = stats.get(role)
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**63 else None
    return value if isinstance(value, int) and value < 1 << 63 else None


def _text(stats: "dict[Role, Any]", role: Role) -> "str | None":
    value = stats.get(role)
    return None if value is None else str(value)


def _device(name: str, ordinal: int, stats: "dict[Role, Any]") -> Device:
    major, minor = _integer(stats, Role.CAPABILITY_MAJOR), _integer(stats, Role.CAPABILITY_MINOR)
    return Device(
        name=name,
        ordinal=ordinal,
        model=_text(stats, Role.MODEL_NAME),
        vendor=_text(stats, Role.VENDOR),
        clock_rate_khz=_integer(stats, Role.CLOCK_RATE),
        core_count=_integer(stats, Role.CORE_COUNT),
        memory_size=_integer(stats, Role.MEMORY_SIZE),
        memory_bandwidth=_integer(stats, Role.BANDWIDTH),
        compute_capability=(major, minor) if major is not None and minor is not None else None,
    )
