"""A Riegeli/records file, as continuous profiling writes XSpaces -> the bytes of one XSpace.

https://github.com/google/riegeli/blob/master/doc/riegeli_records_file_format.md: every 64 KiB a header of a block interrupts whatever is
there; between these headers lie chunks, of a header, data and padding. A profiler appends a record whenever it collects, packed with
Brotli. Each record is an XSpace, and messages that follow one another are one message with the fields of all: planes of one name are
joined later. Checksums are not compared: sizes must fit, and packed data that is damaged does not unpack.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.unpacking import LEAST_TEXT, MAX_RATIO
from tb_contention.units import U8

_BLOCK, _BLOCK_HEADER, _CHUNK_HEADER = 1 << 16, 24, 40
_USABLE = _BLOCK - _BLOCK_HEADER
_SIGNATURE, _METADATA, _PADDING, _SIMPLE, _TRANSPOSED = b"smprt"
_BROTLI, _ZSTD = b"bz"
_EXTRA = 'Install what unpacks it: pip install "tb_contention[riegeli]"'
#: Reading them needs a decoder of several hundred lines and a file to try it on; only a program that chose the option makes one.
_UNTRANSPOSED = (
    "Leave the option 'transpose' out where the file is written. To convert this one, copy its records with Riegeli's own Python package: "
    "riegeli.RecordWriter(open(TARGET, 'wb'), options='brotli') writes what riegeli.RecordReader(open(FILE, 'rb')).read_records() yields, "
    "with write_record for each."
)
_MOST = (1 << 31) - 1
#: What a file begins with behind the header of its first block: a chunk of the kind `s`, without data.
_FIRST_CHUNK = bytes.fromhex("91bac23c9287e1a9 0000000000000000 e19f13c0e9b1c372 7300000000000000 0000000000000000")


class _Chunk(NamedTuple):
    kind: int
    records: int
    decoded: int
    data: memoryview


def xspace_of(data: U8, file: str) -> tuple[U8, bool]:
    """Return the records behind one another, and whether the file is whole. Raises TraceFileError where not one can be read."""
    if bytes(data[_BLOCK_HEADER:64]) != _FIRST_CHUNK:
        raise TraceFileError(
            f"{file}: the file is not a Riegeli file, or its beginning is damaged.",
            slug="bad-riegeli",
            advice=COPY_AGAIN,
            offset=0,
        )
    limit = min(_MOST, max(LEAST_TEXT, MAX_RATIO * len(data)))
    found: list[bytes] = []
    taken, whole = 0, True
    for chunk in _chunks(data):
        if chunk is None:
            whole = False
        elif chunk.kind == _TRANSPOSED:
            raise TraceFileError(
                f"{file}: the records of this Riegeli file are transposed, which is not read; profilers write them one by one.",
                slug="riegeli-unsupported",
                advice=_UNTRANSPOSED,
            )
        elif chunk.kind == _SIMPLE:
            taken += chunk.decoded
            if taken > limit:
                raise TraceFileError(
                    f"{file}: the file unpacks to more than {limit >> 20} MiB, which no profiler packs into a file of this size.",
                    slug="too-large",
                    advice=COPY_AGAIN,
                )
            records = _records(chunk, file)
            whole &= records is not None
            found += [] if records is None else [records]
    if not found and not whole:
        raise TraceFileError(
            f"{file}: not one record of the file is whole.", slug="bad-riegeli", advice=COPY_AGAIN, offset=0
        )
    return np.frombuffer(b"".join(found), np.uint8), whole


def _chunks(data: U8) -> Iterator[_Chunk | None]:
    """Find the chunks one after the other; None for one that is cut or impossible, behind which none is looked for."""
    text = _without_blocks(data)
    begin = 0
    while (at := _behind_blocks(begin)) < len(text):
        header = text[at : at + _CHUNK_HEADER]
        if not any(header):  # what a file system leaves behind a recorder that died
            return
        size, decoded = (int.from_bytes(header[k : k + 8], "little") for k in (8, 32))
        kind, records = (header[24] if len(header) > 24 else 0), int.from_bytes(header[25:32], "little")
        known = kind in (_SIGNATURE, _METADATA, _PADDING, _SIMPLE, _TRANSPOSED)
        if len(header) < _CHUNK_HEADER or not known or size > len(text) - at - _CHUNK_HEADER or records > len(data):
            yield None
            return
        start = at + _CHUNK_HEADER
        yield _Chunk(kind, records, decoded, text[start : start + size])
        begin = max(_with_blocks(begin, _CHUNK_HEADER + size), _possible(begin + records))


def _without_blocks(data: U8) -> memoryview:
    """Return the bytes without the headers of blocks."""
    full = len(data) // _BLOCK
    inside = data[: full * _BLOCK].reshape(full, _BLOCK)[:, _BLOCK_HEADER:].reshape(-1)
    return memoryview(np.concatenate([inside, data[full * _BLOCK + _BLOCK_HEADER :]]).tobytes())


def _behind_blocks(position: int) -> int:
    """Return where a position of the file is without the headers of blocks."""
    block, inside = divmod(position, _BLOCK)
    return block * _USABLE + max(0, inside - _BLOCK_HEADER)


def _with_blocks(begin: int, size: int) -> int:
    """Return where a chunk of this size ends that begins there; headers of blocks interrupt it."""
    return begin + size + (size + (begin + _USABLE - 1) % _BLOCK) // _USABLE * _BLOCK_HEADER


def _possible(position: int) -> int:
    """Return the first position from there on at which a chunk may begin."""
    left = _BLOCK - 1 - (position + _BLOCK - 1) % _BLOCK
    return position + max(0, left - (_USABLE - 1))


def _records(chunk: _Chunk, file: str) -> bytes | None:
    """Unpack the records of a chunk; None where it is damaged."""
    if not chunk.data:
        return None
    packing = chunk.data[0]
    length, at = _varint(chunk.data, 1)
    if at < 0 or length > len(chunk.data) - at:
        return None
    return _unpacked(chunk.data[at + length :], packing, chunk.decoded, file)


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Read a number; return it and the position behind it, -1 if there is none."""
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
    return 0, -1


