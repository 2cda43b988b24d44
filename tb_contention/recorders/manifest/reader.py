"""`tb_contention.json` beside the traces -> what it says of one session. The format is in MANIFEST.md."""

import json
import os
from dataclasses import replace

from tb_contention.errors import ManifestError
from tb_contention.model.capture import CaptureFile
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.manifest import ManifestSession
from tb_contention.recorders.manifest.fields import object_of, session_of

FORMAT_VERSION = 1
MAX_BYTES = 1 << 20


def read_manifest(file: CaptureFile) -> tuple[ManifestSession | None, tuple[Problem, ...]]:
    """Read what the manifest in a file's directory says of it; a manifest that is not usable is a problem, and ignored."""
    if file.manifest is None:
        return None, ()
    try:
        text = _text(file.manifest)
        if not file.part:
            return parse_manifest(text, os.path.basename(file.path), file.host), ()
        return _of_part(text, file), ()
    except ManifestError as error:
        place = f"{file.relative.rpartition('/')[0]}/tb_contention.json"
        return None, (
            Problem(
                file=file.relative, slug="bad-manifest", severity=Severity.WARNING, origin=Origin.READING,
                message=f"{place}: {error.message}", advice="Correct it, or remove it.",
            ),
        )  # fmt: skip


def _of_part(text: bytes, file: CaptureFile) -> ManifestSession | None:
    """Find what is said of one process of a file: `FILE/PART`, or what holds for the whole file, which names no single process."""
    part = parse_manifest(
        text, f"{os.path.basename(file.path)}/{file.part}", f"{file.host}/{file.part}", any_file=False
    )
    whole = parse_manifest(text, os.path.basename(file.path), file.host)
    return part or (None if whole is None else replace(whole, name=None, process_id=None))


def _text(path: str) -> bytes:
    try:
        if "://" in path:
            from tb_contention.recorders.common.remote import read_small

            return read_small(path, MAX_BYTES + 1)
        if not os.path.isfile(path):
            raise ManifestError("it is not a regular file.", slug="bad-manifest")
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"it cannot be read ({error.strerror}).", slug="bad-manifest") from None


def parse_manifest(data: bytes, file_name: str, host: str, *, any_file: bool = True) -> ManifestSession | None:
    """Find the entry for a file by its name, by its host part, or `*`; None when there is none. Raises ManifestError."""
    if len(data) > MAX_BYTES:
        raise ManifestError("it is larger than 1 MB.", slug="bad-manifest")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ManifestError("it is not valid JSON.", slug="bad-manifest") from None
    document = object_of(document, "the document")
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise ManifestError(
            f"its format_version is {version!r}; this version reads {FORMAT_VERSION}.", slug="bad-manifest"
        )
    sessions = object_of(document.get("sessions", {}), "sessions")
    for key in (file_name, host, *(("*",) if any_file else ())):
        if key in sessions:
            return session_of(object_of(sessions[key], f"sessions[{key!r}]"))
    return None
