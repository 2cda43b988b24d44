"""Check what the captures of a report lack: files, permissions, clocks, steps, memory, concurrent kernels."""

from collections.abc import Iterator

import numpy as np

from tb_contention.health.recordings import recording_checks
from tb_contention.model.alignment import AlignedTraces, Identity, Session
from tb_contention.model.findings import Problem, Severity
from tb_contention.model.health import Check, Status
from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.model.manifest import KernelMode
from tb_contention.model.report import DeviceReport, Report
from tb_contention.model.trace import Era, KernelKind, Trace
from tb_contention.words.numbers import count, error

#: Maximum number of lines of one kind; more are counted.
MOST = 20
#: A clock with a larger error cannot align kernels.
_COARSE_NS = 1_000_000
#: Problems that keep all GPU work out of a capture.
_BLOCKED = frozenset(("cupti-no-rights", "cupti-not-loaded", "cupti-in-use"))
_CLOCK = "record with TensorFlow 2.17 or later, or jaxlib 0.4.25 or later; or state the clock in tb_contention.json or with --shift."
#: How users of each recorder mark steps and record memory; of the others, those of TensorFlow and JAX.
_MARK = {
    Era.KINETO: "Call step() of torch.profiler.profile after each step, or name what is a step with --steps.",
    Era.NSIGHT: "Wrap each step in an NVTX range named 'step N' and record with --trace=cuda,nvtx, or name what is a step with --steps.",
}
_MARK_BY_NAME = (
    "Mark each step: tf.profiler.experimental.Trace('train', step_num=i, _r=1), or jax.profiler.StepTraceAnnotation."
)
_SHOW_MEMORY = {
    Era.KINETO: "Record with torch.profiler.profile(profile_memory=True) while the program allocates memory.",
    Era.NSIGHT: "Record with --cuda-memory-usage=true while the program allocates memory.",
}
_BY_ALLOCATOR = "Record while the program allocates memory, with an allocator that writes events."
_SERIAL = (
    "Unset CUDA_LAUNCH_BLOCKING in the profiled program and record again; the recorder itself lets kernels run at once."
)
_SERIAL_TRACER = (
    "Set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1 in the profiled program and record again. If the kernels then overlap, the profiler had "
    "serialised them, as TensorFlow up to about 2.14 does by default."
)


def trace_checks(report: Report, aligned: AlignedTraces) -> list[Check]:
    """Check all captures; list at most `MOST` of each kind, the worst first."""
    kinds = (
        list(_files(report)),
        list(_clocks(report)),
        list(_identities(report)),
        list(_steps(report)),
        list(_memory(report)),
        list(_side_by_side(aligned)),
        list(recording_checks(_processes(aligned))),
    )
    return [check for kind in kinds for check in _bounded(kind)]


def _bounded(checks: list[Check]) -> list[Check]:
    order = (Status.FAULT, Status.NOTE, Status.OK)
    checks = sorted(checks, key=lambda check: order.index(check.status))
    left = checks[MOST:]
    if not left:
        return checks
    more = Check(name=left[0].name, status=left[0].status, message=f"{len(left)} more, none of them worse")
    return [*checks[:MOST], more]


def _files(report: Report) -> Iterator[Check]:
    """Yield every problem, named by its slug, and count the complete captures; a remark such as a missing GPU is no defect."""
    files = dict.fromkeys(s.session.file for s in report.sessions)
    bad = [p for p in report.problems if p.severity is not Severity.INFO]
    for problem in report.problems:
        yield Check(
            name=problem.slug,
            status=_gravity(problem),
            about=problem.file,
            message=problem.message.removeprefix(f"{problem.file}: "),
            remedy=problem.advice,
        )
    whole = len(files.keys() - {p.file for p in bad})
    if whole:
        complete = f"{whole} of {count(len(files), 'readable capture')} {'is' if whole == 1 else 'are'} complete"
        message = f"{complete} and free of profiler errors"
        yield Check(name="captures", status=Status.OK, message=message)


def _gravity(problem: Problem) -> Status:
    if problem.slug == "still-growing":
        return Status.NOTE
    return Status.FAULT if problem.severity is Severity.ERROR or problem.slug in _BLOCKED else Status.NOTE


def _processes(aligned: AlignedTraces | Report) -> list[Session]:
    sessions = [s if isinstance(s, Session) else s.session for s in aligned.sessions]
    return [s for s in sessions if s.process is None]


def _clocks(report: Report) -> Iterator[Check]:
    """Check each clock; one too coarse to align sessions on the same GPU is a fault."""
    unplaced = {s for f in report.findings if f.rule == "clock-too-coarse" for s in f.sessions}
    for session in _processes(report):
        clock = session.clock
        message = f"{clock.source.value.replace('_', ' ')}, {error(clock.error)}"
        if session.id in unplaced:
            message += "; whether it overlaps the other sessions could not be determined"
            remedy = f"{_CLOCK[0].upper()}{_CLOCK[1:]}"
            yield Check(name="clock", status=Status.FAULT, about=session.id, message=message, remedy=remedy)
        else:
            is_fine = clock.error is not None and clock.error <= _COARSE_NS
            status = Status.OK if is_fine else Status.NOTE
            remedy = "" if is_fine else f"To align it with other sessions, {_CLOCK}"
            yield Check(name="clock", status=status, about=session.id, message=message, remedy=remedy)


