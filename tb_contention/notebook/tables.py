"""A report -> its tables. Times: ns from the report's origin; lengths: ns; memory: bytes; None where nothing is known."""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from math import isfinite
from types import MappingProxyType

from tb_contention.model.contention import StepTimes
from tb_contention.model.prediction import Bounds, Prediction, SessionPrediction
from tb_contention.model.report import Report
from tb_contention.notebook.columns import Column, Kind, Table, Value
from tb_contention.words.answers import estimate_of

Row = tuple[Value, ...]

_SUFFIXES = {"_ns": "ns", "_bytes": "bytes"}
_FLAGS = frozenset(("simulated", "memory_fits", "affects_numbers"))
_COUNTS = frozenset(("kernels", "copies", "count", "step", "steps"))
_RATIOS = frozenset(("slowdown", "slowdown_low", "slowdown_high", "coverage"))


def _table(name: str, names: str, rows: Iterable[Row]) -> Table:
    """Put rows under their names; the name of a column tells its unit and its kind."""
    header = names.split()
    table = list(rows)
    columns = zip(*table, strict=True) if table else repeat((), len(header))
    return Table(name=name, columns=tuple(_column(n, v) for n, v in zip(header, columns, strict=True)))


def _column(name: str, values: tuple[Value, ...]) -> Column:
    unit = next((unit for suffix, unit in _SUFFIXES.items() if name.endswith(suffix)), "")
    if unit or name in _COUNTS:
        return Column(name=name, unit=unit, kind=Kind.INTEGER, values=values)
    if name in _RATIOS:
        return Column(name=name, unit="ratio", kind=Kind.NUMBER, values=values)
    if name in _FLAGS:
        return Column(name=name, unit="", kind=Kind.FLAG, values=values)
    return Column(name=name, unit="", kind=Kind.TEXT, values=tuple(_text(value) for value in values))


def _text(value: Value) -> str | None:
    """Keep a name as it was recorded, but for halves of characters, which neither Arrow nor a file can hold."""
    return None if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _sessions(report: Report) -> Table:
    names = "session name run host kind process clock clock_error_ns start_ns end_ns steps mean_step_ns simulated"
    rows = (
        (
            *(s.id, s.name, s.session.run, s.session.host, s.kind, s.process),
            *(s.clock.source.value, s.clock.error, s.window.start_ns, s.window.end_ns),
            *((None, None) if s.steps is None else (s.steps.count, s.steps.mean)),
            s.session.simulated,
        )
        for s in report.sessions
    )
    return _table("sessions_table", names, rows)


def _shares(report: Report) -> Table:
    names = "device session kernels copies window_ns busy_ns exclusive_ns contended_ns"
    rows = (
        (d.id, s.session, s.kernels, s.copies, d.time.window, s.busy, s.exclusive, s.contended)
        for d in report.devices
        for s in d.per_session
    )
    return _table("shares", names, rows)


def _slowdowns(report: Report) -> Table:
    names = (
        "device session slowdown slowdown_low slowdown_high evidence coverage lost_ns stretch_ns stall_ns absorbed_ns"
    )
    names += " step_shared_ns step_alone_ns steps simulated settle"
    rows = (
        (
            *(d.id, loss.session, estimate_of(loss.slowdown), loss.slowdown.low, loss.slowdown.high),
            *(loss.slowdown.evidence.value, loss.slowdown.coverage),
            *(loss.lost, loss.stretch, loss.stall, loss.absorbed, loss.step_shared, loss.step_alone, loss.steps),
            *(report.session(loss.session).session.simulated, loss.slowdown.settle),
        )
        for d in report.devices
        for loss in d.losses
    )
    return _table("slowdowns", names, rows)


def _kernels(report: Report) -> Table:
    def rows() -> Iterator[Row]:
        for device in report.devices:
            costs = {(cost.session, cost.name): cost for cost in device.cost.kernels}
            for kernel in device.overlap.kernels:
                cost = costs.get((kernel.session, kernel.name))
                known = (None, None) if cost is None else (cost.alone, cost.lost)
                yield (device.id, kernel.session, kernel.name, kernel.count, kernel.total, *known)

    return _table("kernels", "device session kernel count total_ns alone_ns lost_ns", rows())


def _steps(report: Report) -> Table:
    rows = (row for d in report.devices for times in d.cost.steps for row in _periods(d.id, times))
    return _table("steps", "device session step start_ns end_ns own_ns host_ns lost_ns", rows)


def _periods(device: str, times: StepTimes) -> Iterator[Row]:
    """Walk over the periods of a session on a device."""
    known = (column.tolist() for column in (times.number, times.start, times.end, times.own, times.host))
    lost = times.lost.tolist() if times.known else [None] * len(times.number)
    for row in zip(*known, lost, strict=True):
        yield (device, times.session, *row)


