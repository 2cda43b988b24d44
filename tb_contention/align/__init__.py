"""Captures -> sessions on one wall clock, physical devices, and the groups of sessions that ran together.

Events are not needed for it: an index arranges sketches, and a report aligns traces by the same rules.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tb_contention.align.apart import told_apart
from tb_contention.align.clocks import clock_steps
from tb_contention.align.devices import physical_devices
from tb_contention.align.groups import group_findings, groups_of, open_questions
from tb_contention.align.place import Placed, place, says_alone
from tb_contention.align.repeated import without_repeated
from tb_contention.align.unsure import unsure_devices
from tb_contention.model.alignment import AlignedTraces, ClockOffset, DeviceGroup, PhysicalDevice, Session
from tb_contention.model.capture import Capture, Container, Sketched
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.manifest import ManifestDevice
from tb_contention.model.sketch import sketch_of
from tb_contention.units import SessionId
from tb_contention.words.typed import named, unnamed

#: PyTorch names files `<worker>.<time of writing>.pt.trace.json`.
_WRITTEN_AT = re.compile(r"\.\d{10,20}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignOptions:
    """The user's word. shifts: session -> ns; gpus: (session, ordinal) -> name. Sessions by id, or by the end of a name.

    clocks: clocks of sessions that are known from more captures than the ones to align, by id. checked: clocks after kernels were asked,
    which hold instead of what is stated.
    """

    shifts: Mapping[str, int] = field(default_factory=dict)
    gpus: Mapping[tuple[str, int], str] = field(default_factory=dict)
    clocks: Mapping[SessionId, ClockOffset] = field(default_factory=dict)
    checked: Mapping[SessionId, ClockOffset] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """Captures in time and on devices. names: as short as they are unique, in the order of the captures."""

    origin_ns: int | None
    placed: tuple[Placed, ...]
    names: tuple[str, ...]
    devices: tuple[PhysicalDevice, ...]
    groups: tuple[DeviceGroup, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]


def arrange(captures: Sequence[Sketched], options: AlignOptions) -> Arranged:
    """Put captures on one time axis and on physical devices, and group them. Raises OptionError when an option names no session."""
    names = _names(captures)
    shifts = {_resolve("--shift", key, captures, names): shift for key, shift in options.shifts.items()}
    placed, origin = place(captures, shifts, options.clocks, options.checked)
    by_id = {p.id: p for p in placed}
    words: dict[tuple[str, int], str] = {
        (_resolve("--gpu", key, captures, names), ordinal): name for (key, ordinal), name in options.gpus.items()
    }
    devices, problems = physical_devices(placed, _stated(captures), words)
    groups, findings = [], []
    for device in devices:
        groups += groups_of(device, by_id)
    findings += open_questions(devices, by_id)
    findings += unsure_devices(devices, by_id, {p.id: name for p, name in zip(placed, names, strict=True)})
    return Arranged(
        origin_ns=origin,
        placed=placed,
        names=tuple(names),
        devices=devices,
        groups=tuple(groups),
        findings=tuple(findings),
        problems=(*problems, *clock_steps(captures)),
    )


def align(captures: Sequence[Capture], options: AlignOptions) -> AlignedTraces:
    """Arrange decoded captures. Raises OptionError when an option names no session."""
    captures = tuple(captures)
    sketched = [Sketched(file=c.file, sketch=sketch_of(c.trace), manifest=c.manifest) for c in captures]
    found = arrange(sketched, options)
    sessions = tuple(
        _session(placed, name, capture)
        for placed, name, capture in zip(found.placed, found.names, captures, strict=True)
    )
    by_id = {s.id: s for s in sessions}
    apart, repeated = without_repeated(found.groups, by_id)
    groups = _titled(replace(found, groups=apart))
    return AlignedTraces(
        origin_ns=found.origin_ns,
        sessions=sessions,
        groups=groups,
        findings=(*found.findings, *repeated, *(f for group in groups for f in group_findings(group, by_id))),
        problems=found.problems,
    )


def _titled(found: Arranged) -> tuple[DeviceGroup, ...]:
    """Give the groups titles where a device has several. Only reports need them; an index arranges ten thousand captures without."""
    placed = {p.id: p for p in found.placed}
    called = {p.id: name for p, name in zip(found.placed, found.names, strict=True)}
    on_device: dict[str, list[DeviceGroup]] = {}
    for group in found.groups:
        on_device.setdefault(group.device.id, []).append(group)
    return tuple(
        group for groups in on_device.values() for group in told_apart(groups, placed, called, found.origin_ns)
    )


def unambiguous(options: AlignOptions, captures: Sequence[Sketched]) -> AlignOptions:
    """Keep the options whose sessions are known among all captures of a directory; the others may be names among those that are chosen."""
    if not (options.shifts or options.gpus):
        return options
    names = _names(captures)
    return _of_sessions(options, lambda word: len(_candidates(word, captures, names)) == 1)


def known_options(options: AlignOptions, captures: Sequence[Capture], all_captures: Sequence[Sketched]) -> AlignOptions:
    """Keep the options for some captures of many, and those that name none of all of them, which are an error to whoever uses them."""
    if not (options.shifts or options.gpus):
        return options
    some = [Sketched(file=c.file, sketch=sketch_of(c.trace), manifest=c.manifest) for c in captures]
    return options_among(options, some, all_captures)


def options_among(options: AlignOptions, some: Sequence[Sketched], all_captures: Sequence[Sketched]) -> AlignOptions:
    """Leave out the options that are about captures of a directory which are not among some of them."""
    names, every = _names(some), _names(all_captures)
    return _of_sessions(
        options, lambda word: bool(_candidates(word, some, names) or not _candidates(word, all_captures, every))
    )


def _of_sessions(options: AlignOptions, wanted: Callable[[str], bool]) -> AlignOptions:
    return replace(
        options,
        shifts={key: value for key, value in options.shifts.items() if wanted(key)},
        gpus={key: value for key, value in options.gpus.items() if wanted(key[0])},
    )


def _resolve(option: str, word: str, captures: Sequence[Sketched], names: list[str]) -> SessionId:
    found = _candidates(word, captures, names)
    if len(found) == 1:
        return found[0]
    called = {SessionId(c.file.id): (name,) for c, name in zip(captures, names, strict=True)}
    among = {session: called[session] for session in found} or called
    raise unnamed(option, word, among, several=len(found))


def _candidates(word: str, captures: Sequence[Sketched], names: list[str]) -> tuple[SessionId, ...]:
    """Return the captures that a word may name; of several those that had company, since it is they whom reports are about."""
    found = named(word, {SessionId(c.file.id): (name,) for c, name in zip(captures, names, strict=True)})
    if len(found) < 2:
        return found
    alone = {SessionId(c.file.id) for c in captures if says_alone(c)}
    return tuple(session for session in found if session not in alone) or found


def _names(captures: Sequence[Sketched]) -> list[str]:
    """Name sessions for people: as much of the end of the run's path, without its dated directory, as makes it unique."""
    paths = [_path(c) for c in captures]
    ends = Counter(path[-length:] for path in paths for length in range(1, len(path) + 1))
    return [
        next(("/".join(path[-k:]) for k in range(1, len(path) + 1) if ends[path[-k:]] == 1), c.file.id)
        for path, c in zip(paths, captures, strict=True)
    ]


