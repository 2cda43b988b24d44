"""Rules on whether memory fits: limits and pools that leave no room, peaks near the capacity, and peaks that have not coincided yet."""

import math
from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import BEFORE, LET_GROW, LIMITS, TAKES, is_told, told
from tb_contention.diagnose.gpu_options import gpu_options
from tb_contention.diagnose.places import driver_peak, memory_peak, refusal
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.settings import TORCH_FRACTION, TORCH_SEGMENTS
from tb_contention.model.driver_view import DriverProcess
from tb_contention.model.findings import Severity
from tb_contention.model.memory import AllocatorPeak, CombinedMemory, Holder, Refused
from tb_contention.model.names import shorten
from tb_contention.units import SessionId
from tb_contention.words.numbers import count, listing, refused_request, share, size

#: An allocator that may take that part of the GPU more than it needed is notable.
_SLACK = 0.25
#: Less free memory than this part of the GPU, or than a context needs, makes it full.
_FULL, _CONTEXT = 0.02, 500 << 20


@rule(
    "not-one-gpu",
    place=memory_peak,
    speaks="Speaks when processes that are only assumed to share a GPU held more memory at once than it has: they were on several GPUs. No "
    "other rule judges that sum. Advice: state which GPU each used.",
)
def not_one_gpu(scene: Scene) -> Iterator[Remark]:
    """The memory in use refutes that the processes were on one GPU."""
    memory = scene.device.memory
    if memory is None or not scene.device.cannot_be_one_gpu:
        return
    yield Remark(
        severity=Severity.CRITICAL,
        title=f"These {count(len(scene.processes), 'process', 'processes')} cannot be on one GPU: they held {size(memory.peak)} at once, "
        f"and {scene.where} has {size(memory.capacity)}",
        detail="They are assumed to share it only because host, ordinal and capabilities agree. Overlap, slowdowns and memory of this "
        "group cannot be trusted until it is known which process was on which GPU.",
        cause="CUDA_VISIBLE_DEVICES or a container makes every process call its first GPU 0, whichever it is. Or the captures come from "
        "different machines of one name.",
        advice="State which GPU each process used. The options put each on a GPU of its own; give those that did share one the same name. "
        "A tb_contention.json with the UUID beside the traces settles it for good.",
        verify="Compare the UUIDs (nvidia-smi -L) of the processes' GPUs.",
        evidence={"combined_peak_bytes": int(memory.peak), "capacity_bytes": int(memory.capacity or 0)},
        options=gpu_options(scene),
        sessions=scene.device.sessions,
    )


def _of_one_gpu(scene: Scene) -> CombinedMemory | None:
    """Return the memory of the device's processes together; None where it refutes that they were on one GPU."""
    return None if scene.device.cannot_be_one_gpu else scene.device.memory


@rule(
    "out-of-memory",
    place=refusal,
    speaks="Speaks when an allocator refused a request (PyTorch's `[OutOfMemory]`): what was asked for, and who held what at that instant. "
    "Advice depends on whether the GPU has so much, whether the allocator's own pool had it in pieces, and who else held memory.",
)
def out_of_memory(scene: Scene) -> Iterator[Remark]:
    """A program ran out of memory."""
    memory = scene.device.memory
    if memory is None:
        return
    for session in dict.fromkeys(each.session for each in memory.refused):
        worst = next(each for each in memory.refused if each.session == session)
        others = sum(
            row.bytes
            for row in worst.holders.rows
            if session not in (row.session, scene.aligned.session(row.session).process)
        )
        largest = listing(
            [f"{scene.name(row.session)} {size(row.bytes)} ({_held_as(row)})" for row in worst.holders.rows[:3]]
        )
        yield Remark(
            severity=Severity.CRITICAL,
            title=f"{scene.name(session)} ran out of memory on {scene.where}: it asked for "
            + refused_request(worst.asked, worst.in_use, worst.reserved),
            detail=(f"At that instant {size(worst.holders.total)} were held: {largest}. " if worst.holders.rows else "")
            + (f"It is the largest of {worst.count} requests that were refused. " if worst.count > 1 else "")
            + (
                f"The GPU has {size(memory.capacity)}." if memory.capacity else "The memory of the GPU is not recorded."
            ),
            cause=_why_refused(worst, memory.capacity, others),
            advice=_against_refusal(worst, memory.capacity, others),
            verify="No [OutOfMemory] is recorded, and the program runs on.",
            evidence={
                "asked_bytes": int(worst.asked),
                "in_use_bytes": worst.in_use,
                "reserved_bytes": worst.reserved,
                "held_bytes": int(worst.holders.total),
                "others_held_bytes": int(others),
                "at_ns": int(worst.at),
                "count": worst.count,
            },
            gain_bytes=int(worst.asked),
            sessions=(session,),
        )


