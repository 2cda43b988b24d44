"""The time of one device -> an SVG without scripts: contention, one strip per session, combined memory, one axis."""

from collections.abc import Iterator
from html import escape

import numpy as np

from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.drawings.hover import hit, slots
from tb_contention.report.drawings.memory import MEMORY_HEIGHT, has_memory, memory_area
from tb_contention.report.drawings.resample import COLUMNS, coverage, levels_of, runs, stacked
from tb_contention.report.drawings.svg import LEFT, MOST_STRIPS, WIDTH, axis, color_of, hatch, label
from tb_contention.units import F64, SessionId
from tb_contention.words.names import device_label, names_of
from tb_contention.words.numbers import duration, percent, share, size

_STRIP = 26
_ROW = 40
#: Parts of the window that have words of their own for a pointer.
_HOVERED = 100


def timeline(report: Report, device: DeviceReport, number: int, *, with_hover: bool = True) -> str:
    """Draw one device; `number` keeps ids apart when a page holds several drawings. with_hover: with words for a pointer."""
    sessions = device.sessions[:MOST_STRIPS]
    start, end = device.window.start_ns, device.window.end_ns
    top = 26
    parts: list[str] = []
    bottom_of_strips = top + _ROW * (len(sessions) + 1)
    height = bottom_of_strips + (MEMORY_HEIGHT if has_memory(device) else 0) + 6
    parts += axis(end - start, height)
    parts += _contention(device, top, number)
    for row, session in enumerate(sessions, 1):
        busy = (
            coverage(device.overlap.busy[session], start, end) if session in device.overlap.busy else np.zeros(COLUMNS)
        )
        parts += _strip(report, session, busy, top + _ROW * row)
        parts += _lost(device, session, top + _ROW * row + _STRIP + 1)
    if has_memory(device):
        parts += memory_area(report, device, bottom_of_strips + 22, number)
    if with_hover:
        parts += _hover(report, device, top, height)
    time = device.time
    words = (
        f"Time of {device_label(device)}: {len(device.sessions)} sessions, {duration(time.window)}, "
        f"{percent(time.contended, time.window)} with overlap"
    )
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{hatch(str(number))}{"".join(parts)}</svg>'


def _hover(report: Report, device: DeviceReport, top: int, height: int) -> Iterator[str]:
    """Write for each part of the window who had work, and the peak of the memory in use."""
    start, end = device.window.start_ns, device.window.end_ns
    if end <= start:
        return
    names, sessions = names_of(report), device.sessions[:MOST_STRIPS]
    nothing = np.zeros(COLUMNS)
    busy = [coverage(b, start, end) if (b := device.overlap.busy.get(s)) is not None else nothing for s in sessions]
    both = coverage(device.overlap.contended, start, end)
    used = None if device.memory is None else np.sum(stacked(device.memory, start, end), axis=0)
    for first, last in slots(COLUMNS, _HOVERED):
        at = [duration((end - start) * edge // COLUMNS) for edge in (first, last)]
        lines = [f"{at[0]} to {at[1]}"]
        lines += [
            f"{names[s]}: had work for {share(part[first:last].mean())}" for s, part in zip(sessions, busy, strict=True)
        ]
        lines.append(f"two or more: {share(both[first:last].mean())}")
        lines += [] if used is None else [f"memory: up to {size(int(used[first:last].max()))}"]
        yield hit(LEFT + first, top, last - first, height - top - 4, "\n".join(lines))


def _contention(device: DeviceReport, top: int, number: int) -> Iterator[str]:
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


def _strip(report: Report, session: SessionId, shares: F64, top: int) -> Iterator[str]:
    color, name = color_of(report, session), names_of(report)[session]
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


def _lost(device: DeviceReport, session: SessionId, top: int) -> Iterator[str]:
    """Underline where a session lost time, stretched or stalled."""
    for lost in device.cost.lost:
        if lost.session == session:
            both = [
                coverage(part, device.window.start_ns, device.window.end_ns) for part in (lost.stretched, lost.stalled)
            ]
            path = "".join(_box(x, top, width, 4) for x, width, _ in runs((both[0] + both[1] > 0).astype(np.int64)))
            if path:
                yield f'<path class="lost" d="{path}"/>'
