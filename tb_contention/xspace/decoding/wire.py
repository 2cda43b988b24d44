"""Walk the protobuf wire format of an XSpace in compiled code, straight into columns.

Two passes. `scan` finds planes, lines, metadata entries and plane stats; called with empty arrays it only counts, so that every array
is allocated for what is really there (a length field is never believed before it fits into the bytes that hold it). `read_events` then
reads the events of one line into columns, one per *slot*; which stat goes to which slot is decided by its name beforehand.

A string value is not copied here but kept as a *code*: the row of the interned string (ref_value), or INLINE + 8 * position + field
number for a value written in place. Nothing recurses; unknown fields and groups are skipped.
"""

import numpy as np
from numba import types

from tb_contention._compiled import compiled

#: Codes at or above are inline values: INLINE + 8 * position of the value + field number of the XStat.
INLINE = 1 << 50
#: An absent value in an integer or string slot.
ABSENT = -(1 << 63)

# Slot types.
INTEGER, TEXT, FLOAT = 0, 1, 2

# Rows of `info`.
N_PLANES, N_LINES, N_EVENT_META, N_STAT_META, N_PLANE_STATS, N_TEXTS, N_EVENTS, BAD_AT, CUT_AT, N_INFO = range(10)

# Columns of the structure tables.
PLANE_NAME, PLANE_NAME_LEN, PLANE_START, PLANE_WHOLE, PLANE_COLUMNS = range(5)
(
    LINE_PLANE,
    LINE_START,
    LINE_END,
    LINE_ID,
    LINE_NAME,
    LINE_NAME_LEN,
    LINE_TIME,
    LINE_EVENTS,
    LINE_WHOLE,
    LINE_COLUMNS,
) = range(10)
META_PLANE, META_KEY, META_NAME, META_NAME_LEN, META_STATS, META_END, META_COLUMNS = range(7)
STAT_PLANE, STAT_KEY, STAT_CODE, STAT_COLUMNS = range(4)
TEXT_FIELD, TEXT_AT, TEXT_LEN, TEXT_COLUMNS = range(4)

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
I64_1 = types.Array(types.int64, 1, "C")
I64_2 = types.Array(types.int64, 2, "C")
R64_1 = types.Array(types.int64, 1, "C", readonly=True)
I32_1 = types.Array(types.int32, 1, "C")
U8_1 = types.Array(types.uint8, 1, "C")
i8 = types.int64
PAIR = types.UniTuple(i8, 2)


@compiled(PAIR(BYTES, i8, i8))
def varint(data, pos, end):  # type: ignore[no-untyped-def]
    """Read a varint: (value as int64, next position); the position is -1 where it does not end in time."""
    if pos < end:
        first = data[pos]
        if first < 0x80:
            return np.int64(first), pos + 1
    value = np.uint64(0)
    shift = np.uint64(0)
    for step in range(10):
        if pos + step >= end:
            return np.int64(0), np.int64(-1)
        byte = np.uint64(data[pos + step])
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return np.int64(value), pos + step + 1
        shift += np.uint64(7)
    return np.int64(0), np.int64(-1)


@compiled(i8(BYTES, i8, i8, i8))
def skip(data, pos, end, wire):  # type: ignore[no-untyped-def]
    """Step over the value of an unknown field; groups by counting, never by recursion. -1 where it does not fit."""
    depth = 0
    while True:
        if wire == 0:
            _, pos = varint(data, pos, end)
        elif wire == 1:
            pos += 8
        elif wire == 5:
            pos += 4
        elif wire == 2:
            length, pos = varint(data, pos, end)
            if pos < 0 or length < 0 or length > end - pos:
                return np.int64(-1)
            pos += length
        elif wire == 3:
            depth += 1
        elif wire == 4:
            depth -= 1
            if depth < 0:
                return np.int64(-1)
        else:
            return np.int64(-1)
        if pos < 0 or pos > end:
            return np.int64(-1)
        if depth == 0:
            return pos
        tag, pos = varint(data, pos, end)
        if pos < 0:
            return np.int64(-1)
        wire = tag & 7


