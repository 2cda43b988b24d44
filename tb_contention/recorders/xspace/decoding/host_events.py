"""Host lines -> launches, session and step events, allocator events, and the wall clock in tf.data element ids."""

from typing import TYPE_CHECKING

import numpy as np

from tb_contention.model.trace import NAMED_ROOT, NONE, AllocationTable, HostEventTable, HostKind, LaunchTable
from tb_contention.recorders.common.input_names import PREFIXES, is_input
from tb_contention.recorders.common.step_names import step_called
from tb_contention.recorders.xspace.decoding import names
from tb_contention.recorders.xspace.decoding.device_events import absent_as
from tb_contention.recorders.xspace.decoding.lines import ABSOLUTE_NS, RawEvents, Slot, is_absent, read_lines
from tb_contention.recorders.xspace.decoding.matching import KnownNames, Texts, prefix_of
from tb_contention.recorders.xspace.decoding.planes import Planes
from tb_contention.recorders.xspace.decoding.stats import ABSENT, FLOAT, TEXT
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.units import I32, I64, PS_PER_NS, U8

if TYPE_CHECKING:
    from tb_contention.recorders.xspace.decoding.strings import Interner, Strings

HOST_SLOTS = (
    Slot(name="correlation_id", keeps=True),
    Slot(name="device_id"),
    Slot(name="id"),
    Slot(name="_p", keeps=True),
    Slot(name="_pt"),
    Slot(name="_c", keeps=True),
    Slot(name="_ct"),
    Slot(name="_r", keeps=True),
    Slot(name="step_num", keeps=True),
    Slot(name="group_id"),
    Slot(name="model_id", type=TEXT),
    Slot(name="element_id"),
)
(
    CORRELATION,
    DEVICE,
    ID,
    PRODUCER,
    PRODUCER_TYPE,
    CONSUMER,
    CONSUMER_TYPE,
    ROOT,
    STEP,
    GROUP,
    MODEL,
    ELEMENT,
) = range(3, 15)
MEMORY_SLOTS = (
    Slot(name="allocator_name", type=TEXT),
    Slot(name="bytes_allocated"),
    Slot(name="bytes_available"),
    Slot(name="bytes_reserved"),
    Slot(name="allocation_bytes"),
    Slot(name="requested_bytes"),
    Slot(name="peak_bytes_in_use"),
    Slot(name="addr"),
    Slot(name="id"),
    Slot(name="data_type"),
    Slot(name="fragmentation", type=FLOAT),
    Slot(name="tf_op", type=TEXT),
    Slot(name="region_type", type=TEXT),
    Slot(name="shape", type=TEXT),
)
(
    ALLOCATOR,
    IN_USE,
    AVAILABLE,
    RESERVED,
    SIZE,
    REQUESTED,
    PEAK,
    ADDRESS,
    STEP_ID,
    DATA_TYPE,
    FRAGMENTATION,
    MEMORY_OP,
    REGION,
    SHAPE,
) = range(3, 17)
#: Both mark an absent number, so most columns go into a table as they are.
assert ABSENT == NONE
_EITHER, _KEEP, _LEAVE = 1, 2, 0
_NOT_NAMED = -2
#: The bits of NaN.
_NAN = int(np.array(np.nan).view(np.int64))


_KNOWN, _MEMORY = KnownNames(names.HOST_EVENTS), KnownNames(names.MEMORY_EVENTS)
_PREFIXES = Texts((b"EagerExecute:", b"tb_contention.session:"))
_INPUT_PREFIXES = Texts(PREFIXES)
_PREFIX_KINDS = np.array([HostKind.EAGER_EXECUTE, HostKind.ANNOTATION, HostKind.OTHER], np.int32)


