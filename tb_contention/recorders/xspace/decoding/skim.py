"""One XSpace file -> Sketch: what `sketch_of` its decoded trace would be, without columns of events.

Files that counting does not do justice to are decoded instead: cut or damaged ones, and CUDA graphs recorded beside their nodes; also the
first files while skimming is not compiled. Damage
inside a value that a skim does not read is found only when the file is decoded.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from tb_contention._compiled import is_ready
from tb_contention.model.allocators import device_ordinal
from tb_contention.model.sketch import MOST_PROBLEMS, Sketch, signature, sketch_of, uses
from tb_contention.model.steps import marked_rows, root_rows
from tb_contention.model.trace import NONE, ClockEvidence, Device, Era, HostEventTable, HostKind, KernelKind
from tb_contention.recorders.xspace.decoding import device_events, host_events, skeleton, skimming
from tb_contention.recorders.xspace.decoding.fast_events import Names
from tb_contention.recorders.xspace.decoding.head import messages_of, planes_of, structure_of, unix_times
from tb_contention.recorders.xspace.decoding.lines import Reading, Slot, SmallKeys, line_start
from tb_contention.recorders.xspace.decoding.losses import profiler_problems, too_many_devices
from tb_contention.recorders.xspace.decoding.planes import Planes
from tb_contention.recorders.xspace.decoding.stats import ABSENT, INLINE, TEXT, Stats
from tb_contention.recorders.xspace.decoding.structure import Structure, text
from tb_contention.recorders.xspace.decoding.wire import field as wire_field
from tb_contention.units import I64, U8, Picoseconds

#: The first two mark steps, the third is a wall clock, the fourth names an allocator; the others keep an event.
_HOST_SLOTS = (
    Slot(name="_r", keeps=True),
    Slot(name="step_num", keeps=True),
    Slot(name="element_id"),
    Slot(name="allocator_name", type=TEXT),
    Slot(name="correlation_id", keeps=True),
    Slot(name="_p", keeps=True),
    Slot(name="_c", keeps=True),
)
_ROOT, _STEP, _ALLOCATOR = skimming.VALUES, skimming.VALUES + 1, skimming.VALUES + 3
_EITHER, _KEEP = 1, 2
#: Room for picked events; files with more steps are decoded.
_ROOM = 1 << 16
_FAR = 1 << 62
#: Bytes of files that are decoded where the code that skims is yet to be compiled, which takes as long; a smaller file counts as _SMALL.
_decoding = 1 << 27
_SMALL = 1 << 20


def skim_xspace(data: bytes | memoryview | U8, *, file: str, steps: str = "") -> Sketch:
    """Skim the bytes of an `.xplane.pb` file; `file` names it in messages. Raises TraceFileError if nothing can be read.

    steps: what the user calls a step, for which the file is decoded.
    """
    raw, structure = structure_of(data, file)
    planes = planes_of(raw, structure, file)
    whole = structure.cut_at is None and structure.bad_at is None and not steps
    found = _Skim(raw, structure, planes).sketch(file) if whole and _skims(len(raw)) else None
    return found or _decoded(raw, structure, file, steps)


def _skims(size: int) -> bool:
    """Tell whether to skim a file of this size, or to decode it, for which a report needs the machine code anyway."""
    global _decoding
    if not is_ready(skimming.skim_line) and _decoding > 0:
        _decoding -= max(size, _SMALL)
        return False
    return True


def _decoded(raw: U8, structure: Structure, file: str, steps: str) -> Sketch:
    """Reduce the decoded trace to what a skim finds; the reader is imported only where it is needed, since that takes its time."""
    from tb_contention.recorders.xspace.decoding.reader import decode_structure

    sketch = sketch_of(decode_structure(raw, structure, file, steps))
    return replace(sketch, clock=replace(sketch.clock, negative_lag_ps=0))


@dataclass(slots=True)
class _Total:
    """What was counted over some lines."""

    counts: I64 = field(
        default_factory=lambda: np.array([_FAR, -_FAR, 0, 0, -_FAR, 0, *[0] * skimming.N_ROLES], np.int64)
    )
    picked: I64 = field(default_factory=lambda: np.empty((0, skimming.VALUES + len(_HOST_SLOTS)), np.int64))

    def of(self, role: int) -> int:
        """Return the number of events of a role."""
        return int(self.counts[skimming.ROLES + role])

    @property
    def is_odd(self) -> bool:
        """Return whether an event was not counted."""
        return bool(self.counts[skimming.ODDITIES])


def _outlasts(work: list[_Total], host: _Total) -> bool:
    """Return whether work ends so long after all that the host did that its duration is doubted."""
    first, last = (int(host.counts[k]) for k in (skimming.FIRST, skimming.LAST))
    beyond = max((int(total.counts[skimming.LAST]) for total in work), default=-_FAR)
    return first <= last and beyond - last > max(device_events.SUSPECT_PS, device_events.SUSPECT * (last - first))


@dataclass(slots=True)
class _Skim:
    """A file whose lines are counted. used: the names of work; room: for picked events, used again for each count."""

    raw: U8
    structure: Structure
    planes: Planes
    used: U8 = field(init=False)
    room: I64 = field(default_factory=lambda: np.empty((_ROOM, skimming.VALUES + len(_HOST_SLOTS)), np.int64))

    def sketch(self, file: str) -> Sketch | None:
        """Count all lines; None where counting is not enough."""
        raw, structure, planes = self.raw, self.structure, self.planes
        if device_events.graph_launches(raw, structure).any():
            return None
        classes, kinds = device_events.work_names(raw, structure)
        is_copy = (kinds == KernelKind.COPY) | (kinds == KernelKind.MEMSET)
        roles = np.where(is_copy, skimming.COPY, skimming.WORK).astype(np.uint8)[:-1]
        self.used = np.zeros(len(roles), np.uint8)
        work = [self._count(lines, (), classes, roles, _KEEP) for lines in planes.device_lines]
        kernels = self.structure.events.names[np.flatnonzero(self.used)].tolist()
        host_kinds = host_events.event_kinds(raw, structure)
        host = self._host(host_kinds)
        devices = tuple(planes.devices)
        use = [(total.of(skimming.WORK), total.of(skimming.COPY)) for total in work]
        if not any(kernels or copies for kernels, copies in use):
            operations = self._operations()
            work.append(operations)
            if operations.of(skimming.WORK):
                devices = (*devices, Device(name="/host:CPU", ordinal=-1, is_host=True))
                use.append((operations.of(skimming.WORK), 0))
        marked = self._count(
            planes.step_lines,
            (),
            np.full(len(kinds) - 1, _KEEP, np.uint8),
            np.full(len(kinds) - 1, skimming.PICK, np.uint8),
            _KEEP,
        )
        if any(total.is_odd for total in (*work, host, marked)) or _outlasts(work, host):
            return None
        messages = messages_of(raw, structure)
        problems = profiler_problems(file, devices, sum(k + c for k, c in use), structure.event_count, messages)
        counts = host.counts
        return Sketch(
            era=Era.XSPACE,
            hostnames=tuple(t for number, t in messages if number == 4),
            process_id=planes.process_id,
            clock=ClockEvidence(
                start_ns=planes.start_ns,
                stop_ns=planes.stop_ns,
                tf_data_origin_ns=int(counts[skimming.ORIGIN]) if counts[skimming.ESTIMATES] else None,
                tf_data_events=int(counts[skimming.ESTIMATES]),
                unix_lines=bool(len(unix_times(structure))),
            ),
            span=_span(*work, host),
            devices=devices,
            use=uses(devices, [k for k, _ in use], [c for _, c in use], self._ordinals(host)),
            steps=self._steps(host, host_kinds, marked),
            allocations=host.of(skimming.MEMORY),
            events_in_file=structure.event_count,
            complete=True,
            problems=(*problems, *too_many_devices(file, planes.devices_left_out))[:MOST_PROBLEMS],
            names=signature(text(raw, at, length) for at, length in kernels),
        )

    def _host(self, kinds: U8) -> _Total:
        """Count launches, sessions, steps and allocator events."""
        memory = host_events.memory_kinds(self.raw, self.structure) >= 0
        classes = host_events.host_classes(kinds)
        classes[memory] = _KEEP
        roles = np.full(len(kinds), skimming.MAYBE, np.uint8)
        roles[kinds == HostKind.TRACE_CONTEXT] = skimming.PICK
        roles[kinds == HostKind.DATA_PRODUCE] = skimming.CLOCK
        roles[memory] = skimming.MEMORY
        return self._count(self.planes.host_lines, _HOST_SLOTS, classes, roles, _EITHER)

    def _operations(self) -> _Total:
        """Count operations of the host, for captures without GPU work."""
        classes = device_events.operation_names(self.raw, self.structure)
        roles = np.full(len(classes), skimming.WORK, np.uint8)
        return self._count(self.planes.host_lines, device_events.HOST_OP_SLOTS, classes, roles, 0)

    def _count(self, lines: list[int], slots: tuple[Slot, ...], classes: U8, roles: U8, default: int) -> _Total:
        structure, total = self.structure, _Total()
        if not lines:
            return total
        reading = Reading.of(self.raw, structure, slots, classes, default, self.planes.start_ns)
        scratch = np.full((3 + len(slots), 1), ABSENT, np.int64)
        seen = np.zeros(len(structure.stat_names.keys) + skimming.SPARE, np.int64)
        small = SmallKeys(structure, reading.stat_slot)
        events, stats = structure.events, structure.stat_names
        for number, record in enumerate(structure.lines[lines].tolist()):
            if not record[skeleton.LINE_EVENTS]:
                continue
            plane = record[skeleton.LINE_PLANE]
            line_ps = line_start(record[skeleton.LINE_TIME], self.planes.start_ns)
            if line_ps is None:
                total.counts[skimming.ODDITIES] += 1
                continue
            skimming.skim_line(
                self.raw, record[skeleton.LINE_START], record[skeleton.LINE_END], 0,
                Names(events.keys, classes, events.low[plane], events.high[plane], default),
                Stats(stats.keys, reading.stat_slot, stats.names, stats.low[plane], stats.high[plane], small.of(plane)),
                reading.slots, roles, line_ps, number, scratch, self.room, seen, self.used, total.counts,
            )  # fmt: skip
        total.picked = self.room[: total.counts[skimming.PICKED], : skimming.VALUES + len(slots)].copy()
        return total

    def _ordinals(self, host: _Total) -> set[int | None]:
        """Return the ordinals of the GPUs whose memory the allocators gave out."""
        picked = host.picked[:, _ALLOCATOR] if len(host.picked) else np.empty(0, np.int64)
        return {device_ordinal(self._string(code)) for code in np.unique(picked[picked != ABSENT]).tolist()}

    def _string(self, code: int) -> str:
        if code < INLINE:
            at, length = self.structure.stat_names.names[code].tolist()
            return text(self.raw, at, length)
        _, start, end, _ = wire_field(self.raw, (code - INLINE) >> 3, len(self.raw), 0)
        return text(self.raw, start, end - start)

    def _steps(self, host: _Total, kinds: U8, marked: _Total) -> int:
        """Count the steps as `reader` finds them."""
        picked = host.picked[host.picked[:, _ALLOCATOR] == ABSENT] if len(host.picked) else host.picked
        root = picked[:, _ROOT] if len(picked) else np.empty(0, np.int64)
        if not (root > 0).any() and len(marked.picked):
            names = np.unique(marked.picked[:, skimming.NAME])
            places = self.structure.events.names[names].tolist()
            return len({self.raw[at : at + length].tobytes() for at, length in places})
        if not len(picked):
            return 0
        table = _host_table(picked, kinds)
        return len(marked_rows(table, root_rows(table)))


def _host_table(picked: I64, kinds: U8) -> HostEventTable:
    """Make a table of the events that may be steps, with the columns that finding steps reads."""
    kind = kinds[picked[:, skimming.NAME]]
    root, step = picked[:, _ROOT], picked[:, _STEP]
    kind = np.where((kind == HostKind.OTHER) & ((root != ABSENT) | (step != ABSENT)), HostKind.USER_STEP, kind)
    none64, none32 = np.full(len(picked), NONE, np.int64), np.full(len(picked), -1, np.int32)
    return HostEventTable(
        start=picked[:, skimming.START], duration=picked[:, skimming.DURATION], thread=picked[:, skimming.LINE].astype(np.int32),
        kind=kind.astype(np.uint8), name=none32, id=none64, producer=none64, producer_type=none64, consumer=none64,
        consumer_type=none64, root=root, step=step, group=none64, model=none32,
    )  # fmt: skip


def _span(*totals: _Total) -> tuple[Picoseconds, Picoseconds]:
    full = [total.counts for total in totals if total.counts[skimming.LAST] > -_FAR]
    if not full:
        return Picoseconds(0), Picoseconds(0)
    return Picoseconds(min(int(c[skimming.FIRST]) for c in full)), Picoseconds(max(int(c[skimming.LAST]) for c in full))