def _blame(report: Report) -> Table:
    rows = ((d.id, b.victim, b.culprit, b.lost) for d in report.devices for b in d.blame)
    return _table("blame", "device session culprit lost_ns", rows)


def _kernel_pairs(report: Report) -> Table:
    rows = (
        (d.id, b.victim, b.victim_kernel, b.culprit, b.culprit_kernel, b.lost)
        for d in report.devices
        for b in d.cost.kernel_blame
    )
    return _table("kernel_pairs", "device session kernel culprit culprit_kernel lost_ns", rows)


def _memory(report: Report) -> Table:
    names = "device session allocator peak_bytes peak_at_ns at_combined_peak_bytes limit_bytes before_capture_bytes"
    names += " lifetime_peak_bytes capacity_bytes combined_peak_bytes headroom_bytes"
    rows = (
        (
            *(d.id, a.session, a.allocator, a.peak, a.peak_at, a.at_combined_peak, a.limit, a.before_capture),
            *(a.lifetime_peak, d.memory.capacity, d.memory.peak, d.memory.headroom),
        )
        for d in report.devices
        if d.memory is not None
        for a in d.memory.allocators
    )
    return _table("memory", names, rows)


def _holders(report: Report) -> Table:
    names = "device session allocator kind op scope held_bytes requested_bytes count region data_type shape age_ns"
    rows = (
        (
            *(d.id, h.session, h.allocator, h.kind.value, h.op, h.scope),
            *(h.bytes, h.requested, h.count, h.region, h.data_type, h.shape, h.age),
        )
        for d in report.devices
        if d.memory is not None
        for h in d.memory.holders.rows
    )
    return _table("holders", names, rows)


def _predictions(report: Report) -> Table:
    names = "device session schedule setting slowdown slowdown_low slowdown_high step_ns step_low_ns step_high_ns"
    names += " gain_ns gain_low_ns gain_high_ns memory_peak_bytes memory_fits assumes unknown"
    rows = (row for d in report.devices for p in d.predictions for row in _predicted(d.id, p))
    return _table("predictions", names, rows)


def _predicted(device: str, prediction: Prediction) -> Iterator[Row]:
    """Walk over the sessions of a prediction; one that tells of none is a row without a session."""
    whole: Row = (prediction.memory_peak, prediction.memory_fits, prediction.assumes, prediction.unknown)
    rows: tuple[SessionPrediction | None, ...] = prediction.sessions or (None,)
    for of in rows:
        told = (None, None, None) if of is None else (of.slowdown, of.step, of.gain)
        slowdown, step, gain = told
        name = None if of is None else of.session
        yield (
            device,
            name,
            prediction.schedule.value,
            prediction.setting,
            *_ends(slowdown),
            *_ns(step),
            *_ns(gain),
            *whole,
        )


def _ends(bounds: Bounds | None) -> tuple[float | None, ...]:
    ends = (None, None, None) if bounds is None else (bounds.estimate, bounds.low, bounds.high)
    return tuple(None if end is None or not isfinite(end) else end for end in ends)


def _ns(bounds: Bounds | None) -> tuple[int | None, ...]:
    return tuple(None if end is None else round(end) for end in _ends(bounds))


def _findings(report: Report) -> Table:
    names = "device sessions rule severity title detail cause advice effect verify gain_ns gain_bytes"
    rows = (
        (
            *(f.device, ", ".join(f.sessions), f.rule, f.severity.value, f.title, f.detail),
            *(f.cause, f.advice, f.effect, f.verify, f.gain_ns, f.gain_bytes),
        )
        for f in report.findings
    )
    return _table("findings_table", names, rows)


def _problems(report: Report) -> Table:
    names = "file slug severity origin message advice count affects_numbers"
    rows = (
        (p.file, p.slug, p.severity.value, p.origin.value, p.message, p.advice, p.count, p.affects_numbers)
        for p in report.problems
    )
    return _table("problems_table", names, rows)


_MAKERS: tuple[tuple[str, Callable[[Report], Table]], ...] = (
    ("sessions_table", _sessions),
    ("shares", _shares),
    ("slowdowns", _slowdowns),
    ("kernels", _kernels),
    ("steps", _steps),
    ("blame", _blame),
    ("kernel_pairs", _kernel_pairs),
    ("memory", _memory),
    ("holders", _holders),
    ("predictions", _predictions),
    ("findings_table", _findings),
    ("problems_table", _problems),
)
#: Every table by its name, as the report has it.
TABLES = MappingProxyType(dict(_MAKERS))
