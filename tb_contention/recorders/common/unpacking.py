"""Gzip with a limit: what a short file cannot honestly hold is refused before it is unpacked."""

import zlib

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN

#: Traces compress 10 to 30 times. A short file that holds more than this is a bomb; the least is for files of a few hundred bytes.
MAX_RATIO = 100
LEAST_TEXT = 8 << 20


def unpack(data: bytes | memoryview, file: str, most: int) -> tuple[bytes, bool]:
    """Unpack gzip, up to `most` bytes; -> the text, and whether the file is whole. Raises TraceFileError."""
    if not len(data):
        raise TraceFileError(f"{file}: the file is empty.", slug="empty-file", advice=COPY_AGAIN, offset=0)
    limit = min(most, max(LEAST_TEXT, MAX_RATIO * len(data)))
    reader = zlib.decompressobj(wbits=31)
    try:
        text = reader.decompress(data, limit)
    except zlib.error:
        raise TraceFileError(
            f"{file}: the file is not gzip-compressed, or it is damaged.", slug="bad-gzip", advice=COPY_AGAIN, offset=0
        ) from None
    if reader.unconsumed_tail:
        raise TraceFileError(
            f"{file}: the file unpacks to more than {limit >> 20} MiB, which no profiler packs into a file of this size.",
            slug="too-large",
            advice=COPY_AGAIN,
        )
    return text, reader.eof
