"""Events, read off the wire into columns: kernels from device lines; launches, host events and allocations from host lines.

`walk` is called once to count what host lines hold and once to fill; device rows are bounded by the number of events. Columns of names
and texts hold *tokens*: -1 none; n >= 0 the metadata entry n (event names first, then stat names); below -1 a text that stands in
place, -2 - the position of its length. `strings.py` turns them into rows of the string table.
"""

import numba
import numpy as np

from tb_contention._compiled import compiled
from tb_contention.model.trace import NONE
from tb_contention.units import I32, I64
from tb_contention.xspace.names import (
    ALLOCATION,
    COPY_NAME,
    DEALLOCATION,
    EVENT_ROLES,
    GRAPH_NAME,
    MEMSET_NAME,
    OVERHEAD_NAME,
    RESIDENCY_NAME,
)
from tb_contention.xspace.wire import BYTES, COLUMN, LENGTH, SHORT, TABLE, VARINT, Buffer, read_field, read_stat

_INT = numba.int64
LIMIT = 1 << 62

# Rows of the table of lines to walk.
W_START, W_END, W_CUT, W_BASE, W_ROW, W_PLANE, W_KIND, W_WIDTH = 0, 1, 2, 3, 4, 5, 6, 7
DEVICE_LINE, HOST_LINE, MIXED_LINE, STEP_LINE = 0, 1, 2, 3

# Columns of kernels, launches, host events, allocations (transposed: one row of the array is one column of the table).
K_START, K_DURATION, K_STREAM, K_KIND, K_NAME, K_CORRELATION, K_BYTES, K_OP, K_DETAILS, K_MODULE, K_GROUP, K_GRAPH = range(12)
KERNEL_WIDTH, LAUNCH_WIDTH, HOST_WIDTH, ALLOCATION_WIDTH = 12, 6, 15, 17

# Counts.
(C_KERNELS, C_LAUNCHES, C_HOST, C_ALLOCATIONS, C_BAD_TIME, C_BAD_AT, C_UNNAMED, C_DROPPED, C_AGGREGATED, C_FIRST, C_LAST,
 C_ANCHOR, C_ANCHORS, C_WIRE, C_WIRE_AT, C_UNNAMED_AT) = range(16)  # fmt: skip
COUNTS = 16

# Slots of the scratch of one event, behind the roles.
E_META, E_OFFSET, E_DURATION, E_AGGREGATED = EVENT_ROLES, EVENT_ROLES + 1, EVENT_ROLES + 2, EVENT_ROLES + 3
SCRATCH = EVENT_ROLES + 4


@compiled(_INT(_INT, _INT, TABLE, COLUMN, COLUMN, SHORT, _INT), forceinline=True)
def find(plane: int, key: int, metas: I64, first: I64, mask: I64, table: I32, seed: int) -> int:
    """Return the metadata entry of a plane with this key, or -1."""
    m = mask[plane]
    if m < 0:
        return -1
    mixed = (np.uint64(key) ^ np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(32)) & m
    while True:
        row = table[first[plane] + slot]
        if row < 0:
            return -1
        if metas[row, 0] == key:
            return row
        slot = (slot + 1) & m


