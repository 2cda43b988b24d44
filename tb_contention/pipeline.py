"""The order of the stages: log directory -> captures -> aligned traces -> results -> report."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tb_contention._version import __version__
from tb_contention.align import AlignOptions, align
from tb_contention.attribution import attribute, roll_up
from tb_contention.contention.cost import measure_cost
from tb_contention.contention.overlap import measure_overlap
from tb_contention.contention.solo import Solo, find_solos
from tb_contention.diagnose import diagnose
from tb_contention.errors import TraceFileError
from tb_contention.memory.by_scope import with_peaks
from tb_contention.memory.driver import driver_view
from tb_contention.memory.highwater import combined_memory
from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.capture import Capture, CaptureFile, Discovery
from tb_contention.model.contention import Cost
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.report import DeviceReport, Report, SessionReport, StepSummary
from tb_contention.units import PS_PER_NS, SessionId
from tb_contention.whatif import predict
from tb_contention.xspace.discover import discover
from tb_contention.xspace.load import load_parts
from tb_contention.xspace.manifest import read_manifest

if TYPE_CHECKING:
    from tb_contention.cache import TraceCache

#: Called with what is going on and how far it is (0..1, or None).
Progress = Callable[[str, "float | None"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to look at a log directory.

    shifts: session id or unique name -> ns to move it by. gpus: (session, CUDA ordinal) -> the user's name of the physical GPU.
    baselines: session -> run that holds the same work captured alone. spec: TensorBoard's --logdir_spec, instead of a logdir.
    """

    shifts: Mapping[str, int] = field(default_factory=dict)
    gpus: Mapping[tuple[str, int], str] = field(default_factory=dict)
    baselines: Mapping[str, str] = field(default_factory=dict)
    spec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A report together with the aligned traces it was made from, for the timeline."""

    report: Report
    aligned: AlignedTraces


#: Files that are whole and no trace: nothing is wrong with them.
_NO_TRACE = frozenset({"not-nsight", "no-gpu-work"})


class _DefaultCache:
    """Stands for 'the user's cache directory'."""


DEFAULT_CACHE = _DefaultCache()


def analyse(
    logdir: str | os.PathLike[str],
    *,
    options: Options | None = None,
    cache_dir: str | os.PathLike[str] | _DefaultCache | None = DEFAULT_CACHE,
    progress: Progress | None = None,
) -> Report:
    """Find the captures below a log directory, line them up, and report who shared which GPU, when, and with how much memory.

    `cache_dir=None` keeps no cache of decoded traces. Raises LogdirError when the directory cannot be read and OptionError when an
    option names what is not there; bad traces become problems of the report.
    """
    options = options or Options()
    tell = progress or _silent
    tell("Looking for captures", None)
    discovery = discover(os.fspath(logdir), spec=options.spec)
    captures, problems = load_captures(discovery, cache=_cache(cache_dir), progress=tell)
    tell("Analysing", None)
    return analyse_captures(captures, discovery, options, problems).report


def _silent(message: str, fraction: float | None) -> None:
    """Keep progress to oneself."""


def _cache(cache_dir: str | os.PathLike[str] | _DefaultCache | None) -> "TraceCache | None":
    if cache_dir is None:
        return None
    from tb_contention.cache import TraceCache, default_cache_directory

    if isinstance(cache_dir, _DefaultCache):
        return TraceCache(default_cache_directory())
    return TraceCache(Path(os.fspath(cache_dir)))


def load_captures(
    discovery: Discovery, *, cache: "TraceCache | None", progress: Progress | None = None
) -> tuple[tuple[Capture, ...], tuple[Problem, ...]]:
    """Decode all files that were found, in parallel; one that cannot be read becomes a problem and the others go on."""
    tell = progress or _silent
    captures: list[Capture] = []
    problems: list[Problem] = []
    workers = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, thread_name_prefix="tb_contention-decode") as pool:
        results = pool.map(lambda file: load_capture(file, cache), discovery.files)
        for done, (decoded, found) in enumerate(results, 1):
            captures += decoded
            problems += found
            tell(f"Decoded {done} of {len(discovery.files)} traces", done / len(discovery.files))
    return tuple(captures), tuple(problems)


def load_capture(file: CaptureFile, cache: "TraceCache | None") -> tuple[tuple[Capture, ...], list[Problem]]:
    """Decode one file, through the cache if there is one, and read the manifest beside it; a file can hold several processes."""
    try:
        parts = cache.get(file) if cache is not None else None
        if parts is None:
            parts = load_parts(file)
            if cache is not None:
                cache.put(file, parts)
    except TraceFileError as error:
        return (), [_refusal(file, error)]
    captures: list[Capture] = []
    problems: list[Problem] = []
    for part, trace in parts:
        manifest, found = read_manifest(part)
        captures.append(Capture(file=part, trace=trace, manifest=manifest))
        problems += found
    return tuple(captures), list(dict.fromkeys(problems))


def _refusal(file: CaptureFile, error: TraceFileError) -> Problem:
    return Problem(
        file=file.relative,
        slug=error.slug,
        severity=Severity.INFO if error.slug in _NO_TRACE else Severity.ERROR,
        origin=Origin.READING,
        message=error.message,
        advice=error.advice,
        offset=error.offset,
    )


