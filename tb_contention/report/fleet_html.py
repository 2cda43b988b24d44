"""What the captures of a cluster say together -> one HTML file that needs no network and no script."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tb_contention.model.contention import Mechanism
from tb_contention.model.dataset import Outcome
from tb_contention.model.fleet import By, Fleet, Lost, Pair, Saving, Where
from tb_contention.model.names import clean, shorten
from tb_contention.report.escaping import escaped, flowing
from tb_contention.report.style import DARK, LIGHT, STYLE
from tb_contention.report.to_html import section_table
from tb_contention.tables.people import TextTable
from tb_contention.words.listing import instant
from tb_contention.words.mechanism import mechanism_name
from tb_contention.words.numbers import UNKNOWN, count, duration, share, size, times

#: Rows of a list and weeks of the trend that are shown.
MOST, MOST_WEEKS = 20, 8
_LONG = 60
_TITLES = {
    By.HOST: "By host",
    By.GPU: "By GPU",
    By.JOB: "By job",
    By.MECHANISM: "By mechanism",
    By.WEEK: "By week",
}
_CHANGES = {
    "moved": "one session on a GPU of its own",
    "mps": "MPS",
    "sm_cap": "caps on multiprocessors under MPS",
    "shifted": "one session started later",
    "memory_limits": "memory limits",
}
_MECHANISMS = {each.value: mechanism_name(each) for each in Mechanism}
#: Names of jobs and hosts are longer than those of sessions.
_WIDE = (
    "td:not(.number){min-width:19ch}th.narrow{font:inherit;font-weight:500}td.narrow{padding-top:7px}"
    "@media print{td:not(.number){min-width:0}}"
)
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LOSS = (
    "Time that sessions lost to others in the steps that were captured. The estimate covers sessions that have one. The range covers all "
    "of them and is the sum of the ends of their 90 % intervals. Time that was not captured is not counted."
)
_SAVED = (
    "Predicted for each GPU with the best setting of each change, and summed where it is predicted. The range is the sum of the ends. A "
    "session that moves needs a GPU that is free."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the page leads. report: name of a report in the dataset -> its address. group: a group -> where it is open, "" for nowhere.

    others: names of other datasets and the addresses of their pages. is_framed: the page is a part of another one, which stays.
    """

    report: Callable[[str], str] = str
    group: Callable[[Where], str] = lambda _: ""
    others: Sequence[tuple[str, str]] = ()
    is_framed: bool = False


def to_html(fleet: Fleet, *, addresses: Addresses | None = None, theme: str = "") -> str:
    """Print the page. addresses: by default the page lies in the dataset. theme: "light" or "dark"; by default the reader's."""
    leads = _Leads(fleet, addresses or Addresses())
    tables = [_lost(_TITLES[by], by, fleet, leads) for by in (By.JOB, By.HOST, By.GPU, By.MECHANISM, By.WEEK)]
    parts = [
        *_others(leads.addresses.others),
        f"<header><h1>{flowing(headline(fleet))}</h1>\n<p>{flowing(_coverage(fleet))}</p>\n"
        f'<p class="trust">{flowing(_LOSS)}</p></header>',
        *_section(_pairs(fleet, leads)),
        *_section(_savings(fleet.savings)),
        *_section(_worst(fleet, leads)),
        *_section(_memory(fleet, leads)),
        *(part for table in tables for part in _section(table)),
        *_section(_trend(fleet)),
        *_section(_inputs(fleet)),
        *_section(_unanswered(fleet)),
        f"<footer>{flowing(fleet.dataset)}</footer>",
    ]
    base = '<base target="_blank">\n' if leads.addresses.is_framed else ""
    return _page(headline(fleet), "\n".join(parts), theme, base)


def notice_html(text: str, *, theme: str = "") -> str:
    """Print a page that says why there is no other."""
    return _page("Fleet", f"<p>{flowing(text)}</p>", theme)


