"""A comparison -> Markdown: the certain changes, what cannot be compared, then the figures of the device and of each program."""

from collections.abc import Callable, Sequence

from tb_contention._version import __version__
from tb_contention.model.baseline import BaselineCapture, Use
from tb_contention.model.comparison import (
    Basis,
    Change,
    Comparison,
    DeviceSide,
    Interval,
    Judgement,
    KernelDifference,
    KernelSums,
    Match,
    Named,
    SessionComparison,
)
from tb_contention.model.contention import Evidence
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport
from tb_contention.report.to_markdown import escape
from tb_contention.tables.people import TextTable
from tb_contention.words.answers import class_words
from tb_contention.words.mechanism import mechanism_name
from tb_contention.words.names import device_title
from tb_contention.words.numbers import UNKNOWN, between, count, duration, listing, ratio, share, size, times

#: Kernels and programs that a page shows; the JSON has all.
MOST_KERNELS, MOST_IN_HEADLINE = 10, 3
#: Characters of a kernel's name: those of one library differ in the middle.
_LONG = 110
_HEADER = ("figure", "before", "after", "change", "verdict")
_NUMBERS = frozenset((1, 2, 3))
_RULES = (
    "better, worse: the change is larger than chance and the scatter of the captures explain. unclear: it may be chance, or is neither "
    "good nor bad in itself. Step times are judged by the 90 % interval of the ratio of step periods, from ranks (Hodges and Lehmann); "
    "slowdown and lost time by whether the intervals of both sides overlap; bytes by a change of more than 1 %."
)
_MATCH = {
    Match.USER: "paired by you",
    Match.SAME: "same session",
    Match.NAME: "same name",
    Match.LAST_PART: "same name in another folder",
    Match.HOST: "paired by host and kernels",
}
Writer = Callable[["float | None"], str]


