"""The order of the stages: log directory -> index -> captures that are looked at -> aligned traces -> results -> report.

discover ──> index ──> choose ──> decode ──> align ──> attribute ──> baselines ──> overlap, memory ──────> cost ──> predictions ──> findings
             (sketches) (a group)  (files)    (processes)  (sessions)  (captures    (what a timeline needs)  (each device)
                        and what ran alone                              alone)
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from tb_contention._version import __version__
from tb_contention.advise import advise
from tb_contention.align import AlignOptions, known_options
from tb_contention.attribution import attribute
from tb_contention.baselines import (
    Baselines,
    Beside,
    Decode,
    Proposals,
    decoded_beside,
    find_baselines,
    proposed,
    with_baselines,
    without_baselines,
)
from tb_contention.cache import DEFAULT_CACHE, DefaultCache, TraceCache, cached
from tb_contention.diagnose import diagnose
from tb_contention.index import Alone, Chosen, Index, Selection, Snapshot, choose
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.capture import CaptureFile, Decoded, DecodedFile, Discovery
from tb_contention.model.faults import Faults
from tb_contention.model.listing import Listing
from tb_contention.model.report import DeviceReport, Report
from tb_contention.recorders.captures import read_captures
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_parts
from tb_contention.stages import aligned_traces, checked_clocks, concerning, first_results, measured_results, summarised
from tb_contention.units import SessionId
from tb_contention.words.answers import Answer, is_contended
from tb_contention.words.listing import known_answer
from tb_contention.words.names import names_of

#: Called with what is going on and how far it is (0..1, or None).
Progress = Callable[[str, "float | None"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to look at a log directory.

    shifts: session id or unique name -> ns to move it by. gpus: (session, CUDA ordinal) -> the user's name of the physical GPU.
    baselines: session -> run that holds the same work captured alone, both as ids, names or patterns, or a path; "" for none.
    find_baselines: use captures alone that are found without being named. spec: TensorBoard's --logdir_spec, instead of a logdir. select:
    which captures of the directory; by default all of a small one, and the groups that deserve a look first of a large one.
    """

    shifts: Mapping[str, int] = field(default_factory=dict)
    gpus: Mapping[tuple[str, int], str] = field(default_factory=dict)
    baselines: Mapping[str, str] = field(default_factory=dict)
    find_baselines: bool = True
    spec: str = ""
    select: Selection = field(default_factory=Selection)


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
    option names what is not there; bad traces become problems of the report. Several log directories,
    separated by commas, are taken as one.

    options = Options(
        select=Selection(latest=True),              # or group="1f2e3d4c5b", runs=("job7",), hosts=(...,), since_ns=..., everything=True
        baselines={"trainer": "alone/trainer"},     # session -> capture of the same work alone; "" for none
        find_baselines=False,                       # use no other capture as a baseline
        shifts={"trainer": 12_000_000},             # session -> ns to move it by
        gpus={("trainer", 0): "left"},              # (session, CUDA ordinal) -> name of the physical GPU; equal names are one GPU
        spec="",                                    # TensorBoard's --logdir_spec, instead of a logdir
    )

    Sessions are named as reports show them, by the end of that name where it is unique, or by id. Without options the whole of a small
    directory is analysed, and of a large one what deserves a look first.
    """
    return analyse_logdir(logdir, options, cache=TraceCache.at(cache_dir), progress=progress).report


def listing(
    logdir: str | os.PathLike[str], *, cache_dir: str | os.PathLike[str] | DefaultCache | None = DEFAULT_CACHE
) -> Listing:
    """List the captures of a log directory and the groups that ran together, without decoding any.

    `cache_dir=None` keeps no index. Raises LogdirError when the directory cannot be read.
    """
    return look(os.fspath(logdir), Options(), cache=TraceCache.at(cache_dir))[1].listing


def analyse_logdir(
    logdir: str | os.PathLike[str],
    options: Options | None = None,
    *,
    cache: TraceCache | None = None,
    progress: Progress | None = None,
    accept: Callable[[Decoded], None] | None = None,
) -> Analysis:
    """Find captures, choose among them, decode and analyse those; `accept` may raise when it sees what they hold."""
    options, tell = options or Options(), progress or _silent
    index, snapshot = look(os.fspath(logdir), options, cache=cache, progress=tell)
    chosen = choose(snapshot, options.select)
    decoded = decode_chosen(chosen, cache=cache, progress=tell)
    if accept is not None:
        accept(decoded)

    def decode_more(files: tuple[CaptureFile, ...]) -> Mapping[CaptureFile, DecodedFile]:
        discovery = replace(snapshot.discovery, files=files)
        return decode(discovery, cache=cache, known=decoded.files, progress=tell).files

    beside = look_beside(Alone(snapshot=snapshot), chosen, options, decode_more)
    analysis = analyse_decoded(decoded, options, around=chosen, beside=beside, progress=tell)
    note_answers(index, chosen.snapshot, analysis.report, options)
    return analysis


def look_beside(alone: Alone, chosen: Chosen, options: Options, decode_more: Decode, *, typed: bool = True) -> Beside:
    """Find captures alone of the work in what was chosen, anywhere in the log directory, and decode them.

    typed: baselines are names, patterns or places outside the log directory; else ids, and those of nothing are refused with the reason.
    Raises OptionError for a place that cannot be read.
    """
    faults = Faults(logdir=alone.snapshot.discovery.logdir)

    def found() -> Beside:
        automatic = options.find_baselines
        proposals = proposed(alone, chosen.files, options.baselines, automatic=automatic, typed=typed)
        return decoded_beside(proposals, decode_more)

    return faults.attempt(
        "Looking for baselines",
        found,
        lambda problem: Beside(proposals=Proposals(typed=typed), problems=(problem,)),
    )


def look(
    logdir: str, options: Options, *, cache: TraceCache | None = None, progress: Progress | None = None
) -> tuple[Index, Snapshot]:
    """Find the files of a log directory, and skim those that the index does not know."""
    tell = progress or _silent
    tell("Looking for captures", None)
    index = Index.of(logdir, options.spec, None if cache is None else cache.directory)
    return index, index.look(discover(logdir, spec=options.spec), _arranging(options), progress=tell)


def _arranging(options: Options) -> AlignOptions:
    return AlignOptions(shifts=options.shifts, gpus=options.gpus)


def decode_chosen(
    chosen: Chosen,
    *,
    cache: TraceCache | None = None,
    known: Mapping[CaptureFile, DecodedFile] | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode what was chosen; files of which the index knows that they cannot be read are not tried again."""
    rows = chosen.snapshot.rows
    unread = {
        file: DecodedFile(problems=rows[file].problems) for file in chosen.files if file in rows and not rows[file].captures
    }  # fmt: skip
    discovery = replace(chosen.snapshot.discovery, files=chosen.files)
    return decode(discovery, cache=cache, known={**unread, **(known or {})}, progress=progress)