def named_steps(data: U8, structure: Structure, steps: str) -> I64:
    """Return the step number of each event name that the user calls a step, NONE for one without; _NOT_NAMED for the others.

    The last row stands for a name that is not there, as in `event_kinds`.
    """
    listed = structure.events.names.tolist() if steps else []
    found = np.full(len(structure.events.names) + 1, _NOT_NAMED, np.int64)
    for row, (at, length) in enumerate(listed):
        number = step_called(steps, data[at : at + length].tobytes().decode("utf-8", "replace")) if length else None
        if number is not None:
            found[row] = number
    return found


def event_kinds(data: U8, structure: Structure) -> U8:
    """Return the kind of each event name."""
    kinds = _KNOWN.look_up(data, structure.events.names)
    kinds[kinds < 0] = HostKind.OTHER
    prefix = prefix_of(data, structure.events.names, _PREFIXES)
    kinds = np.where(prefix >= 0, _PREFIX_KINDS[prefix], kinds)
    for row in np.flatnonzero(prefix_of(data, structure.events.names, _INPUT_PREFIXES) >= 0).tolist():
        at, length = structure.events.names[row].tolist()
        if length < 4096 and is_input(data[at : at + length].tobytes().decode("utf-8", "replace")):
            kinds[row] = HostKind.INPUT
    if (kinds == HostKind.SESSION_RUN).any():
        kinds[_shared_operations(data, structure)] = HostKind.TF_OP
    return kinds.astype(np.uint8)


def _shared_operations(data: U8, structure: Structure) -> list[int]:
    """Find the operations on shared resources, which show the threads of one tf.Session; only programs with sessions need them."""
    listed = structure.events.names.tolist()
    return [
        row
        for row, (at, length) in enumerate(listed)
        if 0 < length < 4096 and names.SHARED_OPERATION.fullmatch(data[at : at + length].tobytes())
    ]


