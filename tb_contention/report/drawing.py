"""The time of one device -> an SVG without scripts: contention, one strip per session, combined memory, one axis."""

from collections.abc import Iterator
from html import escape

import numpy as np

from tb_contention.model.memory import CombinedMemory
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.resample import COLUMNS, coverage, levels_of, runs, stacked
from tb_contention.report.text import clean, duration, labels, percent, shorten, size
from tb_contention.report.verdict import device_label
from tb_contention.units import F64, I64, SessionId

LEFT = 180
WIDTH = LEFT + COLUMNS + 20
_STRIP = 26
_ROW = 40
_MEMORY = 120
_TICKS = 6
#: Sessions that get a strip; further ones are in the tables.
MOST_STRIPS = 12


def timeline(report: Report, device: DeviceReport, number: int) -> str:
    """Draw one device; `number` keeps ids apart when a page holds several drawings."""
    sessions = device.sessions[:MOST_STRIPS]
    start, end = device.window.start_ns, device.window.end_ns
    top = 26
    parts: list[str] = []
    bottom_of_strips = top + _ROW * (len(sessions) + 1)
    height = bottom_of_strips + (_MEMORY + 34 if device.memory is not None else 0) + 6
    parts += axis(end - start, height)
    parts += _contention(device, top, number)
    for row, session in enumerate(sessions, 1):
        busy = (
            coverage(device.overlap.busy[session], start, end) if session in device.overlap.busy else np.zeros(COLUMNS)
        )
        parts += _strip(report, session, busy, top + _ROW * row)
        parts += _lost(device, session, top + _ROW * row + _STRIP + 1)
    if device.memory is not None:
        parts += _memory(report, device, device.memory, bottom_of_strips + 22)
    time = device.time
    words = (
        f"Time of {device_label(device)}: {len(device.sessions)} sessions, {duration(time.window)}, "
        f"{percent(time.contended, time.window)} with work of two or more"
    )
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{hatch(str(number))}{"".join(parts)}</svg>'


def color_of(report: Report, session: str) -> int:
    """Return the number of a session's colour: its place in the report."""
    return next((i for i, item in enumerate(report.sessions) if item.session.id == session), 0) % 6


def hatch(name: str) -> str:
    """Define the pattern that means two or more, or time lost to others."""
    return (
        f'<defs><pattern id="hatch{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern></defs>'
    )


