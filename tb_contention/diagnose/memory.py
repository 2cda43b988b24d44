"""Rules on memory: do the sessions fit on the GPU together?"""

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId

#: Room below which the next allocation of a library outside the allocators may fail.
SAFE_HEADROOM = 0.10
GIB = 1 << 30


def limits_exceed_capacity(aligned: AlignedTraces, device: DeviceReport) -> "list[Finding]":
    """Warn when the allocators together may take more than the GPU has: why a second process fails at start."""
    memory = device.memory
    if memory is None or memory.capacity is None:
        return []
    limits = {(a.session, a.allocator): a.limit for a in memory.allocators if a.limit is not None}
    sessions: tuple[SessionId, ...] = tuple(dict.fromkeys(session for session, _ in limits))
    total = sum(limits.values())
    if len(sessions) < 2 or total <= memory.capacity:
        return []
    return [
        Finding(
            rule="limits-exceed-capacity",
            severity=Severity.WARNING,
            title=f"The allocators of {len(sessions)} sessions may take {total / GIB:.1f} GiB of {memory.capacity / GIB:.1f} GiB",
            detail="Each process may grow to its own limit; together they can ask for more than the GPU has, and then the one that "
            "asks last fails, although it holds little.",
            advice="TensorFlow: tf.config.set_logical_device_configuration(gpu, "
            "[tf.config.LogicalDeviceConfiguration(memory_limit=MiB)]); JAX: XLA_PYTHON_CLIENT_MEM_FRACTION=.XX before the import; "
            "so that the limits add up to less than the capacity.",
            evidence={"sum_of_limits_bytes": int(total), "capacity_bytes": int(memory.capacity)},
            device=device.group.id,
            sessions=sessions,
        )
    ]


def little_headroom(aligned: AlignedTraces, device: DeviceReport) -> "list[Finding]":
    """Warn when the combined peak comes close to, or beyond, what the GPU has."""
    memory = device.memory
    if memory is None or memory.capacity is None or memory.headroom is None:
        return []
    if memory.headroom >= SAFE_HEADROOM * memory.capacity:
        return []
    saved = memory.sum_of_peaks - memory.peak
    over = memory.headroom < 0
    return [
        Finding(
            rule="little-headroom",
            severity=Severity.CRITICAL if over else Severity.WARNING,
            title=f"The combined peak is {memory.peak / GIB:.1f} GiB of {memory.capacity / GIB:.1f} GiB",
            detail=(
                "The sum is above the capacity: these sessions are not on one GPU, or memory is oversubscribed. "
                if over
                else ""
            )
            + "Counted is what the framework's allocators had in use; CUDA contexts and libraries come on top. The sessions' own peaks "
            f"add up to {memory.sum_of_peaks / GIB:.1f} GiB, {saved / GIB:.1f} GiB more than the peak of the sum.",
            advice="Check the identity of the GPU with --gpu."
            if over
            else "Lower the batch size or the memory limit of the largest holder.",
            evidence={
                "combined_peak_bytes": int(memory.peak),
                "capacity_bytes": int(memory.capacity),
                "at_ns": int(memory.peak_at),
            },
            device=device.group.id,
            sessions=tuple(dict.fromkeys(a.session for a in memory.allocators)),
        )
    ]
