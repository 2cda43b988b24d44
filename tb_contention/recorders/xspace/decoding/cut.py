"""Where a file ends within the work of a device: what came later is lost, and would look idle."""

import numpy as np

from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.lines import RawEvents
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.units import Picoseconds


def cut_work(structure: Structure, kernels: RawEvents) -> Picoseconds | None:
    """Return the end of the last device event before the cut; None where no device's work was cut."""
    if structure.cut_at is None or not len(structure.planes):
        return None
    cut = len(structure.planes) - 1
    # A plane's lines come before its names.
    if structure.planes[cut, skeleton.PLANE_WHOLE] or structure.events.high[cut] > structure.events.low[cut]:
        return None
    lines = np.flatnonzero(structure.lines[:, skeleton.LINE_PLANE] == cut)
    if not len(lines) or int(lines[-1]) not in kernels.lines:
        return None
    rows = np.flatnonzero(kernels.line == kernels.lines.index(int(lines[-1])))
    return Picoseconds(int((kernels.start[rows] + kernels.duration[rows]).max())) if len(rows) else None
