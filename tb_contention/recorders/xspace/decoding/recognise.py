"""Recognise, by its first bytes, a file that is named like an XSpace but is something else."""

from tb_contention.errors import TraceFileError
from tb_contention.units import U8

_AGAIN = "Record the trace again, or copy the original file in binary mode."


def refuse_what_is_no_xspace(data: U8, file: str) -> None:
    """Raise TraceFileError, naming what the file is, if it is not an XSpace."""
    head = data[:4096].tobytes()
    if not head:
        raise TraceFileError(
            f"{file}: the file is empty.",
            slug="empty-file",
            advice="The profiler did not finish writing it. " + _AGAIN,
            offset=0,
        )
    for prefix, slug, what, advice in (
        (
            b"version https://git-lfs",
            "git-lfs-pointer",
            "the file is a Git LFS pointer, not the trace itself",
            "Run `git lfs pull`.",
        ),
        (b"\x1f\x8b", "gzip-file", "the file is gzip-compressed", "Decompress it with gunzip first."),
        (b"\x7fELF", "not-an-xspace", "the file is an executable program", _AGAIN),
    ):
        if head.startswith(prefix):
            raise TraceFileError(f"{file}: {what}.", slug=slug, advice=advice, offset=0)
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise TraceFileError(
            f"{file}: the file is an HTML page, probably from a failed download.",
            slug="html-page",
            advice="Download it again.",
            offset=0,
        )
    # Without skipping blanks: an XSpace begins with 0x0a, a line feed, and "{" may be the length of its first plane.
    if head[:1] in (b"{", b"["):
        raise TraceFileError(f"{file}: the file is JSON, not an XSpace.", slug="json-file", advice=_AGAIN, offset=0)
    if head.count(b"\xef\xbf\xbd") * 3 > len(head) // 50 and len(head) > 30:
        raise TraceFileError(
            f"{file}: the file was re-encoded as text, which destroyed its content (it is full of U+FFFD characters).",
            slug="text-reencoded",
            advice="Get the original file and copy it in binary mode.",
            offset=head.find(b"\xef\xbf\xbd"),
        )
