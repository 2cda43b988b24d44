"""Short varints in compiled code, decoded from eight bytes at once: a dozen operations instead of a branch per byte."""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from tb_contention._compiled import inner
from tb_contention.recorders.common.array_types import BYTES, PAIR, i8
from tb_contention.recorders.xspace.decoding.wire import varint

u8 = types.uint64
#: Bytes that `word` reads from a position on.
WORD = 8
_ALL, _MORE, _SEVEN = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(0x8080808080808080), np.uint64(0x7F7F7F7F7F7F7F7F)
_EVEN_1, _ODD_1 = np.uint64(0x007F007F007F007F), np.uint64(0x3F803F803F803F80)
_EVEN_2, _ODD_2 = np.uint64(0x00003FFF00003FFF), np.uint64(0x0FFFC0000FFFC000)
_EVEN_4, _ODD_4 = np.uint64(0x000000000FFFFFFF), np.uint64(0x00FFFFFFF0000000)
_1, _2, _4, _8 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(8)


@intrinsic
def word(_: Any, data: Any, pos: Any) -> Any:
    """Load eight bytes from a position on, little-endian, at any alignment. The caller ensures that they exist."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()), align=1)

    return u8(data, pos), generate


@intrinsic
def byte(_: Any, data: Any, pos: Any) -> Any:
    """Load the byte at a non-negative position, without numba's test for negative indices."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.zext(builder.load(builder.gep(array.data, [arguments[1]])), ir.IntType(64))

    return i8(data, pos), generate


@intrinsic
def fetch(_: Any, data: Any, pos: Any) -> Any:
    """Prefetch the cache line of a position, which may lie beyond the end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [pointer, i32, i32, i32])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [pointer], form)
        to_read, to_all_caches, of_data = i32(0), i32(3), i32(1)
        builder.call(prefetch, [builder.gep(array.data, [arguments[1]]), to_read, to_all_caches, of_data])
        return context.get_dummy_value()

    return types.void(data, pos), generate


@intrinsic
def low_zeros(_: Any, value: Any) -> Any:
    """Count the zero bits below the lowest one bit."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return i8(value), generate


@intrinsic
def real_of(_: Any, bits: Any) -> Any:
    """Reinterpret the bits of an integer as a double."""
    return types.float64(bits), lambda _context, builder, _signature, arguments: builder.bitcast(
        arguments[0], ir.DoubleType()
    )


@intrinsic
def bits_of(_: Any, real: Any) -> Any:
    """Reinterpret the bits of a double as an integer."""
    return i8(real), lambda _context, builder, _signature, arguments: builder.bitcast(arguments[0], ir.IntType(64))


@inner(i8(u8), forceinline=True)
def septets(letters):
    """Join the seven low bits of each byte."""
    letters = letters & _SEVEN
    letters = (letters & _EVEN_1) | ((letters >> _1) & _ODD_1)
    letters = (letters & _EVEN_2) | ((letters >> _2) & _ODD_2)
    return np.int64((letters & _EVEN_4) | ((letters >> _4) & _ODD_4))


@inner(PAIR(BYTES, i8, i8), forceinline=True)
def next_number(data, pos, end):
    """Read the varint at a position with a word after it: (value, next position), the position -1 as in `varint`."""
    letters = word(data, pos)
    ends = ~letters & _MORE
    if ends == 0:
        return varint(data, pos, end)
    bits = low_zeros(ends) + 1
    after = pos + (bits >> 3)
    if after > end:
        return np.int64(0), np.int64(-1)
    return septets(letters & (_ALL >> np.uint64(64 - bits))), after


@inner(PAIR(BYTES, i8, i8), forceinline=True)
def whole_number(data, pos, end):
    """Read the varint that fills all bytes from a position to `end`: (value, 1), or (0, 0) if it ends elsewhere."""
    size = end - pos
    if size > WORD or size < 1:
        value, after = varint(data, pos, end)
        return value, np.int64(after == end)
    kept = _ALL >> np.uint64(64 - 8 * size)
    letters = word(data, pos) & kept
    if letters & _MORE != _MORE & (kept >> _8):
        return np.int64(0), np.int64(0)
    return septets(letters), np.int64(1)