@compiled(types.UniTuple(i8, 4)(BYTES, i8, i8, i8))
def field(data, pos, end, cut):  # type: ignore[no-untyped-def]
    """Read a field's head: (number * 8 + wire type, start of the value, end of the value, value of a varint).

    A length-delimited value that reaches beyond the bytes is clipped to `end` when `cut` says that the file itself stops there: its
    length then reads -1. The start is -1 where no field could be read.
    """
    tag, value = varint(data, pos, end)
    if value < 0 or tag < 8:
        return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
    wire = tag & 7
    if wire == 0:
        number, after = varint(data, value, end)
        if after < 0:
            return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
        return tag, value, after, number
    if wire == 2:
        length, start = varint(data, value, end)
        if start < 0 or length < 0:
            return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
        if length > end - start:
            if cut == 0:
                return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
            return tag, start, end, np.int64(-1)
        return tag, start, start + length, length
    after = skip(data, value, end, wire)
    if after < 0:
        return np.int64(0), np.int64(-1), np.int64(0), np.int64(0)
    return tag, value, after, np.int64(0)


@compiled(types.void(BYTES, i8, i8, i8, i8, i8, I64_2, I64_2, I64_1))
def scan_entry(data, pos, end, plane, kind, row, event_meta, stat_meta, info):  # type: ignore[no-untyped-def]
    """Read one entry of a metadata map: key, and the name inside its value. kind 4: event metadata, 5: stat metadata."""
    key = np.int64(0)
    name = np.int64(0)
    length = np.int64(0)
    while pos < end:
        tag, start, pos, number = field(data, pos, end, 0)
        if start < 0:
            info[BAD_AT] = min(info[BAD_AT], end)
            break
        if tag == 8:
            key = number
        elif tag == 18:
            inner = start
            while inner < pos:
                tag2, start2, inner, _ = field(data, inner, pos, 0)
                if start2 < 0:
                    info[BAD_AT] = min(info[BAD_AT], pos)
                    break
                if tag2 == 18:
                    name = start2
                    length = inner - start2
    table = event_meta if kind == 4 else stat_meta
    if row < table.shape[0]:
        table[row, META_PLANE] = plane
        table[row, META_KEY] = key
        table[row, META_NAME] = name
        table[row, META_NAME_LEN] = length


@compiled(types.void(BYTES, i8, i8, i8, i8, I64_2, I64_1))
def scan_line(data, pos, end, plane, cut, lines, info):  # type: ignore[no-untyped-def]
    """Read a line's head and count its events."""
    row = info[N_LINES]
    info[N_LINES] += 1
    fill = row < lines.shape[0]
    if fill:
        lines[row, LINE_PLANE] = plane
        lines[row, LINE_START] = pos
        lines[row, LINE_END] = end
        lines[row, LINE_WHOLE] = 1 - cut
    events = 0
    while pos < end:
        at = pos
        if data[pos] == 34 and pos + 2 < end:  # the common event: its length in one or two bytes
            length = np.int64(data[pos + 1])
            after = pos + 2 + length
            if length >= 0x80 and data[pos + 2] < 0x80:
                after = pos + 3 + ((length & 0x7F) | (np.int64(data[pos + 2]) << 7))
                length = 0
            if length < 0x80 and after <= end:
                events += 1
                pos = after
                continue
        tag, start, pos, number = field(data, pos, end, cut)
        if start < 0:
            if cut == 0:
                info[BAD_AT] = min(info[BAD_AT], at)
            break
        if tag == 34:
            if number < 0:
                break
            events += 1
        elif fill:
            if tag == 8:
                lines[row, LINE_ID] = number
            elif tag == 24:
                lines[row, LINE_TIME] = number
            elif tag == 18 and number >= 0:
                lines[row, LINE_NAME] = start
                lines[row, LINE_NAME_LEN] = pos - start
    info[N_EVENTS] += events
    if fill:
        lines[row, LINE_EVENTS] = events


