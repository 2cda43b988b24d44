"""JSON text in compiled code: where values begin and end, and decimal numbers without rounding to floats. Nothing recurses.

Tolerates what known writers get wrong: missing or extra commas, NaN, backslashes that escape nothing. Never reads past `end`.
Every loop ends by a comparison, because LLVM compiled `while True` with a `break` around these calls to an endless loop.
"""

import numpy as np
from numba import types

from tb_contention._compiled import compiled, inner
from tb_contention.recorders.common.array_types import BYTES, PAIR, R64_1, i8

#: A value that is absent or not a number.
NONE = -(1 << 63)
QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COLON = 34, 92, 123, 125, 91, 93, 58
_MOST_DIGITS = 18


@compiled(i8(BYTES, i8, i8))
def skip_blank(text, at, end):
    """Skip white space and commas."""
    while at < end and (text[at] == 32 or text[at] == 10 or text[at] == 13 or text[at] == 9 or text[at] == 44):
        at += 1
    return at


@inner(i8(BYTES, i8, i8))
def skip_string(text, at, end):
    """Skip the string whose opening quote is at `at`; -1 if it does not end."""
    at += 1
    while at < end:
        byte = text[at]
        if byte == BACKSLASH:
            at += 2
            continue
        at += 1
        if byte == QUOTE:
            return at
    return np.int64(-1)


@inner(i8(BYTES, i8, i8))
def skip_value(text, at, end):
    """Skip any value; -1 if the text ends first."""
    if at >= end:
        return np.int64(-1)
    if text[at] == QUOTE:
        return skip_string(text, at, end)
    if text[at] != OPEN and text[at] != OPEN_LIST:
        start = at
        while at < end:
            byte = text[at]
            if byte <= 32 or byte == 44 or byte in (CLOSE, CLOSE_LIST):
                return at if at > start else at + 1
            at += 1
        return np.int64(-1)
    depth = 0
    while at < end:
        byte = text[at]
        if byte == QUOTE:
            at = skip_string(text, at, end)
            if at < 0:
                return at
            continue
        at += 1
        if byte in (OPEN, OPEN_LIST):
            depth += 1
        elif byte in (CLOSE, CLOSE_LIST):
            depth -= 1
            if depth == 0:
                return at
    return np.int64(-1)


@inner(i8(BYTES, i8, i8, BYTES, R64_1))
def which(text, at, end, words, offsets):
    """Return the index of the word that equals [at, end), -1 if none does."""
    for word in range(offsets.shape[0] - 1):
        first = offsets[word]
        if offsets[word + 1] - first != end - at:
            continue
        same = True
        for i in range(end - at):
            if words[first + i] != text[at + i]:
                same = False
                break
        if same:
            return np.int64(word)
    return np.int64(-1)


@compiled(types.UniTuple(i8, 4)(BYTES, i8, i8))
def member(text, at, end):
    """Read the next member of an object: (begin and end of its key without quotes, begin and end of its value).

    At the object's end the first is -1 and the second the position after it; if the text ends first, both are -1.
    """
    at = skip_blank(text, at, end)
    while at < end and text[at] != CLOSE:
        if text[at] != QUOTE:
            at = skip_blank(text, at + 1, end)  # not a key: skip bad text byte by byte
            continue
        key_end = skip_string(text, at, end)
        if key_end < 0:
            return np.int64(-1), np.int64(-1), np.int64(0), np.int64(0)
        value = skip_blank(text, key_end, end)
        if value < end and text[value] == COLON:
            value = skip_blank(text, value + 1, end)
            value_end = skip_value(text, value, end)
            if value_end < 0:
                return np.int64(-1), np.int64(-1), np.int64(0), np.int64(0)
            return at + 1, key_end - 1, value, value_end
        at = value
    if at < end:
        return np.int64(-1), at + 1, np.int64(0), np.int64(0)
    return np.int64(-1), np.int64(-1), np.int64(0), np.int64(0)


@inner(i8(BYTES, i8, i8))
def exponent(text, at, end):
    """Read the power of ten after an `e`; 99 if it is invalid or larger than any time has."""
    negative = at < end and text[at] == 45
    if negative or (at < end and text[at] == 43):
        at += 1
    value, digits = np.int64(0), 0
    while at < end and digits < 4:
        if not (48 <= text[at] <= 57):
            return np.int64(99)
        value, digits, at = value * 10 + (np.int64(text[at]) - 48), digits + 1, at + 1
    if digits == 0 or value > 40:
        return np.int64(99)
    return -value if negative else value


@inner(PAIR(BYTES, i8, i8))
def decimal(text, at, end):
    """Read a number, quoted or not, as (whole part, millionths), both signed; NONE if it is not a number."""
    if end - at > 2 and text[at] == QUOTE:
        at, end = at + 1, end - 1
    negative = at < end and text[at] == 45
    if negative or (at < end and text[at] == 43):
        at += 1
    whole, part, digits, places, power = np.int64(0), np.int64(0), 0, -1, 0
    while at < end:
        byte = np.int64(text[at])
        if 48 <= byte <= 57:
            if places < 0:
                digits += 1
                if digits > _MOST_DIGITS:
                    return np.int64(NONE), np.int64(0)
                whole = whole * 10 + (byte - 48)
            elif places < 6:
                part = part * 10 + (byte - 48)
                places += 1
        elif byte == 46 and places < 0:
            places = 0
        elif (byte == 101 or byte == 69) and digits > 0:
            power = exponent(text, at + 1, end)
            if power == 99:
                return np.int64(NONE), np.int64(0)
            at = end
        else:
            return np.int64(NONE), np.int64(0)
        at += 1
    if digits == 0 and places <= 0:
        return np.int64(NONE), np.int64(0)
    for _ in range(6 - max(places, 0)):
        part *= 10
    for _ in range(power):  # 1.7e15 has its digits behind the point
        if whole > 100_000_000_000_000_000:
            return np.int64(NONE), np.int64(0)
        part *= 10
        whole = whole * 10 + part // 1_000_000
        part = part % 1_000_000
    for _ in range(-power):
        part = (part + whole % 10 * 1_000_000) // 10
        whole //= 10
    return (-whole, -part) if negative else (whole, part)