def _held_as(row: Holder) -> str:
    return row.op or row.kind.words.strip("()")


def _why_refused(worst: Refused, capacity: int | None, others: int) -> str:
    if capacity is not None and worst.asked > capacity:
        return "One request is larger than the GPU's memory, so no other process is to blame."
    if worst.in_use is not None and worst.reserved is not None and worst.reserved - worst.in_use >= worst.asked:
        return "The allocator held enough that was not in use, but in pieces that were too small."
    if others:
        return f"Other captured processes held {size(others)} of the same GPU."
    left = None if capacity is None or worst.reserved is None else capacity - worst.reserved
    if left is None or left < worst.asked:
        return "The program needs more than was left."
    return (
        f"Of the GPU {size(left)} are not in the allocator, so CUDA contexts and processes without a capture held more than "
        f"{size(left - worst.asked)}."
    )


def _against_refusal(worst: Refused, capacity: int | None, others: int) -> str:
    less = "Ask for less at once: a smaller batch or sequence, or activation checkpointing."
    if capacity is not None and worst.asked > capacity:
        return less
    if worst.in_use is not None and worst.reserved is not None and worst.reserved - worst.in_use >= worst.asked:
        return f"Set {TORCH_SEGMENTS}."
    if others:
        return f"Limit the other processes ({TORCH_FRACTION}) or move them to another GPU. {less}"
    return f"{less} Processes without a capture may hold memory too: nvidia-smi lists them."


@rule(
    "limits-exceed-capacity",
    place=memory_peak,
    speaks="Speaks when the limits of all allocators add up to more than the GPU has: why a second process fails although it holds little.",
)
def limits_exceed_capacity(scene: Scene) -> Iterator[Remark]:
    """The allocators together may take more than the GPU has: why a second process fails at start."""
    memory = _of_one_gpu(scene)
    if memory is None or memory.capacity is None:
        return
    limits = {(a.session, a.allocator): a.limit for a in memory.allocators if a.limit is not None}
    sessions: tuple[SessionId, ...] = tuple(dict.fromkeys(session for session, _ in limits))
    total = sum(limits.values())
    if len(sessions) < 2 or total <= memory.capacity:
        return
    yield Remark(
        title=f"The allocators of {count(len(sessions), 'session')} may take {size(total)}, and the GPU has {size(memory.capacity)}",
        detail="Each process may grow to its own limit. Together they can ask for more than the GPU has, and the one that asks last "
        f"fails, although it holds little. {_would_fit(scene, memory)}".strip(),
        cause="Each allocator got its limit as if it were alone on the GPU.",
        advice=f"Let the limits add up to less than the capacity. {limits_of(scene)}{_values(scene, memory)}"
        if _limits_fit(memory) or memory.safe is None
        else f"Use smaller batches, or do not run the sessions at once. Limits ({told(scene, LIMITS)}) help once the sessions need less.",
        effect="All sessions fit, as long as each needs no more than it did."
        if _limits_fit(memory)
        else "With less memory needed in each session, limits that fit can be set.",
        verify="The limits of all allocators add up to less than the capacity, and the second process starts.",
        gain_bytes=int(total - memory.capacity),
        evidence={"sum_of_limits_bytes": int(total), "capacity_bytes": int(memory.capacity)},
        sessions=sessions,
    )


