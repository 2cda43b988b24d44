"""One file -> a sketch of each process in it, by the skim of its container. Every fault of the file raises TraceFileError."""

from dataclasses import replace

from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.sketch import Sketch, sketch_of
from tb_contention.recorders.load import load_trace, read_export, read_whole
from tb_contention.units import U8

#: The sketches of one file, each with the part of the file that it is.
Sketches = tuple[tuple[CaptureFile, Sketch], ...]


def skim_parts(file: CaptureFile) -> Sketches:
    """Skim a file into one sketch per process in it. Raises TraceFileError."""
    if file.container is Container.NSIGHT:
        from tb_contention.recorders.nsight.skim import skim_nsight

        parts, size, sha256 = read_export(file, skim_nsight)
        return tuple((replace(file, part=p), replace(s, file_bytes=size, sha256=sha256)) for p, s in parts)
    if file.container in (Container.TRACE_JSON, Container.TRACE_PROTO):  # of old releases, and small
        return ((file, sketch_of(load_trace(file))),)
    return ((file, read_whole(file, lambda data: _skim(data, file))),)


def _skim(data: U8, file: CaptureFile) -> Sketch:
    if file.container is Container.XPLANE:
        from tb_contention.recorders.xspace.decoding.skim import skim_xspace

        return skim_xspace(data, file=file.relative)
    from tb_contention.recorders.kineto.skim import skim_kineto

    return skim_kineto(data, file=file.relative)
