"""Rules on memory: do the sessions fit on the GPU together, does one grow, and does memory cost time?"""

from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.settings import ASYNC_ALLOCATOR, GROWTH, JAX_FRACTION, JAX_GROWTH, LIMIT
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.memory import AllocatorPeak, CombinedMemory, StallKind
from tb_contention.model.names import shorten
from tb_contention.units import SessionId

GIB, MIB = 1 << 30, 1 << 20
#: An allocator that may take so much of the GPU more than it needed is worth a word; what a second process needs to start at all.
NOTABLE_SLACK, CONTEXT_AND_LITTLE = 0.25, 2 * GIB
LIMIT_ADVICE = (
    f"TensorFlow: {LIMIT}; JAX: {JAX_FRACTION} before the import (XLA_PYTHON_CLIENT_MEM_FRACTION in older releases);"
)
#: Less of the window than this share is not worth a finding.
NOTABLE = 0.01


def limits_exceed_capacity(scene: Scene) -> list[Finding]:
    """Warn when the allocators together may take more than the GPU has: why a second process fails at start."""
    aligned, device = scene.aligned, scene.device
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
            f"asks last fails, although it holds little. {_would_fit(aligned, memory)}",
            advice=LIMIT_ADVICE + " so that the limits add up to less than the capacity.",
            cause="Each allocator was given the GPU as if it were alone on it.",
            effect="Both fit, as long as each needs no more than it did.",
            verify="The limits of all allocators add up to less than the capacity, and the second process starts.",
            gain_bytes=int(total - memory.capacity),
            evidence={"sum_of_limits_bytes": int(total), "capacity_bytes": int(memory.capacity)},
            device=device.group.id,
            sessions=sessions,
        )
    ]


def reserved_unused(scene: Scene) -> list[Finding]:
    """Name allocators that may take much more than they ever held: why there is no room for a second process."""
    aligned, device = scene.aligned, scene.device
    memory = device.memory
    if memory is None or memory.capacity is None or memory.safe is None:
        return []
    large = [a for a in memory.allocators if _slack(a) > NOTABLE_SLACK * memory.capacity]
    if not large:
        return []
    largest = max(large, key=_slack)
    left = max(0, memory.capacity - sum(a.limit or 0 for a in memory.allocators))
    name = aligned.session(largest.session).name
    return [
        Finding(
            rule="reserved-unused",
            severity=Severity.WARNING if left < CONTEXT_AND_LITTLE and len(device.group.planes) == 1 else Severity.INFO,
            title=f"{name} may take {(largest.limit or 0) / GIB:.1f} GiB and held at most {largest.needed / GIB:.1f} GiB",
            detail="By default TensorFlow maps nearly all of the GPU's free memory at its start, and JAX three quarters of all: another "
            f"process then finds {left / GIB:.1f} GiB at most, and can fail at start while this one holds little. "
            f"{_would_fit(aligned, memory)}",
            advice=LIMIT_ADVICE + f" or let it grow: {GROWTH}, {JAX_GROWTH}.",
            cause="The default of the framework is to take nearly all of the GPU, needed or not.",
            effect="Frees the difference for another process, at no cost while it needs no more than it did.",
            verify="nvidia-smi shows the process with less memory, and it runs as before.",
            gain_bytes=sum(max(0, _slack(a)) for a in large),
            evidence={
                "limit_bytes": int(largest.limit or 0),
                "needed_bytes": int(largest.needed),
                "suggested_limit_bytes": int(largest.suggested_limit),
            },
            device=device.group.id,
            sessions=tuple(dict.fromkeys(a.session for a in large)),
        )
    ]


def _slack(found: AllocatorPeak) -> int:
    return 0 if found.limit is None else found.limit - found.suggested_limit


def _would_fit(aligned: AlignedTraces, memory: CombinedMemory) -> str:
    """Say whether limits after what each allocator held would fit, and which."""
    if memory.safe is None:
        return ""
    total = sum(a.suggested_limit for a in memory.allocators)
    named = ", ".join(f"{aligned.session(a.session).name} {a.suggested_limit / GIB:.2f}" for a in memory.allocators[:4])
    if len(memory.allocators) > 4:
        named += f" and {len(memory.allocators) - 4} more"
    if total <= memory.safe:
        room = (memory.safe - total) / GIB
        return f"Limits after what they held would do (GiB: {named}), and leave {room:.1f} GiB."
    return (
        f"Limits after what they held (GiB: {named}) would need {total / GIB:.1f} GiB of the {memory.safe / GIB:.1f} that are safe: "
        "smaller batches, or not both at once."
    )


def little_headroom(scene: Scene) -> list[Finding]:
    """Warn when the combined peak is more than the system and the processes' contexts leave, or more than the GPU has."""
    device = scene.device
    memory = device.memory
    if memory is None or memory.capacity is None or memory.headroom is None or memory.safe is None:
        return []
    if memory.peak <= memory.safe:
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
            + "Counted is what the framework's allocators had in use; CUDA contexts and libraries come on top, so that "
            f"{memory.safe / GIB:.1f} GiB are safe. The sessions' own peaks "
            f"add up to {memory.sum_of_peaks / GIB:.1f} GiB, {saved / GIB:.1f} GiB more than the peak of the sum.",
            advice="Check the identity of the GPU with --gpu."
            if over
            else "Lower the batch size or the memory limit of the largest holder.",
            cause="The sessions hold more at once than leaves room for contexts, libraries and fragmentation.",
            verify="The combined peak stays below what is safe.",
            gain_bytes=max(0, int(memory.peak - memory.safe)),
            evidence={
                "combined_peak_bytes": int(memory.peak),
                "capacity_bytes": int(memory.capacity),
                "safe_bytes": int(memory.safe),
                "at_ns": int(memory.peak_at),
            },
            device=device.group.id,
            sessions=tuple(dict.fromkeys(a.session for a in memory.allocators)),
        )
    ]