@rule(
    "reserved-unused",
    place=memory_peak,
    speaks=f"Speaks when an allocator may take {share(_SLACK)} of the GPU more than it ever needed, and another process used the GPU in "
    "the meantime. It is the default of TensorFlow and JAX, and no fault while nothing else needs the memory.",
)
def reserved_unused(scene: Scene) -> Iterator[Remark]:
    """Allocators may take much more than they ever held: why there is no room for a second process."""
    memory = _of_one_gpu(scene)
    if memory is None or memory.capacity is None or memory.safe is None or not scene.has_company:
        return
    large = [a for a in memory.allocators if _slack(a) > _SLACK * memory.capacity]
    if not large:
        return
    largest = max(large, key=_slack)
    left = max(0, memory.capacity - sum(a.limit or 0 for a in memory.allocators))
    yield Remark(
        severity=Severity.INFO,
        title=f"{scene.name(largest.session)} may take {size(largest.limit)} of {scene.where} and held at most {size(largest.needed)}",
        detail=f"{told(scene, TAKES, [a.session for a in large])} Another process then finds at most {size(left)}, and can fail at its "
        f"start while this one holds little. {_would_fit(scene, memory)}",
        cause="The framework takes nearly all of the GPU by default, needed or not.",
        advice=f"{limits_of(scene)}{_values(scene, memory)} Or let it grow: {told(scene, LET_GROW, [a.session for a in large])}.",
        effect="Another process can use the difference, at no cost while this one needs no more than it did.",
        verify="nvidia-smi shows less memory for the process, and it runs as before.",
        gain_bytes=sum(max(0, _slack(a)) for a in large),
        evidence={
            "limit_bytes": int(largest.limit or 0),
            "needed_bytes": int(largest.needed),
            "suggested_limit_bytes": int(largest.suggested_limit),
        },
        sessions=tuple(dict.fromkeys(a.session for a in large)),
    )


def _slack(found: AllocatorPeak) -> int:
    return 0 if found.limit is None else found.limit - found.suggested_limit


def _limits_fit(memory: CombinedMemory) -> bool:
    """Return whether each session can be limited to what it needed, with some room, and all fit."""
    return memory.safe is not None and sum(a.suggested_limit for a in memory.allocators) <= memory.safe


def _values(scene: Scene, memory: CombinedMemory) -> str:
    """Say what to write for MiB and .XX in each program; '' where the limits do not fit together."""
    if not memory.capacity or not _limits_fit(memory):
        return ""
    limits = listing([f"{-(-a.suggested_limit // (1 << 20))} for {scene.name(a.session)}" for a in memory.allocators])
    parts = listing(
        [f"{math.ceil(100 * a.suggested_limit / memory.capacity) / 100:.2f}"[1:] for a in memory.allocators]
    )
    return f" MiB is {limits}, .XX is {parts}." if is_told(scene) else f" .XX is {parts}."


def limits_of(scene: Scene) -> str:
    """Say how the sessions' allocators are limited, and when."""
    return f"{told(scene, LIMITS)} {told(scene, BEFORE)}."


def _would_fit(scene: Scene, memory: CombinedMemory) -> str:
    """Say whether the suggested limits fit together, and which they are."""
    if memory.safe is None:
        return ""
    total = sum(a.suggested_limit for a in memory.allocators)
    limits = listing([f"{scene.name(a.session)} {size(a.suggested_limit)}" for a in memory.allocators])
    if total <= memory.safe:
        return f"The suggested limits fit and leave {size(memory.safe - total)}: {limits}."
    return (
        f"The suggested limits need {size(total)}, and only {size(memory.safe)} is safe: {limits}. Use smaller batches, or do not run the "
        "sessions at once."
    )


@rule(
    "little-headroom",
    place=memory_peak,
    speaks="Speaks when the combined peak is more than what the system and the processes' contexts leave; critical above the capacity.",
)
def little_headroom(scene: Scene) -> Iterator[Remark]:
    """The combined peak is more than the system and the processes' contexts leave, or more than the GPU has."""
    memory = _of_one_gpu(scene)
    if memory is None or memory.capacity is None or memory.headroom is None or memory.safe is None:
        return
    if memory.peak <= memory.safe:
        return
    over, saved = memory.headroom < 0, memory.sum_of_peaks - memory.peak
    yield Remark(
        severity=Severity.CRITICAL if over else Severity.WARNING,
        title=f"The combined peak of {size(memory.peak)} "
        + (f"exceeds the capacity of {size(memory.capacity)}" if over else f"nearly fills {size(memory.capacity)}"),
        detail=("Memory is oversubscribed: the driver moves it between GPU and host. " if over else "")
        + "The peak counts what the frameworks' allocators had in use. CUDA contexts and libraries come on top, so only "
        f"{size(memory.safe)} is safe. The sessions' own peaks add up to {size(memory.sum_of_peaks)}"
        + (f", {size(saved)} more than the combined peak." if saved else "."),
        cause="The sessions hold so much at once that no room is left for contexts, libraries and fragmentation.",
        advice="Lower the batch size or the memory limit of the largest holder.",
        verify=f"The combined peak stays below {size(memory.safe)}.",
        gain_bytes=max(0, int(memory.peak - memory.safe)),
        evidence={
            "combined_peak_bytes": int(memory.peak),
            "capacity_bytes": int(memory.capacity),
            "safe_bytes": int(memory.safe),
            "at_ns": int(memory.peak_at),
        },
        sessions=tuple(dict.fromkeys(a.session for a in memory.allocators)),
    )