def _page(title: str, body: str, theme: str, head: str = "") -> str:
    colors = {"light": f":root{{{LIGHT}}}", "dark": f"@media screen{{:root{{{DARK}}}}}"}.get(theme, "")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{head}<title>{escaped(title)}</title>\n<style>\n{STYLE}{_WIDE}{colors}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _others(others: Sequence[tuple[str, str]]) -> list[str]:
    links = " · ".join(f'<a href="{escaped(address)}" target="_self">{flowing(name)}</a>' for name, address in others)
    return [f'<nav class="faint">Other datasets: {links}</nav>'] if links else []


def headline(fleet: Fleet) -> str:
    """Say what sharing cost."""
    whole = fleet.whole
    if not whole.sessions:
        return "No two captures shared a GPU"
    return f"Sharing cost {range_of(whole)} of {duration(whole.window)} of captured session time"


def range_of(lost: Lost) -> str:
    """Write a loss with its range; what is not estimated has its range alone."""
    ends = (
        f"{duration(lost.low)} to {duration(lost.high)}" if lost.high is not None else f"at least {duration(lost.low)}"
    )
    return ends if lost.unknown == lost.sessions else f"{duration(lost.estimate)} ({ends})"


def _coverage(fleet: Fleet) -> str:
    whole = fleet.whole
    unknown = f"; {whole.unknown:,} of them without an estimate" if whole.unknown else ""
    return (
        f"{count(sum(fleet.outcomes.values()), 'capture')} in {count(fleet.groups, 'group')}, "
        f"{count(whole.sessions, 'session')} that shared a GPU{unknown}."
    )


def _section(table: TextTable) -> list[str]:
    return [f"<section>{section_table(table, 'h2')}</section>"] if table.rows else []


class _Leads:
    """Where a row leads: to the group where it is open, to the report in the dataset, or else the command for it."""

    def __init__(self, fleet: Fleet, addresses: Addresses) -> None:
        self._reports, self.addresses = fleet.reports, addresses

    def text(self, where: Where | None) -> str:
        """Return what the cell says."""
        if where is None:
            return UNKNOWN
        if self.link(where):
            return clean(where.group)
        return clean(shlex.join(["tb-contention", "report", where.place, "--group", where.group]))

    def link(self, where: Where | None) -> str:
        """Return the address of the group or its report; empty for none."""
        if where is None:
            return ""
        name = self._reports.get((where.place, where.group))
        return self.addresses.group(where) or (self.addresses.report(name) if name else "")


def _lost(title: str, by: By, fleet: Fleet, leads: _Leads) -> TextTable:
    lost, worst = fleet.lost[by], fleet.worst_by[by]
    left = len(lost) - MOST
    shown = lost[-MOST:] if by is By.WEEK else lost[:MOST]
    return TextTable(
        title=f"Time lost: {title[0].lower()}{title[1:]}",
        header=(by.value, "lost", "share", "captured", "sessions", "without an estimate", "most in"),
        rows=tuple(
            (
                _called(by, each.name), range_of(each), _part(each), duration(each.window), f"{each.sessions:,}",
                f"{each.unknown:,}", leads.text(worst.get(each.name)),
            )
            for each in shown
        ),
        numbers=frozenset((1, 2, 3, 4, 5)),
        narrow=frozenset((6,)),
        links=tuple(leads.link(worst.get(each.name)) for each in shown),
        note=f"{count(left, 'more row')} in the dataset." if left > 0 else "",
    )  # fmt: skip


def _called(by: By, name: str) -> str:
    """Name a row; a mechanism in words."""
    if by is By.MECHANISM and name in _MECHANISMS:
        return _MECHANISMS[name]
    return _name(name) or UNKNOWN


def _part(lost: Lost) -> str:
    """Write the share of the captured time that was lost, as a range where there is no estimate."""
    if not lost.window:
        return UNKNOWN
    if lost.unknown < lost.sessions:
        return share(lost.estimate / lost.window)
    return UNKNOWN if lost.high is None else f"{share(lost.low / lost.window)} to {share(lost.high / lost.window)}"


def _pairs(fleet: Fleet, leads: _Leads) -> TextTable:
    return TextTable(
        title="Who costs whom most",
        header=("job", "loses to", "lost", "groups", "most in"),
        rows=tuple(
            (
                _name(pair.victim) or UNKNOWN,
                _culprit(pair),
                duration(pair.lost),
                f"{pair.groups:,}",
                leads.text(pair.worst),
            )
            for pair in fleet.pairs
        ),
        numbers=frozenset((2, 3)),
        narrow=frozenset((4,)),
        links=tuple(leads.link(pair.worst) for pair in fleet.pairs),
    )


