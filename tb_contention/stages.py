"""The stages of captures, sessions and device groups. Each fails alone; what it leaves out looks as if nothing was recorded."""

from collections.abc import Mapping
from dataclasses import replace

from tb_contention.align import AlignOptions, align
from tb_contention.attribution import roll_up, summarise
from tb_contention.contention.clock_check import check_clocks
from tb_contention.contention.cost import measure_cost
from tb_contention.contention.overlap import measure_overlap
from tb_contention.contention.solo import Solo
from tb_contention.index import Chosen
from tb_contention.memory.by_scope import with_peaks
from tb_contention.memory.driver import driver_view
from tb_contention.memory.highwater import combined_memory
from tb_contention.memory.note import memory_note
from tb_contention.model.alignment import AlignedTraces, ClockOffset, DeviceGroup, Session
from tb_contention.model.attribution import RollUp
from tb_contention.model.capture import Capture
from tb_contention.model.contention import Cost
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Problem
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, SessionReport
from tb_contention.model.side_by_side import together
from tb_contention.units import SessionId
from tb_contention.whatif import predict
from tb_contention.words.names import group_label


def aligned_traces(captures: tuple[Capture, ...], options: AlignOptions, faults: Faults) -> AlignedTraces:
    """Align the captures; where that fails, those that can be aligned by themselves."""

    def alone(capture: Capture) -> bool:
        on = faults.on(clean(capture.file.id), file=capture.file.relative)
        return on.attempt("Alignment", lambda: bool(align((capture,), AlignOptions()).sessions), lambda _: False)

    def without_those_that_fail(problem: Problem) -> AlignedTraces:
        kept = tuple(capture for capture in captures if alone(capture))
        if len(kept) == len(captures):
            faults.problems.append(problem)
            return align((), AlignOptions())
        return aligned_traces(kept, options, faults)

    return Faults(logdir=faults.logdir).attempt("Alignment", lambda: align(captures, options), without_those_that_fail)


def checked_clocks(
    captures: tuple[Capture, ...], options: AlignOptions, aligned: AlignedTraces, faults: Faults
) -> AlignedTraces:
    """Ask the kernels whether the clocks can be right; align again where they correct one."""
    checked = faults.attempt(
        "The check of the clocks", lambda: check_clocks(aligned), lambda _: dict[SessionId, ClockOffset](), unsure=True
    )
    return aligned_traces(captures, replace(options, checked=checked), faults) if checked else aligned


def concerning(faults: Faults, group: DeviceGroup, aligned: AlignedTraces, around: Chosen | None) -> Faults:
    """Name a device and the group of captures that shows what fails on it."""
    members = {s.process or s.id for s in (aligned.session(plane.session) for plane in group.planes)}
    holding = () if around is None else around.snapshot.groups_with(members)
    return faults.on(group_label(group), group=holding[0].id if holding else "")


def summarised(session: Session, problems: tuple[Problem, ...], faults: Faults) -> SessionReport:
    """Summarise a session, without its steps where that fails."""
    return faults.on(clean(session.id), file=session.file).attempt(
        "The summary",
        lambda: summarise(session, problems),
        lambda _: SessionReport(session=session, steps=None, warnings=()),
    )


def first_results(
    processes: AlignedTraces,
    whole: DeviceGroup,
    aligned: AlignedTraces,
    group: DeviceGroup,
    solos: Mapping[SessionId, tuple[Solo, ...]],
    on: Faults,
) -> DeviceReport | None:
    """Look at one group: memory by process (`whole`), since an allocator is the process's, and time by session (`group`).

    What fails looks as where nothing was recorded, and a problem says why; without the overlap there is nothing to look at.
    """
    overlap, parts = together(
        lambda: on.attempt("The overlap", lambda: measure_overlap(aligned, group), lambda _: None),
        lambda: on.attempt("The roll-up", lambda: roll_up(aligned, group), lambda _: RollUp()),
    )
    if overlap is None:
        return None
    alone = {key: tuple((solo.session, solo.device) for solo in found) for key, found in solos.items()}
    memory, failed = on.attempt(
        "The memory",
        lambda: (combined_memory(processes, whole, aligned, alone), ""),
        lambda problem: (None, problem.message),
    )
    return DeviceReport(
        group=group,
        overlap=overlap,
        cost=Cost.not_measured(share.session for share in overlap.shares),
        memory=memory,
        memory_failed=bool(failed),
        memory_note=failed
        or on.attempt("The memory note", lambda: memory_note(memory, aligned, group), lambda problem: problem.message),
        parts=on.attempt("The memory of the parts", lambda: with_peaks(parts, memory, aligned, group), lambda _: parts),
        driver=on.attempt("The driver's view", lambda: driver_view(processes, whole, memory), lambda _: None),
    )


def measured_results(
    device: DeviceReport,
    aligned: AlignedTraces,
    solos: Mapping[SessionId, tuple[Solo, ...]],
    faster: Mapping[SessionId, float],
    on: Faults,
) -> DeviceReport:
    """Measure what sharing one device cost, and predict other schedules. solos, faster: as in `measure_cost`."""
    cost = on.attempt(
        "The cost of sharing",
        lambda: measure_cost(
            aligned,
            device.group,
            solos,
            device.overlap.time.window - device.overlap.time.idle,
            faster,
        ),
        lambda problem: replace(device.cost, pending=False, detail=problem.message),
    )
    found = replace(device, cost=cost)
    return replace(found, predictions=on.attempt("The predictions", lambda: predict(found, aligned), lambda _: ()))