def label(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """Write words at a place."""
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def axis(span: int, height: int) -> "Iterator[str]":
    """Draw vertical lines at round times."""
    step = _round_step(span)
    for tick in range(0, span + 1, step) if step else ():
        x = LEFT + COLUMNS * tick / span
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="18" y2="{height - 4}"/>'
        if x < LEFT + COLUMNS - 30:
            yield label(x + 4, 14, duration(tick) if tick else "0", "faint")


def _round_step(span: int) -> int:
    """Choose 1, 2 or 5 times a power of ten, so that there are at most a handful of ticks."""
    if span <= 0:
        return 0
    power = 1
    while power * 10 * _TICKS <= span:
        power *= 10
    return next((power * f for f in (1, 2, 5) if power * f * _TICKS >= span), power * 10)


def _contention(device: DeviceReport, top: int, number: int) -> "Iterator[str]":
    start, end = device.window.start_ns, device.window.end_ns
    yield label(4, top + 12, "Two or more at once", "strong")
    yield label(
        4, top + 27, f"{duration(device.time.contended)} in {len(device.overlap.contended):,} intervals", "faint"
    )
    yield f'<rect class="ground" x="{LEFT}" y="{top}" width="{COLUMNS}" height="{_STRIP}"/>'
    shares = coverage(device.overlap.contended, start, end)
    path = "".join(_box(x, top, width, _STRIP) for x, width, _ in runs((shares > 0).astype(np.int64)))
    if path:
        yield f'<path d="{path}" fill="url(#hatch{number})" class="outline"/>'


def _box(column: int, y: float, width: int, height: float) -> str:
    return f"M{LEFT + column} {y:g}h{width}v{height:g}h{-width}z"


def _strip(report: Report, session: SessionId, shares: F64, top: int) -> "Iterator[str]":
    color, name = color_of(report, session), labels(report)[session]
    item = report.session(session).session
    process = f"process {item.process_id}" if item.process_id is not None else clean(item.host)
    yield f'<rect class="s{color}" x="0" y="{top}" width="4" height="{_STRIP + 4}"/>'
    yield label(10, top + 12, shorten(name, 25), "strong")
    yield label(10, top + 27, shorten(process + (", simulated" if item.simulated else ""), 28), "faint")
    yield f'<rect class="ground" x="{LEFT}" y="{top}" width="{COLUMNS}" height="{_STRIP}"/>'
    levels = runs(levels_of(shares))
    for level in range(1, 5):
        path = "".join(_box(x, top, width, _STRIP) for x, width, at in levels if at == level)
        if path:
            yield f'<path class="s{color}" fill-opacity="{0.25 + 0.75 * level / 4:.2f}" d="{path}"/>'


def _lost(device: DeviceReport, session: SessionId, top: int) -> "Iterator[str]":
    """Underline where a session lost time, stretched or stalled."""
    for lost in device.cost.lost:
        if lost.session == session:
            both = [
                coverage(part, device.window.start_ns, device.window.end_ns) for part in (lost.stretched, lost.stalled)
            ]
            path = "".join(_box(x, top, width, 4) for x, width, _ in runs((both[0] + both[1] > 0).astype(np.int64)))
            if path:
                yield f'<path class="lost" d="{path}"/>'


def _memory(report: Report, device: DeviceReport, memory: CombinedMemory, top: int) -> "Iterator[str]":
    start, end = device.window.start_ns, device.window.end_ns
    most = max(memory.peak, memory.capacity or 0, 1)
    yield label(4, top + 12, "Memory", "strong")
    yield label(4, top + 27, "in use, all sessions", "faint")
    for amount in (0, most):
        yield label(LEFT - 6, top + _MEMORY * (1 - amount / most) + 4, size(int(amount)), "faint", "end")
    below = np.zeros(COLUMNS, np.int64)
    for style, values in _by_session(report, memory, start, end).items():
        above = below + values
        yield f'<path class="{style} area" d="{_area(below, above, top, most)}"/>'
        below = above
    if memory.capacity is not None:
        y = top + _MEMORY * (1 - memory.capacity / most)
        yield f'<line class="capacity" x1="{LEFT}" x2="{LEFT + COLUMNS}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield label(LEFT + COLUMNS, y - 5, f"capacity {size(memory.capacity)}", "faint", "end")
    if end > start:
        x = LEFT + COLUMNS * min(max((memory.peak_at - start) / (end - start), 0), 1)
        y = top + _MEMORY * (1 - memory.peak / most)
        anchor, shift = ("end", -8) if x > LEFT + COLUMNS / 2 else ("start", 8)
        yield f'<line class="peak" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{top + _MEMORY}"/>'
        yield f'<circle class="peak-mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        words = f"peak {size(memory.peak)}"
        words += "" if memory.headroom is None else f" · headroom {size(memory.headroom)}"
        yield label(x + shift, max(y - 7, top + 14), words, "strong halo", anchor)


def _by_session(report: Report, memory: CombinedMemory, start: int, end: int) -> "dict[str, I64]":
    """Add up the allocators of each session, by its style; sessions beyond those that have a strip are one grey area."""
    if end <= start:
        return {}
    known: dict[str, int] = {}
    made: dict[str, I64] = {}
    for curve, values in zip(memory.curves, stacked(memory, start, end), strict=True):
        place = known.setdefault(curve.session, len(known))
        style = f"s{color_of(report, curve.session)} n{place}" if place < MOST_STRIPS else "hatch-line"
        made[style] = made[style] + values if style in made else values
    return made


def _area(below: I64, above: I64, top: int, most: int) -> str:
    """Draw a step area; equal neighbours make one step."""
    up = "".join(f"V{y}H{b}" for _, b, y in _steps(above, top, most))
    down = "".join(f"V{y}H{a}" for a, _, y in reversed(_steps(below, top, most)))
    return f"M{LEFT} {top + _MEMORY}{up}{down}z"


def _steps(values: I64, top: int, most: int) -> "list[tuple[int, int, str]]":
    heights = np.round(top + _MEMORY * (1 - values / most), 1)
    starts = np.flatnonzero(np.append(True, heights[1:] != heights[:-1]))
    ends = np.append(starts[1:], len(heights))
    return [(LEFT + int(a), LEFT + int(b), f"{heights[a]:g}") for a, b in zip(starts, ends, strict=True)]
