"""What is known of a file before its events are read: that it is an XSpace, where its time begins, and what the profiler says."""

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.plausible import Most, refuse_beyond
from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.lines import ABSOLUTE_NS
from tb_contention.recorders.xspace.decoding.planes import Planes, read_planes
from tb_contention.recorders.xspace.decoding.recognise import refuse_what_is_no_xspace
from tb_contention.recorders.xspace.decoding.structure import Structure, find_structure, text
from tb_contention.units import I64, U8

MAX_MESSAGE = 2000
#: The analysis takes 300 bytes per kernel. Real files have a device event per 46 bytes of its lines at the most.
_MOST_WORK = Most("device events", 1 << 19, 24)


def structure_of(data: bytes | memoryview | U8, file: str) -> tuple[U8, Structure]:
    """Return a file's bytes as read-only array, and where everything is in it. Raises TraceFileError if it is no XSpace,
    or holds more than its size can."""
    raw = np.frombuffer(data, np.uint8)
    raw.flags.writeable = False
    refuse_what_is_no_xspace(raw, file)
    structure = find_structure(raw, file)
    if not len(structure.planes):
        raise TraceFileError(
            f"{file}: the file holds no plane, so it is not an XSpace (reading stopped at byte {structure.bad_at or 0}).",
            slug="not-an-xspace",
            advice=COPY_AGAIN,
            offset=structure.bad_at or 0,
        )
    return raw, structure


def planes_of(raw: U8, structure: Structure, file: str) -> Planes:
    """Classify the planes of a file, and find its origin. Raises TraceFileError if the lines of devices hold more than they can."""
    planes = read_planes(raw, structure)
    planes.start_ns = origin_of(structure, planes)
    work = structure.lines[[line for lines in planes.device_lines for line in lines]]
    events, size = (
        work[:, skeleton.LINE_EVENTS].sum(),
        (work[:, skeleton.LINE_END] - work[:, skeleton.LINE_START]).sum(),
    )
    refuse_beyond(_MOST_WORK, int(events), int(size), file)
    return planes


def origin_of(structure: Structure, planes: Planes) -> int | None:
    """Return the start of the session; without one, the earliest line that counts in Unix time."""
    if planes.start_ns is not None:
        return planes.start_ns
    absolute = unix_times(structure)
    return int(absolute.min()) if len(absolute) else None


def unix_times(structure: Structure) -> I64:
    """Return the timestamps, in Unix time, of lines with events."""
    times = structure.lines[:, skeleton.LINE_TIME]
    unix: I64 = times[(times > ABSOLUTE_NS) & (times < 1 << 62) & (structure.lines[:, skeleton.LINE_EVENTS] > 0)]
    return unix


def messages_of(raw: U8, structure: Structure) -> list[tuple[int, str]]:
    """Return the hostnames, errors and warnings of a file, each with the number of its field."""
    return [(number, text(raw, at, min(length, MAX_MESSAGE))) for number, at, length in structure.texts[:1000].tolist()]
