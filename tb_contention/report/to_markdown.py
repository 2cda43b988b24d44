"""A report -> Markdown: the verdict first, then tables."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from tb_contention.model.advice import Action, Standing
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Problem
from tb_contention.model.names import clean
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.sections import finding_parts, tables_of
from tb_contention.tables.people import TextTable
from tb_contention.words.advice import action_parts, asked_words
from tb_contention.words.findings import Alike, grouped, muted_words
from tb_contention.words.memory import memory_sentence
from tb_contention.words.names import device_label, device_title, names_of
from tb_contention.words.numbers import count, duration, percent
from tb_contention.words.problems import (
    AlikeProblems,
    file_in_place,
    grouped_problems,
    message_of,
    not_printed,
    places_of,
    what_happened,
)
from tb_contention.words.verdict import Verdict, device_verdict, no_verdict, verdict

#: An underscore inside a word never emphasises, and a variable or path is copied from a terminal as it stands.
_SPECIAL = re.compile(r"([\\`*{}\[\]<>#|~!&$]|(?<![^\W_])_|_(?![^\W_]))")
#: Schemes and hosts that viewers turn into links.
_LINK = re.compile(r"(?i)\b(https?|ftp|javascript|data|mailto|www)(?=[:.])")
#: What notifies a user or refers to an issue when the text is pasted into a ticket.
_MENTION = re.compile(r"@(?=\w)|\b(GH)(?=-\d)")
#: What most cells have none of: anything that one of the three finds.
_ACTIVE = re.compile(f"{_SPECIAL.pattern}|@|GH-|(?i:https?|ftp|javascript|data|mailto|www)[:.]")
#: A comment of a ticket holds 65,536 characters. Devices beyond this are only counted.
MOST = 60_000
#: Findings that stand first, and tables of a device that are not folded; findings and problems that are printed at all.
FIRST, OPEN, MOST_NOTES = 3, 3, 200
#: Actions that stand behind the first one; the others are folded.
NEXT = 2


def to_markdown(report: Report) -> str:
    """Print the report as Markdown."""
    faults = Faults(logdir=report.logdir, output="report.md")
    answer = faults.attempt("The verdict", lambda: verdict(report), no_verdict)
    parts = [f"# {escape(answer.headline)}", _answers(answer), escape(answer.meaning)]
    parts += [escape(" · ".join(answer.trust)), escape(answer.hint)]
    if report.devices:
        parts += _kept(faults, "The advice", lambda: _advice(report, report.devices[0]))
    if report.findings or report.muted:
        found = _kept(
            faults, "The list of findings", lambda: [_finding(f) for f in grouped(report.findings)[:MOST_NOTES]]
        )
        muted = escape(muted_words(report.muted))
        parts += ["## Findings", *found[:FIRST], *_folded("More findings", found[FIRST:]), muted]
    tables, whole = tables_of(report)
    closing = _kept(faults, "The list of problems", lambda: _closing(report, whole))
    room = MOST - sum(map(len, parts)) - sum(map(len, closing))
    left_out = 0
    for number, device in enumerate(report.devices):
        on = faults.on(device_label(device))
        section = _kept(on, "The section", partial(_device, report, device, tables[number], on, is_first=number == 0))
        room -= sum(map(len, section))
        if room > 0 or number == 0:
            parts += section
        else:
            left_out += 1
    parts += [f"{count(left_out, 'more device')} in the JSON and CSV reports."] if left_out else []
    return "\n\n".join(part for part in (*parts, *closing) if part) + "\n"


def _kept(faults: Faults, part: str, make: Callable[[], list[str]]) -> list[str]:
    """Print a part, or why it is not there."""
    return faults.attempt(part, make, lambda problem: [escape(not_printed(problem))])


def _closing(report: Report, tables: list[TextTable]) -> list[str]:
    """Print what the report rests on."""
    parts = []
    if report.problems:
        groups, where = grouped_problems(report.problems), places_of(report)
        parts += ["## Problems with the input", "\n".join(_problems(g, where) for g in groups[:MOST_NOTES])]
        left_out = sum(len(group.problems) for group in groups[MOST_NOTES:])
        left_out += sum(max(0, len(group.problems) - MOST_NOTES) for group in groups[:MOST_NOTES])
        parts += [f"{count(left_out, 'more is', 'more are')} in the JSON report."] if left_out > 0 else []
    for table in tables:
        parts += _folded(table.title, _table(table, level=0))
    notes = [escape(note) for note in report.notes]
    made = f"tb_contention {escape(report.version)}, log directory {escape(report.logdir)}"
    return [*parts, *notes, made]


def _folded(title: str, parts: list[str]) -> list[str]:
    """Fold parts under a title; a viewer without folding shows them."""
    return [f"<details><summary>{title}</summary>", *parts, "</details>"] if parts else []


def escape(text: str) -> str:
    """Make any text mean only itself in Markdown, in a table cell too."""
    if not _ACTIVE.search(text):
        return clean(text)
    escaped = _SPECIAL.sub(r"\\\1", clean(text)).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    return _MENTION.sub(lambda match: f"{match[0]}&#8203;", _LINK.sub(lambda match: f"{match[0]}&#8203;", escaped))


def _answers(answer: Verdict) -> str:
    return "\n".join(f"- **{escape(row.question)}** {escape(row.answer)}" for row in answer.answers)


def _device(report: Report, device: DeviceReport, tables: list[TextTable], on: Faults, *, is_first: bool) -> list[str]:
    """Print a device; the answer for the first one stands above the findings."""
    time = device.time
    split = (
        f"{duration(time.window)} analysed: idle {percent(time.idle, time.window)}, "
        f"one session {percent(time.exclusive, time.window)}, "
        f"two or more {percent(time.contended, time.window)}."
    )
    parts = [f"## {escape(device_title(device))}"]
    if not is_first:
        answer = on.attempt("The verdict", lambda: device_verdict(report, device), no_verdict)
        parts += [f"{escape(answer.headline)}. {escape(answer.meaning)}", escape(" · ".join(answer.trust))]
        parts.append(escape(answer.hint))
        parts += _kept(on, "The advice", lambda: _advice(report, device))
    parts += [split, *_kept(on, "The sentence on memory", lambda: [escape(memory_sentence(device))])]
    for table in tables[:OPEN]:
        parts += _table(table, level=3)
    rest = [part for table in tables[OPEN:] for part in _table(table, level=4)]
    return [*parts, *_folded("Time, memory, kernels and parts", rest)]


def _advice(report: Report, device: DeviceReport) -> list[str]:
    """Print what to do first, the next two, and the rest folded."""
    if device.advice is None:
        return []
    found, ranked = device.advice.recommendation, device.advice.ranked
    asked = escape(asked_words(names_of(report), found))
    parts = [f"**{asked}: {escape(found.headline)}.** {escape(found.why)}"]
    parts += [f"Record: `{clean(found.command).replace('`', '')}`"] if found.command else []
    first = 1 if found.standing is Standing.ACT else 0
    parts += ["\n".join(f"- *{what}:* {escape(words)}" for what, words in action_parts(a)) for a in ranked[:first]]
    shown = [_action(action) for action in ranked[first:]]
    after = ["Next:", "\n".join(shown[:NEXT])] if shown else []
    return [*parts, *after, *_folded("Other actions", shown[NEXT:] and ["\n".join(shown[NEXT:])])]


def _action(action: Action) -> str:
    return f"- **{escape(action.title)}.** {escape(action.brings)}  \n  *Setting:* {escape(action.setting)}"


def _table(table: TextTable, *, level: int) -> list[str]:
    rule = ["---:" if column in table.numbers else "---" for column in range(len(table.header))]
    rows = [[escape(cell) for cell in table.header], rule, *([escape(cell) for cell in row] for row in table.rows)]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    title = [f"{'#' * level} {table.title}"] if level else []
    return [*title, body, escape(table.note)]


def _finding(alike: Alike) -> str:
    finding = alike.first
    times = f", {alike.count} times" if alike.others else ""
    text = f"- **{finding.severity.value}: {escape(finding.title)}** ({escape(finding.rule)}{times})"
    text += f"  \n  *Also:* {escape(alike.also)}." if alike.others else ""
    text += f"  \n  {escape(finding.detail)}"
    return text + "".join(f"  \n  *{what}:* {escape(words)}" for what, words in finding_parts(finding))


def _problems(alike: AlikeProblems, where: Mapping[str, str]) -> str:
    """Print like problems: what they have in common once, then each file with its device and what happened to it."""
    first, several = alike.first, len(alike.problems) > 1
    if not several:
        return f"- **{first.severity.value}** {_problem(first, where, what_happened(first))} ({escape(first.slug)})"
    common = escape(" ".join(filter(None, (alike.message, first.advice))))
    head = f"- **{first.severity.value}** {common} ({escape(first.slug)}, {len(alike.problems)} times)"
    rows = alike.problems[:MOST_NOTES]
    return "\n".join([head, *(f"  - {_problem(p, where, '' if alike.message else message_of(p))}" for p in rows)])


def _problem(problem: Problem, where: Mapping[str, str], words: str) -> str:
    said = problem.count == 1 or f"{problem.count:,} " in f"{message_of(problem)} "
    times = "" if said else f" ({problem.count:,} ×)"
    return ": ".join(escape(text) for text in (file_in_place(problem, where), words) if text) + times
