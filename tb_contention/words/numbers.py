"""Numbers -> short text for people. What is unknown is a dash, never 0; the panel writes the same digits (`base/format.ts`)."""

from math import isfinite
from typing import TypeGuard

#: What stands where nothing is known.
UNKNOWN = "–"

_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))
#: Seconds beyond which people count in minutes, hours and days.
_LONG = ((120, 60, "min"), (7_200, 3_600, "h"), (172_800, 86_400, "days"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
#: A value that rounds up to the next unit is written in it: '1.00 ms', not '1,000 µs'.
_NEARLY = 0.9995


def is_known(value: float | None) -> TypeGuard[float]:
    """Tell that there is a number: neither none nor infinite, as in JSON."""
    return value is not None and isfinite(value)


def duration(nanoseconds: float | None) -> str:
    """Write a length of time with three significant digits: '2.30 ms', '28.0 h'."""
    if not is_known(nanoseconds):
        return UNKNOWN
    seconds = abs(nanoseconds) / 1e9
    for beyond, unit, name in reversed(_LONG):
        if seconds >= beyond * _NEARLY:
            return f"{three_digits(nanoseconds / 1e9 / unit)} {name}"
    for factor, name in _UNITS:
        if abs(nanoseconds) >= factor * _NEARLY:
            return f"{three_digits(nanoseconds / factor)} {name}"
    return f"{_minus(f'{nanoseconds:.0f}')} ns"


def error(nanoseconds: int | None) -> str:
    """Write the bound on an error: '±12.0 µs'."""
    return "error unknown" if nanoseconds is None else f"±{duration(nanoseconds)}"


def size(amount: float | None) -> str:
    """Write a number of bytes in binary units with three significant digits: '12.4 GiB'."""
    if not is_known(amount):
        return UNKNOWN
    value, unit = float(amount), 0
    while abs(value) >= 1024 * _NEARLY and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{three_digits(value) if unit else _minus(f'{value:.0f}')} {_SIZES[unit]}"


def three_digits(value: float) -> str:
    """Write a number with three significant digits and without exponent: '1,234', '12.3'."""
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return _minus(f"{value:,.{digits}f}")


def _minus(text: str) -> str:
    return text.replace("-", "−")


def share(part: float | None) -> str:
    """Write a share, 0 to 1, in per cent; a small part never reads as 0 %, nor an incomplete one as 100 %."""
    if not is_known(part):
        return UNKNOWN
    per_cent = 100 * part
    if 0 < abs(per_cent) < 0.05:
        return "< 0.1 %"
    if 99.95 <= per_cent < 100:
        return "> 99.9 %"
    digits = 1 if abs(per_cent) < 9.95 or 99 < per_cent < 100 else 0
    text = f"{per_cent:.{digits}f}"
    return f"{_minus(text.removesuffix('.0'))} %"


def percent(part: float | None, whole: float | None) -> str:
    """Write a part of a whole in per cent; a dash where there is no whole."""
    return UNKNOWN if not is_known(part) or not is_known(whole) or whole <= 0 else share(part / whole)


def times(value: float | None) -> str:
    """Write a ratio as a factor: '1.56×'."""
    return f"{ratio(value)}×" if is_known(value) else UNKNOWN


def ratio(value: float | None) -> str:
    """Write a ratio: '1.56'."""
    return f"{value:.2f}" if is_known(value) else UNKNOWN


def number(value: int | None) -> str:
    """Write a number of things: '12,345'."""
    return UNKNOWN if value is None else f"{value:,}"


def count(amount: int, noun: str, nouns: str | None = None) -> str:
    """Write a number with its noun in the right form: '1 kernel', '2 kernels', '2 copies'."""
    return f"{amount:,} {noun if amount == 1 else nouns or f'{noun}s'}"


def listing(names: list[str], most: int = 4) -> str:
    """Join names as in a sentence; those beyond `most` are counted."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def refused_request(asked: int, in_use: int | None, reserved: int | None) -> str:
    """Write what an allocator refused, and what it held then: '70.0 GiB with 3.00 GiB in use and 6.00 GiB reserved'; None = unknown."""
    held = [f"{size(found)} {how}" for found, how in ((in_use, "in use"), (reserved, "reserved")) if found is not None]
    return size(asked) + (f" with {listing(held)}" if held else "")


def between(low: float | None, high: float | None) -> str:
    """Write the ends of an interval of ratios: '1.46 to 1.52', 'at least 1.20'; a dash without any."""
    if is_known(low) and is_known(high):
        return f"{ratio(low)} to {ratio(high)}"
    if is_known(low):
        return f"at least {ratio(low)}"
    return f"at most {ratio(high)}" if is_known(high) else UNKNOWN
