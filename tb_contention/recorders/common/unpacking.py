"""Gzip with a limit: a short file that claims implausibly much text is refused before it fills the memory."""

import zlib

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN

#: Traces compress 10 to 30 times, so a file beyond this ratio is a bomb. LEAST_TEXT is allowed to files of any size.
MAX_RATIO = 100
LEAST_TEXT = 8 << 20


def unpack(data: bytes | memoryview, file: str, most: int) -> tuple[bytes, bool]:
    """Unpack up to `most` bytes of gzip; return the text and whether the file is complete. Raises TraceFileError."""
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
