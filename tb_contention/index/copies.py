"""Which captures are copies of one recording: the same bytes, or the same host, process and window."""

import re
from collections.abc import Hashable, Sequence

from tb_contention.model.capture import Sketched, host_of
from tb_contention.model.findings import Origin, Problem, Severity

#: What file managers and browsers add to the name of a copy.
_COPY = re.compile(r"(?:\(\d{1,3}\)|[ _-]copy(?:[ _-]?\d{1,3})?)(?=$|\.)", re.IGNORECASE)


def find_copies(captures: Sequence[Sketched]) -> dict[str, str]:
    """Return, for each capture that is a copy, the id of the one that is kept: one with a manifest, then one that is not called a copy,
    then the oldest file, then by name.
    """
    order = sorted(captures, key=_order)
    kept: dict[Hashable, str] = {}
    copies: dict[str, str] = {}
    for capture in order:
        marks = _marks(capture)
        original = next((kept[mark] for mark in marks if mark in kept), None)
        if original is not None:
            copies[capture.file.id] = original
        for mark in (*marks, *_bare(capture)):
            kept.setdefault(mark, original or capture.file.id)
    return copies


def _order(capture: Sketched) -> tuple[bool, bool, int, str, str]:
    file = capture.file
    called = _COPY.search(file.relative.rpartition("/")[2]) is not None
    return capture.manifest is None, called, file.mtime_ns, file.relative, file.id


def _marks(capture: Sketched) -> list[Hashable]:
    """List what no other recording can have in common with this one.

    Manifests that state different processes or clocks tell recordings apart even if their bytes are equal; a copy may lack its manifest.
    """
    sketch, clock, manifest = capture.sketch, capture.sketch.clock, capture.manifest
    marks: list[Hashable] = []
    if sketch.sha256 is not None:
        same = (sketch.sha256, capture.file.part)
        marks.append(same if manifest is None else (*same, manifest.host, manifest.process_id, manifest.origin_ns))
    stated = manifest.process_id if manifest is not None else None
    process = sketch.process_id if stated is None else stated
    if process is not None and clock.start_ns is not None and clock.stop_ns is not None:
        window = (clock.start_ns, clock.stop_ns, sketch.span, sketch.events_in_file)
        marks.append((host_of(capture), process, capture.file.part, *window))
    return marks


def _bare(capture: Sketched) -> list[Hashable]:
    """Return what a copy without its manifest is known by."""
    return [] if capture.sketch.sha256 is None else [(capture.sketch.sha256, capture.file.part)]


def copy_problem(copy: Sketched, original: str) -> Problem:
    """Say that a file is a copy and is left out."""
    return Problem(
        file=copy.file.relative, slug="copy", severity=Severity.INFO, origin=Origin.READING,
        message=f"{copy.file.relative}: a copy of {original}, so the recording is shown once.",
        advice="Nothing is lost. Remove the copy to silence this message.", affects_numbers=False,
    )  # fmt: skip
