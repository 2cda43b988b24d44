"""A report or the sums of a dataset -> OpenMetrics text, which a textfile collector takes as well.

Only gauges without timestamps: in these OpenMetrics and Prometheus' text format agree. What is unknown has no sample. An interval is
two more metrics, `_lower` and `_upper` before the unit; a figure that is only a bound is one of them alone.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tb_contention.model.contention import Evidence, Slowdown
from tb_contention.model.estimates import Estimate, lost_share
from tb_contention.model.fleet import By, Fleet, Lost
from tb_contention.model.report import DeviceReport, Report
from tb_contention.units import NS_PER_S
from tb_contention.words.names import names_of

_CLASSES = tuple(Evidence)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_ENDS = (("", ""), ("_lower", ", lower end of its 90 % interval"), ("_upper", ", upper end of its 90 % interval"))
#: Of what a dataset sums losses, with the label that names it: Prometheus keeps `job` for itself.
_SUMMED = {By.JOB: "workload", By.HOST: "host", By.GPU: "gpu", By.MECHANISM: "mechanism"}

Labels = dict[str, str]
#: A figure with the ends of its interval.
Ends = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """One metric. samples: labels and value; those without a value are left out."""

    name: str
    unit: str
    says: str
    samples: tuple[tuple[Labels, float | None], ...]


def to_openmetrics(report: Report) -> str:
    """Print what a report says of each GPU and its sessions."""
    report = replace(report, devices=tuple(d for d in report.devices if not d.group.device.device.is_host))
    return _text([*_of_sessions(report), *_of_devices(report), *_of_input(report)])


def fleet_to_openmetrics(fleet: Fleet) -> str:
    """Print what a dataset sums up to."""
    return _text(_of_fleet(fleet))


def _of_sessions(report: Report) -> Iterator[_Family]:
    names = names_of(report)
    shared = [
        (device, {**_device(device), "session": loss.session, "name": names[loss.session]}, loss)
        for device in report.devices
        if len(device.sessions) > 1
        for loss in device.losses
    ]
    yield from _interval(
        "slowdown",
        "ratio",
        "Step period while sharing / alone",
        [(labels, _slowdown(loss.slowdown)) for _, labels, loss in shared],
    )
    yield from _interval(
        "lost", "ratio", "Share of the window that was lost to other sessions",
        [(labels, _ends(lost_share(loss, device.time.window))) for device, labels, loss in shared],
    )  # fmt: skip
    yield _Family(
        name="evidence_class", unit="", says="Evidence of the slowdown: 1 is A, the strongest, 4 is D, bounds only",
        samples=tuple((labels, _CLASSES.index(loss.slowdown.evidence) + 1) for _, labels, loss in shared),
    )  # fmt: skip


def _of_devices(report: Report) -> Iterator[_Family]:
    devices = [(_device(device), device) for device in report.devices]
    yield _Family(
        name="window", unit="seconds", says="Time that was analysed",
        samples=tuple((labels, device.time.window / NS_PER_S) for labels, device in devices),
    )  # fmt: skip
    yield _Family(
        name="contended", unit="ratio", says="Share of the window in which two or more sessions have work",
        samples=tuple(
            (labels, device.time.contended / device.time.window)
            for labels, device in devices
            if len(device.sessions) > 1 and device.time.window > 0
        ),
    )  # fmt: skip
    yield from _memory(devices)
    if report.origin_ns is not None:
        yield _Family(
            name="window_start_timestamp", unit="seconds", says="When the window began, Unix time",
            samples=tuple((labels, (report.origin_ns + device.group.start) / NS_PER_S) for labels, device in devices),
        )  # fmt: skip


def _memory(devices: list[tuple[Labels, DeviceReport]]) -> Iterator[_Family]:
    """Yield the memory of all sessions; where a part of it was not captured, as bounds."""
    found = [
        (labels, device.memory, bool(device.memory.sessions_without_data or device.memory_note))
        for labels, device in devices
        if device.memory is not None and not device.cannot_be_one_gpu
    ]
    yield _Family(
        name="memory_capacity", unit="bytes", says="Memory of the GPU",
        samples=tuple((labels, memory.capacity) for labels, memory, _ in found),
    )  # fmt: skip
    for is_bound in (False, True):
        some = [(labels, memory) for labels, memory, doubt in found if doubt is is_bound]
        note = "; the memory of a session is unknown" if is_bound else ""
        yield _Family(
            name="memory_peak" + "_lower" * is_bound, unit="bytes", says=f"Largest memory of all sessions together{note}",
            samples=tuple((labels, memory.peak) for labels, memory in some),
        )  # fmt: skip
        yield _Family(
            name="memory_headroom" + "_upper" * is_bound, unit="bytes", says=f"Memory left then{note}",
            samples=tuple((labels, memory.headroom) for labels, memory in some),
        )  # fmt: skip


def _of_input(report: Report) -> Iterator[_Family]:
    yield _counted("findings", "Findings", "rule", ((each.rule, each.severity.value) for each in report.findings))
    yield _counted(
        "problems", "Problems with the input", "slug", ((each.slug, each.severity.value) for each in report.problems)
    )


def _counted(name: str, says: str, key: str, found: Iterable[tuple[str, str]]) -> _Family:
    counts: dict[tuple[str, str], int] = {}
    for each in found:
        counts[each] = counts.get(each, 0) + 1
    samples = tuple(({key: word, "severity": severity}, number) for (word, severity), number in sorted(counts.items()))
    return _Family(name=name, unit="", says=says, samples=samples)


def _device(device: DeviceReport) -> Labels:
    return {"device": device.id, "host": device.group.device.host, "gpu": device.id.partition("#")[0]}


def _of_fleet(fleet: Fleet) -> Iterator[_Family]:
    for by, label in _SUMMED.items():
        lost = [({label: each.name}, each) for each in fleet.lost[by]]
        yield _Family(
            name=f"{label}_captured", unit="seconds", says=f"Captured time of sessions that shared a GPU, by {label}",
            samples=tuple((labels, each.window / NS_PER_S) for labels, each in lost),
        )  # fmt: skip
        yield _Family(
            name=f"{label}_sessions", unit="", says=f"Captured sessions that shared a GPU, by {label}",
            samples=tuple((labels, each.sessions) for labels, each in lost),
        )  # fmt: skip
        yield from _lost(f"{label}_lost", f"Time lost to other sessions, by {label}", lost)
    yield _Family(
        name="inputs", unit="", says="Input files by how they ended",
        samples=tuple(({"outcome": word}, number) for word, number in fleet.outcomes.items()),
    )  # fmt: skip
    yield _Family(
        name="groups", unit="", says="Groups of captures that ran together, or one alone", samples=(({}, fleet.groups),)
    )  # fmt: skip
    for is_bound in (False, True):
        note = "; the memory of a session is unknown" if is_bound else ""
        yield _Family(
            name="memory_headroom" + "_upper" * is_bound, unit="bytes", says=f"Least memory left in any group, by gpu{note}",
            samples=tuple(({"gpu": gpu}, left) for gpu, (left, doubt) in fleet.headroom.items() if doubt is is_bound),
        )  # fmt: skip


def _lost(name: str, says: str, lost: list[tuple[Labels, Lost]]) -> Iterator[_Family]:
    """Yield the range of all sessions, and the estimate where each of them has one."""
    ends = (
        ("", "", [None if each.unknown else each.estimate for _, each in lost]),
        ("_lower", ", lower end of the range", [each.low for _, each in lost]),
        ("_upper", ", upper end of the range", [each.high for _, each in lost]),
    )
    for end, what, values in ends:
        samples = tuple(
            (labels, None if value is None else value / NS_PER_S)
            for (labels, _), value in zip(lost, values, strict=True)
        )
        yield _Family(name=f"{name}{end}", unit="seconds", says=f"{says}{what}", samples=samples)


def _interval(name: str, unit: str, says: str, found: list[tuple[Labels, Ends]]) -> Iterator[_Family]:
    for number, (end, what) in enumerate(_ENDS):
        samples = tuple((labels, ends[number]) for labels, ends in found)
        yield _Family(name=f"{name}{end}", unit=unit, says=f"{says}{what}", samples=samples)


def _slowdown(found: Slowdown) -> Ends:
    return None if found.evidence is Evidence.D else found.estimate, found.low, found.high


def _ends(found: Estimate) -> Ends:
    interval = found.interval
    return (found.value, None, None) if interval is None else (found.value, interval.low, interval.high)


def _text(families: Iterable[_Family]) -> str:
    lines = [line for family in families for line in _lines(family)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _lines(family: _Family) -> Iterator[str]:
    name = "_".join(filter(None, ("tb_contention", family.name, family.unit)))
    samples = [(labels, value) for labels, value in family.samples if value is not None and math.isfinite(value)]
    if not samples:
        return
    yield f"# TYPE {name} gauge"
    if family.unit:
        yield f"# UNIT {name} {family.unit}"
    yield f"# HELP {name} {family.says}."
    for labels, value in samples:
        inside = ",".join(f'{key}="{_label(word)}"' for key, word in labels.items())
        yield f"{name}{{{inside}}} {value:.16g}" if inside else f"{name} {value:.16g}"


def _label(word: str) -> str:
    """Write hostile text as the value of a label; halves of characters, which UTF-8 cannot hold, are replaced."""
    return word.encode("utf-8", "replace").decode("utf-8").replace("\r", " ").translate(_ESCAPES)
