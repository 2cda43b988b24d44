"""A file with many allocator events for benchmarks, written from columns, line by line, in blocks."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tb_contention.recorders.xspace.writer import (
    Event,
    Line,
    Names,
    Plane,
    StatColumn,
    Unsigned,
    encode_kernel_columns,
    encode_line,
    encode_plane,
    encode_stat,
    put_bytes,
    put_varint,
    task_environment,
)
from tb_contention.simulate.recording import GPU, HOST
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.units import I32, I64, PS_PER_NS, U8

_REFERENCE, _UINT64, _INT64 = 7, 3, 4
_OPS, _SHAPES, _KERNELS, _STEPS = 200, 50, 100, 40
#: Allocations that live at once; frees are shuffled in blocks, so that an address is free again after _SLOTS allocations.
_LIVE, _SHUFFLED, _SLOTS = 1000, 500, 2000
_CHUNK, _MOST_CHUNKS = 256, 4000
_WEIGHTS, _LIMIT = 4 << 30, 40 << 30
_BLOCK = 1 << 20
_FIRST_NS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    """Columns of all events, in order of time: thread, 1 for allocations, number of the buffer, ns, bytes in use after it, their peak."""

    thread: U8
    gives: U8
    life: I32
    time: I64
    in_use: I64
    peak: I64
    size: I64

    def of(self, thread: int) -> I64:
        """Return the rows of one thread."""
        return np.flatnonzero(self.thread == thread)


def write_large_memory(path: Path | str, events: int = 10_000_000, *, threads: int = 2, seed: int = 0) -> Path:
    """Write one simulated file with allocator events of 13 stats each, 100 kernels and 40 steps; 10,000,000 events give about 1.1 GB.

    The events are spread over threads and follow each other every 50 to 400 ns; the bytes in use of GPU_0_bfc add up, about 1000
    allocations live at once, and addresses are used again. 200 operations. Equal arguments give equal bytes; parents are made.
    """
    path = Path(path)
    rng = np.random.default_rng(seed)
    drawn = _draw(rng, events, threads)
    end = int(drawn.time[-1]) if events else _FIRST_NS
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        _write_field(file, 1, [_device_plane(end)])
        _write_field(file, 1, _host_plane(drawn, threads, end))
        _write_field(file, 1, [encode_plane(task_environment(EPOCH_NS, EPOCH_NS + end + 1_000_000))])
        _write_field(file, 4, [HOST.encode()])
    return path


def _draw(rng: np.random.Generator, events: int, threads: int) -> _Events:
    gives: U8 = np.ones(events, np.uint8)
    gives[_LIVE + 1 :: 2] = 0
    allocations = int(gives.sum())
    blocks = -(-(events - allocations) // _SHUFFLED)
    freed = (
        rng.permuted(np.tile(np.arange(_SHUFFLED), (blocks, 1)), axis=1) + np.arange(blocks)[:, None] * _SHUFFLED
    ).ravel()
    life: I32 = np.zeros(events, np.int32)
    life[gives == 1] = np.arange(allocations)
    life[gives == 0] = freed[: events - allocations]
    size: I64 = rng.integers(1, _MOST_CHUNKS, max(1, allocations)) * _CHUNK
    in_use: I64 = _WEIGHTS + np.cumsum(np.where(gives == 1, size[life], -size[life]))
    return _Events(
        thread=rng.integers(0, threads, events).astype(np.uint8),
        gives=gives,
        life=life,
        time=_FIRST_NS + np.cumsum(rng.integers(50, 400, events)),
        in_use=in_use,
        peak=np.maximum.accumulate(in_use),
        size=size,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Ids of the names that events refer to."""

    columns: dict[str, int]
    allocator: int
    null: int
    region: int
    ops: I64
    shapes: I64
    kinds: I64

    @classmethod
    def into(cls, names: Names) -> "_Words":
        """Add them to a plane's tables; those of columns first, as they must stay small."""
        columns = (
            "allocator_name", "bytes_reserved", "bytes_allocated", "bytes_available", "peak_bytes_in_use", "requested_bytes",
            "allocation_bytes", "addr", "tf_op", "id", "region_type", "data_type", "shape",
        )  # fmt: skip
        return cls(
            columns={name: names.stat(name) for name in columns},
            allocator=names.stat("GPU_0_bfc"),
            null=names.stat("(null)"),
            region=names.stat("output"),
            ops=np.array([names.stat(f"model/layer_{k % 24}/op_{k}:MatMul") for k in range(_OPS)]),
            shapes=np.array([names.stat(f"[{k + 1},128]") for k in range(_SHAPES)]),
            kinds=np.array([names.event("MemoryDeallocation"), names.event("MemoryAllocation")]),
        )


