"""One file -> its captures, or the problem that explains why it cannot be read."""

from collections.abc import Callable

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import Capture, CaptureFile, DecodedFile, Sketched
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Trace
from tb_contention.recorders.load import load_parts
from tb_contention.recorders.manifest.reader import read_manifest

#: Files that are whole and no trace: nothing is wrong with them.
_NO_TRACE = frozenset({"not-nsight", "no-gpu-work"})


def read_captures(
    file: CaptureFile, decode: Callable[[CaptureFile], tuple[tuple[CaptureFile, Trace], ...]] = load_parts
) -> DecodedFile:
    """Decode one file and read the manifest beside it; a file can hold several processes."""
    try:
        parts = decode(file)
    except TraceFileError as error:
        return DecodedFile(problems=(_refusal(file, error),))
    manifests, problems = read_manifest(file, [part for part, _ in parts])
    captures = [
        Capture(file=part, trace=trace, manifest=manifest)
        for (part, trace), manifest in zip(parts, manifests, strict=True)
    ]
    return DecodedFile(captures=tuple(captures), problems=problems)


def sketch_captures(file: CaptureFile) -> tuple[tuple[Sketched, ...], tuple[Problem, ...]]:
    """Skim one file and read the manifest beside it; return its captures, and the problems of reading it."""
    from tb_contention.recorders.skim import skim_parts

    try:
        parts = skim_parts(file)
    except TraceFileError as error:
        return (), (_refusal(file, error),)
    manifests, problems = read_manifest(file, [part for part, _ in parts])
    sketched = [Sketched(file=p, sketch=s, manifest=m) for (p, s), m in zip(parts, manifests, strict=True)]
    return tuple(sketched), problems


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