def _unpacked(data: memoryview, packing: int, size: int, file: str) -> bytes | None:
    """Unpack what must have this size; None where it has not."""
    if packing == 0:
        return bytes(data) if len(data) == size else None
    stated, at = _varint(data, 0)
    if at < 0 or stated != size or packing not in (_BROTLI, _ZSTD):
        return None
    unpack = _brotli if packing == _BROTLI else _zstd
    try:
        made = unpack(data[at:], size)
    except ImportError:
        name = "Brotli" if packing == _BROTLI else "Zstandard"
        raise TraceFileError(
            f"{file}: the file is packed with {name}, and nothing that unpacks it is installed.",
            slug="riegeli-unsupported",
            advice=_EXTRA,
        ) from None
    except TraceFileError:
        raise
    except Exception:  # each package has its own
        return None
    return made if len(made) == size else None


def _brotli(data: memoryview, size: int) -> bytes:
    import brotli

    reader: Any = brotli.Decompressor()
    parts = [reader.process(bytes(data), output_buffer_limit=size + 1)]
    made = len(parts[0])
    while made <= size and not reader.is_finished():
        more = reader.process(b"", output_buffer_limit=size + 1 - made)
        if not more:
            break
        parts.append(more)
        made += len(more)
    return b"".join(parts)


def _zstd(data: memoryview, size: int) -> bytes:
    reader: Any
    try:
        from compression import zstd  # Python 3.14

        reader = zstd.ZstdDecompressor()
    except ImportError:
        from backports import zstd as backport

        reader = backport.ZstdDecompressor()
    made: bytes = reader.decompress(bytes(data), size + 1)
    return made