def memory_kinds(data: U8, structure: Structure) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Classify event names as allocations (1), deallocations (0) or neither (-1)."""
    return _MEMORY.look_up(data, structure.events.names)


def read_host(
    data: U8, structure: Structure, planes: Planes, interner: "Interner", steps: str = ""
) -> tuple[RawEvents, U8]:
    """Read the events of launches, sessions and steps, with the kind of each; steps: what the user calls a step."""
    kinds = event_kinds(data, structure)
    classes = host_classes(kinds)
    called = named_steps(data, structure, steps) if steps else None
    if called is not None:
        classes[called[:-1] != _NOT_NAMED] = _KEEP
    classes[memory_kinds(data, structure) >= 0] = _LEAVE
    raw = read_lines(
        data, structure, planes.host_lines, HOST_SLOTS, classes, default=_EITHER, origin_ns=planes.start_ns
    )
    raw.sort(-raw.duration)
    interner.names(raw.name)
    interner.codes(raw.values[MODEL])
    kind = np.append(kinds, np.uint8(HostKind.OTHER))[raw.name]
    for column in (raw.values[STEP], raw.values[ROOT]):
        if not is_absent(column):
            kind[(kind == HostKind.OTHER) & (column != ABSENT)] = HostKind.USER_STEP
    if called is not None:
        _mark(raw, kind, called[raw.name])
    return raw, kind


def _mark(raw: RawEvents, kind: U8, called: I64) -> None:
    """Mark the events that the user calls steps; what else they are, they remain."""
    named = called != _NOT_NAMED
    kind[named & (kind == HostKind.OTHER)] = HostKind.USER_STEP
    raw.values[ROOT] = np.where(named, NAMED_ROOT, raw.values[ROOT])
    raw.values[STEP] = np.where(named & (raw.values[STEP] == ABSENT), called, raw.values[STEP])


def host_classes(kinds: U8) -> U8:
    """Return of each event name whether its events are kept: always, or if a stat makes them a launch or a step."""
    return np.where(kinds == HostKind.OTHER, _EITHER, _KEEP).astype(np.uint8)


def launch_table(raw: RawEvents, strings: "Strings") -> LaunchTable:
    """Pick the events that launched device work."""
    launched = raw.values[CORRELATION] != ABSENT
    rows: slice | I64 = slice(None) if launched.all() else np.flatnonzero(launched)
    return LaunchTable(
        start=raw.start[rows],
        duration=raw.duration[rows],
        thread=raw.line[rows],
        name=strings.of_names(raw.name[launched]),  # a copy, since names are turned in place
        correlation=raw.values[CORRELATION][rows],
        device=_device(raw.values[DEVICE])[rows],
    )


def _device(column: I64) -> I32:
    """Return ordinals, -1 for what is none."""
    if is_absent(column):
        return np.full(len(column), -1, np.int32)
    device = column.astype(np.int32)
    device[(column < 0) | (column > 1 << 30)] = -1
    return device


def host_table(raw: RawEvents, kinds: U8, strings: "Strings") -> HostEventTable:
    """Pick the events of sessions and steps; plain launches have a table of their own."""
    rows = np.flatnonzero((kinds != HostKind.OTHER) | (raw.values[CORRELATION] == ABSENT))
    model = strings.of_codes(raw.values[MODEL])[rows]

    def column(slot: int) -> I64:
        picked: I64 = raw.values[slot][rows]
        return picked

    return HostEventTable(
        start=raw.start[rows], duration=raw.duration[rows], thread=raw.line[rows], kind=kinds[rows],
        name=strings.of_names(raw.name[rows]), id=column(ID), producer=column(PRODUCER), producer_type=column(PRODUCER_TYPE),
        consumer=column(CONSUMER), consumer_type=column(CONSUMER_TYPE), root=column(ROOT), step=column(STEP),
        group=column(GROUP), model=model,
    )  # fmt: skip


def read_memory(data: U8, structure: Structure, planes: Planes, interner: "Interner") -> RawEvents:
    """Read allocator events of all threads."""
    kinds = memory_kinds(data, structure)
    classes = np.where(kinds >= 0, _KEEP, _LEAVE).astype(np.uint8)
    lines = planes.host_lines if (kinds >= 0).any() else []
    raw = read_lines(data, structure, lines, MEMORY_SLOTS, classes, default=_LEAVE, origin_ns=planes.start_ns)
    raw.sort(None)
    interner.names(raw.name)
    for slot, described in enumerate(MEMORY_SLOTS, 3):
        if described.type == TEXT:
            interner.codes(raw.values[slot])
    return raw


def allocation_table(
    raw: RawEvents, strings: "Strings", kinds: np.ndarray[tuple[int], np.dtype[np.int32]]
) -> AllocationTable:
    """Build the table once the strings have their rows."""
    values = raw.values
    return AllocationTable(
        start=raw.start,
        is_allocation=np.append(kinds, -1).astype(np.uint8)[raw.name],
        thread=raw.line,
        allocator=strings.of_codes(values[ALLOCATOR]),
        in_use=values[IN_USE],
        available=values[AVAILABLE],
        reserved=values[RESERVED],
        size=values[SIZE],
        requested=values[REQUESTED],
        peak=values[PEAK],
        address=values[ADDRESS],
        step_id=values[STEP_ID],
        data_type=values[DATA_TYPE],
        fragmentation=absent_as(values[FRAGMENTATION], _NAN).view(np.float64),
        op=strings.of_codes(values[MEMORY_OP]),
        region=strings.of_codes(values[REGION]),
        shape=strings.of_codes(values[SHAPE]),
    )


def tf_data_origin(raw: RawEvents, kinds: U8) -> tuple[int | None, int]:
    """Find the wall clock of trace time 0 in tf.data element ids: Unix ns taken just before a Produce event (TF 2.5 and later).

    Every estimate is a few us early, so the latest is the best.
    """
    element = raw.values[ELEMENT]
    if is_absent(element):
        return None, 0
    rows = np.flatnonzero((kinds == HostKind.DATA_PRODUCE) & (element > ABSOLUTE_NS) & (element < 1 << 62))
    if not len(rows):
        return None, 0
    return int((element[rows] - raw.start[rows] // PS_PER_NS).max()), len(rows)