def _stats(drawn: _Events, rows: I64, words: _Words) -> list[StatColumn]:
    gives, life, in_use = drawn.gives[rows] == 1, drawn.life[rows].astype(np.int64), drawn.in_use[rows]
    size, count = drawn.size[life], len(rows)
    values: dict[str, tuple[int, I64]] = {
        "allocator_name": (_REFERENCE, np.full(count, words.allocator)),
        "bytes_reserved": (_INT64, np.zeros(count, np.int64)),
        "bytes_allocated": (_INT64, in_use),
        "bytes_available": (_INT64, _LIMIT - in_use),
        "peak_bytes_in_use": (_INT64, drawn.peak[rows]),
        "requested_bytes": (_INT64, size - life % 200),
        "allocation_bytes": (_INT64, size),
        "addr": (_UINT64, 0x7F_4000_0000_00 + life % _SLOTS * (_CHUNK * _MOST_CHUNKS)),
        "tf_op": (_REFERENCE, np.where(gives, words.ops[life % _OPS], words.null)),
        "id": (_INT64, np.zeros(count, np.int64)),
        "region_type": (_REFERENCE, np.where(gives, words.region, words.null)),
        "data_type": (_INT64, gives.astype(np.int64)),
        "shape": (_REFERENCE, np.where(gives, words.shapes[life % _SHAPES], words.null)),
    }
    return [StatColumn(stat=words.columns[name], field=kind, values=column) for name, (kind, column) in values.items()]


def _host_plane(drawn: _Events, threads: int, end: int) -> list[bytes]:
    """Write the lines of all threads; the first also marks the steps."""
    names = Names()
    words = _Words.into(names)
    lines = [_fields(3, [encode_line(_steps(end), names)])]
    for thread in range(threads):
        rows = drawn.of(thread)
        blocks = [_events(drawn, rows[at : at + _BLOCK], words) for at in range(0, len(rows), _BLOCK)]
        lines.append(_fields(3, _line(Line(id=2 + thread, name=f"tf_Compute/{2 + thread}"), names, blocks)))
    stat = bytearray()
    put_bytes(stat, 6, encode_stat("process_id", Unsigned(1), names))
    head = encode_plane(Plane(id=1000, name="/host:CPU"))
    return [head, *(part for line in lines for part in line), names.encode(), bytes(stat)]


def _events(drawn: _Events, rows: I64, words: _Words) -> bytes:
    kinds = words.kinds[drawn.gives[rows]]
    return encode_kernel_columns(
        kinds, drawn.time[rows] * PS_PER_NS, np.zeros(len(rows), np.int64), _stats(drawn, rows, words)
    )


def _steps(end: int) -> Line:
    """Mark steps of equal length."""
    length = (end - _FIRST_NS) * PS_PER_NS // _STEPS
    events = [
        Event(
            name="train",
            start=_FIRST_NS * PS_PER_NS + k * length,
            duration=max(1, length - 1000),
            stats={"step_num": k, "_r": 1},
        )
        for k in range(_STEPS)
    ]
    return Line(id=1, name="python3", events=events)


def _line(line: Line, names: Names, blocks: list[bytes]) -> list[bytes]:
    """Put blocks of events where the events of a line are."""
    empty, last = encode_line(line, names), bytearray()
    put_bytes(last, 11, line.name.encode())
    return [empty[: -len(last)], *blocks, bytes(last)]


def _device_plane(end: int) -> bytes:
    """Write kernels, evenly over the time."""
    apart = max(2, (end - _FIRST_NS) * PS_PER_NS // _KERNELS)
    events = [
        Event(
            name=f"void simulated_kernel_{k % 7}<float>(float*, int)",
            start=_FIRST_NS * PS_PER_NS + k * apart,
            duration=apart // 2,
            stats={"correlation_id": Unsigned(k + 1), "tf_op": f"model/layer_{k % 24}/op_{k % _OPS}:MatMul"},
        )
        for k in range(_KERNELS)
    ]
    line = Line(id=20, name="Stream #20(Compute)", events=events)
    return encode_plane(Plane(id=0, name="/device:GPU:0", lines=[line], stats={**GPU.stats(), "process_id": 1}))


def _fields(number: int, parts: list[bytes]) -> list[bytes]:
    """Make a field of bytes of its parts, without joining them."""
    head = bytearray()
    put_varint(head, number << 3 | 2)
    put_varint(head, sum(map(len, parts)))
    return [bytes(head), *parts]


def _write_field(file: BinaryIO, number: int, parts: list[bytes]) -> None:
    file.writelines(_fields(number, parts))
