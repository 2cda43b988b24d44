"""Which part of the multiprocessors each session of a group may use, and whose partition is its own."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.trace import KernelKind, Stream
from tb_contention.units import SessionId

#: The part of a session's kernel time on the streams of one green context from which on it counts as confined to that.
_CONFINED = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfGpu:
    """partition: a static one, of MPS or the green context of a process, else None. share: at most that part, 0..1; None where it is not
    known. process: whose green context it is, None for MPS. A partition of MPS is exclusive to its clients, a green context among those of
    its process only: other processes take turns with that, or run on its multiprocessors under MPS.
    """

    partition: str | None = None
    share: float | None = None
    process: SessionId | None = None

    @property
    def words(self) -> str:
        """Say what kind of partition it is."""
        return "a static partition of MPS" if self.process is None else "a green context"


def parts_of_gpu(aligned: AlignedTraces, group: DeviceGroup) -> dict[SessionId, PartOfGpu]:
    """Return what manifests restrict, and what recorders tell of green contexts; sessions that may use all are left out.

    A client sees only the multiprocessors of its partition, so that the GPU has as many as all partitions together at least.
    """
    planes = [(plane, aligned.session(plane.session)) for plane in group.planes]
    found = {
        plane.session: PartOfGpu(
            partition=f"green context {own.green_context}",
            share=own.green_cores / whole
            if own.green_cores and (whole := session.trace.devices[plane.device].core_count)
            else None,
            process=session.process or session.id,
        )
        for plane, session in planes
        if (own := green_context_of(session, plane.device)) is not None
    }
    stated = {
        plane.session: (session.manifest.mps, session.trace.devices[plane.device].core_count)
        for plane, session in planes
        if session.manifest is not None
    }
    cores = {mps.exclusive: count for mps, count in stated.values() if mps.exclusive is not None}
    known = [count for count in cores.values() if count is not None]
    whole = max(group.device.device.core_count or 0, sum(known))
    for who, (mps, count) in stated.items():
        if mps.exclusive is not None:
            # Of partitions that fill what is known of the GPU, others may be left.
            share = count / whole if count and len(known) == len(cores) else None
            found[who] = PartOfGpu(partition=mps.exclusive, share=share)
        elif mps.cap is not None and who not in found:
            found[who] = PartOfGpu(share=mps.cap / 100)
    return found


def green_context_of(session: Session, device: int | None = None) -> Stream | None:
    """Return a stream of the green context in which a session has its kernels, None where it is not confined to one."""
    trace = session.trace
    contexts = np.array([stream.green_context for stream in trace.streams], np.int64)
    if not (contexts >= 0).any():
        return None
    on = np.array([device in (None, stream.device) for stream in trace.streams], np.bool_)
    kernels = (trace.kernels.kind == KernelKind.KERNEL) & on[trace.kernels.stream]
    of_kernel = contexts[trace.kernels.stream[kernels]] + 1
    time = np.bincount(of_kernel, weights=trace.kernels.duration[kernels].astype(np.float64))
    most = int(time.argmax()) if len(time) else 0
    if most == 0 or time[most] < _CONFINED * time.sum():
        return None
    return next(s for s, there in zip(trace.streams, on.tolist(), strict=True) if there and s.green_context == most - 1)


def is_apart(parts: dict[SessionId, PartOfGpu], one: SessionId, other: SessionId) -> bool:
    """Return whether two sessions run on multiprocessors of their own each."""
    mine, theirs = parts.get(one), parts.get(other)
    if mine is None or theirs is None or mine.partition is None or theirs.partition is None:
        return False
    return mine.partition != theirs.partition and mine.process == theirs.process
