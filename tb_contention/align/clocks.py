"""Where the wall clock of a trace comes from: the best evidence, with a bound on its error."""

import re
from collections.abc import Sequence
from dataclasses import replace

from tb_contention.align.zones import QUARTER, Zones, zones_of
from tb_contention.model.alignment import ClockOffset, ClockSource
from tb_contention.model.capture import Sketched, host_of, time_named
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Era
from tb_contention.units import NS_PER_S, PS_PER_NS, Nanoseconds
from tb_contention.words.numbers import duration

TASK_ENVIRONMENT_ERROR = 10_000  # two reads of clocks at the profiler's start, and CUPTI's interpolation
KINETO_ERROR = 100_000  # converts the processor's counter to wall time by a model of its own, with no documented error
TF_DATA_ERROR = 20_000  # estimates against the true start were early by 0.2 to 12 us
SHARED_CAPTURE_ERROR = 20_000_000  # servers late for the common start moment
FILE_TIME_ERROR = 5 * NS_PER_S  # idle time before the stop, and a second's resolution
COLLECTION_PER_EVENT = 30_000  # 30 s of collection per million events
#: Processes of one Nsight Systems report are on one clock; by how much that clock's UTC is off is written nowhere, and was not measured.
SAME_RECORDING_ERROR, RECORDING_ERROR = 1_000, 1_000_000
UNKNOWN_ZONE_ERROR = 14 * 3600 * NS_PER_S

_ADDRESS = re.compile(r".+_\d{2,5}")
WRITING = 120  # s from the directory's name to the end of writing


def clock_offsets(captures: Sequence[Sketched]) -> list[ClockOffset]:
    """Find the wall clock of each capture; captures of one remote request share the best of theirs, those of one host its time zone."""
    locals_ = [time_named(capture.file.directory) for capture in captures]
    copied = _copied_hosts(captures, locals_)
    offsets = [
        _blurred(_own_clock(c, local, trust_mtime=c.file.host not in copied), c)
        for c, local in zip(captures, locals_, strict=True)
    ]
    offsets = _in_zones(captures, locals_, offsets)
    for members in _remote_requests(captures):
        _share(offsets, members, captures)
    return offsets


