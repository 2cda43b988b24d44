"""Which part of the multiprocessors each session of a group may use, and whose partition is its own."""

from dataclasses import dataclass

from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.units import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfGpu:
    """partition: a static one of MPS, exclusive to its clients, else None. share: at most that part, 0..1; None where it is not known."""

    partition: str | None = None
    share: float | None = None


def parts_of_gpu(aligned: AlignedTraces, group: DeviceGroup) -> dict[SessionId, PartOfGpu]:
    """Return what manifests restrict; sessions that may use all multiprocessors are left out.

    A client sees only the multiprocessors of its partition, so that the GPU has as many as all partitions together at least.
    """
    stated = {
        plane.session: (session.manifest.mps, session.trace.devices[plane.device].core_count)
        for plane in group.planes
        if (session := aligned.session(plane.session)).manifest is not None
    }
    cores = {mps.exclusive: count for mps, count in stated.values() if mps.exclusive is not None}
    known = [count for count in cores.values() if count is not None]
    whole = max(group.device.device.core_count or 0, sum(known))
    found = {}
    for who, (mps, count) in stated.items():
        if mps.exclusive is not None:
            # Of partitions that fill what is known of the GPU, others may be left.
            share = count / whole if count and len(known) == len(cores) else None
            found[who] = PartOfGpu(partition=mps.exclusive, share=share)
        elif mps.cap is not None:
            found[who] = PartOfGpu(share=mps.cap / 100)
    return found


def is_apart(parts: dict[SessionId, PartOfGpu], one: SessionId, other: SessionId) -> bool:
    """Return whether two sessions run on multiprocessors of their own each."""
    mine, theirs = (parts[s].partition if s in parts else None for s in (one, other))
    return mine is not None and theirs is not None and mine != theirs
