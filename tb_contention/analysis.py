"""Decoded captures -> aligned traces -> results -> report: first what a timeline needs, then what sharing cost."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tb_contention._version import __version__
from tb_contention.advise import advise
from tb_contention.align import AlignOptions, known_options
from tb_contention.attribution import attribute
from tb_contention.baselines import Baselines, Beside, find_baselines, with_baselines, without_baselines
from tb_contention.diagnose import diagnose
from tb_contention.index import Chosen
from tb_contention.looking import Options as Options
from tb_contention.looking import Progress, arranging, silent
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.capture import Decoded
from tb_contention.model.faults import Faults
from tb_contention.model.laws import check
from tb_contention.model.report import DeviceReport, Report
from tb_contention.stages import aligned_traces, checked_clocks, concerning, first_results, measured_results, summarised
from tb_contention.words.advice import again_of
from tb_contention.words.answers import Answer, is_contended
from tb_contention.words.names import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A report together with the aligned traces it was made from, for the timeline."""

    report: Report
    aligned: AlignedTraces


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
    (progress or silent)("Analysing", None)
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
    stated = arranging(options)
    if around is not None:
        stated = replace(known_options(stated, captures, around.snapshot.captures), clocks=around.snapshot.clocks)
    faults = Faults(logdir=decoded.discovery.logdir)
    processes = checked_clocks(captures, stated, aligned_traces(captures, stated, faults), faults)
    aligned = faults.attempt("Attribution", lambda: attribute(processes, faults), lambda _: processes)
    beside = beside or Beside()
    clocks = AlignOptions(clocks=stated.clocks)
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

    solos, faster = seen.baselines.solos, seen.baselines.faster
    devices = [measured_results(device, aligned, solos, faster, on(device)) for device in report.devices]
    devices = [_with_baselines(device, seen.baselines, on(device)) for device in devices]
    # The first device answers for the report: long overlap that costs nothing must not hide one where a session is slower.
    devices.sort(key=lambda d: (d.group.device.device.is_host, is_contended(d) is not Answer.YES))
    found = faults.attempt("The diagnosis", lambda: diagnose(aligned, tuple(devices), on), lambda _: ())
    report = replace(report, devices=tuple(devices), findings=(*found, *report.findings))
    report = replace(report, devices=tuple(_with_advice(report, device, on(device)) for device in devices))
    faults.attempt("Checking the report", lambda: check(report), lambda _: None, unsure=True)
    return Analysis(report=replace(report, problems=(*report.problems, *faults.problems)), aligned=aligned)


def _with_advice(report: Report, device: DeviceReport, on: Faults) -> DeviceReport:
    found = on.attempt(
        "The advice",
        lambda: advise(device, report.findings, names_of(report), again_of(report, device)),
        lambda _: None,
    )
    return replace(device, advice=found)


def _with_baselines(device: DeviceReport, baselines: Baselines, on: Faults) -> DeviceReport:
    return on.attempt("Naming the baselines", lambda: with_baselines(device, baselines), lambda _: device)


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
