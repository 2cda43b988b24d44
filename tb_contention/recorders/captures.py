"""One file -> its captures, or the problem that explains why it cannot be read."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import Capture, CaptureFile, DecodedFile, Sketched
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.trace import Trace
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.manifest.reader import read_manifest

#: A trace, or a sketch of one.
Held = TypeVar("Held")
#: Files that are whole and no trace: nothing is wrong with them.
_NO_TRACE = frozenset({"not-nsight", "no-gpu-work"})


def read_captures(
    file: CaptureFile,
    decode: Callable[[CaptureFile], tuple[tuple[CaptureFile, Trace], ...]] = load_parts,
    faults: Faults | None = None,
) -> DecodedFile:
    """Decode one file and read the manifest beside it; a file can hold several processes."""
    on = (faults or Faults()).on(file.relative, file=file.relative)
    parts = _parts(file, "Decoding", decode, on)
    if isinstance(parts, Problem):
        return DecodedFile(problems=(parts,))
    manifests, problems = _manifests(file, [part for part, _ in parts], on)
    captures = [
        Capture(file=part, trace=trace, manifest=manifest)
        for (part, trace), manifest in zip(parts, manifests, strict=True)
    ]
    return DecodedFile(captures=tuple(captures), problems=problems)


def sketch_captures(
    file: CaptureFile, faults: Faults | None = None
) -> tuple[tuple[Sketched, ...], tuple[Problem, ...]]:
    """Skim one file and read the manifest beside it; return its captures, and the problems of reading it."""
    from tb_contention.recorders.skim import skim_parts

    on = (faults or Faults()).on(file.relative, file=file.relative)
    parts = _parts(file, "Skimming", skim_parts, on)
    if isinstance(parts, Problem):
        return (), (parts,)
    manifests, problems = _manifests(file, [part for part, _ in parts], on)
    sketched = [Sketched(file=p, sketch=s, manifest=m) for (p, s), m in zip(parts, manifests, strict=True)]
    return tuple(sketched), problems


def _parts(
    file: CaptureFile, part: str, read: Callable[[CaptureFile], tuple[tuple[CaptureFile, Held], ...]], on: Faults
) -> tuple[tuple[CaptureFile, Held], ...] | Problem:
    try:
        return on.attempt(part, lambda: read(file), lambda problem: problem)
    except TraceFileError as error:
        return _refusal(file, error)


def _manifests(
    file: CaptureFile, parts: list[CaptureFile], on: Faults
) -> tuple[Sequence[ManifestSession | None], tuple[Problem, ...]]:
    return on.attempt(
        "Reading the manifest", lambda: read_manifest(file, parts), lambda problem: ([None] * len(parts), (problem,))
    )


def _refusal(file: CaptureFile, error: TraceFileError) -> Problem:
    return Problem(
        file=file.relative,
        slug=error.slug,
        severity=Severity.INFO if error.slug in _NO_TRACE else Severity.ERROR,
        origin=Origin.READING,
        message=error.message,
        advice=error.advice,
        offset=error.offset,
    )