@compiled(types.UniTuple(i8, 2)(BYTES, i8, i8))
def stat(data, pos, end):  # type: ignore[no-untyped-def]
    """Read an XStat: (metadata id, position of its value's tag * 8 + field number); -1 without a value, -2 where it is broken."""
    key = np.int64(0)
    code = np.int64(-1)
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, 0)
        if start < 0:
            return key, np.int64(-2)
        if tag == 8:
            key = number
        elif tag == 17 or tag == 24 or tag == 32 or tag == 42 or tag == 50 or tag == 56:
            code = at * 8 + (tag >> 3)
    return key, code


@compiled(types.void(BYTES, i8, i8, i8, I64_2, I64_2, I64_2, I64_2, I64_2, I64_1))
def scan_plane(data, pos, end, cut, planes, lines, event_meta, stat_meta, stats, info):  # type: ignore[no-untyped-def]
    """Read a plane's name, and find its lines, metadata entries and stats."""
    plane = info[N_PLANES]
    info[N_PLANES] += 1
    fill = plane < planes.shape[0]
    if fill:
        planes[plane, PLANE_START] = pos
        planes[plane, PLANE_WHOLE] = 1 - cut
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, cut)
        if start < 0:
            if cut == 0:
                info[BAD_AT] = min(info[BAD_AT], at)
            return
        if tag == 26:
            scan_line(data, start, pos, plane, 1 if number < 0 else 0, lines, info)
        elif number < 0:
            continue
        elif tag == 18 and fill:
            planes[plane, PLANE_NAME] = start
            planes[plane, PLANE_NAME_LEN] = pos - start
        elif tag == 34:
            scan_entry(data, start, pos, plane, 4, info[N_EVENT_META], event_meta, stat_meta, info)
            info[N_EVENT_META] += 1
        elif tag == 42:
            scan_entry(data, start, pos, plane, 5, info[N_STAT_META], event_meta, stat_meta, info)
            info[N_STAT_META] += 1
        elif tag == 50:
            row = info[N_PLANE_STATS]
            info[N_PLANE_STATS] += 1
            if row < stats.shape[0]:
                key, code = stat(data, start, pos)
                stats[row, STAT_PLANE] = plane
                stats[row, STAT_KEY] = key
                stats[row, STAT_CODE] = code


@compiled(types.void(BYTES, I64_2, I64_2, I64_2, I64_2, I64_2, I64_2, I64_1))
def scan(data, planes, lines, event_meta, stat_meta, stats, texts, info):  # type: ignore[no-untyped-def]
    """Find everything but the events. With empty tables it counts into `info`; with tables of those lengths it fills them."""
    end = np.int64(data.shape[0])
    for row in range(N_INFO - 3 + 1):
        info[row] = 0
    info[BAD_AT] = end + 1
    info[CUT_AT] = end + 1
    pos = np.int64(0)
    while pos < end:
        at = pos
        tag, start, pos, number = field(data, pos, end, 1)
        if start < 0:
            info[BAD_AT] = min(info[BAD_AT], at)
            return
        if number < 0 and (tag & 7) == 2:
            info[CUT_AT] = at
        if tag == 10:
            scan_plane(data, start, pos, 1 if number < 0 else 0, planes, lines, event_meta, stat_meta, stats, info)
        elif (tag == 18 or tag == 26 or tag == 34) and number >= 0:
            row = info[N_TEXTS]
            info[N_TEXTS] += 1
            if row < texts.shape[0]:
                texts[row, TEXT_FIELD] = tag >> 3
                texts[row, TEXT_AT] = start
                texts[row, TEXT_LEN] = pos - start


@compiled(i8(i8, R64_1, i8, i8))
def find_key(key, keys, low, high):  # type: ignore[no-untyped-def]
    """Find a key among the sorted `keys[low:high]`: its row, or -1. Keys that count up from the first are found at once."""
    if low >= high:
        return np.int64(-1)
    guess = low + (key - keys[low])
    if low <= guess < high and keys[guess] == key:
        return guess
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@compiled(i8(BYTES, i8, i8))
def decimal(data, pos, end):  # type: ignore[no-untyped-def]
    """Read a decimal integer out of text, modulo 2**64; ABSENT where the text is something else."""
    negative = pos < end and data[pos] == 45
    if negative:
        pos += 1
    if pos >= end or end - pos > 20:
        return np.int64(ABSENT)
    value = np.uint64(0)
    for i in range(pos, end):
        digit = data[i]
        if digit < 48 or digit > 57:
            return np.int64(ABSENT)
        value = value * np.uint64(10) + np.uint64(digit - 48)
    return -np.int64(value) if negative else np.int64(value)


