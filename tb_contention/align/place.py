"""Captures -> their windows on one time axis."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tb_contention.align.clocks import clock_offsets
from tb_contention.model.alignment import ClockOffset, ClockSource
from tb_contention.model.capture import CaptureFile, Sketched, host_of, names_host
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.sketch import Sketch
from tb_contention.units import PS_PER_NS, Nanoseconds, SessionId
from tb_contention.words.numbers import duration

#: A folder of captures alone: `tb-contention run --alone` makes `alone/`.
_ALONE = re.compile(r"(^|[^a-z])(alone|solo|isolated)([^a-z]|$)")
#: Sources whose error a user's word replaces.
_COARSE = (ClockSource.FILE_TIME, ClockSource.NONE, ClockSource.SHARED_CAPTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A capture in time: what groups are made of.

    start, end: its window, ns from the common origin; offset: of trace time 0. evidence: its clock before the user moved it.
    names_host: False where `host` is only what the file is called.
    """

    id: SessionId
    file: CaptureFile
    host: str
    process_id: int | None
    evidence: ClockOffset
    clock: ClockOffset
    offset: Nanoseconds
    start: Nanoseconds
    end: Nanoseconds
    sketch: Sketch
    manifest: ManifestSession | None
    names_host: bool = True


def says_alone(capture: Placed | Sketched) -> bool:
    """Return whether the manifest or a folder says that a capture ran alone, though clocks may say otherwise."""
    if capture.manifest is not None and capture.manifest.recorded is not None:
        return capture.manifest.recorded.alone
    return any(_ALONE.search(part.casefold()) for part in capture.file.run.split("/")[:-1])


def place(
    captures: Sequence[Sketched],
    shifts: Mapping[SessionId, int],
    clocks: Mapping[SessionId, ClockOffset],
    checked: Mapping[SessionId, ClockOffset],
) -> tuple[tuple[Placed, ...], int | None]:
    """Place captures in time; return them with the Unix ns of the origin, None where no capture has a clock.

    shifts: by how many ns the user moves a session. clocks: of captures whose clock is known from more captures than these;
    checked: after their kernels were asked.
    """
    ids = [SessionId(c.file.id) for c in captures]
    found = [_known_better(clock, clocks.get(i)) for clock, i in zip(clock_offsets(captures), ids, strict=True)]
    moved = [_shifted(checked.get(i, clock), shifts.get(i)) for clock, i in zip(found, ids, strict=True)]
    windows = [_window(capture.sketch) for capture in captures]
    begins = [c.origin_ns + start for c, (start, _) in zip(moved, windows, strict=True) if c.origin_ns is not None]
    origin = min(begins) if begins else None
    placed = []
    for capture, session, own, clock, (start, end) in zip(captures, ids, found, moved, windows, strict=True):
        known = clock.origin_ns is not None and origin is not None
        offset = (clock.origin_ns or 0) - (origin or 0) if known else shifts.get(session, 0) - start
        manifest = capture.manifest
        stated = manifest.process_id if manifest is not None else None
        placed.append(
            Placed(
                id=session, file=capture.file, host=host_of(capture), evidence=own, clock=clock,
                offset=Nanoseconds(offset),
                process_id=capture.sketch.process_id if stated is None else stated,
                start=Nanoseconds(offset + start), end=Nanoseconds(offset + end), sketch=capture.sketch, manifest=manifest,
                names_host=names_host(capture),
            )
        )  # fmt: skip
    return tuple(placed), origin


def _known_better(own: ClockOffset, given: ClockOffset | None) -> ClockOffset:
    """Prefer what was found among more captures, where a capture's own evidence is only the names and times of files."""
    return given if given is not None and own.source in _COARSE else own


def _shifted(clock: ClockOffset, shift: int | None) -> ClockOffset:
    """Take the user's word for a session: its origin moves, and becomes known where it was not (at the common origin)."""
    if shift is None:
        return clock
    detail = f"moved by hand by {duration(shift)} from: {clock.detail}"
    error = clock.error if clock.error is not None else Nanoseconds(0)
    if clock.source in _COARSE:
        error = Nanoseconds(0)  # the user's word replaces a coarse clock; its error is the user's
    origin = None if clock.origin_ns is None else clock.origin_ns + shift
    return replace(
        clock, source=ClockSource.USER, origin_ns=origin, error=error, absolute_error=error, capture=None, naming=None,
        naming_error=None, detail=detail, shift=shift,
    )  # fmt: skip


def _window(sketch: Sketch) -> tuple[int, int]:
    """Return the capture window in ns of trace time: from start to stop where the profiler wrote them, else over all events.

    Where work of a device is lost, the window ends: beyond it the device is not idle, but unknown.
    """
    clock, (first, last) = sketch.clock, sketch.span
    start, end = first // PS_PER_NS, -(-last // PS_PER_NS)
    if clock.start_ns is not None and clock.stop_ns is not None:
        start, end = 0, clock.stop_ns - clock.start_ns
    return start, end if sketch.work_end is None else min(end, -(-sketch.work_end // PS_PER_NS))
