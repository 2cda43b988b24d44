"""Predictions -> text for people: a table that every renderer can print, and the same as plain text for a terminal."""

from tb_contention.model.contention import Slowdown
from tb_contention.model.names import clean
from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.table import TextTable
from tb_contention.words.names import Names, names_of
from tb_contention.words.numbers import duration, size

_HEADER = ("change", "session", "slowdown now", "slowdown then", "step then", "its change")
#: A range as narrow as this is written as one number.
_SURE = 0.005


def what_if_table(report: Report, device: DeviceReport) -> TextTable | None:
    """Put a device's predictions into a table, a row per change and session; None where there are none."""
    names = names_of(report)
    found = [p for p in device.predictions if p.schedule is not Schedule.AS_RECORDED and p.sessions]
    rows = tuple(
        (_setting(one) if not k else "", *_cells(device, row, names))
        for one in found
        for k, row in enumerate(one.sessions)
    )
    if not rows:
        return None
    return TextTable(title="What would help", header=_HEADER, rows=rows, numbers=frozenset({2, 3, 4, 5}))


def what_if_summary(device: DeviceReport) -> TextTable:
    """Put into a table what holds for all sessions together, what each prediction rests on, and what cannot be told."""
    rows = tuple(
        (_setting(one), "–" if one.makespan is None else _length(one.makespan), _peak(one), _ground(one))
        for one in device.predictions
    )
    header = ("change", "all recorded work done after", "memory at the peak", "rests on")
    return TextTable(title="What the predictions rest on", header=header, rows=rows, numbers=frozenset({1}))


def _peak(one: Prediction) -> str:
    if one.memory_peak is None and one.memory_most is None:
        return "–"
    text = _memory(one).partition(": ")[2].rstrip(".")
    return text[:1].upper() + text[1:]


def _ground(one: Prediction) -> str:
    """Tell what was taken for granted, or why nothing can be told."""
    parts = [f"Not known: {clean(one.unknown)}"] if one.unknown else []
    if one.played is not None and one.played < 1 and one.sessions:
        parts.append(f"Played: the first {_share(one.played)} of the window.")
    return " ".join([*parts, clean(one.assumes)]).strip() or "–"


def to_text(report: Report, device: DeviceReport) -> str:
    """Print a device's predictions for a terminal; names are cleaned."""
    lines = [f"{clean(device.id)}: what would be if its sessions ran another way", ""]
    names = names_of(report)
    for one in device.predictions:
        lines.append(_setting(one))
        for row in one.sessions:
            name, now, then, step, change = _cells(device, row, names)
            steps = "" if row.step is None else f"; step {step}, {change}"
            lines.append(f"  {name}: slowdown {now} now, {then} then{steps}")
        lines += [f"  {note}" for note in _details(one)]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(device: DeviceReport, row: SessionPrediction, names: Names) -> tuple[str, ...]:
    now = device.cost.loss(row.session).slowdown
    return (
        names[row.session],
        _measured(now),
        _ratio(row.slowdown),
        _length(row.step),
        _change(row.gain),
    )


def _setting(one: Prediction) -> str:
    text = clean(one.setting)
    return text[:1].upper() + text[1:]


def _measured(found: Slowdown) -> str:
    if found.low is None or found.high is None:
        return "–"
    return _ratio(Bounds(estimate=found.estimate, low=found.low, high=found.high))


def _ratio(bounds: Bounds | None) -> str:
    if bounds is None:
        return "–"
    if bounds.estimate is None:
        return f"{bounds.low:.2f} to {bounds.high:.2f}"
    if bounds.high - bounds.low < _SURE:
        return f"{bounds.estimate:.2f}"
    return f"{bounds.estimate:.2f} ({bounds.low:.2f} to {bounds.high:.2f})"


def _length(bounds: Bounds | None) -> str:
    if bounds is None:
        return "–"
    low, high = duration(round(bounds.low)), duration(round(bounds.high))
    if bounds.estimate is None:
        return f"{low} to {high}"
    middle = duration(round(bounds.estimate))
    return middle if low == high else f"{middle} ({low} to {high})"


def _change(gain: Bounds | None) -> str:
    """Write a gain as the change of the step, with its sign."""
    if gain is None:
        return "–"
    low, high = _signed(-gain.high), _signed(-gain.low)
    return f"{low} to {high}" if gain.estimate is None else f"{_signed(-gain.estimate)} ({low} to {high})"


def _signed(nanoseconds: float) -> str:
    return ("+" if nanoseconds >= 0.5 else "") + duration(round(nanoseconds)).replace("-", "−")


def _details(one: Prediction) -> list[str]:
    found = []
    if one.unknown:
        found.append(f"Not known: {clean(one.unknown)}")
    if one.makespan is not None:
        found.append(f"All recorded work done after {_length(one.makespan)}.")
    if one.memory_peak is not None or one.memory_most is not None:
        found.append(_memory(one))
    if one.played is not None and one.played < 1 and one.sessions:
        found.append(f"Played: the first {_share(one.played)} of the window.")
    if one.assumes:
        found.append(f"Assumes: {clean(one.assumes)}")
    return found


def _share(part: float) -> str:
    return f"{100 * part:.2g} %"


_FITS = {True: ", which fits", False: ", which does not fit", None: ""}


def _memory(one: Prediction) -> str:
    """Tell the combined peak, how high it can come, and whether it fits."""
    high = one.memory_most
    if one.schedule is Schedule.MEMORY_LIMITS:
        return f"Limits: {size(high)} together{_FITS[one.memory_fits]}."
    most = "" if high is None or high == one.memory_peak else f", at most {size(high)}"
    return f"Memory: {size(one.memory_peak)} together{most}{_FITS[one.memory_fits]}."