def analyse_captures(
    captures: tuple[Capture, ...],
    discovery: Discovery,
    options: Options,
    problems: tuple[Problem, ...] = (),
) -> Analysis:
    """Align decoded captures and analyse each group of sessions; `problems` are those of files that could not be decoded."""
    return measured(first_look(captures, discovery, options, problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What is known before the cost of sharing is measured: who ran when, on what, with how much memory. findings: those of the files."""

    analysis: Analysis
    solos: Mapping[SessionId, tuple[Solo, ...]]


def first_look(
    captures: tuple[Capture, ...],
    discovery: Discovery,
    options: Options,
    problems: tuple[Problem, ...] = (),
) -> FirstLook:
    """Align decoded captures, and find overlap and memory of each group of sessions: all that a timeline needs, in a third of the time."""
    processes = align(captures, AlignOptions(shifts=options.shifts, gpus=options.gpus))
    aligned = attribute(processes)
    solos = find_solos(aligned, options.baselines)
    devices = tuple(
        _device_report(processes, whole, aligned, group, solos)
        for whole, group in zip(processes.groups, aligned.groups, strict=True)
    )
    devices = tuple(sorted(devices, key=_most_contended))
    known = (*discovery.problems, *problems, *aligned.problems)
    known += tuple(p for capture in captures for p in capture.trace.problems)
    report = Report(
        version=__version__,
        logdir=discovery.logdir,
        origin_ns=aligned.origin_ns,
        sessions=tuple(_session_report(session, known) for session in aligned.sessions),
        devices=devices,
        findings=aligned.findings,
        problems=tuple(dict.fromkeys(known)),
    )
    return FirstLook(analysis=Analysis(report=report, aligned=aligned), solos=solos)


def measured(look: FirstLook) -> Analysis:
    """Measure what sharing cost, predict other schedules, and say what to do."""
    report, aligned = look.analysis.report, look.analysis.aligned
    devices = tuple(_measured(device, aligned, look.solos) for device in report.devices)
    findings = (*diagnose(aligned, devices), *aligned.findings)
    return Analysis(report=replace(report, devices=devices, findings=findings), aligned=aligned)


def _measured(
    device: DeviceReport, aligned: AlignedTraces, solos: Mapping[SessionId, tuple[Solo, ...]]
) -> DeviceReport:
    found = replace(device, cost=measure_cost(aligned, device.group, device.overlap, solos))
    return replace(found, predictions=predict(found, aligned))


def _most_contended(device: DeviceReport) -> tuple[bool, int, int, int, str]:
    """Order devices: GPUs before hosts, then contended time, then the number of sessions, then kernels, then the name."""
    overlap = device.overlap
    return (
        device.group.device.device.is_host,
        -overlap.time.contended,
        -len(overlap.shares),
        -sum(s.kernels for s in overlap.shares),
        device.group.id,
    )


def _device_report(
    processes: AlignedTraces,
    whole: DeviceGroup,
    aligned: AlignedTraces,
    group: DeviceGroup,
    solos: Mapping[SessionId, tuple[Solo, ...]],
) -> DeviceReport:
    """Look at one group: memory by process (`whole`), since an allocator is the process's, and time by session (`group`)."""
    alone = {key: tuple((solo.session, solo.device) for solo in found) for key, found in solos.items()}
    memory = combined_memory(processes, whole, aligned, alone)
    overlap = measure_overlap(aligned, group)
    return DeviceReport(
        group=group,
        overlap=overlap,
        cost=Cost.not_measured(share.session for share in overlap.shares),
        memory=memory,
        memory_note=_memory_note(memory, aligned),
        parts=with_peaks(roll_up(aligned, group), memory, aligned, group),
        driver=driver_view(processes, whole, memory),
    )


def _memory_note(memory: CombinedMemory | None, aligned: AlignedTraces) -> str:
    """Say whose memory is not known, and why; nothing when all is."""
    why = "nothing was allocated meanwhile, or its allocator writes no events (cuda_malloc_async, platform)"
    if memory is None:
        return f"No allocator event of this device was recorded ({why}): its memory is unknown, not zero."
    if memory.sessions_without_data:
        names = ", ".join(aligned.session(s).name for s in memory.sessions_without_data)
        return f"The memory of {names} is not in its capture ({why}): the sums are a lower bound."
    return ""


def _session_report(session: Session, problems: tuple[Problem, ...]) -> SessionReport:
    warnings = dict.fromkeys(session.trace.profiler_messages if session.process is None else ())
    for problem in problems if session.process is None else ():
        if problem.file == session.file and problem.severity is not Severity.INFO:
            warnings[problem.message] = None
    return SessionReport(session=session, steps=_steps(session), warnings=tuple(warnings))


def _steps(session: Session) -> StepSummary | None:
    """Summarise step periods, from the end of one step to the end of the next; two steps make one period."""
    steps = session.trace.steps
    periods = np.diff(np.sort((steps.start + steps.duration) // PS_PER_NS))
    if not len(periods):
        return None
    return StepSummary(
        count=len(steps),
        mean=round(float(periods.mean())),
        p50=round(float(np.percentile(periods, 50))),
        p95=round(float(np.percentile(periods, 95))),
    )
