"""Device lines -> KernelTable: kernels, copies and memsets of all GPU planes."""

from typing import TYPE_CHECKING

import numpy as np

from tb_contention.model.trace import KernelKind, KernelTable, Stream
from tb_contention.recorders.common.impossible import overlong
from tb_contention.recorders.common.tensorflow_names import OPERATION
from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.lines import RawEvents, Slot, is_absent, read_lines
from tb_contention.recorders.xspace.decoding.matching import Texts, prefix_of
from tb_contention.recorders.xspace.decoding.planes import Planes
from tb_contention.recorders.xspace.decoding.stats import ABSENT, TEXT
from tb_contention.recorders.xspace.decoding.structure import Structure, text
from tb_contention.units import I32, I64, U8

if TYPE_CHECKING:
    from tb_contention.recorders.xspace.decoding.strings import Interner, Strings

#: Some slots have several names: copies carry memcpy_details where kernels carry kernel_details; old releases use `level 0` for tf_op.
KERNEL_SLOTS = (
    Slot(name="correlation_id"),
    Slot(name="kernel_details", also=("memcpy_details", "Memset_details"), type=TEXT),
    Slot(name="tf_op", also=("level 0",), type=TEXT),
    Slot(name="hlo_module", type=TEXT),
    Slot(name="group_id"),
    Slot(name="cuda_graph_id"),
)
CORRELATION, DETAILS, OP, MODULE, GROUP, GRAPH = range(3, 9)
HOST_OP_SLOTS = (Slot(name="hlo_op", type=TEXT, keeps=True), Slot(name="group_id"))
HOST_OP_GROUP = 4

_LEAVE, _KEEP = 0, 2
#: The kind of an event, by the prefix of its name. `Memory ` is the lifetime of an allocation; UM_ and the others are not work either.
_KINDS = ((b"Memcpy", KernelKind.COPY), (b"Memset", KernelKind.MEMSET))
_NOT_WORK = (b"Memory ", b"MemoryResidency", b"UM_", b"BUFFER_FLUSH", b"INSTRUMENTATION", b"RESOURCE", b"COMPILER")
#: What follows from a prefix; the last is for names with none of them.
_PREFIXES = Texts((*_NOT_WORK, *(prefix for prefix, _ in _KINDS)))
_PREFIX_CLASSES = np.array([*[_LEAVE] * len(_NOT_WORK), *[_KEEP] * len(_KINDS), _KEEP], np.uint8)
_PREFIX_KINDS = np.array(
    [*[KernelKind.KERNEL] * len(_NOT_WORK), *(kind for _, kind in _KINDS), KernelKind.KERNEL], np.uint8
)
#: The part of the time from the first to the last start of work, and the time in ps, from which on one duration is doubted.
SUSPECT, SUSPECT_PS = 0.25, 1_000_000_000
_GRAPH = Texts((b"CudaGraphExec:",))


def read_kernels(
    data: U8, structure: Structure, planes: Planes, interner: "Interner"
) -> tuple[RawEvents, U8, list[Stream]]:
    """Read the work lines of all GPU planes: raw columns, the kind of each row, and the streams that `line` points into."""
    lines: list[int] = []
    streams: list[Stream] = []
    stream_rows: dict[tuple[int, int], int] = {}
    line_stream: list[int] = []
    for device, rows in enumerate(planes.device_lines):
        for row in rows:
            record = structure.lines[row]
            key = (device, int(record[skeleton.LINE_ID]))
            if key not in stream_rows:
                stream_rows[key] = len(streams)
                name = text(data, record[skeleton.LINE_NAME], min(int(record[skeleton.LINE_NAME_LEN]), 4096))
                streams.append(Stream(device=device, id=key[1], name=name or f"Stream #{key[1]}"))
            lines.append(row)
            line_stream.append(stream_rows[key])
    classes, kinds = work_names(data, structure)
    raw = read_lines(data, structure, lines, KERNEL_SLOTS, classes, default=_KEEP, origin_ns=planes.start_ns)
    raw.line = np.array(line_stream, np.int32)[raw.line] if line_stream else raw.line
    _leave_out_graph_launches(data, structure, raw)
    _leave_out_overlong(raw)
    raw.sort(raw.line)
    interner.names(raw.name)
    for slot in (DETAILS, OP, MODULE):
        interner.codes(raw.values[slot])
    return raw, kinds[raw.name], streams


def work_names(data: U8, structure: Structure) -> tuple[U8, U8]:
    """Return of each event name whether events on work lines are kept, and their kind; the last kind is that of a lost name."""
    prefix = prefix_of(data, structure.events.names, _PREFIXES)
    return _PREFIX_CLASSES[prefix], np.append(_PREFIX_KINDS[prefix], np.uint8(KernelKind.UNKNOWN))


