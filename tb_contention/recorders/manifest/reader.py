"""`tb_contention.json` beside the traces -> what it states about each session. MANIFEST.md describes the format."""

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tb_contention.errors import ManifestError
from tb_contention.model.capture import CaptureFile
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.manifest import ManifestSession
from tb_contention.recorders.common.naming import MANIFEST_NAME
from tb_contention.recorders.manifest.fields import object_of, session_of

FORMAT_VERSION = 1
MAX_BYTES = 1 << 20


def read_manifest(
    file: CaptureFile, parts: Sequence[CaptureFile]
) -> tuple[tuple[ManifestSession | None, ...], tuple[Problem, ...]]:
    """Read the manifest beside a file and return its statement about each part; an unusable statement becomes a problem."""
    if file.manifest is None:
        return (None,) * len(parts), ()
    try:
        sessions = parse_sessions(_content(file.manifest))
    except ManifestError as error:
        return (None,) * len(parts), (_problem(file, error),)
    stated = [_checked(sessions, file, part) for part in parts]
    problems = dict.fromkeys(problem for _, problem in stated if problem is not None)
    return tuple(session for session, _ in stated), tuple(problems)


def _checked(
    sessions: Mapping[str, Any], file: CaptureFile, part: CaptureFile
) -> tuple[ManifestSession | None, Problem | None]:
    try:
        return _session_of_part(sessions, part), None
    except ManifestError as error:
        return None, _problem(file, error)


def _problem(file: CaptureFile, error: ManifestError) -> Problem:
    place = file.relative[: file.relative.rfind("/") + 1] + MANIFEST_NAME
    return Problem(
        file=file.relative, slug="bad-manifest", severity=Severity.WARNING, origin=Origin.READING,
        message=f"{place} is ignored for this file: {error.message}",
        advice="Correct the manifest as MANIFEST.md describes it, or remove it.",
    )  # fmt: skip


def _session_of_part(sessions: Mapping[str, Any], file: CaptureFile) -> ManifestSession | None:
    """Find the entry of one process, `FILE/PART`, or else that of the whole file, which names no single process."""
    name = os.path.basename(file.path)
    if not file.part:
        return find_session(sessions, name, file.host)
    part = find_session(sessions, f"{name}/{file.part}", f"{file.host}/{file.part}", wildcard=False)
    whole = None if part else find_session(sessions, name, file.host)
    return part or (None if whole is None else replace(whole, name=None, process_id=None))


def _content(path: str) -> bytes:
    try:
        if "://" in path:
            from tb_contention.recorders.common.remote import read_small

            return read_small(path, MAX_BYTES + 1)
        # Opened before it is looked at: what stands there may be replaced by a pipe meanwhile.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ManifestError("it is not a regular file.", slug="bad-manifest")
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"it cannot be read ({error.strerror or error}).", slug="bad-manifest") from None


def parse_sessions(data: bytes) -> Mapping[str, Any]:
    """Parse a manifest and return its `sessions`, which are not checked yet. Raises ManifestError."""
    if len(data) > MAX_BYTES:
        raise ManifestError("it is larger than 1 MiB.", slug="bad-manifest")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ManifestError("it is not valid JSON.", slug="bad-manifest") from None
    document = object_of(document, "the document")
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise ManifestError(
            f"its format_version is {version!r}, but this release reads only {FORMAT_VERSION}.", slug="bad-manifest"
        )
    return object_of(document.get("sessions", {}), "sessions")


def find_session(
    sessions: Mapping[str, Any], file_name: str, host: str, *, wildcard: bool = True
) -> ManifestSession | None:
    """Find and check the entry of a file by its name, by its host part, or as `*`. Raises ManifestError."""
    for key in (file_name, host, *(("*",) if wildcard else ())):
        if key in sessions:
            return session_of(object_of(sessions[key], f"sessions[{key!r}]"))
    return None
