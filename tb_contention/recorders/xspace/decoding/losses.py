"""Losses of a file, while recording or reading -> problems with a remedy."""

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Device, KernelKind, Trace
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.messages import skipped
from tb_contention.recorders.xspace.decoding.cut import cut_work
from tb_contention.recorders.xspace.decoding.lines import RawEvents
from tb_contention.recorders.xspace.decoding.planes import MAX_DEVICES
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.units import PS_PER_NS
from tb_contention.words.numbers import duration

_RIGHTS = (
    "Allow GPU profiling: load the driver with NVreg_RestrictProfilingToAdminUsers=0, or run the process (container) "
    "with CAP_SYS_ADMIN."
)
_LIBRARY = "Put the directory of libcupti (CUDA's extras/CUPTI/lib64) on LD_LIBRARY_PATH of the profiled process."

#: (words in the profiler's message, slug, advice), first match wins.
_KNOWN = (
    (("insufficient_privileges", "insufficient privilege", "cupti_error_not_permitted"), "cupti-no-rights", _RIGHTS),
    (("libcupti", "cupti could not be loaded", "could not load dynamic library"), "cupti-not-loaded", _LIBRARY),
    (
        ("multiple_subscribers", "already subscribed"),
        "cupti-in-use",
        "Stop the other profiler (Nsight, DCGM profiling) on that process and record again.",
    ),
    (
        ("dropped", "drop ", "exceed", "max_activity", "max_callback"),
        "events-dropped",
        "Record a shorter window: the profiler keeps at most about two million device events.",
    ),
)


def _lost_work(structure: Structure, trace: Trace, kernels: RawEvents) -> str:
    """Say where the window ends because the work of a device was cut."""
    end = cut_work(structure, kernels)
    if end is None:
        return ""
    return f" Work of a device is lost after {duration((end - trace.span[0]) / PS_PER_NS)}; the window ends there."


def losses(file: str, structure: Structure, trace: Trace, read: tuple[RawEvents, ...]) -> list[Problem]:
    """State what could not be read from the file or placed in time. read: device events, then others."""
    found: list[Problem] = []

    def lost(
        slug: str, severity: Severity, message: str, advice: str, count: int = 1, offset: int | None = None
    ) -> None:
        found.append(
            Problem(
                file=file, slug=slug, severity=severity, origin=Origin.READING, message=f"{file}: {message}", advice=advice, count=count,
                offset=offset,
            )
        )  # fmt: skip

    if structure.cut_at is not None:
        lost(
            "truncated-xspace", Severity.ERROR,
            f"the file is truncated; the events before the cut are used.{_lost_work(structure, trace, read[0])}", COPY_AGAIN,
            offset=structure.cut_at,
        )  # fmt: skip
    if structure.bad_at is not None:
        lost(
            "bad-wire-data", Severity.ERROR,
            f"the data at byte {structure.bad_at} is not valid protobuf; the rest of that part is lost.", COPY_AGAIN,
            offset=structure.bad_at,
        )  # fmt: skip
    broken = sum(r.broken for r in read)
    if broken:
        at = min(r.broken_at for r in read if r.broken_at is not None)
        lost("bad-event", Severity.ERROR, f"{broken} damaged events are skipped.", COPY_AGAIN, broken, at)
    unnamed = int((trace.kernels.kind == KernelKind.UNKNOWN).sum())
    if unnamed:
        lost(
            "names-lost",
            Severity.WARNING,
            f"the file lacks the names of {unnamed} device events; their times are used.",
            COPY_AGAIN,
            unnamed,
        )
    far = sum(r.bad_times for r in read)
    if far:
        lost("bad-timestamp", Severity.WARNING, f"{skipped(far)}.", COPY_AGAIN, far)
    aggregated = sum(r.aggregated for r in read)
    if aggregated:
        lost(
            "aggregated-events", Severity.WARNING, f"{aggregated} events are aggregates without a time and cannot be placed.",
            "Use the trace as the profiler wrote it, not one derived from it.", aggregated,
        )  # fmt: skip
    return found


def too_many_devices(file: str, count: int) -> list[Problem]:
    """State that the file has more GPU planes than any machine has GPUs."""
    if not count:
        return []
    return [
        Problem(
            file=file,
            slug="too-many-planes",
            severity=Severity.ERROR,
            origin=Origin.READING,
            message=f"{file}: {count} GPU planes beyond the first {MAX_DEVICES} are skipped; no machine has that many GPUs.",
            advice=COPY_AGAIN,
            count=count,
        )
    ]


def profiler_problems(
    file: str, devices: tuple[Device, ...], kernels: int, events_in_file: int, messages: list[tuple[int, str]]
) -> list[Problem]:
    """State the losses that the profiler reports, and why GPU data is missing."""
    found: list[Problem] = []
    for number, message in messages:
        if number not in (2, 3):
            continue
        slug, advice = _recognise(message, number)
        severity = Severity.ERROR if number == 2 else Severity.WARNING
        found.append(_recorded(file, slug, severity, f"the profiler reported: {message}", advice))
    gpus = [d for d in devices if not d.is_host]
    on_gpu = any(d for d in gpus) and kernels > 0 and not any(d.is_host for d in devices)
    if events_in_file == 0:
        found.append(
            _recorded(
                file, "no-events", Severity.WARNING, "the capture contains no events.",
                "Record while the program runs steps, and stop the profiler before the program ends.",
            )
        )  # fmt: skip
    elif gpus and not on_gpu:
        found.append(
            _recorded(
                file, "empty-gpu-planes", Severity.WARNING, "the capture has GPU planes but no kernels.",
                "Check that the program used the GPU in the window. If it did: " + _RIGHTS + " " + _LIBRARY,
            )
        )  # fmt: skip
    elif not gpus:
        found.append(
            _recorded(
                file, "no-gpu-plane", Severity.INFO,
                "the capture has no GPU plane, as after a CPU run or from a build without GPU profiling.",
                "Check that the framework sees a GPU, and that its build has CUDA or ROCm.",
            )
        )  # fmt: skip
    return found


def _recognise(message: str, number: int) -> tuple[str, str]:
    lower = message.lower()
    for words, slug, advice in _KNOWN:
        if any(word in lower for word in words):
            return slug, advice
    return "profiler-error" if number == 2 else "profiler-warning", "See the log of the profiled program."


def _recorded(file: str, slug: str, severity: Severity, message: str, advice: str) -> Problem:
    return Problem(
        file=file, slug=slug, severity=severity, origin=Origin.RECORDING, message=f"{file}: {message}", advice=advice
    )  # fmt: skip
