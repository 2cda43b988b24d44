"""What a file is when it is no XSpace, or no longer one: said by name, with what to do."""

from tb_contention.errors import TraceFileError
from tb_contention.units import U8

_STARTS: "tuple[tuple[bytes, str, str, str], ...]" = (
    (b"version https://git-lfs", "git-lfs-pointer", "is a Git LFS pointer, not the file itself", "Run `git lfs pull`."),
    (b"\x1f\x8b", "gzip-file", "is gzip-compressed", "Decompress it: profilers write .xplane.pb files plain."),
    (b"<!DOCTYPE", "html-page", "is an HTML page, perhaps an error page", "Download the file itself."),
    (b"<!doctype", "html-page", "is an HTML page, perhaps an error page", "Download the file itself."),
    (b"<html", "html-page", "is an HTML page, perhaps an error page", "Download the file itself."),
    (b"{", "json-file", "is JSON", "Give it the name that its profiler gave it, such as .trace.json.gz."),
    (b"[", "json-file", "is JSON", "Give it the name that its profiler gave it, such as .trace.json.gz."),
)


def refuse_by_start(data: U8, file: str) -> None:
    """Raise TraceFileError for an empty file and for well-known other formats."""
    if len(data) == 0:
        raise TraceFileError(
            f"{file} is empty.", slug="empty-file", offset=0, advice="The profiler may still be writing; record again."
        )
    head = data[:64].tobytes()
    for start, slug, what, advice in _STARTS:
        if head.startswith(start):
            raise TraceFileError(f"{file} {what}.", slug=slug, advice=advice, offset=0)


def refuse_unreadable(data: U8, file: str, offset: int) -> None:
    """Raise TraceFileError for bytes in which no part of an XSpace was found."""
    if data[: 1 << 22].tobytes().count(b"\xef\xbf\xbd") * 100 > min(len(data), 1 << 22):
        raise TraceFileError(
            f"{file} is a binary file that was re-encoded as text: it is full of U+FFFD.",
            slug="text-reencoded",
            advice="Its contents are lost; get the original file.",
            offset=offset,
        )
    raise TraceFileError(
        f"{file} is not an XSpace: no plane can be read from it, reading stopped at byte {offset}.",
        slug="not-an-xspace",
        advice="Give the .xplane.pb file that the profiler wrote.",
        offset=offset,
    )
