"""A slowdown -> a dot with whiskers; step periods -> stacked bars over time. SVG without scripts."""

from collections.abc import Iterator
from html import escape

import numpy as np

from tb_contention.model.contention import Slowdown, StepTimes
from tb_contention.model.names import shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.drawings.hover import hit
from tb_contention.report.drawings.resample import COLUMNS
from tb_contention.report.drawings.svg import LEFT, MOST_STRIPS, WIDTH, axis, color_of, hatch, label
from tb_contention.report.steps import merge_steps
from tb_contention.units import F64
from tb_contention.words.answers import brief, estimate_of
from tb_contention.words.names import device_label, names_of
from tb_contention.words.numbers import count, duration, percent
from tb_contention.words.scales import SlowdownScale

_MOST_BARS = 200
_HIGH = 56
_ROW = 78
_TOP = 26


def whisker(slowdown: Slowdown, scale: SlowdownScale, color: int) -> str:
    """Draw a slowdown on the scale of its device: a line from end to end, a dot at the estimate, a tick at 1."""
    low, high, estimate = slowdown.low, slowdown.high, estimate_of(slowdown)
    if low is None and high is None:
        return ""

    def x(value: float) -> float:
        return 6 + 188 * (value - scale.low) / (scale.high - scale.low)

    left, right = x(scale.low if low is None else low), x(scale.high if high is None else high)
    ends = "".join(f"M{x(v):.1f} 4v10" for v in (low, high) if v is not None)
    dot = "" if estimate is None else f'<circle class="s{color} whisker-dot" cx="{x(estimate):.1f}" cy="9" r="4.5"/>'
    style = "whisker" if estimate is not None else "whisker bounds"
    return (
        f'<svg class="plot" viewBox="0 0 200 26" role="img" aria-label="Slowdown {escape(brief(slowdown))}">'
        f'<line class="grid" x1="6" x2="194" y1="9" y2="9"/><line class="one" x1="{x(1):.1f}" x2="{x(1):.1f}" y1="1" y2="17"/>'
        f'<path class="{style}" d="M{left:.1f} 9H{right:.1f}{ends}"/>{dot}'
        f"{label(min(x(1), 190), 25, '1×', 'faint', 'middle')}{label(198, 25, f'{scale.high:.2f}×', 'faint', 'end')}</svg>"
    )


def step_chart(report: Report, device: DeviceReport, number: int) -> str:
    """Draw the step periods of each session, one bar each: own device work below, host above it, lost time on top."""
    start, end = device.window.start_ns, device.window.end_ns
    drawn = [times for times in device.cost.steps if len(times.number)][:MOST_STRIPS]
    if not drawn or end <= start:
        return ""
    height = _TOP + _ROW * len(drawn) + 4
    parts = list(axis(end - start, height))
    for row, times in enumerate(drawn):
        parts += _bars(report, times, start, end, _TOP + _ROW * row, number)
    words = f"Step times on {device_label(device)}: {len(drawn)} sessions"
    pattern = f"step{number}"
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(words)}">{hatch(pattern)}{"".join(parts)}</svg>'


def _bars(report: Report, times: StepTimes, start: int, end: int, top: int, number: int) -> Iterator[str]:
    color, runs = color_of(report, times.session), merge_steps(times, _MOST_BARS)
    merged, sizes = runs.times, runs.sizes()
    own, host, lost = (part / sizes for part in (merged.own, merged.host, merged.lost))
    most, cut = _top(own + host + lost)
    yield f'<rect class="s{color}" x="0" y="{top}" width="4" height="{_HIGH}"/>'
    yield label(10, top + 12, shorten(names_of(report)[times.session], 25), "strong")
    about = count(runs.steps, "step") + (f", {runs.merged} in a bar" if runs.merged > 1 else "")
    highest = f"up to {duration(round(most))}" + (f", {cut} longer" if cut else "")
    for line, words in enumerate((about, highest, _shares(times))):
        yield label(10, top + 26 + 14 * line, words, "faint")
    yield f'<rect class="ground" x="{LEFT}" y="{top}" width="{COLUMNS}" height="{_HIGH}"/>'
    x = LEFT + COLUMNS * (np.stack((merged.start, merged.end)) - start) / (end - start)
    base = np.zeros(len(own))
    for values, style in (
        (own, f'class="s{color}"'),
        (host, 'class="host"'),
        (lost, f'fill="url(#hatchstep{number})" class="outline"'),
    ):
        above = np.minimum(base + values * _HIGH / most, _HIGH)
        path = _boxes(x, top + _HIGH - above, top + _HIGH - base)
        if path:
            yield f'<path {style} d="{path}"/>'
        base = above
    parts = zip(x[0], x[1], own, host, lost, merged.number, strict=True)
    for left, right, mine, hosts, others, step in parts:
        words = f"step {int(step)}: own {duration(round(mine))}, host {duration(round(hosts))}"
        words += f", lost {duration(round(others))}" if times.known else ""
        yield hit(round(left, 1), top, round(max(right - left, 0.5), 1), _HIGH, words)


def _top(periods: F64) -> tuple[float, int]:
    """Choose the length at the upper edge, and return how many are cut there: one pause must not flatten all other periods."""
    usual, longest = 2 * float(np.median(periods)), float(np.max(periods))
    if longest <= 1.5 * usual:
        return max(longest, 1.0), 0
    return max(usual, 1.0), int(np.count_nonzero(periods > usual))


def _shares(times: StepTimes) -> str:
    own, host, lost = (int(np.sum(part)) for part in (times.own, times.host, times.lost))
    whole = own + host + lost
    words = f"own {percent(own, whole)}, host {percent(host, whole)}"
    return f"{words}, lost {percent(lost, whole)}" if times.known else f"{words}, lost ?"


def _boxes(x: F64, above: F64, below: F64) -> str:
    """Draw a box for each column that has a height, with a gap where there is room for one."""
    boxes = []
    for left, right, up, down in zip(*x, above, below, strict=True):
        if down - up >= 0.05:
            width = max(right - left - (1 if right - left > 4 else 0), 0.5)
            boxes.append(f"M{left:.1f} {up:.1f}h{width:.1f}V{down:.1f}h{-width:.1f}z")
    return "".join(boxes)