def decode(
    discovery: Discovery,
    *,
    cache: TraceCache | None = None,
    known: Mapping[CaptureFile, DecodedFile] | None = None,
    progress: Progress | None = None,
) -> Decoded:
    """Decode the files that are not `known`, in parallel; one that cannot be read becomes a problem and the others go on."""
    tell, files = progress or _silent, dict(known or {})
    faults = Faults(logdir=discovery.logdir)
    missing = [file for file in discovery.files if file not in files]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="tb_contention-decode") as pool:
        results = pool.map(lambda file: read_captures(file, lambda f: cached(f, load_parts, cache), faults), missing)
        for done, (file, decoded) in enumerate(zip(missing, results, strict=True), 1):
            files[file] = decoded
            tell(f"Decoded {done} of {len(missing)} traces", done / len(missing))
    return Decoded(discovery=discovery, files={file: files[file] for file in discovery.files})


def analyse_decoded(
    decoded: Decoded,
    options: Options,
    *,
    around: Chosen | None = None,
    beside: Beside | None = None,
    progress: Progress | None = None,
    first: Callable[[Analysis], None] | None = None,
) -> Analysis:
    """Analyse decoded captures; `first` is called with what is known before the cost of sharing is measured.

    around: what the captures were chosen from, which knows more of their clocks, copies and neighbours than they do. beside: captures
    that may show the same work alone.
    """
    (progress or _silent)("Analysing", None)
    seen = first_look(decoded, options, around, beside)
    if first is not None:
        first(seen.analysis)
    return measured(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """What is known before the cost of sharing is measured: who ran when, on what, with how much memory. findings: those of the files."""

    analysis: Analysis
    baselines: Baselines
    around: Chosen | None = None


def first_look(
    decoded: Decoded, options: Options, around: Chosen | None = None, beside: Beside | None = None
) -> FirstLook:
    """Align captures, and find overlap and memory of each group of sessions: all that a timeline needs, in a third of the time."""
    copies = around.snapshot.copies if around is not None else {}
    captures = tuple(capture for capture in decoded.captures if capture.file.id not in copies)
    arranging = _arranging(options)
    if around is not None:
        arranging = replace(known_options(arranging, captures, around.snapshot.captures), clocks=around.snapshot.clocks)
    faults = Faults(logdir=decoded.discovery.logdir)
    processes = checked_clocks(captures, arranging, aligned_traces(captures, arranging, faults), faults)
    aligned = faults.attempt("Attribution", lambda: attribute(processes, faults), lambda _: processes)
    beside = beside or Beside()
    clocks = AlignOptions(clocks=arranging.clocks)
    baselines = faults.attempt(
        "Finding the baselines",
        lambda: find_baselines(aligned, options.baselines, beside, clocks, faults),
        lambda _: Baselines(),
    )
    pairs, aligned = faults.attempt(
        "Leaving out the baselines",
        lambda: without_baselines(aligned, processes, baselines.solos),
        lambda _: (tuple(zip(processes.groups, aligned.groups, strict=True)), aligned),
    )
    devices = [
        first_results(processes, whole, aligned, group, baselines.solos, concerning(faults, group, aligned, around))
        for whole, group in pairs
    ]
    problems = (*decoded.discovery.problems, *decoded.problems, *aligned.problems)
    problems += tuple(p for capture in captures for p in capture.trace.problems)
    problems += around.problems if around is not None else ()
    problems += beside.problems
    report = Report(
        version=__version__,
        logdir=decoded.discovery.logdir,
        origin_ns=aligned.origin_ns,
        sessions=tuple(summarised(session, problems, faults) for session in aligned.sessions),
        devices=tuple(sorted((device for device in devices if device is not None), key=_most_contended)),
        findings=(*aligned.findings, *(around.findings if around is not None else ())),
        problems=tuple(dict.fromkeys(problems)),
    )
    report = replace(report, problems=(*report.problems, *faults.problems))
    return FirstLook(analysis=Analysis(report=report, aligned=aligned), baselines=baselines, around=around)


def measured(seen: FirstLook) -> Analysis:
    """Measure what sharing cost, predict other schedules, and say what to do."""
    report, aligned = seen.analysis.report, seen.analysis.aligned
    faults = Faults(logdir=report.logdir)

    def on(device: DeviceReport) -> Faults:
        return concerning(faults, device.group, aligned, seen.around)

    devices = [measured_results(device, aligned, seen.baselines.solos, on(device)) for device in report.devices]
    devices = [_with_baselines(device, seen.baselines, on(device)) for device in devices]
    # The first device answers for the report: long overlap that costs nothing must not hide one where a session is slower.
    devices.sort(key=lambda d: (d.group.device.device.is_host, is_contended(d) is not Answer.YES))
    found = faults.attempt("The diagnosis", lambda: diagnose(aligned, tuple(devices), on), lambda _: ())
    report = replace(report, devices=tuple(devices), findings=(*found, *report.findings))
    report = replace(report, devices=tuple(_with_advice(report, device, on(device)) for device in devices))
    return Analysis(report=replace(report, problems=(*report.problems, *faults.problems)), aligned=aligned)


def _with_advice(report: Report, device: DeviceReport, on: Faults) -> DeviceReport:
    found = on.attempt(
        "The advice", lambda: advise(device, report.findings, names_of(report), report.logdir), lambda _: None
    )
    return replace(device, advice=found)


def _with_baselines(device: DeviceReport, baselines: Baselines, on: Faults) -> DeviceReport:
    return on.attempt("Naming the baselines", lambda: with_baselines(device, baselines), lambda _: device)


def note_answers(index: Index, snapshot: Snapshot, report: Report, options: Options) -> None:
    """Note in the index what was found of each group, unless the user's hand was on it."""
    if options.shifts or options.gpus or options.baselines or not options.find_baselines:
        return
    devices: dict[frozenset[SessionId], list[DeviceReport]] = {}
    for device in report.devices:
        devices.setdefault(frozenset(p.process or p.id for p in map(report.session, device.sessions)), []).append(
            device
        )
    for members, found in devices.items():
        group = next((g for g in snapshot.groups_with(members) if len(g.members) == len(members)), None)
        if group is not None and group.is_shared:
            index.note(group, known_answer(report, found))


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
