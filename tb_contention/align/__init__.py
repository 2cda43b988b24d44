"""Traces -> sessions on one wall clock, physical devices, and the groups of sessions that ran together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tb_contention.align.clocks import clock_offsets, clock_steps
from tb_contention.align.devices import physical_devices
from tb_contention.align.groups import clock_findings, group_findings, groups_of
from tb_contention.errors import OptionError
from tb_contention.model.alignment import AlignedTraces, ClockOffset, ClockSource, Session
from tb_contention.model.capture import Capture, Container
from tb_contention.model.manifest import ManifestDevice
from tb_contention.units import PS_PER_NS, Nanoseconds, SessionId
from tb_contention.words.numbers import duration

#: PyTorch names files `<worker>.<time of writing>.pt.trace.json`.
_WRITTEN_AT = re.compile(r"\.\d{10,20}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """The user's word. shifts: session -> ns; gpus: (session, ordinal) -> name. Sessions by id, or by name where that is unique."""

    shifts: Mapping[str, int] = field(default_factory=dict)
    gpus: Mapping[tuple[str, int], str] = field(default_factory=dict)


def align(captures: Sequence[Capture], options: AlignOptions) -> AlignedTraces:
    """Put captures on one time axis and on physical devices. Raises OptionError when an option names no session."""
    captures = tuple(captures)
    names = _names(captures)
    ids = tuple(SessionId(c.file.id) for c in captures)
    shifts = {_resolve(key, ids, names): shift for key, shift in options.shifts.items()}
    clocks = [_shifted(clock, shifts.get(i)) for clock, i in zip(clock_offsets(captures), ids, strict=True)]
    begins = [c.origin_ns + _window(cap)[0] for c, cap in zip(clocks, captures, strict=True) if c.origin_ns is not None]
    origin = min(begins) if begins else None
    sessions = tuple(
        _session(capture, i, name, clock, origin, shifts.get(i, 0))
        for capture, i, name, clock in zip(captures, ids, names, clocks, strict=True)
    )
    by_id = {s.id: s for s in sessions}
    words: dict[tuple[str, int], str] = {
        (_resolve(key, ids, names), ordinal): name for (key, ordinal), name in options.gpus.items()
    }
    devices, problems = physical_devices(sessions, _stated(captures), words)
    groups = tuple(group for device in devices for group in groups_of(device, by_id))
    findings = [*clock_findings(devices, by_id), *(f for g in groups for f in group_findings(g, by_id))]
    return AlignedTraces(
        origin_ns=origin,
        sessions=sessions,
        groups=groups,
        findings=tuple(findings),
        problems=(*problems, *clock_steps(captures)),
    )


def _resolve(key: str, ids: tuple[SessionId, ...], names: list[str]) -> SessionId:
    if key in ids:
        return SessionId(key)
    matches = [i for i, name in zip(ids, names, strict=True) if name == key]
    if len(matches) == 1:
        return matches[0]
    what = "names several sessions" if matches else "names no session"
    raise OptionError(f"{key!r} {what}; there are: {', '.join(ids) or 'none'}.", slug="bad-option")


def _names(captures: tuple[Capture, ...]) -> list[str]:
    """Name sessions for people: as much of the end of the run's path, without its dated directory, as makes it unique."""
    paths = [_path(c) for c in captures]
    return [
        _shortest_unique(path, paths, row) or c.file.id
        for row, (path, c) in enumerate(zip(paths, captures, strict=True))
    ]


def _path(capture: Capture) -> tuple[str, ...]:
    if capture.manifest is not None and capture.manifest.name:
        folders = [part for part in capture.file.run.rpartition("/")[0].split("/") if part]
        return (*folders[: -1 if folders[-1:] == [capture.manifest.name] else None], capture.manifest.name)
    if capture.file.container in (Container.KINETO, Container.KINETO_GZIP):
        return (*capture.file.run.split("/"), _WRITTEN_AT.sub("", capture.file.host))
    run = capture.file.run.rpartition("/")[0]
    path = tuple(run.split("/")) if run else (capture.file.host,)
    return (*path, capture.file.part) if capture.file.part else path


def _shortest_unique(path: tuple[str, ...], paths: list[tuple[str, ...]], row: int) -> str | None:
    others = paths[:row] + paths[row + 1 :]
    for length in range(1, len(path) + 1):
        if all(other[-length:] != path[-length:] for other in others):
            return "/".join(path[-length:])
    return None


def _shifted(clock: ClockOffset, shift: int | None) -> ClockOffset:
    """Take the user's word for a session: its origin moves, and becomes known where it was not (at the common origin)."""
    if shift is None:
        return clock
    detail = f"moved by hand by {duration(shift)} from: {clock.detail}"
    error = clock.error if clock.error is not None else Nanoseconds(0)
    if clock.source in (ClockSource.FILE_TIME, ClockSource.NONE, ClockSource.SHARED_CAPTURE):
        error = Nanoseconds(0)  # the user's word replaces a coarse clock; its error is the user's
    origin = None if clock.origin_ns is None else clock.origin_ns + shift
    return replace(
        clock, source=ClockSource.USER, origin_ns=origin, error=error, absolute_error=error, capture=None, detail=detail
    )


def _window(capture: Capture) -> tuple[int, int]:
    """Return the capture window in ns of trace time: from start to stop where the profiler wrote them, else over all events."""
    clock = capture.trace.clock
    if clock.start_ns is not None and clock.stop_ns is not None:
        return 0, clock.stop_ns - clock.start_ns
    start, end = capture.trace.span
    return start // PS_PER_NS, -(-end // PS_PER_NS)


def _session(
    capture: Capture, session: SessionId, name: str, clock: ClockOffset, origin: int | None, shift: int
) -> Session:
    start, end = _window(capture)
    placed = clock.origin_ns is not None and origin is not None
    offset = (clock.origin_ns or 0) - (origin or 0) if placed else shift - start
    manifest, trace = capture.manifest, capture.trace
    host = _host(capture)
    return Session(
        id=session,
        name=name,
        run=capture.file.run,
        file=capture.file.relative,
        host=host,
        process_id=manifest.process_id if manifest and manifest.process_id is not None else trace.process_id,
        kind="process",
        clock=clock,
        offset=Nanoseconds(offset),
        start=Nanoseconds(offset + start),
        end=Nanoseconds(offset + end),
        trace=trace,
        simulated=bool(manifest and manifest.simulated) or host.startswith("simulated"),
        manifest=manifest,
    )


def _host(capture: Capture) -> str:
    """Name the machine: manifest, then the file's own word, then its name; a port is not part of it."""
    if capture.manifest is not None and capture.manifest.host:
        return capture.manifest.host
    if capture.trace.hostnames and capture.trace.hostnames[0]:
        host = capture.trace.hostnames[0]
        address, colon, port = host.rpartition(":")
        return address if colon and port.isdigit() and ":" not in address else host
    address, underscore, port = capture.file.host.rpartition("_")
    return address if underscore and port.isdigit() and len(port) >= 2 else capture.file.host


def _stated(captures: tuple[Capture, ...]) -> dict[tuple[str, int], ManifestDevice]:
    """Return what recordings themselves say of the physical GPU, and manifests, which win."""
    recorded = {
        (c.file.id, device.ordinal): ManifestDevice(uuid=device.uuid, pci_bus_id=device.pci_bus_id)
        for c in captures
        for device in c.trace.devices
        if device.uuid or device.pci_bus_id
    }
    stated = {
        (c.file.id, ordinal): device
        for c in captures
        if c.manifest is not None
        for ordinal, device in c.manifest.devices.items()
    }
    return {**recorded, **stated}