def graph_launches(data: U8, structure: Structure) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the names of events that stand for a whole CUDA graph."""
    return prefix_of(data, structure.events.names, _GRAPH) >= 0


def _leave_out_graph_launches(data: U8, structure: Structure, raw: RawEvents) -> None:
    """Drop the event of a whole CUDA graph if its nodes were recorded too, because they are the same work."""
    graphs = graph_launches(data, structure)
    if not graphs.any():
        return
    whole = np.append(graphs, False)[raw.name]
    keep = np.ones(len(whole), np.bool_)
    for stream in np.unique(raw.line[whole]):
        nodes = np.sort(raw.start[(raw.line == stream) & ~whole])
        rows = np.flatnonzero((raw.line == stream) & whole)
        first = np.searchsorted(nodes, raw.start[rows], "left")
        beyond = np.searchsorted(nodes, raw.start[rows] + raw.duration[rows], "left")
        keep[rows[beyond > first]] = False
    raw.keep(keep)


def _leave_out_overlong(raw: RawEvents) -> None:
    """Drop and count work that would last beyond all that its stream did later; only what makes a good part of the window is looked for.

    Branches of a graph, whose number not every recorder writes, may outlast several pieces of their stream, but not all.
    """
    if not len(raw.line) or raw.duration.max() < max(SUSPECT_PS, SUSPECT * (raw.start.max() - raw.start.min())):
        return
    found = np.flatnonzero(
        overlong(raw.line.astype(np.int64), np.zeros(len(raw.line), np.int64), raw.start, raw.duration)
    )
    keep = np.ones(len(raw.line), np.bool_)
    keep[found] = False
    end = raw.start + raw.duration
    for row in found.tolist():
        keep[row] = end[row] <= end[keep & (raw.line == raw.line[row])].max()
    raw.bad_times += int((~keep).sum())
    if not keep.all():
        raw.keep(keep)


def read_host_operations(data: U8, structure: Structure, planes: Planes, interner: "Interner") -> tuple[RawEvents, U8]:
    """Read operations of the host's threads, for captures without GPU work: TF ops `name:Type`, and XLA ops with `hlo_op`."""
    raw = read_lines(
        data,
        structure,
        planes.host_lines,
        HOST_OP_SLOTS,
        operation_names(data, structure),
        default=_LEAVE,
        origin_ns=planes.start_ns,
    )
    raw.sort(raw.line)
    interner.names(raw.name)
    return raw, np.full(len(raw.line), KernelKind.HOST_OP, np.uint8)


def operation_names(data: U8, structure: Structure) -> U8:
    """Return of each event name whether it is a host operation; one that is not may still carry `hlo_op`."""
    classes = np.ones(len(structure.events.keys), np.uint8)
    for row, (at, length) in enumerate(structure.events.names.tolist()):
        if 0 < length < 4096 and OPERATION.fullmatch(data[at : at + length].tobytes()):
            classes[row] = _KEEP
    return classes


def host_op_table(raw: RawEvents, kinds: U8, strings: "Strings") -> KernelTable:
    """Represent host operations as kernels; the stream is the thread."""
    none64, none32 = np.full(len(kinds), -1, np.int64), np.full(len(kinds), -1, np.int32)
    return KernelTable(
        start=raw.start, duration=raw.duration, stream=raw.line, kind=kinds, name=strings.of_names(raw.name), correlation=none64,
        bytes=none64, op=none32, details=none32, module=none32, group=absent_as(raw.values[HOST_OP_GROUP], -1), graph=none64,
    )  # fmt: skip


def kernel_table(raw: RawEvents, kinds: U8, strings: "Strings") -> KernelTable:
    """Build the table once the strings have their rows."""
    details = strings.of_codes(raw.values[DETAILS])
    return KernelTable(
        start=raw.start,
        duration=raw.duration,
        stream=raw.line,
        kind=kinds,
        name=strings.of_names(raw.name),
        correlation=absent_as(raw.values[CORRELATION], -1),
        bytes=_copied_bytes(details, kinds, strings),
        op=strings.of_codes(raw.values[OP]),
        details=details,
        module=strings.of_codes(raw.values[MODULE]),
        group=absent_as(raw.values[GROUP], -1),
        graph=absent_as(raw.values[GRAPH], -1),
    )


def absent_as(column: I64, value: int) -> I64:
    """Replace ABSENT by a table's own value for it, in place."""
    if is_absent(column):
        return np.full(len(column), value, np.int64)
    column[column == ABSENT] = value
    return column


def _copied_bytes(details: I32, kinds: U8, strings: "Strings") -> I64:
    """Read `size:` or `num_bytes:` of copies and memsets, once per distinct text."""
    sizes = np.full(len(strings.table) + 1, -1, np.int64)
    copies = (kinds == KernelKind.COPY) | (kinds == KernelKind.MEMSET)
    if not copies.any():
        return np.full(len(kinds), -1, np.int64)
    for row in np.unique(details[copies & (details >= 0)]).tolist():
        for token in strings.table[row].split():
            key, _, number = token.partition(":")
            if key in ("size", "num_bytes") and number.isascii() and number.isdigit() and len(number) < 19:
                sizes[row] = int(number)
    return np.where(copies, sizes[details], -1)
