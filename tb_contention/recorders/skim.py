"""One file -> a sketch of each process in it, by the skim of its container. Every fault of the file raises TraceFileError."""

import hashlib
from dataclasses import replace

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.sketch import Sketch, sketch_of
from tb_contention.recorders.load import STILL_GROWING, load_parts, read_bytes
from tb_contention.units import U8

#: The sketches of one file, each with the part of the file that it is.
Sketches = tuple[tuple[CaptureFile, Sketch], ...]


def skim_parts(file: CaptureFile) -> Sketches:
    """Skim a file, once more if it changes meanwhile. Raises TraceFileError."""
    if file.container is not Container.XPLANE:
        return tuple((part, sketch_of(trace)) for part, trace in load_parts(file))
    for _ in range(2):
        data, before, after = read_bytes(file)
        try:
            sketch = _skim(data, file)
        except TraceFileError:
            if before == after:
                raise
            continue
        if sketch.complete or before == after:
            digest = hashlib.sha256(data.data).hexdigest()
            return ((file, replace(sketch, file_bytes=len(data), sha256=digest)),)
    raise TraceFileError(f"{file.relative}: {STILL_GROWING[0]}", slug="still-growing", advice=STILL_GROWING[1])


def _skim(data: U8, file: CaptureFile) -> Sketch:
    from tb_contention.recorders.xspace.decoding.skim import skim_xspace

    return skim_xspace(data, file=file.relative)