@compiled(types.void(BYTES, i8, i8, I64_2, i8, i8, I64_2, I64_1, R64_1, i8, i8))
def store(data, code, kind, out, slot, row, stat_names, scratch, stat_keys, low, high):  # type: ignore[no-untyped-def]
    """Put the value behind a stat code into its slot, as the slot's type wants it."""
    at = code >> 3
    number = code & 7
    _, start, end, value = field(data, at, np.int64(data.shape[0]), 0)
    if number == 7:
        found = find_key(value, stat_keys, low, high)
        if found < low or found >= high or stat_keys[found] != value:
            return
        if kind == TEXT:
            out[slot, row] = found
            return
        start = stat_names[found, 0]
        end = start + stat_names[found, 1]
        number = 5
    if kind == TEXT:
        out[slot, row] = INLINE + code
        return
    if number == 5 or number == 6:
        if kind == INTEGER:
            out[slot, row] = decimal(data, start, end)
        return
    if number == 2:
        bits = np.uint64(0)
        for i in range(8):
            bits |= np.uint64(data[start + i]) << np.uint64(8 * i)
        value = np.int64(bits)
        if kind == INTEGER:
            scratch[0] = value
            real = scratch.view(np.float64)[0]
            if not (-9.2e18 < real < 9.2e18):
                return
            value = np.int64(real)
    elif kind == FLOAT:
        scratch.view(np.float64)[0] = np.float64(np.uint64(value)) if number == 3 else np.float64(value)
        value = scratch[0]
    out[slot, row] = value


@compiled(i8(BYTES, i8, i8, R64_1, U8_1, i8, i8, i8, R64_1, I32_1, I64_2, i8, i8, I64_1, U8_1, I64_2, i8))
def read_event(  # type: ignore[no-untyped-def]
    data, pos, stop, event_keys, event_class, e_low, e_high, default_class,
    stat_keys, stat_slot, stat_names, s_low, s_high, slot_type, slot_keeps, out, row,
):  # fmt: skip
    """Read one event whatever its form: 1 kept, 0 left out, -1 aggregated (without a time), -2 broken."""
    scratch = np.empty(1, np.int64)
    out[0, row] = 0
    out[1, row] = 0
    for slot in range(3, out.shape[0]):
        out[slot, row] = ABSENT
    key = np.int64(0)
    aggregated = False
    kept_by_stat = False
    while pos < stop:
        tag, start, pos, number = field(data, pos, stop, 0)
        if start < 0:
            return np.int64(-2)
        if tag == 8:
            key = number
        elif tag == 16:
            out[0, row] = number
            aggregated = False
        elif tag == 24:
            out[1, row] = number
        elif tag == 40:
            out[0, row] = 0
            aggregated = True
        elif tag == 34:
            stat_key, code = stat(data, start, pos)
            if code == -2:
                return np.int64(-2)
            named = find_key(stat_key, stat_keys, s_low, s_high)
            if code >= 0 and s_low <= named < s_high and stat_keys[named] == stat_key:
                slot = stat_slot[named]
                if slot >= 0:
                    kept_by_stat = kept_by_stat or slot_keeps[slot] != 0
                    out[slot, row] = ABSENT
                    store(data, code, slot_type[slot], out, slot, row, stat_names, scratch, stat_keys, s_low, s_high)
    found = find_key(key, event_keys, e_low, e_high)
    action = default_class
    if e_low <= found < e_high and event_keys[found] == key:
        action = np.int64(event_class[found])
    else:
        found = np.int64(-1)
    out[2, row] = found
    if action == 0 or (action == 1 and not kept_by_stat):
        return np.int64(0)
    return np.int64(-1) if aggregated else np.int64(1)


