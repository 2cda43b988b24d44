"""Predictions of a device -> one SVG: for each change a line with a dot per session, and a bar at the measured slowdown."""

from collections.abc import Iterator
from html import escape

from tb_contention.model.names import clean, shorten
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.drawings.hover import hit
from tb_contention.report.drawings.svg import MOST_STRIPS, WIDTH, color_of, label
from tb_contention.words.answers import brief, estimate_of
from tb_contention.words.names import names_of
from tb_contention.words.numbers import between, times

_LEFT = 430
_TOP, _ROW, _GAP = 26, 17, 12
_TICKS = (1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
#: A slowdown beyond this is drawn at the edge.
_MOST = 16.0


def prediction_chart(report: Report, device: DeviceReport) -> str:
    """Draw the slowdown of every session under each change; "" where nothing is predicted."""
    rows = [
        p for p in device.predictions if p.schedule is not Schedule.AS_RECORDED and any(s.slowdown for s in p.sessions)
    ]
    if not rows:
        return ""
    high = _highest(device, rows)
    height = _TOP + sum(_GAP + _ROW * min(len(p.sessions), MOST_STRIPS) for p in rows)
    parts, top = list(_axis(high, height)), _TOP
    for one in rows:
        parts += _change(report, device, one, top, high)
        top += _GAP + _ROW * min(len(one.sessions), MOST_STRIPS)
    words = (
        f"Predicted slowdowns of {len(device.sessions)} sessions under {len(rows)} changes, beside the measured ones"
    )
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def _highest(device: DeviceReport, rows: list[Prediction]) -> float:
    ends = [s.slowdown.high for p in rows for s in p.sessions if s.slowdown is not None]
    ends += [loss.slowdown.high for loss in device.losses if loss.slowdown.high is not None]
    return min(_MOST, max(1.2, *ends))


def _x(value: float, high: float) -> float:
    return _LEFT + (WIDTH - _LEFT - 20) * (min(max(value, 0.95), high) - 0.95) / (high - 0.95)


def _axis(high: float, height: int) -> Iterator[str]:
    last = 0.0
    for tick in _TICKS:
        x = _x(tick, high)
        if tick <= high and x - last > 34:
            last = x
            yield f'<line class="{"one" if tick == 1 else "grid"}" x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height - 2}"/>'
            yield label(x, 13, f"{tick:g}×", "faint", "middle")


def _change(report: Report, device: DeviceReport, one: Prediction, top: int, high: float) -> Iterator[str]:
    names = names_of(report)
    setting = clean(one.setting).partition(" (")[0]  # what the command for it is stands in the table
    yield label(0, top + 12, shorten(setting[:1].upper() + setting[1:], 42), "strong")
    for row, session in enumerate(one.sessions[:MOST_STRIPS]):
        y = top + 8 + _ROW * row
        name = names[session.session]
        yield label(_LEFT - 8, y + 4, shorten(name, 22), "faint", "end")
        if session.slowdown is None:
            continue
        yield from _mark(session.slowdown, y, color_of(report, session.session), high)
        measured = device.cost.loss(session.session).slowdown
        now = estimate_of(measured)
        if now is not None:
            x = _x(now, high)
            yield f'<line class="measured" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 6}" y2="{y + 6}"/>'
        words = f"{name}: {_words(session.slowdown)}" + ("" if now is None else f"; now {brief(measured)}")
        yield hit(_LEFT, y - 8, WIDTH - _LEFT - 20, _ROW, words)


def _mark(found: Bounds, y: int, color: int, high: float) -> Iterator[str]:
    left, right = _x(found.low, high), _x(found.high, high)
    style = "whisker" if found.estimate is not None else "whisker bounds"
    yield f'<path class="{style}" d="M{left:.1f} {y}H{right:.1f}M{left:.1f} {y - 4}v8M{right:.1f} {y - 4}v8"/>'
    if found.estimate is not None:
        yield f'<circle class="s{color} whisker-dot" cx="{_x(found.estimate, high):.1f}" cy="{y}" r="4.5"/>'


def _words(found: Bounds) -> str:
    ends = between(found.low, found.high)
    return f"predicted {ends}" if found.estimate is None else f"predicted {times(found.estimate)} ({ends})"
