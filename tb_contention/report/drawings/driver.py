"""The driver's view of a GPU's memory -> shapes over the memory area: what is allocated, and below the capacity what is not captured."""

from collections.abc import Callable, Iterator

import numpy as np

from tb_contention.model.driver_view import DriverView
from tb_contention.report.drawings.resample import COLUMNS, peaks
from tb_contention.report.drawings.svg import LEFT, label
from tb_contention.units import I64
from tb_contention.words.numbers import size


def driver_shapes(view: DriverView, start: int, end: int, y: Callable[[float], float]) -> Iterator[str]:
    """Draw both in the window [start, end); y: bytes -> where they are. The highest value of a column stands for it."""
    capacity, others = view.capacity, view.untraced
    if capacity is not None and others is not None and view.untraced_peak:
        taken = peaks(others, start, end)
        edges = "".join(f"V{y(capacity - value):.1f}H{right}" for _, right, value in _steps(taken))
        top = f"{y(capacity):.1f}"
        words = f"processes without a capture: up to {size(view.untraced_peak)}"
        yield f'<path class="others" d="M{LEFT} {top}{edges}V{top}z"><title>{words}</title></path>'
    if view.used is None or view.used_peak is None:
        return
    first, *rest = _steps(peaks(view.used, start, end))
    path = f"M{first[0]} {y(first[2]):.1f}H{first[1]}" + "".join(f"V{y(value):.1f}H{right}" for _, right, value in rest)
    yield f'<path class="driver" d="{path}"><title>allocated, as the driver reports: up to {size(view.used_peak)}</title></path>'
    last = rest[-1] if rest else first
    words = f"driver: {size(view.used_peak)} allocated"
    words += f", {size(view.untraced_peak)} of it without a capture" if view.untraced_peak else ""
    yield label(LEFT + COLUMNS - 6, y(last[2]) + 13, words, "halo", "end")


def _steps(values: I64) -> list[tuple[int, int, int]]:
    """Join equal neighbours: (left, right, bytes)."""
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    ends = np.append(starts[1:], len(values))
    return [(LEFT + int(a), LEFT + int(b), int(values[a])) for a, b in zip(starts, ends, strict=True)]
