"""Numbers and hostile names -> short text for people."""

from collections import Counter

from tb_contention.model.findings import Problem
from tb_contention.model.names import clean
from tb_contention.model.report import Report

_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))
_SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def duration(nanoseconds: int | None) -> str:
    """Write a length of time with three significant digits; 'unknown' for None."""
    if nanoseconds is None:
        return "unknown"
    size = abs(nanoseconds)
    for factor, unit in _UNITS:
        if size >= factor:
            return f"{_three(nanoseconds / factor)} {unit}"
    return f"{nanoseconds} ns"


def size(amount: int | None) -> str:
    """Write a number of bytes in binary units; 'unknown' for None."""
    if amount is None:
        return "unknown"
    for factor, unit in _SIZES:
        if abs(amount) >= factor:
            return f"{_three(amount / factor)} {unit}"
    return f"{amount} B"


def _three(value: float) -> str:
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f}"


def percent(part: int, whole: int) -> str:
    """Write a share; what is there but small never reads as 0 %, nor what is not all as 100 %."""
    if whole <= 0:
        return "–"
    share = 100 * part / whole
    if 0 < share < 1:
        return f"{max(share, 0.01):.2g} %" if share >= 0.01 else "< 0.01 %"
    if 99 < share < 100:
        return f"{int(share * 100) / 100:g} %"
    return f"{share:.0f} %"


def count(number: int, noun: str) -> str:
    """Write a number with its noun in the right form, as in '1 kernel' and '2 kernels'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def labels(report: Report) -> dict[str, str]:
    """Call each session by its short name, or by its id where several bear that name."""
    names = Counter(s.session.name for s in report.sessions)
    return {
        s.session.id: clean(s.session.name if names[s.session.name] == 1 else s.session.id) for s in report.sessions
    }


def listing(names: list[str], most: int = 4) -> str:
    """Join names as in a sentence; beyond `most` they are counted."""
    if len(names) > most:
        return ", ".join(names[:most]) + f" and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def what_happened(problem: Problem) -> str:
    """Tell a problem without the name of its file, which is printed beside it."""
    return f"{problem.message.removeprefix(f'{problem.file}: ')} {problem.advice}".strip()