def memory_growth(scene: Scene) -> list[Finding]:
    """Name the operations that hold more from step to step, once per session."""
    aligned, device = scene.aligned, scene.device
    memory = device.memory
    if memory is None:
        return []
    found = []
    for session in dict.fromkeys(g.session for g in memory.growth):
        mine = [g for g in memory.growth if g.session == session]
        most = next((g for g in mine if g.op), mine[0])
        name = shorten(most.op, 80) if most.op else "no operation that was recorded"
        found.append(
            Finding(
                rule="memory-growth",
                severity=Severity.WARNING,
                title=f"{aligned.session(session).name} holds {most.per_step / MIB:.3g} MiB more after each step",
                detail=f"Most of it: {name}, from {most.first / MIB:.4g} to {most.last / MIB:.4g} MiB over {most.steps} steps. "
                "That is a leak, or a cache that fills.",
                advice="Look for tensors that a Python list keeps, and for tf.function retraced with new shapes; capture again later "
                "to see whether it goes on.",
                effect="Without it the peak stays where it is.",
                verify="Capture again later: what the operation holds has grown by as much per step, or has stopped.",
                evidence={"op": most.op, "bytes_per_step": round(most.per_step), "steps": int(most.steps)},
                device=device.group.id,
                sessions=(session,),
            )
        )
    return found


def kernels_changed(scene: Scene) -> list[Finding]:
    """Say when operations run other kernels since a neighbour came: why a session can be slow that does not wait."""
    aligned, device = scene.aligned, scene.device
    memory = device.memory
    if memory is None:
        return []
    found = []
    for session in dict.fromkeys(c.session for c in memory.kernel_changes):
        changes = [c for c in memory.kernel_changes if c.session == session]
        denied = [c for c in changes if (c.workspace_before or 0) > (c.workspace_after or 0)]
        first = (denied or changes)[0]
        since = "than alone" if first.neighbour is None else f"since {aligned.session(first.neighbour).name} came"
        why = (
            f"Its workspace shrank from {(first.workspace_before or 0) / MIB:.4g} to {(first.workspace_after or 0) / MIB:.4g} MiB: "
            "it was denied memory, and a slower algorithm took the place."
            if denied
            else "Its workspace did not shrink as far as recorded: autotuning may have chosen anew for another reason."
        )
        found.append(
            Finding(
                rule="kernels-changed",
                severity=Severity.WARNING if denied else Severity.INFO,
                title=f"{aligned.session(session).name} runs other kernels {since}, in {len(changes)} "
                + ("operation" if len(changes) == 1 else "operations"),
                detail=f"{shorten(first.op, 80)} ran {shorten(first.before, 80)} and now runs "
                f"{shorten(first.after, 80)}, {first.mean_before / 1000:.4g} and {first.mean_after / 1000:.4g} µs. {why}",
                advice="Leave workspace free: lower the memory limit of the neighbour, and start the session anew."
                if denied
                else "",
                verify="The names of the kernels return when the neighbour is gone.",
                gain_ns=sum(max(0, int(c.cost)) for c in changes),
                evidence={
                    "changes": len(changes),
                    "cost_ns": sum(max(0, int(c.cost)) for c in changes),
                },
                device=device.group.id,
                sessions=(session, *(() if first.neighbour is None else (first.neighbour,))),
            )
        )
    return found


def allocation_stalls(scene: Scene) -> list[Finding]:
    """Warn when the driver was asked for memory for a notable part of the window."""
    aligned, device = scene.aligned, scene.device
    memory, window = device.memory, device.time.window
    if memory is None:
        return []
    return [
        Finding(
            rule="allocation-stalls",
            severity=Severity.WARNING,
            title=f"{aligned.session(s.session).name} spent {100 * s.total / window:.2g} % of the window getting memory from the driver",
            detail=f"{s.count} calls ({s.what}) took {s.total / 1e6:.4g} ms; many of them wait until the device is idle.",
            advice="Let the allocator take its memory at the start: no allow_growth, or a fixed fraction; "
            f"{ASYNC_ALLOCATOR} keeps a pool.",
            cause="The pool grows or shrinks while steps run; the driver waits for the device to do so.",
            effect="The calls vanish from the steps; some of their time may have been hidden.",
            verify="No such calls in the next capture.",
            gain_ns=int(s.total),
            evidence={"count": int(s.count), "total_ns": int(s.total), "longest_ns": int(s.longest)},
            device=device.group.id,
            sessions=(s.session,),
        )
        for s in memory.stalls
        if s.kind is StallKind.DRIVER and window and s.total > NOTABLE * window
    ]