def _path(capture: Sketched) -> tuple[str, ...]:
    if capture.manifest is not None and capture.manifest.name:
        folders = [part for part in capture.file.run.rpartition("/")[0].split("/") if part]
        return (*folders[: -1 if folders[-1:] == [capture.manifest.name] else None], capture.manifest.name)
    if capture.file.container in (Container.KINETO, Container.KINETO_GZIP):
        path = (*capture.file.run.split("/"), _WRITTEN_AT.sub("", capture.file.host))
        return (*path, capture.file.part) if capture.file.part else path
    run = capture.file.run.rpartition("/")[0]
    path = tuple(run.split("/")) if run else (capture.file.host,)
    return (*path, capture.file.part) if capture.file.part else path


def _session(placed: Placed, name: str, capture: Capture) -> Session:
    manifest = placed.manifest
    return Session(
        id=placed.id,
        name=name,
        run=placed.file.run,
        file=placed.file.relative,
        host=placed.host,
        process_id=placed.process_id,
        kind="process",
        clock=placed.clock,
        offset=placed.offset,
        start=placed.start,
        end=placed.end,
        trace=capture.trace,
        simulated=is_simulated(placed),
        manifest=manifest,
    )


def is_simulated(placed: Placed) -> bool:
    """Return whether a simulator made a capture."""
    return bool(placed.manifest and placed.manifest.simulated) or placed.host.startswith("simulated")


def _stated(captures: Sequence[Sketched]) -> dict[tuple[str, int], ManifestDevice]:
    """Return what recordings themselves say of the physical GPU, and manifests, which win."""
    recorded = {
        (c.file.id, device.ordinal): ManifestDevice(uuid=device.uuid, pci_bus_id=device.pci_bus_id)
        for c in captures
        for device in c.sketch.devices
        if device.uuid or device.pci_bus_id
    }
    stated = {
        (c.file.id, ordinal): device
        for c in captures
        if c.manifest is not None
        for ordinal, device in c.manifest.devices.items()
    }
    return {**recorded, **stated}