@rule(
    "peaks-may-meet",
    place=memory_peak,
    speaks="Speaks when the combined peak fits, but the sum of the sessions' own peaks would not: it fits by phase, and phases drift.",
)
def peaks_may_meet(scene: Scene) -> Iterator[Remark]:
    """The sum fits only because the peaks fell at different times."""
    memory = _of_one_gpu(scene)
    if memory is None or memory.safe is None or len({a.session for a in memory.allocators}) < 2:
        return
    if memory.peak > memory.safe or memory.sum_of_peaks <= memory.safe:
        return
    over = int(memory.sum_of_peaks - memory.safe)
    yield Remark(
        title=f"Memory fits only because the peaks do not coincide: {size(memory.sum_of_peaks)} summed, {size(memory.safe)} is safe",
        detail=f"The combined peak was {size(memory.peak)}. Nothing keeps the sessions in step, so their peaks may coincide another "
        "time.",
        cause="Each session's memory rises and falls with its steps, and the phases drift.",
        advice=f"Lower the peak of one session by {size(over)} (smaller batch)."
        + (
            f" Or limit each. {told(scene, LIMITS)}."
            if _limits_fit(memory)
            else " Limits alone do not help: what the sessions needed exceeds what is safe."
        )
        + " A fixed shift helps only while it is kept.",
        effect=f"With {size(over)} less, memory fits in any phase.",
        verify=f"The peaks add up to less than {size(memory.safe)}.",
        gain_bytes=over,
        evidence={
            "sum_of_peaks_bytes": int(memory.sum_of_peaks),
            "safe_bytes": int(memory.safe),
            "combined_peak_bytes": int(memory.peak),
        },
        sessions=tuple(dict.fromkeys(a.session for a in memory.allocators)),
    )


@rule(
    "gpu-full",
    place=driver_peak,
    speaks=f"Speaks when less than {share(_FULL)} of the GPU, or {size(_CONTEXT)}, was free by the driver's samples in a manifest.",
)
def gpu_full(scene: Scene) -> Iterator[Remark]:
    """Hardly anything of the GPU was free, by the driver's own count."""
    view = scene.device.driver
    if view is None or view.free_least is None or not view.capacity or view.used_peak is None:
        return
    little = max(_FULL * view.capacity, _CONTEXT)
    if view.free_least >= min(little, view.capacity / 4):
        return
    holders = listing([f"{_holder(scene, p)} {size(p.at_fullest)}" for p in view.processes if p.at_fullest])
    yield Remark(
        title=f"At its fullest, {scene.where} had only {size(view.free_least)} of {size(view.capacity)} free",
        detail=f"The driver reports {size(view.used_peak)} allocated{f': {holders}' if holders else ''}. Allocated memory need not be in "
        "use, because allocators keep what they got.",
        cause="The allocators' pools, contexts and libraries of all processes together fill the GPU.",
        advice=f"Limit the pools to what they need. {told(scene, LIMITS)}.",
        effect="Leaves room for workspaces, and for another process to start.",
        verify="nvidia-smi shows more free memory, and the sessions run as before.",
        evidence={
            "free_least_bytes": int(view.free_least),
            "used_peak_bytes": int(view.used_peak),
            "at_ns": int(view.used_peak_at or 0),
        },
        sessions=scene.device.sessions,
    )


def _holder(scene: Scene, process: DriverProcess) -> str:
    if process.session:
        return scene.name(process.session)
    return shorten(process.name, 40) or f"process {process.process_id}"