@compiled(
    types.void(
        BYTES, i8, i8, i8, R64_1, U8_1, i8, i8, i8, R64_1, I32_1, I64_2, i8, i8, I64_1, U8_1, I64_1, I32_1, I64_2, I64_1
    )
)
def read_events(  # type: ignore[no-untyped-def]
    data, pos, end, cut, event_keys, event_class, e_low, e_high, default_class,
    stat_keys, stat_slot, stat_names, s_low, s_high, slot_type, slot_keeps, active, slot_of_key, out, result,
):  # fmt: skip
    """Read the events of one line into `out[slot, row]`: slots 0..2 are offset, duration and metadata row, the others stats.

    event_class: what to do with an event by its name: 0 leave out, 1 keep if it has a stat whose slot keeps, 2 keep. active: slots that
    some stat of the file can fill; the caller has set the others to ABSENT. slot_of_key: the slot of small stat keys of this plane.
    result: rows kept, aggregated events, broken events, first broken position.

    Nearly all events have one form: one-byte tags, short lengths, varint or string values. They are read in place, in a loop without
    calls (tenfold faster than through `field`); at the first byte of another form the event is left to `read_event`.
    """
    row = result[0]
    capacity = out.shape[1]
    small_keys = slot_of_key.shape[0]
    first_event = event_keys[e_low] if e_low < e_high else np.int64(0)
    first_stat = stat_keys[s_low] if s_low < s_high else np.int64(0)
    while pos < end:
        at = pos
        start = np.int64(-1)
        if data[pos] == 34 and pos + 2 < end:
            length = np.int64(data[pos + 1])
            start = pos + 2
            if length >= 0x80:
                if data[start] < 0x80:
                    length = (length & 0x7F) | (np.int64(data[start]) << 7)
                    start += 1
                else:
                    start = np.int64(-1)
            if start >= 0:
                pos = start + length
                if pos > end:
                    start = np.int64(-1)
                    pos = at
        if start < 0:
            tag, start, pos, number = field(data, pos, end, cut)
            if start < 0 or (number < 0 and (tag & 7) == 2):  # a line's own fields may be negative numbers
                break
            if tag != 34:
                continue
        if row >= capacity:
            break
        stop = pos
        p = start
        plain = True
        kept = False
        known = False
        action = np.int64(0)
        found = np.int64(-1)
        offset = np.int64(0)
        duration = np.int64(0)
        for i in range(active.shape[0]):
            out[active[i], row] = ABSENT
        while p < stop:
            tag = np.int64(data[p])
            p += 1
            if tag == 34:
                if p + 3 > stop:
                    plain = False
                    break
                size = np.int64(data[p])
                q = p + 1
                p = q + size
                if size >= 0x80 or size < 3 or p > stop or data[q] != 8:
                    plain = False
                    break
                key = np.int64(data[q + 1])
                q += 2
                if key >= 0x80:
                    high = np.int64(data[q])
                    q += 1
                    if high >= 0x80 or q >= p:
                        plain = False
                        break
                    key = (key & 0x7F) | (high << 7)
                if key >= small_keys:
                    plain = False
                    break
                slot = np.int64(slot_of_key[key])
                if slot < 0:
                    continue
                kind = slot_type[slot]
                form = np.int64(data[q])
                if (form != 24 and form != 32 and form != 56) or kind == FLOAT or q + 1 >= p:
                    plain = False
                    break
                q += 1
                byte = np.int64(data[q])
                q += 1
                value = byte & 0x7F
                shift = np.int64(7)
                while byte >= 0x80 and q < p and shift < 64:
                    byte = np.int64(data[q])
                    q += 1
                    value |= (byte & 0x7F) << shift
                    shift += 7
                if byte >= 0x80 or q != p:
                    plain = False
                    break
                if form == 56:
                    guess = s_low + (value - first_stat)
                    if kind != TEXT or guess < s_low or guess >= s_high or stat_keys[guess] != value:
                        plain = False
                        break
                    value = guess
                elif kind == TEXT:
                    plain = False
                    break
                out[slot, row] = value
                kept = kept or slot_keeps[slot] != 0
                continue
            if (tag != 8 and tag != 16 and tag != 24) or p >= stop:
                plain = False
                break
            byte = np.int64(data[p])
            p += 1
            value = byte & 0x7F
            shift = np.int64(7)
            while byte >= 0x80 and p < stop and shift < 64:
                byte = np.int64(data[p])
                p += 1
                value |= (byte & 0x7F) << shift
                shift += 7
            if byte >= 0x80:
                plain = False
                break
            if tag == 16:
                offset = value
            elif tag == 24:
                duration = value
            else:
                found = e_low + (value - first_event)
                if known or found < e_low or found >= e_high or event_keys[found] != value:
                    plain = False
                    break
                known = True
                action = np.int64(event_class[found])
                if action == 0:
                    break
        if plain and known:
            if action == 2 or (action == 1 and kept):
                out[0, row] = offset
                out[1, row] = duration
                out[2, row] = found
                row += 1
            continue
        verdict = read_event(
            data, start, stop, event_keys, event_class, e_low, e_high, default_class,
            stat_keys, stat_slot, stat_names, s_low, s_high, slot_type, slot_keeps, out, row,
        )  # fmt: skip
        if verdict == 1:
            row += 1
        elif verdict == -1:
            result[1] += 1
        elif verdict == -2:
            result[2] += 1
            result[3] = min(result[3], at)
    result[0] = row


