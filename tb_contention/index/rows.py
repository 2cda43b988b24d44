"""Rows of the index as JSON and back: the sketches of one file, what its manifest states, or why it cannot be read."""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from tb_contention.index.shapes import checked
from tb_contention.model.capture import CaptureFile, Sketched
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.manifest import ClockReading, ManifestDevice, ManifestSession, Recorded
from tb_contention.model.sketch import DeviceUse, Sketch
from tb_contention.model.trace import ClockEvidence, Device, Era
from tb_contention.units import Picoseconds

_DEVICE = tuple(field.name for field in fields(Device))
_CLOCK = tuple(field.name for field in fields(ClockEvidence))
_PROBLEM = tuple(field.name for field in fields(Problem))
#: What the index keeps of a manifest: what places a session, not what a driver saw meanwhile.
_STATED = (
    "host",
    "name",
    "process_id",
    "boot_id",
    "container",
    "pod",
    "namespace",
    "node",
    "origin_ns",
    "error_ns",
    "simulated",
)
_RECORDED = tuple(field.name for field in fields(Recorded))
_STATED_DEVICE = ("uuid", "pci_bus_id", "model", "memory_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the index knows of one file: a capture per process, or the problems that kept it from being read."""

    captures: tuple[Sketched, ...] = ()
    problems: tuple[Problem, ...] = ()


def to_plain(row: Row) -> dict[str, Any]:
    """Turn a row into what JSON can hold."""
    return {
        "parts": [[c.file.part, _from_sketch(c.sketch), _from_manifest(c.manifest)] for c in row.captures],
        "problems": [_from_problem(p) for p in row.problems],
    }


def from_plain(plain: dict[str, Any], file: CaptureFile) -> Row:
    """Rebuild the row of a file; raises ValueError, KeyError, TypeError or IndexError for what was not written by `to_plain`."""
    return Row(
        captures=tuple(
            _sketched(file, part, _sketch(sketch), _manifest(manifest)) for part, sketch, manifest in plain["parts"]
        ),
        problems=tuple(map(_problem, plain["problems"])),
    )


def _sketched(file: CaptureFile, part: Any, sketch: Sketch, manifest: ManifestSession | None) -> Sketched:
    if not isinstance(part, str):
        raise TypeError
    if not all(0 <= use.device < len(sketch.devices) for use in sketch.use):
        raise ValueError
    return Sketched(file=replace(file, part=part) if part else file, sketch=sketch, manifest=manifest)


def _from_sketch(sketch: Sketch) -> list[Any]:
    return [
        sketch.era.value, sketch.hostnames, sketch.process_id, [getattr(sketch.clock, name) for name in _CLOCK], sketch.span,
        [[getattr(device, name) for name in _DEVICE] for device in sketch.devices],
        [[use.device, use.kernels, use.copies] for use in sketch.use],
        sketch.steps, sketch.allocations, sketch.events_in_file, sketch.complete, [_from_problem(p) for p in sketch.problems],
        sketch.file_bytes, sketch.sha256, sketch.names, [number for mark in sketch.marks for number in mark],
    ]  # fmt: skip


def _sketch(plain: list[Any]) -> Sketch:
    (
        era, hosts, process, clock, span, devices, use, steps, allocations, events, complete, problems, size, sha, names, marks,
    ) = plain  # fmt: skip
    return checked(Sketch(
        era=Era(era), hostnames=tuple(hosts), process_id=process, clock=checked(ClockEvidence(**dict(zip(_CLOCK, clock, strict=True)))),
        span=(Picoseconds(span[0]), Picoseconds(span[1])), devices=tuple(_device(_hashable(d)) for d in devices),
        use=tuple(_use(*u) for u in use), steps=steps, allocations=allocations, events_in_file=events, complete=complete,
        problems=tuple(map(_problem, problems)), file_bytes=size, sha256=sha, names=tuple(names),
        marks=tuple(zip(marks[::2], marks[1::2], strict=True)),
    ))  # fmt: skip


def _hashable(device: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in device)


#: Thousands of captures are of the same few devices.
@lru_cache(maxsize=4096)
def _device(plain: tuple[Any, ...]) -> Device:
    return checked(Device(**dict(zip(_DEVICE, plain, strict=True))))


@lru_cache(maxsize=4096)
def _use(device: int, kernels: int, copies: int) -> DeviceUse:
    return checked(DeviceUse(device=device, kernels=kernels, copies=copies))


def _from_manifest(manifest: ManifestSession | None) -> dict[str, Any] | None:
    if manifest is None:
        return None
    readings = manifest.clock_readings
    return {
        **{name: value for name in _STATED if (value := getattr(manifest, name)) not in (None, False)},
        **({} if manifest.recorded is None else {"recorded": [getattr(manifest.recorded, name) for name in _RECORDED]}),
        "readings": [
            [r.realtime_ns, r.monotonic_raw_ns, r.gap_ns] for r in (readings[:1] + readings[-1:] if len(readings) > 1 else ())
        ],
        "devices": [
            [ordinal, *(getattr(device, name) for name in _STATED_DEVICE)] for ordinal, device in manifest.devices.items()
        ],
    }  # fmt: skip


def _manifest(plain: dict[str, Any] | None) -> ManifestSession | None:
    if plain is None:
        return None
    manifest = ManifestSession(
        **{name: plain[name] for name in _STATED if name in plain},
        recorded=checked(Recorded(**dict(zip(_RECORDED, plain["recorded"], strict=True))))
        if "recorded" in plain
        else None,
        clock_readings=tuple(
            checked(ClockReading(realtime_ns=a, monotonic_raw_ns=b, gap_ns=gap)) for a, b, gap in plain["readings"]
        ),
        devices={ordinal: _manifest_device(*stated) for ordinal, *stated in plain["devices"]},
    )
    if not all(isinstance(ordinal, int) for ordinal in manifest.devices):
        raise TypeError
    return checked(manifest)


@lru_cache(maxsize=4096)
def _manifest_device(*stated: Any) -> ManifestDevice:
    return checked(ManifestDevice(**dict(zip(_STATED_DEVICE, stated, strict=True))))


def _from_problem(problem: Problem) -> list[Any]:
    return [getattr(problem, name) for name in _PROBLEM]


def _problem(plain: list[Any]) -> Problem:
    stated = dict(zip(_PROBLEM, plain, strict=True))
    return checked(Problem(**{**stated, "severity": Severity(stated["severity"]), "origin": Origin(stated["origin"])}))