def _culprit(pair: Pair) -> str:
    """Name the other job; sessions of one name are one job."""
    if pair.culprit and pair.culprit == pair.victim:
        return "another session of it"
    return _name(pair.culprit) or "work without a capture"


def _savings(savings: Sequence[Saving]) -> TextTable:
    return TextTable(
        title="What would have helped",
        header=("change", "time saved", "GPUs and groups", "not predicted for"),
        rows=tuple(
            (
                _CHANGES.get(saving.change, clean(saving.change.replace("_", " "))),
                (f"{duration(saving.low)} to {duration(saving.high)}")
                if saving.estimate is None
                else f"{duration(saving.estimate)} ({duration(saving.low)} to {duration(saving.high)})",
                f"{saving.devices:,}",
                f"{saving.unknown:,}",
            )
            for saving in savings
        ),
        numbers=frozenset((1, 2, 3)),
        note=_SAVED,
    )


def _worst(fleet: Fleet, leads: _Leads) -> TextTable:
    return TextTable(
        title="Largest slowdowns",
        header=("job", "beside", "slowdown", "when", "GPU", "report"),
        rows=tuple(
            (
                _name(each.job),
                _name(each.beside),
                f"{times(each.estimate)} ({times(each.low)} to {times(each.high)})",
                *_place(each.where, leads),
            )
            for each in fleet.worst
        ),
        numbers=frozenset((2,)),
        narrow=frozenset((5,)),
        links=tuple(leads.link(each.where) for each in fleet.worst),
    )


def _memory(fleet: Fleet, leads: _Leads) -> TextTable:
    return TextTable(
        title="Least memory left",
        header=("jobs", "left", "of", "share", "when", "GPU", "report"),
        rows=tuple(
            (
                _name(each.jobs),
                size(each.headroom),
                size(each.capacity),
                share(each.headroom / each.capacity) if each.capacity else UNKNOWN,
                *_place(each.where, leads),
            )
            for each in fleet.memory
        ),
        numbers=frozenset((1, 2, 3)),
        narrow=frozenset((6,)),
        links=tuple(leads.link(each.where) for each in fleet.memory),
        note="Left of the capacity at the combined peak of the sessions.",
    )


def _trend(fleet: Fleet) -> TextTable:
    weeks = sorted({each.name for lost in fleet.trend.values() for each in lost if each.name})[-MOST_WEEKS:]
    rows = []
    for job, lost in fleet.trend.items():
        by_week = {each.name: each for each in lost}
        rows.append((_name(job), *(_part(by_week[week]) if week in by_week else UNKNOWN for week in weeks)))
    return TextTable(
        title="Share of time lost, job by job",
        header=("job", *(f"week of {week}" for week in weeks)),
        rows=tuple(rows) if len(weeks) > 1 else (),
        numbers=frozenset(range(1, len(weeks) + 1)),
    )


def _inputs(fleet: Fleet) -> TextTable:
    return TextTable(
        title="Inputs",
        header=("outcome", "files"),
        rows=tuple((word.replace("_", " "), f"{number:,}") for word, number in fleet.outcomes.items()),
        numbers=frozenset((1,)),
    )


def _unanswered(fleet: Fleet) -> TextTable:
    lost = sum(number for word, number in fleet.outcomes.items() if Outcome(word).is_loss)
    left = lost - len(fleet.unanswered)
    return TextTable(
        title="Inputs without an answer",
        header=("outcome", "file", "why"),
        rows=tuple(
            (each.outcome.replace("_", " "), clean(each.file), clean(each.message.removeprefix(f"{each.file}: ")))
            for each in fleet.unanswered
        ),
        note=f"{count(left, 'more row')} in the dataset." if left > 0 else "",
    )


def _place(where: Where, leads: _Leads) -> tuple[str, str, str]:
    return instant(where.at_ns), clean(where.gpu), leads.text(where)


def _name(name: str) -> str:
    return shorten(clean(name), _LONG)