@compiled(types.void(BYTES, R64_1, R64_1, I64_1, I64_1, types.uint64))
def intern(data, at, length, ids, first, seed):  # type: ignore[no-untyped-def]
    """Give equal strings equal ids, counting up in order of appearance; `first[id]` is a row that holds it. FNV-1a, open addressing.

    seed: unknown to who wrote the file, so that names cannot be made to collide.
    """
    count = at.shape[0]
    size = 16
    while size < 2 * count:
        size *= 2
    table = np.full(size, -1, np.int64)
    used = np.int64(0)
    for row in range(count):
        value = np.uint64(14695981039346656037) ^ seed
        for i in range(at[row], at[row] + length[row]):
            value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
        slot = np.int64((value ^ (value >> np.uint64(29))) & np.uint64(size - 1))
        while True:
            known = table[slot]
            if known < 0:
                table[slot] = used
                first[used] = row
                ids[row] = used
                used += 1
                break
            other = first[known]
            same = length[other] == length[row]
            if same:
                for i in range(length[row]):
                    if data[at[other] + i] != data[at[row] + i]:
                        same = False
                        break
            if same:
                ids[row] = known
                break
            slot = (slot + 1) & (size - 1)


@compiled(types.void(BYTES, R64_1, I64_1, I64_1))
def locate(data, codes, at, length):  # type: ignore[no-untyped-def]
    """Find the bytes of inline string values; length -1 where the value is a number."""
    for row in range(codes.shape[0]):
        code = codes[row] - INLINE
        _, start, end, _ = field(data, code >> 3, np.int64(data.shape[0]), 0)
        at[row] = start
        length[row] = end - start if (code & 7) == 5 or (code & 7) == 6 else -1


@compiled(types.void(BYTES, R64_1, R64_1, R64_1, U8_1))
def gather(data, at, length, offsets, blob):  # type: ignore[no-untyped-def]
    """Copy strings of the file one behind the other."""
    for row in range(at.shape[0]):
        for i in range(length[row]):
            blob[offsets[row] + i] = data[at[row] + i]


@compiled(i8(R64_1, U8_1))
def mark_references(codes, used):  # type: ignore[no-untyped-def]
    """Mark the rows that codes refer to; return how many codes are inline values."""
    inline = np.int64(0)
    for row in range(codes.shape[0]):
        code = codes[row]
        if code >= INLINE:
            inline += 1
        elif 0 <= code < used.shape[0]:
            used[code] = 1
    return inline


@compiled(types.void(R64_1, I32_1, I32_1, I32_1))
def translate(codes, rows, inline, out):  # type: ignore[no-untyped-def]
    """Turn codes into rows of the string table: `rows` for references, the next of `inline` for inline values, -1 for none."""
    following = 0
    for row in range(codes.shape[0]):
        code = codes[row]
        if code >= INLINE:
            out[row] = inline[following]
            following += 1
        elif 0 <= code < rows.shape[0]:
            out[row] = rows[code]
        else:
            out[row] = -1
