"""One file -> a sketch of each process in it, by the skim of its container. Every fault of the file raises TraceFileError."""

from dataclasses import replace

from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.sketch import MOST_PROBLEMS, Sketch, sketch_of
from tb_contention.recorders.load import Parts, load_parts, message_of, read_export, read_whole
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
        return tuple((part, sketch_of(trace)) for part, trace in load_parts(file))
    found = read_whole(file, lambda data: _skim(data, file))
    return tuple((replace(file, part=part), sketch) for part, sketch in found)


def _skim(data: U8, file: CaptureFile) -> Parts[Sketch]:
    if file.container in (Container.XPLANE, Container.RIEGELI):
        from tb_contention.recorders.xspace.decoding.skim import skim_xspace

        message, lost = message_of(data, file)
        sketch = skim_xspace(message, file=file.relative, steps=file.steps)
        problems = (*lost, *sketch.problems)[:MOST_PROBLEMS]
        return (("", replace(sketch, complete=sketch.complete and not lost, problems=problems)),)
    from tb_contention.recorders.kineto.skim import skim_ranks

    return skim_ranks(data, file=file.relative, steps=file.steps)
