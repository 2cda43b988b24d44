"""The parts of the sessions -> tables: by name scope, by thread."""

from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.table import TextTable, more
from tb_contention.words.names import names_of
from tb_contention.words.numbers import duration, percent, size

#: So many scopes and threads of each session are printed.
MOST_PARTS = 8


def _firsts(sessions: list[str]) -> list[int]:
    """Return the places of the first few entries of each session."""
    seen: dict[str, int] = {}
    places = []
    for place, session in enumerate(sessions):
        seen[session] = seen.get(session, 0) + 1
        if seen[session] <= MOST_PARTS:
            places.append(place)
    return places


def scopes(report: Report, device: DeviceReport) -> TextTable:
    """Divide each session by the name scopes of its ops."""
    names, found = names_of(report), device.parts.scopes
    whole: dict[str, int] = {}
    for scope in found:
        whole[scope.session] = whole.get(scope.session, 0) + scope.total
    rows = tuple(
        (
            names[s.session],
            shorten(clean(s.scope), 80),
            f"{s.kernels:,}",
            duration(s.total),
            percent(s.total, whole[s.session]),
            "–" if s.peak is None else size(s.peak),
        )
        for s in (found[i] for i in _firsts([s.session for s in found]))
    )
    note = more(len(found) - len(rows))
    header = ("session", "scope", "kernels", "device time", "of the session", "peak of its memory")
    return TextTable(title="Parts by name scope", header=header, rows=rows, numbers=frozenset(range(2, 6)), note=note)


def threads(report: Report, device: DeviceReport) -> TextTable:
    """Say of each thread or queue how long it worked, and for whom it waited."""
    names, found = names_of(report), device.parts.threads
    rows = tuple(
        (
            names[t.session],
            shorten(clean(t.thread), 60),
            f"{t.runs:,}",
            duration(t.busy),
            duration(t.waited),
            shorten(clean(t.waits_for), 60) or "–",
            f"{t.kernels:,}",
            duration(t.total),
        )
        for t in (found[i] for i in _firsts([t.session for t in found]))
    )
    note = more(len(found) - len(rows))
    header = ("session", "thread", "runs", "inside them", "waited", "mostly for", "kernels", "device time")
    return TextTable(
        title="Threads and queues", header=header, rows=rows, numbers=frozenset((2, 3, 4, 6, 7)), note=note
    )
