"""Memory of one device -> stacked areas of an SVG: in use, up to the allocators' limits, capacity, peaks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tb_contention.model.driver_view import DriverView
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.drawings.driver import driver_shapes
from tb_contention.report.drawings.resample import COLUMNS, stacked
from tb_contention.report.drawings.svg import LEFT, MOST_STRIPS, color_of, label
from tb_contention.units import I64
from tb_contention.words.numbers import size
from tb_contention.words.scales import memory_axis

_HIGH = 120
#: Height of the drawing, below the strips.
MEMORY_HEIGHT = _HIGH + 34


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """Where the drawing stands, and how many bytes its height is."""

    top: int
    most: int

    def y(self, amount: float) -> float:
        return self.top + _HIGH * (1 - min(amount, self.most) / self.most)


def has_memory(device: DeviceReport) -> bool:
    """Return whether there is anything to draw: allocator events or samples of the driver."""
    return device.memory is not None or (device.driver is not None and device.driver.has_counted)


def memory_area(report: Report, device: DeviceReport, top: int, number: int) -> Iterator[str]:
    """Draw the memory of a device that `has_memory`; without allocator events only the driver's samples."""
    if device.memory is not None:
        yield from _in_use(report, device, device.memory, top, number)
    elif device.driver is not None:
        yield from _taken(device, device.driver, top)


def _taken(device: DeviceReport, view: DriverView, top: int) -> Iterator[str]:
    start, end = device.window.start_ns, device.window.end_ns
    plot = _Plot(top=top, most=memory_axis(view.capacity, view.used_peak or 0))
    yield from _axis(plot, "allocated in total")
    if end > start:
        yield from driver_shapes(view, start, end, plot.y)
    yield from _line("capacity", view.capacity, plot)


def _axis(plot: _Plot, words: str) -> Iterator[str]:
    yield label(4, plot.top + 12, "Memory", "strong")
    yield label(4, plot.top + 27, words, "faint")
    for amount in (0, plot.most):
        yield label(LEFT - 6, plot.y(amount) + 4, size(int(amount)), "faint", "end")


def _in_use(report: Report, device: DeviceReport, memory: CombinedMemory, top: int, number: int) -> Iterator[str]:
    """Draw what is in use, solid, and above it hatched what each session's allocators may still take."""
    start, end = device.window.start_ns, device.window.end_ns
    plot = _Plot(top=top, most=memory_axis(memory.capacity, memory.peak, [a.limit for a in memory.allocators]))
    yield from _axis(plot, "in use, all sessions")
    yield label(4, top + 41, "hatched: up to their limits", "faint") if memory.sum_of_limits is not None else ""
    if end > start:
        yield from _areas(report, memory, start, end, plot, number)
        if device.driver is not None:
            yield from driver_shapes(device.driver, start, end, plot.y)
    yield from _line("capacity", memory.capacity, plot)
    yield from _line("safe", memory.safe, plot)
    if end > start:
        yield from _peaks(report, memory, start, end, plot)


def _areas(report: Report, memory: CombinedMemory, start: int, end: int, plot: _Plot, number: int) -> Iterator[str]:
    below = np.zeros(COLUMNS, np.int64)
    in_use = _by_session(report, memory, start, end)
    for style, values in in_use.items():
        yield f'<path class="{style} area" d="{_area(below, below + values, plot)}"/>'
        below = below + values
    if memory.sum_of_limits is None:
        return
    for style, limit in _limits(report, memory).items():
        color, pattern = style.split()[0], f"memory{number}{style.split()[0]}"
        above = below + np.maximum(limit - in_use[style], 0)
        yield (
            f'<defs><pattern id="{pattern}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<rect class="{color}" width="1.2" height="5"/></pattern></defs>'
            f'<path class="reserve" fill="url(#{pattern})" d="{_area(below, above, plot)}"/>'
        )
        below = above


def _style(report: Report, session: str, place: int) -> str:
    """Sessions beyond those that have a strip are one grey area."""
    return f"s{color_of(report, session)} n{place}" if place < MOST_STRIPS else "hatch-line"


def _by_session(report: Report, memory: CombinedMemory, start: int, end: int) -> dict[str, I64]:
    """Add up the allocators of each session, by its style."""
    known: dict[str, int] = {}
    made: dict[str, I64] = {}
    for curve, values in zip(memory.curves, stacked(memory, start, end), strict=True):
        style = _style(report, curve.session, known.setdefault(curve.session, len(known)))
        made[style] = made[style] + values if style in made else values
    return made


def _limits(report: Report, memory: CombinedMemory) -> dict[str, int]:
    known: dict[str, int] = {}
    made: dict[str, int] = {}
    for curve in memory.curves:
        style = _style(report, curve.session, known.setdefault(curve.session, len(known)))
        made[style] = made.get(style, 0) + (curve.limit or 0)
    return made


def _line(name: str, amount: int | None, plot: _Plot) -> Iterator[str]:
    """Draw the capacity, named above its right end, or what of it is safe, named below its left end."""
    if amount is None:
        return
    y, is_capacity = plot.y(amount), name == "capacity"
    yield f'<line class="{name}" x1="{LEFT}" x2="{LEFT + COLUMNS}" y1="{y:.1f}" y2="{y:.1f}"/>'
    x, shift, anchor = (LEFT + COLUMNS, -5, "end") if is_capacity else (LEFT + 4, 11, "start")
    yield label(x, y + shift, f"{name} {size(amount)}", "faint halo", anchor)


def _peaks(report: Report, memory: CombinedMemory, start: int, end: int, plot: _Plot) -> Iterator[str]:
    def x_of(time: int) -> float:
        return LEFT + COLUMNS * min(max((time - start) / (end - start), 0), 1)

    for own in memory.allocators if len(memory.allocators) > 1 else ():
        color = color_of(report, own.session)
        foot = plot.top + _HIGH - 7
        yield f'<path class="s{color} own-peak" d="M{x_of(own.peak_at):.1f} {foot}l4 7h-8z"><title>own peak {size(own.peak)}</title></path>'
    x, y = x_of(memory.peak_at), plot.y(memory.peak)
    anchor, shift = ("end", -8) if x > LEFT + COLUMNS / 2 else ("start", 8)
    yield f'<line class="peak" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{plot.top + _HIGH}"/>'
    yield f'<circle class="peak-mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    words = f"peak {size(memory.peak)}"
    words += "" if memory.headroom is None else f" · headroom {size(memory.headroom)}"
    yield label(x + shift, max(y - 7, plot.top + 14), words, "strong halo", anchor)


def _area(below: I64, above: I64, plot: _Plot) -> str:
    """Draw a step area; equal neighbours make one step."""
    up = "".join(f"V{y}H{b}" for _, b, y in _steps(above, plot))
    down = "".join(f"V{y}H{a}" for a, _, y in reversed(_steps(below, plot)))
    return f"M{LEFT} {plot.top + _HIGH}{up}{down}z"


def _steps(values: I64, plot: _Plot) -> list[tuple[int, int, str]]:
    heights = np.round(plot.top + _HIGH * (1 - np.minimum(values, plot.most) / plot.most), 1)
    starts = np.flatnonzero(np.append(True, heights[1:] != heights[:-1]))
    ends = np.append(starts[1:], len(heights))
    return [(LEFT + int(a), LEFT + int(b), f"{heights[a]:g}") for a, b in zip(starts, ends, strict=True)]
