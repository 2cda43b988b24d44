"""What every drawing of a report has: columns, an axis, labels, hatches and the sessions' colours."""

from collections.abc import Iterator
from html import escape

from tb_contention.model.report import Report
from tb_contention.report.drawings.resample import COLUMNS
from tb_contention.words.numbers import duration

LEFT = 180
WIDTH = LEFT + COLUMNS + 20
_TICKS = 6
#: Sessions that get a strip; further ones are in the tables.
MOST_STRIPS = 12


def color_of(report: Report, session: str) -> int:
    """Return the number of a session's colour: its place on the first device that it is on, as in the panel."""
    return next((device.sessions.index(session) for device in report.devices if session in device.sessions), 0) % 6


def hatch(name: str) -> str:
    """Define the pattern that marks overlap, or time lost to other sessions."""
    return (
        f'<defs><pattern id="hatch{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern></defs>'
    )


def label(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    """Write words at a place."""
    return f'<text x="{x:g}" y="{y:g}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>'


def axis(span: int, height: int) -> Iterator[str]:
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
