"""A report and its traces -> what the captures lack: files, rights, clocks, steps, memory, kernels side by side."""

from collections.abc import Iterator

import numpy as np

from tb_contention.health.recordings import recording_checks
from tb_contention.model.alignment import AlignedTraces, Identity, Session
from tb_contention.model.findings import Problem, Severity
from tb_contention.model.health import Check, Status
from tb_contention.model.intervals import Intervals, at_depth
from tb_contention.model.manifest import KernelMode
from tb_contention.model.report import DeviceReport, Report
from tb_contention.model.trace import KernelKind, Trace
from tb_contention.units import NS_PER_S

#: Lines of one kind; more are counted.
MOST = 20
#: Clocks that are worse than this cannot place kernels.
_COARSE_NS = 1_000_000
#: What keeps a capture from holding GPU work at all.
_BLOCKED = frozenset(("cupti-no-rights", "cupti-not-loaded", "cupti-in-use"))
_CLOCK = "Record with TensorFlow 2.17 or later, or JAX with jaxlib 0.4.25 or later; or state the clock in tb_contention.json; or --shift."
_MARK = (
    "Mark each step: tf.profiler.experimental.Trace('train', step_num=i, _r=1), or jax.profiler.StepTraceAnnotation."
)


def trace_checks(report: Report, aligned: AlignedTraces) -> list[Check]:
    """Look through all captures; of each kind the worst first, and at most `MOST`."""
    kinds = (
        list(_files(report)),
        list(_clocks(report, aligned)),
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
    more = Check(name=left[0].name, status=left[0].status, message=f"{len(left)} more, none worse than these")
    return [*checks[:MOST], more]


def _files(report: Report) -> Iterator[Check]:
    """Tell every problem; the names of checks are the problems' slugs. A remark, such as that there is no GPU, leaves a capture whole."""
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
        message = f"{whole} of {len(files)} captures that can be read are whole, without a complaint of the profiler"
        yield Check(name="captures", status=Status.OK, message=message)


def _gravity(problem: Problem) -> Status:
    if problem.slug == "still-growing":
        return Status.NOTE
    return Status.FAULT if problem.severity is Severity.ERROR or problem.slug in _BLOCKED else Status.NOTE


def _processes(aligned: AlignedTraces | Report) -> list[Session]:
    sessions = [s if isinstance(s, Session) else s.session for s in aligned.sessions]
    return [s for s in sessions if s.process is None]


def _clocks(report: Report, aligned: AlignedTraces) -> Iterator[Check]:
    """Tell each clock; one that keeps sessions on one GPU from being lined up is a fault."""
    unplaced = {s for f in report.findings if f.rule == "clock-too-coarse" for s in f.sessions}
    for session in _processes(report):
        clock = session.clock
        source = clock.source.value.replace("_", " ")
        if clock.error is None:
            told, good = f"{source}, error unknown", False
        else:
            told, good = f"{source}, error {_time(clock.error)}", clock.error <= _COARSE_NS
        if session.id in unplaced:
            message = f"{told}; it cannot be told whether it ran together with others"
            yield Check(name="clock", status=Status.FAULT, about=session.id, message=message, remedy=_CLOCK)
        else:
            status = Status.OK if good else Status.NOTE
            remedy = "" if good else f"Matters when it is to be lined up with others. {_CLOCK}"
            yield Check(name="clock", status=status, about=session.id, message=told, remedy=remedy)


def _time(nanoseconds: int) -> str:
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1000:g} µs"
    return f"{nanoseconds / 1e6:.3g} ms" if nanoseconds < NS_PER_S else f"{nanoseconds / NS_PER_S:,.0f} s"


def _identities(report: Report) -> Iterator[Check]:
    """Tell how it is known which GPU a plane is, where several sessions depend on it."""
    for device in report.devices:
        if device.group.device.device.is_host or len(_processes_on(report, device)) < 2:
            continue
        if device.group.device.identity is Identity.ASSUMED:
            yield Check(
                name="gpu-identity",
                status=Status.NOTE,
                about=device.id,
                message="that these sessions share one physical GPU is assumed: no trace names it",
                remedy="State it with --gpu SESSION:ORDINAL=NAME, or in tb_contention.json.",
            )
        else:
            word = "a manifest" if device.group.device.identity is Identity.MANIFEST else "your word"
            yield Check(
                name="gpu-identity", status=Status.OK, about=device.id, message=f"the physical GPU is known from {word}"
            )


def _processes_on(report: Report, device: DeviceReport) -> set[str]:
    there = set(device.sessions)
    return {str(s.process or s.id) for s in report.sessions if s.id in there}


def _steps(report: Report) -> Iterator[Check]:
    """Tell sessions whose slowdown cannot be told by steps."""
    inside = {s.process for s in report.sessions if s.process is not None}
    leaves = [s for s in report.sessions if s.id not in inside]
    without = [s for s in leaves if s.steps is None and s.id != f"{s.process}#(unattributed)"]
    for session in without:
        yield Check(
            name="steps",
            status=Status.NOTE,
            about=session.id,
            message="no steps: its slowdown rests on the time of its kernels",
            remedy=_MARK,
        )
    if leaves and not without:
        yield Check(name="steps", status=Status.OK, message="every session has steps")


def _memory(report: Report) -> Iterator[Check]:
    """Tell GPUs whose memory is unknown or known in part."""
    gpus = [device for device in report.devices if not device.group.device.device.is_host]
    for device in gpus:
        if device.memory_note:
            yield Check(
                name="memory",
                status=Status.NOTE,
                about=device.id,
                message=device.memory_note,
                remedy="Record while the program allocates, with an allocator that writes events.",
            )
    if gpus and all(not device.memory_note for device in gpus):
        yield Check(name="memory", status=Status.OK, message="the memory of every GPU is known")


def _side_by_side(aligned: AlignedTraces) -> Iterator[Check]:
    """Tell whether the profiler let the kernels of a process run at once: a trace does not say so, its kernels may."""
    single = 0
    for session in _processes(aligned):
        for row, device in enumerate(session.trace.devices):
            streams = [] if device.is_host else _busy_by_stream(session.trace, row)
            single += len(streams) == 1
            if len(streams) < 2:
                continue
            if session.manifest is not None and session.manifest.kernel_mode is not KernelMode.UNKNOWN:
                continue  # told by the manifest, in the lines on recordings
            if at_depth(streams, 2).total:
                message = f"kernels of {device.name} ran at once on its streams: the profiler did not serialise them"
                yield Check(name="concurrent-kernels", status=Status.OK, about=session.id, message=message)
            else:
                yield Check(
                    name="concurrent-kernels",
                    status=Status.NOTE,
                    about=session.id,
                    message=f"kernels of {device.name} on {len(streams)} streams never ran at once: either they waited for each other, "
                    "or the profiler serialised them; the trace does not tell which",
                    remedy="Set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1 in the profiled program and record again: if they then "
                    "overlap, it was the profiler (TensorFlow up to about 2.14 does so by default).",
                )
    if single:
        message = f"of {single} captures the kernels are on one stream: whether the profiler serialises cannot be told, and changes nothing"
        yield Check(name="concurrent-kernels", status=Status.OK, message=message.replace("1 captures", "1 capture"))


def _busy_by_stream(trace: Trace, device: int) -> list[Intervals]:
    """Return when each stream of a device had a kernel; copies have engines of their own."""
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