def to_markdown(
    found: Comparison,
    *more: Comparison,
    before: str,
    after: str,
    gone: Sequence[DeviceReport] = (),
    appeared: Sequence[DeviceReport] = (),
) -> str:
    """Print comparisons as Markdown; before, after: the log directories as given; gone, appeared: groups that could not be paired."""
    every = (found, *more)
    parts = [f"# {escape(headline(*every))}", _groups("before", gone), _groups("after", appeared)]
    for number, each in enumerate(every, 1):
        if more:
            parts.append(f"## {number} of {len(every)}: {escape(headline(each))}")
        parts += _comparison(each, before, after, level=3 if more else 2)
    parts += [escape(_RULES), f"tb_contention {escape(__version__)}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _groups(side: str, devices: Sequence[DeviceReport]) -> str:
    names = listing([device_title(device) for device in devices], 10)
    return escape(f"Groups only {side}, whose programs are in no group on the other side: {names}.") if names else ""


def _comparison(found: Comparison, before: str, after: str, *, level: int) -> list[str]:
    parts = [_side("Before", found.before, before), _side("After", found.after, after)]
    parts += [_others("Only before", found.gone), _others("Only after", found.appeared)]
    if found.notes:
        parts.append("\n".join(f"- {escape(note)}" for note in found.notes))
    parts += _table(_device(found), level=level)
    for session in found.sessions:
        parts += _session(session, level)
    return parts


def headline(*found: Comparison) -> str:
    """Say what certainly changed for the programs of all groups, or that nothing did."""
    sessions = [session for each in found for session in each.sessions]
    if not sessions:
        return "No session could be matched between the two sides"
    certain = (Judgement.BETTER, Judgement.WORSE)
    clauses = [_step_clause(s) for s in sessions if s.step.judgement in certain]
    clauses += [
        _slowdown_clause(s) for s in sessions if s.step.judgement not in certain and s.slowdown.judgement in certain
    ]
    if clauses:
        more = len(clauses) - MOST_IN_HEADLINE
        return "; ".join((*clauses[:MOST_IN_HEADLINE], *([f"{more} more changed"] if more > 0 else [])))
    if all(s.step.judgement is Judgement.SAME for s in sessions):
        return "Step times are the same before and after"
    return "No certain change in step times"


def _step_clause(session: SessionComparison) -> str:
    change = session.step
    found = change.ratio_interval
    ends = "" if found is None else f" ({between(found.low, found.high)})"
    return (
        f"A typical step of {title(session)} takes {times(change.ratio)} as long as before{ends}, "
        f"{duration(change.after)} instead of {duration(change.before)}"
    )


def _slowdown_clause(session: SessionComparison) -> str:
    change = session.slowdown
    return f"Sharing slows {title(session)} down: slowdown {times(change.after)} instead of {times(change.before)}"


def title(session: SessionComparison) -> str:
    """Name a pair: by the part of the name that both have, else by both names."""
    one, two = clean(session.before_name), clean(session.after_name)
    if one == two:
        return one
    last = one.rpartition("/")[2]
    return last if last == two.rpartition("/")[2] else f"{one} → {two}"


def _side(word: str, side: DeviceSide, logdir: str) -> str:
    model = f" ({side.model})" if side.model else ""
    names = listing([clean(session.name) for session in side.sessions])
    how = mechanism_name(side.mechanism)
    sharing = "alone" if len(side.sessions) < 2 else f"together, mechanism: {how}"
    text = f"{clean(side.label)}{model} of {clean(logdir)}: {names}, {sharing}, {duration(side.window)} analysed"
    return f"{word}: {escape(text)}"


def _others(words: str, sessions: tuple[Named, ...]) -> str:
    names = listing([clean(session.name) for session in sessions], 10)
    return escape(f"{words}: {names}.") if names else ""


def _against(baselines: tuple[BaselineCapture, ...]) -> str:
    used = [clean(capture.label) for capture in baselines if capture.use is Use.USED]
    return f", {listing(used)}" if used else ""


def _device(found: Comparison) -> TextTable:
    rows = (
        _row("overlap, share of the window", found.contended_share, share),
        _row("combined memory peak", found.combined_peak, size),
        _row("headroom", found.headroom, size),
        _row("throughput (STP)", found.stp, ratio),
        _row("mean slowdown (ANTT)", found.antt, ratio),
    )
    return TextTable(title="Device", header=_HEADER, rows=rows, numbers=_NUMBERS)


def _session(found: SessionComparison, level: int) -> list[str]:
    one, two = found.before_steps, found.after_steps
    about = f"{_MATCH[found.match][0].upper()}{_MATCH[found.match][1:]}; whole step periods: {one.count} before, {two.count} after"
    if one.mean is not None and two.mean is not None:
        about += f", mean {duration(one.mean)} before, {duration(two.mean)} after"
    known = [
        f"{when}: {class_words(evidence)[0]}{_against(baselines) if evidence is Evidence.A else ''}"
        for when, evidence, value, baselines in (
            ("before", found.before_evidence, found.slowdown.before, found.before_baselines),
            ("after", found.after_evidence, found.slowdown.after, found.after_baselines),
        )
        if value is not None
    ]
    rows = [
        _row("step period, median", found.step, duration),
        _row("slowdown", found.slowdown, times),
        _row("lost to other sessions, share of the window", found.lost_share, share),
        _row("undisturbed device time per step, median", found.device_time, duration),
        _row("busy, share of the window", found.busy_share, share),
    ]
    for allocator in found.memory:
        name = allocator.before if len(found.memory) > 1 else ""
        own = f" of {shorten(clean(name), 40)}" if name else ""
        rows += [
            _row(f"own memory peak{own}", allocator.peak, size),
            _row(f"suggested limit{own}", allocator.suggested_limit, size),
        ]
    figures = TextTable(title=title(found), header=_HEADER, rows=tuple(rows), numbers=_NUMBERS)
    says = f"Slowdown {'; '.join(known)}." if known else ""
    head, body, _ = _table(figures, level=level)
    return [head, escape(f"{about}."), body, escape(says), *_kernels(found, level + 1)]


def _row(figure: str, change: Change, write: Writer) -> tuple[str, ...]:
    """Write a figure with its intervals and its verdict, with the reason where nothing is claimed."""
    verdict = change.judgement.value + (f": {change.why}" if change.why else "")
    return (
        figure,
        _with(write(change.before), change.before_interval, write),
        _with(write(change.after), change.after_interval, write),
        _change(change, write),
        verdict,
    )


def _sign(difference: float) -> str:
    return "+" if difference > 0 else "−" if difference < 0 else ""


def _with(text: str, interval: Interval | None, write: Writer) -> str:
    return text if interval is None else f"{text} ({write(interval.low)} to {write(interval.high)})"


def _change(change: Change, write: Writer) -> str:
    difference = change.difference
    if difference is None:
        return UNKNOWN
    if write is share:
        return f"{_sign(difference)}{100 * abs(difference):.1f} points"
    sign = _sign(difference)
    text = f"{sign}{write(abs(difference))}" if write in (duration, size) else f"{sign}{ratio(abs(difference))}"
    if change.ratio is None or write not in (duration, size):
        return text
    found = change.ratio_interval
    ends = "" if found is None else f" ({between(found.low, found.high)})"
    return f"{text}, {times(change.ratio)}{ends}"


def _kernels(found: SessionComparison, level: int) -> list[str]:
    """Set the largest changes side by side; sums do not show which of them chance may explain."""
    per = "per step" if found.basis is Basis.STEP else "per second"
    changed = [kernel for kernel in found.kernels if kernel.difference]
    rows = tuple(_kernel(kernel) for kernel in changed[:MOST_KERNELS])
    if not rows:
        return []
    left = len(changed) - len(rows)
    note = f"{count(left, 'more kernel name')} in the JSON output." if left else ""
    header = ("kernel", "count", "mean before", "mean after", f"{per} before", f"{per} after", "change")
    table = TextTable(
        title=f"Kernels of {title(found)}, largest change first",
        header=header,
        rows=rows,
        numbers=frozenset(range(1, 7)),
        note=note,
    )
    return _table(table, level=level)


def _kernel(kernel: KernelDifference) -> tuple[str, ...]:
    sides = (kernel.before, kernel.after)
    numbers = " / ".join(UNKNOWN if side is None else f"{side.count:,}" for side in sides)
    difference = kernel.difference
    return (
        shorten(clean(kernel.name), _LONG),
        numbers,
        *(_mean(side) for side in sides),
        *(UNKNOWN if side is None else duration(side.rate) for side in sides),
        f"{_sign(difference)}{duration(abs(difference))}"
        + ("" if None not in sides else f" ({kernel.presence.value})"),
    )


def _mean(sums: KernelSums | None) -> str:
    return UNKNOWN if sums is None else duration(sums.mean)


def _table(table: TextTable, *, level: int) -> list[str]:
    rule = ["---:" if column in table.numbers else "---" for column in range(len(table.header))]
    rows = [[escape(cell) for cell in table.header], rule, *([escape(cell) for cell in row] for row in table.rows)]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return [f"{'#' * level} {escape(table.title)}", body, escape(table.note)]