@compiled(numba.void(COLUMN, TABLE, COLUMN, COLUMN, SHORT, _INT))
def index(bounds: I64, metas: I64, first: I64, mask: I64, table: I32, seed: int) -> None:
    """Fill the hash tables of all planes; a later entry with the same key takes the place of the earlier one."""
    for plane in range(len(mask)):
        m = mask[plane]
        for row in range(bounds[plane], bounds[plane + 1]):
            mixed = (np.uint64(metas[row, 0]) ^ np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
            slot = np.int64(mixed >> np.uint64(32)) & m
            while table[first[plane] + slot] >= 0 and metas[table[first[plane] + slot], 0] != metas[row, 0]:
                slot = (slot + 1) & m
            table[first[plane] + slot] = row


@compiled(_INT(BYTES, COLUMN, COLUMN, COLUMN, _INT, _INT))
def whole(data: Buffer, kinds: I64, values: I64, lengths: I64, role: int, absent: int) -> int:
    """Return a stat as int64: integers as they are, whole doubles, and texts of decimal digits; `absent` otherwise."""
    kind, value = kinds[role], values[role]
    if kind == 3 or kind == 4:
        return value
    if kind == 5:
        length = lengths[role]
        at = 1 if length > 0 and data[value] == 45 else 0
        if length - at < 1 or length - at > 18:
            return absent
        number = 0
        for i in range(at, length):
            digit = np.int64(data[value + i]) - 48
            if digit < 0 or digit > 9:
                return absent
            number = number * 10 + digit
        return -number if at else number
    if kind == 2:
        number = np.int64(value)
        exponent = ((number >> 52) & 0x7FF) - 1023
        fraction = (number & 0xFFFFFFFFFFFFF) | (1 << 52)
        if (number & 0x7FFFFFFFFFFFFFFF) == 0:
            return 0
        if exponent < 0 or exponent > 61 or (exponent < 52 and fraction & ((1 << (52 - exponent)) - 1)):
            return absent
        size = fraction >> (52 - exponent) if exponent <= 52 else fraction << (exponent - 52)
        return -size if number < 0 else size
    return absent


@compiled(_INT(BYTES, COLUMN, COLUMN, COLUMN, _INT))
def token(data: Buffer, kinds: I64, values: I64, lengths: I64, role: int) -> int:
    """Return a stat's text as a token; `(null)` and numbers are none."""
    if kinds[role] != 5 and kinds[role] != 6:
        return -1
    at, length = values[role], lengths[role]
    if length == 6 and data[at] == 40 and data[at + 1] == 110 and data[at + 5] == 41:
        return -1
    return lengths[SCRATCH + role]


@compiled(_INT(BYTES, _INT, _INT))
def size_in(data: Buffer, at: int, length: int) -> int:
    """Find `size:N` or `num_bytes:N` in the text of a copy or memset; -1 if there is none."""
    end = at + length
    for i in range(at, end - 5):
        if data[i + 4] != 58 and (i + 9 >= end or data[i + 9] != 58):
            continue
        if i > at and data[i - 1] != 32 and data[i - 1] != 10:
            continue
        j = -1
        if data[i] == 115 and data[i + 1] == 105 and data[i + 2] == 122 and data[i + 3] == 101 and data[i + 4] == 58:
            j = i + 5
        elif data[i] == 110 and i + 9 < end and data[i + 3] == 95 and data[i + 4] == 98 and data[i + 8] == 115:
            j = i + 10
        if j < 0:
            continue
        number, digits = 0, 0
        while j < end and data[j] >= 48 and data[j] <= 57 and digits < 18:
            number = number * 10 + np.int64(data[j]) - 48
            digits += 1
            j += 1
        if digits > 0:
            return number
    return -1


@compiled(_INT(BYTES, _INT, _INT, _INT, TABLE, COLUMN, COLUMN, COLUMN, SHORT, _INT, _INT, COLUMN, COLUMN, COLUMN, COLUMN))
def read_event(
    data: Buffer, at: int, end: int, plane: int, stats: I64, roles: I64, first: I64, mask: I64, table: I32, seed: int,
    event_names: int, kinds: I64, values: I64, lengths: I64, stat: I64,
) -> int:  # fmt: skip
    """Read one event into the slots of its roles; return `end`, or BAD."""
    for role in range(EVENT_ROLES):
        kinds[role] = 0
    values[E_META] = 0
    values[E_OFFSET] = 0
    values[E_DURATION] = 0
    values[E_AGGREGATED] = 0
    while at < end:
        number, kind, value, at = read_field(data, at, end)
        if at < 0:
            return at
        if kind == VARINT:
            if number == 1:
                values[E_META] = value
            elif number == 2:
                values[E_OFFSET] = value
                values[E_AGGREGATED] = 0
            elif number == 3:
                values[E_DURATION] = value
            elif number == 5:
                values[E_AGGREGATED] = 1
        elif kind == LENGTH and number == 4:
            if read_stat(data, value, at, stat) < 0:
                return -1
            row = find(plane, stat[0], stats, first, mask, table, seed)
            if row < 0 or stat[1] == 0:
                continue
            role = roles[row]
            if role == 0 or role >= EVENT_ROLES:
                continue
            kinds[role] = stat[1]
            values[role] = stat[2]
            lengths[role] = stat[3]
            if stat[1] == 7:
                text = find(plane, stat[2], stats, first, mask, table, seed)
                if text < 0:
                    kinds[role] = 0
                    continue
                kinds[role] = 5
                values[role] = stats[text, 1]
                lengths[role] = stats[text, 2]
                lengths[SCRATCH + role] = event_names + text
            elif stat[1] == 5 or stat[1] == 6:
                width = 1
                size = stat[3]
                while size > 127:
                    size >>= 7
                    width += 1
                lengths[SCRATCH + role] = -2 - (stat[2] - width)
    return at


@compiled(numba.void(BYTES, _INT, TABLE, TABLE, COLUMN, COLUMN, COLUMN, COLUMN, SHORT, TABLE, COLUMN, COLUMN, SHORT, _INT,
                     TABLE, TABLE, TABLE, TABLE, COLUMN))  # fmt: skip
def walk(
    data: Buffer, fill: int, lines: I64, events: I64, classes: I64, first: I64, mask: I64,
    roles: I64, table: I32, stats: I64, stat_first: I64, stat_mask: I64, stat_table: I32, seed: int,
    kernels: I64, launches: I64, hosts: I64, allocations: I64, counts: I64,
) -> None:  # fmt: skip
    """Read the events of the lines; with fill = 0 only host lines, and only to count them."""
    kinds = np.zeros(SCRATCH, np.int64)
    values = np.zeros(SCRATCH, np.int64)
    lengths = np.zeros(2 * SCRATCH, np.int64)
    stat = np.zeros(4, np.int64)
    counts[:] = 0
    counts[C_FIRST] = LIMIT
    counts[C_ANCHOR] = NONE
    for line in range(len(lines)):
        line_kind, base, plane = lines[line, W_KIND], lines[line, W_BASE], lines[line, W_PLANE]
        if fill == 0 and (line_kind == DEVICE_LINE or line_kind == MIXED_LINE):
            continue
        at, line_end = lines[line, W_START], lines[line, W_END]
        while at < line_end:
            number, kind, value, at = read_field(data, at, line_end)
            if at < 0:
                break
            if kind != LENGTH or number != 4:
                continue
            if read_event(data, value, at, plane, stats, roles, stat_first, stat_mask, stat_table, seed,
                          len(events), kinds, values, lengths, stat) < 0:  # fmt: skip
                if counts[C_WIRE] == 0:
                    counts[C_WIRE_AT] = value
                counts[C_WIRE] += 1
                continue
            if values[E_AGGREGATED] != 0:
                counts[C_AGGREGATED] += 1
                continue
            offset, duration = values[E_OFFSET], values[E_DURATION]
            if (offset < 0 or duration < 0 or base < 0 or base > LIMIT or offset > LIMIT - base
                    or duration > LIMIT - base - offset):  # fmt: skip
                if counts[C_BAD_TIME] == 0:
                    counts[C_BAD_AT] = value
                counts[C_BAD_TIME] += 1
                continue
            start = base + offset
            counts[C_FIRST] = min(counts[C_FIRST], start)
            counts[C_LAST] = max(counts[C_LAST], start + duration)
            name = find(plane, values[E_META], events, first, mask, table, seed)
            kind_of = classes[name] if name >= 0 else 0
            if name < 0:
                if counts[C_UNNAMED] == 0:
                    counts[C_UNNAMED_AT] = value
                counts[C_UNNAMED] += 1
            correlation = whole(data, kinds, values, lengths, 1, 0)
            if line_kind == DEVICE_LINE or line_kind == MIXED_LINE:
                if (name < 0 and line_kind == MIXED_LINE) or kinds[6] != 0 or kind_of == RESIDENCY_NAME \
                        or (kind_of == OVERHEAD_NAME and kinds[1] == 0):  # fmt: skip
                    counts[C_DROPPED] += 1
                    continue
                k = counts[C_KERNELS]
                counts[C_KERNELS] = k + 1
                work = 0
                details = 3
                if name < 0:
                    work = 5
                elif kinds[4] != 0 or kind_of == COPY_NAME:
                    work, details = 1, 4
                elif kinds[5] != 0 or kind_of == MEMSET_NAME:
                    work, details = 2, 5
                op = 7
                if kinds[7] == 0 or (lengths[7] == 10 and data[values[7]] == 88 and data[values[7] + 3] == 77):
                    op = 10 if kinds[10] != 0 else 8 if kinds[7] == 0 else 7
                kernels[K_START, k] = start
                kernels[K_DURATION, k] = duration
                kernels[K_STREAM, k] = lines[line, W_ROW]
                kernels[K_KIND, k] = work + (16 if kind_of == GRAPH_NAME else 0)
                kernels[K_NAME, k] = name
                kernels[K_CORRELATION, k] = correlation if correlation != 0 else -1
                kernels[K_BYTES, k] = -1
                if work != 0 and kinds[details] == 5:
                    kernels[K_BYTES, k] = size_in(data, values[details], lengths[details])
                kernels[K_OP, k] = token(data, kinds, values, lengths, op)
                kernels[K_DETAILS, k] = token(data, kinds, values, lengths, details)
                kernels[K_MODULE, k] = token(data, kinds, values, lengths, 9)
                kernels[K_GROUP, k] = whole(data, kinds, values, lengths, 11, -1)
                kernels[K_GRAPH, k] = whole(data, kinds, values, lengths, 12, -1)
                continue
            if name < 0:
                continue
            if kind_of == ALLOCATION or kind_of == DEALLOCATION:
                in_use = whole(data, kinds, values, lengths, 23, NONE)
                allocator = token(data, kinds, values, lengths, 22)
                if in_use == NONE or allocator == -1:
                    counts[C_DROPPED] += 1
                    continue
                k = counts[C_ALLOCATIONS]
                counts[C_ALLOCATIONS] = k + 1
                if fill != 0:
                    allocations[0, k] = start
                    allocations[1, k] = 1 if kind_of == ALLOCATION else 0
                    allocations[2, k] = lines[line, W_ROW]
                    allocations[3, k] = allocator
                    for c in range(7):
                        allocations[4 + c, k] = whole(data, kinds, values, lengths, 23 + c, NONE)
                    allocations[11, k] = whole(data, kinds, values, lengths, 13, NONE)
                    allocations[12, k] = whole(data, kinds, values, lengths, 33, NONE)
                    nan = np.int64(0x7FF8000000000000)
                    allocations[13, k] = values[30] if kinds[30] == 2 else nan
                    allocations[16, k] = token(data, kinds, values, lengths, 32)
                    if kinds[30] == 3 or kinds[30] == 4:
                        allocations[13, k] = np.int64(0x3FF0000000000000) if values[30] == 1 else 0
                    allocations[14, k] = token(data, kinds, values, lengths, 7)
                    allocations[15, k] = token(data, kinds, values, lengths, 31)
                continue
            if kind_of == 12:
                element = whole(data, kinds, values, lengths, 34, 0)
                if element > 100_000_000_000_000_000:
                    counts[C_ANCHOR] = max(counts[C_ANCHOR], element - start // 1000)
                    counts[C_ANCHORS] += 1
            if correlation != 0:
                k = counts[C_LAUNCHES]
                counts[C_LAUNCHES] = k + 1
                if fill != 0:
                    launches[0, k] = start
                    launches[1, k] = duration
                    launches[2, k] = lines[line, W_ROW]
                    launches[3, k] = name
                    launches[4, k] = correlation
                    launches[5, k] = whole(data, kinds, values, lengths, 2, -1)
            if kinds[10] != 0 and kind_of == 0:
                kind_of = 11
            if kind_of == 0 and (kinds[19] != 0 or whole(data, kinds, values, lengths, 18, 0) != 0):
                kind_of = 8
            if line_kind == STEP_LINE:
                kind_of = 8
            if kind_of == 0 or kind_of >= ALLOCATION:
                continue
            k = counts[C_HOST]
            counts[C_HOST] = k + 1
            if fill != 0:
                hosts[0, k] = start
                hosts[1, k] = duration
                hosts[2, k] = lines[line, W_ROW]
                hosts[3, k] = kind_of
                hosts[4, k] = name
                for c in range(5):
                    hosts[5 + c, k] = whole(data, kinds, values, lengths, 13 + c, NONE)
                for c in range(3):
                    hosts[10 + c, k] = whole(data, kinds, values, lengths, 18 + c, NONE)
                hosts[13, k] = whole(data, kinds, values, lengths, 11, NONE)
                hosts[14, k] = token(data, kinds, values, lengths, 21)
