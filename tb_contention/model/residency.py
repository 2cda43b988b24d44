"""Which context had the compute engine of a GPU when, according to its recorded context switches."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.tables import Table
from tb_contention.units import I32, I64, U8


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidencyTable(Table):
    """Which context had the compute engine of a GPU when, from recorded context switches; sorted by (device, start), apart per device.

    One row per stay, from the start of its restoring to the end of its saving; between two rows the engine changes over. start, duration:
    ps. device: row of `Trace.devices`. process: id of the process that the context belongs to, NONE = unknown. context: its number, as
    the recorder gives it. own: it is a context in which this trace's kernels ran.
    """

    start: I64
    duration: I64
    device: I32
    process: I64
    context: I64
    own: U8

    @classmethod
    def empty(cls) -> "ResidencyTable":
        """Stand for switches that were not recorded."""
        none = np.empty(0, np.int64)
        return cls(
            start=none,
            duration=none,
            device=np.empty(0, np.int32),
            process=none,
            context=none,
            own=np.empty(0, np.uint8),
        )