def _identities(report: Report) -> Iterator[Check]:
    """Check how the physical GPU is identified, where several sessions depend on it."""
    for device in report.devices:
        if device.group.device.device.is_host or len(_processes_on(report, device)) < 2:
            continue
        if device.group.device.identity is Identity.ASSUMED:
            yield Check(
                name="gpu-identity",
                status=Status.NOTE,
                about=device.id,
                message="these sessions are assumed to share one physical GPU, which no trace identifies",
                remedy="Name it with --gpu SESSION:ORDINAL=NAME, or in tb_contention.json.",
            )
        else:
            source = "a manifest" if device.group.device.identity is Identity.MANIFEST else "--gpu"
            yield Check(
                name="gpu-identity",
                status=Status.OK,
                about=device.id,
                message=f"the physical GPU is identified by {source}",
            )


def _processes_on(report: Report, device: DeviceReport) -> set[str]:
    there = set(device.sessions)
    return {str(s.process or s.id) for s in report.sessions if s.id in there}


def _steps(report: Report) -> Iterator[Check]:
    """Find sessions without steps."""
    inside = {s.process for s in report.sessions if s.process is not None}
    leaves = [s for s in report.sessions if s.id not in inside]
    without = [s for s in leaves if s.steps is None and s.id != f"{s.process}#(unattributed)"]
    for session in without:
        yield Check(
            name="steps",
            status=Status.NOTE,
            about=session.id,
            message="the trace marks no steps, so the slowdown is estimated from kernel times",
            remedy=_MARK.get(session.session.trace.era, _MARK_BY_NAME),
        )
    if leaves and not without:
        yield Check(name="steps", status=Status.OK, message="every session has steps")


def _memory(report: Report) -> Iterator[Check]:
    """Find GPUs whose memory use is unknown or incomplete."""
    gpus = [device for device in report.devices if not device.group.device.device.is_host]
    eras = {s.id: s.session.trace.era for s in report.sessions}
    for device in gpus:
        if device.memory_note:
            yield Check(
                name="memory",
                status=Status.NOTE,
                about=device.id,
                message=device.memory_note,
                remedy=" ".join(dict.fromkeys(_SHOW_MEMORY.get(eras[s], _BY_ALLOCATOR) for s in device.sessions)),
            )
    if gpus and all(not device.memory_note for device in gpus):
        yield Check(name="memory", status=Status.OK, message="the memory use of every GPU was recorded")


def _side_by_side(aligned: AlignedTraces) -> Iterator[Check]:
    """Check whether the profiler serialised the kernels of a process: traces do not say so, but overlapping kernels rule it out."""
    single = 0
    for session in _processes(aligned):
        for row, device in enumerate(session.trace.devices):
            streams = [] if device.is_host else _busy_by_stream(session.trace, row)
            single += len(streams) == 1
            if len(streams) < 2:
                continue
            if session.manifest is not None and session.manifest.kernel_mode is not KernelMode.UNKNOWN:
                continue  # the lines on recordings report it
            if at_depth(streams, 2).total:
                message = f"kernels on streams of {device.name} overlap, so the profiler did not serialise them"
                yield Check(name="concurrent-kernels", status=Status.OK, about=session.id, message=message)
            else:
                yield Check(
                    name="concurrent-kernels",
                    status=Status.NOTE,
                    about=session.id,
                    message=f"kernels on {len(streams)} streams of {device.name} never overlap: they waited for each other, or the "
                    "profiler serialised them; the trace does not show which",
                    remedy=_SERIAL if session.trace.era in _MARK else _SERIAL_TRACER,
                )
    if single:
        captures = f"{count(single, 'capture')} {'has' if single == 1 else 'have'}"
        message = f"{captures} all kernels on one stream, so it does not matter whether the profiler serialises"
        yield Check(name="concurrent-kernels", status=Status.OK, message=message)


def _busy_by_stream(trace: Trace, device: int) -> list[Intervals]:
    """Return when each stream of a device ran kernels; copies run on engines of their own and do not count."""
    rows = np.array([number for number, stream in enumerate(trace.streams) if stream.device == device], np.int64)
    kernels = trace.kernels
    is_kernel = kernels.kind == KernelKind.KERNEL
    found = []
    for stream in rows.tolist():
        mine = is_kernel & (kernels.stream == stream)
        spans = Intervals.union_of(kernels.start[mine], kernels.start[mine] + kernels.duration[mine])
        if len(spans):
            found.append(spans)
    return found