def _in_zones(
    captures: Sequence[Sketched], locals_: Sequence[int | None], offsets: Sequence[ClockOffset]
) -> list[ClockOffset]:
    """Read names whose zone is unknown in the zone that other captures of their host show."""
    hosts = [None if _ADDRESS.fullmatch(c.file.host) else host_of(c) for c in captures]
    zones = zones_of(
        (host, local, clock.origin_ns + capture.sketch.span[1] // PS_PER_NS)
        for host, local, capture, clock in zip(hosts, locals_, captures, offsets, strict=True)
        if host is not None and local is not None and clock.origin_ns is not None and not _is_adrift(clock)
    )
    return [
        _in_zone(clock, host, local, zones.get(host))
        if host is not None and local is not None and _is_adrift(clock)
        else clock
        for host, local, clock in zip(hosts, locals_, offsets, strict=True)
    ]


def _is_adrift(clock: ClockOffset) -> bool:
    """Return whether a capture is dated by a name whose zone is unknown."""
    return clock.source is ClockSource.FILE_TIME and (clock.absolute_error or 0) >= UNKNOWN_ZONE_ERROR


def _in_zone(clock: ClockOffset, host: str, local: int, zones: Zones | None) -> ClockOffset:
    """Date a capture among those of its host, which names all its directories by one clock."""
    own = Nanoseconds((clock.error or 0) - UNKNOWN_ZONE_ERROR)
    clock = replace(clock, naming=f"names of {host}", naming_error=own)
    zone = zones.at(local) if zones is not None else None
    if zone is None or clock.origin_ns is None:
        return clock
    error = Nanoseconds(own + zone.error * NS_PER_S)
    return replace(
        clock, origin_ns=clock.origin_ns - zone.offset * NS_PER_S, error=error, absolute_error=error,
        detail=f"the directory's name, read {zone.detail}",
    )  # fmt: skip


def _blurred(clock: ClockOffset, capture: Sketched) -> ClockOffset:
    """Widen the error by as much as the wall clock was set meanwhile: events before and after that are on two clocks."""
    step = 0 if capture.manifest is None else abs(capture.manifest.clock_step_ns)
    if not step or clock.error is None or clock.absolute_error is None:
        return clock
    return replace(
        clock,
        error=Nanoseconds(clock.error + step),
        absolute_error=Nanoseconds(clock.absolute_error + step),
        detail=f"{clock.detail}; the wall clock was set by {duration(step)} during the recording",
    )


def clock_steps(captures: Sequence[Sketched]) -> tuple[Problem, ...]:
    """Name the recordings during which the wall clock was set, as the readings in their manifests show."""
    return tuple(
        Problem(
            file=capture.file.relative,
            slug="clock-step",
            severity=Severity.WARNING,
            origin=Origin.RECORDING,
            message=f"{capture.file.relative}: the wall clock was set {_by(capture.manifest.clock_step_ns)} during the recording.",
            advice="Record again when the time service has settled (chronyc tracking, timedatectl timesync-status).",
        )
        for capture in captures
        if capture.manifest is not None and capture.manifest.clock_step_ns
    )


def _by(step: int) -> str:
    return f"{'forward' if step > 0 else 'back'} by {duration(abs(step))}"


def _own_clock(capture: Sketched, local: int | None, *, trust_mtime: bool) -> ClockOffset:
    evidence, manifest = capture.sketch.clock, capture.manifest
    skew = evidence.negative_lag_ps // PS_PER_NS
    if manifest is not None and manifest.origin_ns is not None and manifest.error_ns is not None:
        return _offset(ClockSource.MANIFEST, manifest.origin_ns, max(manifest.error_ns, skew), "stated by the manifest")
    if evidence.recording is not None:
        return _recording(capture)
    if evidence.start_ns is not None and capture.sketch.era is Era.KINETO:
        detail = "the times in PyTorch's trace are wall-clock times"
        return _offset(ClockSource.TASK_ENVIRONMENT, evidence.start_ns, max(KINETO_ERROR, skew), detail)
    if evidence.start_ns is not None:
        return _offset(
            ClockSource.TASK_ENVIRONMENT,
            evidence.start_ns,
            max(TASK_ENVIRONMENT_ERROR, skew),
            "the profiler wrote its start time",
        )
    if evidence.tf_data_origin_ns is not None:
        detail = f"element ids of {evidence.tf_data_events} tf.data events"
        return _offset(ClockSource.TF_DATA, evidence.tf_data_origin_ns, max(TF_DATA_ERROR, skew), detail)
    return _file_time(capture, local, trust_mtime=trust_mtime)


def _recording(capture: Sketched) -> ClockOffset:
    """Place a process of a recording that holds several: they share one clock, whose own place in time is known less well."""
    evidence = capture.sketch.clock
    if evidence.start_ns is not None:
        origin, absolute, detail = evidence.start_ns, RECORDING_ERROR, "the recorder wrote when it started"
    else:
        origin = capture.file.mtime_ns - capture.sketch.span[1] // PS_PER_NS
        absolute, detail = UNKNOWN_ZONE_ERROR, "the file's time, since the recorder did not write when it started"
    return ClockOffset(
        source=ClockSource.SHARED_CAPTURE,
        origin_ns=origin,
        error=Nanoseconds(SAME_RECORDING_ERROR),
        absolute_error=Nanoseconds(absolute),
        capture=evidence.recording,
        detail=f"one recording of all processes; {detail}",
    )


def _offset(source: ClockSource, origin: int, error: int, detail: str) -> ClockOffset:
    bound = Nanoseconds(error)
    return ClockOffset(source=source, origin_ns=origin, error=bound, absolute_error=bound, detail=detail)


def _file_time(capture: Sketched, local: int | None, *, trust_mtime: bool) -> ClockOffset:
    """Go back from the time of export: the trace cannot have begun later than that less its length."""
    export = _export_time(capture, local, trust_mtime=trust_mtime)
    if export is None:
        return ClockOffset(
            source=ClockSource.NONE, origin_ns=None, error=None, absolute_error=None, detail="no evidence"
        )
    at, error, detail = export
    error += FILE_TIME_ERROR + COLLECTION_PER_EVENT * capture.sketch.events_in_file
    return _offset(ClockSource.FILE_TIME, at - capture.sketch.span[1] // PS_PER_NS, error, detail)


def _export_time(capture: Sketched, local: int | None, *, trust_mtime: bool) -> tuple[int, int, str] | None:
    """Return (Unix ns of the export, further error, evidence).

    The directory's name is local time of an unknown zone. A time in UTC that differs from it by whole quarter hours is the same moment
    told twice; so the name of a tfevents file or the file's time settles the zone, and a file's time that a copy has changed shows.
    """
    seconds = capture.file.tfevents_seconds
    if local is None:
        if len(seconds) == 1:
            return seconds[0] * NS_PER_S, 0, "the name of a tfevents file"
        return None
    mtime = capture.file.mtime_ns / NS_PER_S
    agreeing = [second for second in seconds if _zone_apart(second - local, 0, 5)]
    if len(agreeing) > 1:  # captures whole quarter hours apart: the time of an untouched file shows which it is
        agreeing = [second for second in agreeing if -1 <= mtime - second <= WRITING] or agreeing
    if agreeing:
        unsure = (agreeing[-1] - agreeing[0]) * NS_PER_S
        return agreeing[0] * NS_PER_S, unsure, "the name of a tfevents file, agreeing with the directory's name"
    if trust_mtime and _zone_apart(mtime - local, -1, WRITING):
        return capture.file.mtime_ns, 0, "the file's time, agreeing with the directory's name"
    return local * NS_PER_S, UNKNOWN_ZONE_ERROR, "the directory's name, whose time zone is unknown (taken as UTC)"


def _copied_hosts(captures: Sequence[Sketched], locals_: Sequence[int | None]) -> set[str]:
    """Find hosts whose file times, read against the directories' names, are in several time zones: a copy has changed them."""
    zones: dict[str, set[int]] = {}
    for capture, local in zip(captures, locals_, strict=True):
        if local is not None and capture.file.mtime_ns > 0:
            zones.setdefault(capture.file.host, set()).add(
                int((capture.file.mtime_ns / NS_PER_S - local + 1) // QUARTER)
            )
    return {host for host, quarters in zones.items() if len(quarters) > 1}


def _zone_apart(difference: float, early: float, late: float) -> bool:
    """Return whether a difference in seconds is a time zone's, allowing for the time that writing takes."""
    quarters = round((difference - early) // QUARTER)
    rest = difference - quarters * QUARTER
    return abs(quarters * QUARTER) <= 14 * 3600 and (early <= rest <= late or rest - QUARTER >= early)


def _remote_requests(captures: Sequence[Sketched]) -> list[list[int]]:
    """Find session directories with several files named by address and port: one request to several servers."""
    members: dict[tuple[str, str], list[int]] = {}
    for row, capture in enumerate(captures):
        if _ADDRESS.fullmatch(capture.file.host):
            members.setdefault((capture.file.run, capture.file.directory), []).append(row)
    return [rows for rows in members.values() if len(rows) > 1]


def _share(offsets: list[ClockOffset], members: list[int], captures: Sequence[Sketched]) -> None:
    exact = (ClockSource.MANIFEST, ClockSource.TASK_ENVIRONMENT, ClockSource.TF_DATA)
    known = [offsets[m] for m in members if offsets[m].source in exact] or [
        offsets[m] for m in members if offsets[m].origin_ns is not None
    ]
    if not known:
        return
    best = min(known, key=lambda o: o.absolute_error or 0)
    for member in members:
        if offsets[member].source in exact:
            continue
        offsets[member] = replace(
            best,
            source=ClockSource.SHARED_CAPTURE,
            error=Nanoseconds(SHARED_CAPTURE_ERROR),
            absolute_error=Nanoseconds(max(SHARED_CAPTURE_ERROR, best.absolute_error or 0)),
            capture=captures[member].file.run,
            detail="servers captured by one request share a start",
        )
