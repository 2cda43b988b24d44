"""The order of the stages: log directory -> captures -> aligned traces -> results -> report.

discover ──> decode ──> align ──> attribute ──> overlap, memory ──────> cost ──> predictions ──> findings
             (files)    (processes)  (sessions)  (what a timeline needs)  (each device)
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from tb_contention._version import __version__
from tb_contention.align import AlignOptions, align
from tb_contention.attribution import attribute, roll_up, summarise
from tb_contention.cache import DEFAULT_CACHE, DefaultCache, TraceCache, cached
from tb_contention.contention.cost import measure_cost
from tb_contention.contention.overlap import measure_overlap
from tb_contention.contention.solo import Solo, find_solos
from tb_contention.diagnose import diagnose
from tb_contention.memory.by_scope import with_peaks
from tb_contention.memory.driver import driver_view
from tb_contention.memory.highwater import combined_memory
from tb_contention.memory.note import memory_note
from tb_contention.model.alignment import AlignedTraces, DeviceGroup
from tb_contention.model.capture import CaptureFile, Decoded, DecodedFile, Discovery
from tb_contention.model.contention import Cost
from tb_contention.model.report import DeviceReport, Report
from tb_contention.recorders.captures import read_captures
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.units import SessionId
from tb_contention.whatif import predict
from tb_contention.words.answers import Answer, is_contended

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


def analyse(
    logdir: str | os.PathLike[str],
    *,
    options: Options | None = None,
    cache_dir: str | os.PathLike[str] | DefaultCache | None = DEFAULT_CACHE,
    progress: Progress | None = None,
) -> Report:
    """Find the captures below a log directory, line them up, and report who shared which GPU, when, and with how much memory.

    `cache_dir=None` keeps no cache of decoded traces. Raises LogdirError when the directory cannot be read and OptionError when an
    option names what is not there; bad traces become problems of the report.
    """
    return analyse_logdir(logdir, options, cache=TraceCache.at(cache_dir), progress=progress).report


def analyse_logdir(
    logdir: str | os.PathLike[str],
    options: Options | None = None,
    *,
    cache: TraceCache | None = None,
    progress: Progress | None = None,
    accept: Callable[[Decoded], None] | None = None,
) -> Analysis:
    """Find, decode and analyse the captures of a log directory; `accept` may raise when it sees what they hold."""
    options, tell = options or Options(), progress or _silent
    tell("Looking for captures", None)
    decoded = decode(discover(os.fspath(logdir), spec=options.spec), cache=cache, progress=tell)
    if accept is not None:
        accept(decoded)
    return analyse_decoded(decoded, options, progress=tell)


def decode(
    discovery: Discovery,
    *,
    cache: TraceCache | None = None,
    known: Mapping[CaptureFile, DecodedFile] | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode the files that are not `known`, in parallel; one that cannot be read becomes a problem and the others go on."""
    tell, files = progress or _silent, dict(known or {})
    missing = [file for file in discovery.files if file not in files]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="tb_contention-decode") as pool:
        results = pool.map(lambda file: read_captures(file, lambda f: cached(f, load_parts, cache)), missing)
        for done, (file, decoded) in enumerate(zip(missing, results, strict=True), 1):
            files[file] = decoded
            tell(f"Decoded {done} of {len(missing)} traces", done / len(missing))
    return Decoded(discovery=discovery, files={file: files[file] for file in discovery.files})


def analyse_decoded(
    decoded: Decoded,
    options: Options,
    *,
    progress: Progress | None = None,
    first: Callable[[Analysis], None] | None = None,
) -> Analysis:
    """Analyse decoded captures; `first` is called with what is known before the cost of sharing is measured."""
    (progress or _silent)("Analysing", None)
    look = first_look(decoded, options)
    if first is not None:
        first(look.analysis)
    return measured(look)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What is known before the cost of sharing is measured: who ran when, on what, with how much memory. findings: those of the files."""

    analysis: Analysis
    solos: Mapping[SessionId, tuple[Solo, ...]]


def first_look(decoded: Decoded, options: Options) -> FirstLook:
    """Align captures, and find overlap and memory of each group of sessions: all that a timeline needs, in a third of the time."""
    captures = decoded.captures
    processes = align(captures, AlignOptions(shifts=options.shifts, gpus=options.gpus))
    aligned = attribute(processes)
    solos = find_solos(aligned, options.baselines)
    devices = tuple(
        _device_report(processes, whole, aligned, group, solos)
        for whole, group in zip(processes.groups, aligned.groups, strict=True)
    )
    problems = (*decoded.discovery.problems, *decoded.problems, *aligned.problems)
    problems += tuple(p for capture in captures for p in capture.trace.problems)
    report = Report(
        version=__version__,
        logdir=decoded.discovery.logdir,
        origin_ns=aligned.origin_ns,
        sessions=tuple(summarise(session, problems) for session in aligned.sessions),
        devices=tuple(sorted(devices, key=_most_contended)),
        findings=aligned.findings,
        problems=tuple(dict.fromkeys(problems)),
    )
    return FirstLook(analysis=Analysis(report=report, aligned=aligned), solos=solos)


def measured(look: FirstLook) -> Analysis:
    """Measure what sharing cost, predict other schedules, and say what to do."""
    report, aligned = look.analysis.report, look.analysis.aligned
    devices = [_measured(device, aligned, look.solos) for device in report.devices]
    # The first device answers for the report: long overlap that costs nothing must not hide one where a session is slower.
    devices.sort(key=lambda d: (d.group.device.device.is_host, is_contended(d) is not Answer.YES))
    findings = (*diagnose(aligned, tuple(devices)), *aligned.findings)
    return Analysis(report=replace(report, devices=tuple(devices), findings=findings), aligned=aligned)


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
        memory_note=memory_note(memory, aligned),
        parts=with_peaks(roll_up(aligned, group), memory, aligned, group),
        driver=driver_view(processes, whole, memory),
    )


def _measured(
    device: DeviceReport, aligned: AlignedTraces, solos: Mapping[SessionId, tuple[Solo, ...]]
) -> DeviceReport:
    found = replace(device, cost=measure_cost(aligned, device.group, solos))
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


def _silent(message: str, fraction: float | None) -> None:
    """Report no progress."""
