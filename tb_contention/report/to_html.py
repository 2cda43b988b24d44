"""A report -> one HTML file that needs no network, and is whole without scripts."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from tb_contention.model.advice import Action, Standing
from tb_contention.model.faults import Faults
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.cards import device_cards
from tb_contention.report.drawings.charts import step_chart
from tb_contention.report.drawings.hover import SCRIPT, SCRIPT_SOURCE
from tb_contention.report.drawings.predictions import prediction_chart
from tb_contention.report.drawings.timeline import timeline
from tb_contention.report.escaping import escaped, flowing
from tb_contention.report.sections import finding_parts, tables_of
from tb_contention.report.style import STYLE
from tb_contention.tables.people import TextTable
from tb_contention.words.advice import action_parts, asked_words
from tb_contention.words.findings import Alike, grouped, muted_words
from tb_contention.words.listing import instant
from tb_contention.words.names import device_label, device_title, names_of
from tb_contention.words.numbers import UNKNOWN, count, duration
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

#: Devices on the page; JSON and CSV hold all.
MOST_DEVICES = 8
#: Characters after which no further device is drawn; the others have their tables only.
MOST_DRAWN = 300_000
#: Findings and problems that are printed.
MOST_NOTES = 200
_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {SCRIPT_SOURCE}"
_PREDICTED = (
    "Predicted from the recorded work, one change at a time: the slowdown relative to running alone, with its range. The vertical bar "
    "marks the measured slowdown."
)
#: Findings that stand first, with all they say; the others follow in brief.
FIRST = 3
#: Actions that stand behind the first one; the others are folded.
NEXT = 2


def to_html(report: Report) -> str:
    """Print the report as a page."""
    faults = Faults(logdir=report.logdir, output="report.html")
    answer = faults.attempt("The verdict", lambda: verdict(report), no_verdict)
    shown = report.devices[:MOST_DEVICES]
    parts = [_opening(answer)]
    if report.devices:
        parts.append(_kept(faults, "The advice", lambda: _advice(report, report.devices[0])))
    parts.append(_kept(faults, "The list of findings", lambda: _findings(report)))
    tables, whole = tables_of(report)
    drawn = 0
    for number, device in enumerate(shown):
        on = faults.on(device_label(device))
        figures = partial(_figures, report, device, number, on)
        drawing = _kept(on, "The drawings", figures) if drawn < MOST_DRAWN else ""
        drawn += len(drawing)
        section = partial(_device, report, device, number, drawing, tables[number], on)
        parts.append(_kept(on, "The section", section))
    if len(report.devices) > len(shown):
        parts.append(f"<p>{count(len(report.devices) - len(shown), 'more device')} in the JSON and CSV reports.</p>")
    parts.append(_kept(faults, "The list of findings", lambda: _rest(report)))
    parts.append(_kept(faults, "The list of problems", lambda: _problems(report)))
    parts += [section_table(table, "h2") for table in whole]
    title = faults.attempt("The title", lambda: _title(answer, report), lambda _: answer.headline)
    parts += [_footer(report), f"<script>{SCRIPT}</script>"]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _title(answer: Verdict, report: Report) -> str:
    """Say when the captures were made too, so that pages of several days can be told apart in tabs and bookmarks."""
    first = report.devices[0].group.start if report.devices else 0
    when = instant(None if report.origin_ns is None else report.origin_ns + first)
    return answer.headline if when == UNKNOWN else f"{answer.headline} · {when}"


def _kept(faults: Faults, part: str, make: Callable[[], str]) -> str:
    """Print a part, or why it is not there."""
    return faults.attempt(part, make, lambda problem: f'<p class="faint">{flowing(not_printed(problem))}</p>')


def _opening(answer: Verdict) -> str:
    trust = flowing(" · ".join(answer.trust))
    rows = "".join(f"<dt>{flowing(row.question)}</dt><dd>{flowing(row.answer)}</dd>" for row in answer.answers)
    answers = f'<dl class="answers">{rows}</dl>\n' if rows else ""
    hint = f'\n<p class="trust">{flowing(answer.hint)}</p>' if answer.hint else ""
    meaning = f'<p>{flowing(answer.meaning)}</p>\n<p class="trust">{trust}</p>{hint}'
    return f"<header><h1>{flowing(answer.headline)}</h1>\n{answers}{meaning}</header>"


def _device(report: Report, device: DeviceReport, number: int, drawing: str, shown: list[TextTable], on: Faults) -> str:
    cards = _kept(
        on,
        "The list of cards",
        lambda: "".join(_kept(on, f"The card “{title}”", make) for title, make in device_cards(report, device)),
    )
    drawing += _kept(on, "The drawing of the predictions", lambda: _predictions(report, device))
    tables = "\n".join(section_table(table, "h3") for table in shown)
    return (
        f"<section><h2>{flowing(device_title(device))}</h2>"
        f"{_kept(on, 'The answer', lambda: _answer(report, device, number))}\n"
        f'<div class="cards">{cards}</div>\n'
        f"{drawing}\n"
        f"{tables}</section>"
    )


def _answer(report: Report, device: DeviceReport, number: int) -> str:
    """Print the answer for a device; that for the first one stands above."""
    answer = device_verdict(report, device)
    words = "" if number == 0 else f"<p>{flowing(answer.headline)}. {flowing(answer.meaning)}</p>"
    known = (f"identity {device.group.device.identity.value}", f"clock error {_error(device)}")
    words += "" if number == 0 else _advice(report, device)
    trust = flowing(" · ".join(known if number == 0 else (known[0], *answer.trust)))
    hint = f'<p class="trust">{flowing(answer.hint)}</p>' if answer.hint and number else ""
    return f'{words}<p class="trust">{trust}</p>{hint}'


def _predictions(report: Report, device: DeviceReport) -> str:
    drawing = prediction_chart(report, device)
    return f"\n<h3>What would help, at a glance</h3>{_figure(drawing, _PREDICTED)}" if drawing else ""


def _figures(report: Report, device: DeviceReport, number: int, on: Faults) -> str:
    return _kept(on, "The drawing of the timeline", lambda: _timeline(report, device, number)) + _kept(
        on, "The drawing of the steps", lambda: _step_times(report, device, number)
    )


def _timeline(report: Report, device: DeviceReport, number: int) -> str:
    caption = (
        "Each colour is a session; where its strip is paler, it had work only part of the time. Hatching marks overlap: two or more "
        "sessions had work at the same time, which does not prove that they ran at the same instant."
    )
    caption += (
        " The line below a strip marks where the session lost time."
        if any(len(p.stretched) + len(p.stalled) for p in device.cost.lost)
        else ""
    )
    return _figure(timeline(report, device, number), caption)


def _step_times(report: Report, device: DeviceReport, number: int) -> str:
    steps = step_chart(report, device, number)
    about = (
        "Step periods: own device work in the session's colour, host time in grey, time added by other sessions hatched. "
        "“lost ?” means unknown."
    )
    return f"\n<h3>Step times</h3>{_figure(steps, about)}" if steps else ""


def _figure(drawing: str, caption: str) -> str:
    return f'<figure>{drawing}<figcaption class="faint">{flowing(caption)}</figcaption></figure>'


def _error(device: DeviceReport) -> str:
    error = device.group.max_error
    return "unknown" if error is None else f"±{duration(error)}"


def _advice(report: Report, device: DeviceReport) -> str:
    """Print what to do first, the next two, and the rest folded."""
    if device.advice is None:
        return ""
    found, ranked = device.advice.recommendation, device.advice.ranked
    asked = flowing(asked_words(names_of(report), found))
    text = f"<h2>{asked}: {flowing(found.headline)}</h2><p>{flowing(found.why)}</p>"
    text += f"<p>Record: <code>{escaped(found.command)}</code></p>" if found.command else ""
    first = 1 if found.standing is Standing.ACT else 0
    text += "".join(_parts(action) for action in ranked[:first])
    rest = [f"<li><b>{flowing(a.title)}</b>{_parts(a)}</li>" for a in ranked[first:]]
    text += f"<p>Next:</p><ul>{''.join(rest[:NEXT])}</ul>" if rest else ""
    more = "".join(rest[NEXT:])
    text += f"<details><summary>Other actions</summary><ul>{more}</ul></details>" if more else ""
    return f'<section class="advice" aria-label="What to do first">{text}</section>'


def _parts(action: Action) -> str:
    return "".join(f"<p><b>{what}:</b> {flowing(words)}</p>" for what, words in action_parts(action))


def _findings(report: Report) -> str:
    muted = f'<p class="faint">{flowing(muted_words(report.muted))}</p>' if report.muted else ""
    if not report.findings:
        return muted
    items = "\n".join(_finding(alike) for alike in grouped(report.findings)[:FIRST])
    return f'<ul class="findings" aria-label="Findings">{items}</ul>{muted}'


def _rest(report: Report) -> str:
    """Print the findings behind the first ones."""
    rest = grouped(report.findings)[FIRST:MOST_NOTES]
    if not rest:
        return ""
    items = "\n".join(_finding(alike) for alike in rest)
    return f'<h2>More findings</h2>\n<ul class="findings" aria-label="More findings">{items}</ul>'


def _finding(alike: Alike) -> str:
    finding = alike.first
    severity = finding.severity.value
    times = f' <span class="severity">{alike.count} times</span>' if alike.others else ""
    also = f"<p><b>Also:</b> {flowing(alike.also)}.</p>" if alike.others else ""
    rest = "".join(f"<p><b>{what}:</b> {flowing(text)}</p>" for what, text in finding_parts(finding))
    return (
        f'<li class="{severity}"><h3>{flowing(finding.title)} <span class="severity">{severity}</span>{times}</h3>'
        f"{also}<p>{flowing(finding.detail)}</p>{rest}</li>"
    )


def _problems(report: Report) -> str:
    if not report.problems:
        return ""
    where = places_of(report)
    rows = tuple(row for alike in grouped_problems(report.problems) for row in _like_problems(alike, where))[
        :MOST_NOTES
    ]
    left_out = len(report.problems) - len(rows)
    note = f"{count(left_out, 'more is', 'more are')} in the JSON report." if left_out else ""
    header = ("severity", "file", "what", "count", "slug")
    table = TextTable(title="Problems with the input", header=header, rows=rows, numbers=frozenset((3,)), note=note)
    return section_table(table, "h2")


def _like_problems(alike: AlikeProblems, where: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Print like problems a row each; what they have in common stands in the first row alone."""
    for number, problem in enumerate(alike.problems):
        words = "as above" if alike.message else message_of(problem)
        words = words if number else what_happened(problem)
        yield (problem.severity.value, file_in_place(problem, where), words, f"{problem.count:,}", problem.slug)


def section_table(table: TextTable, heading: str) -> str:
    """Print a table under its title."""

    def cell(tag: str, column: int, text: str, shade: int = 0, link: str = "") -> str:
        styles = [name for name, where in (("number", table.numbers), ("narrow", table.narrow)) if column in where]
        styles += [f"shade{shade}"] if shade else []
        style = f' class="{" ".join(styles)}"' if styles else ""
        scope = ' scope="col"' if tag == "th" else ""
        inside = f'<a href="{escaped(link)}">{flowing(text)}</a>' if link else flowing(text)
        return f"<{tag}{scope}{style}>{inside}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(table.header))
    plain = (0,) * len(table.header)
    shades = (*table.shades, *(plain for _ in table.rows[len(table.shades) :]))
    links = (*table.links, *("" for _ in table.rows[len(table.links) :]))
    rows = "\n".join(
        f"<tr>{''.join(cell('td', *at) for at in zip(range(len(row)), row, shade, ('',) * (len(row) - 1) + (link,), strict=True))}</tr>"
        for row, shade, link in zip(table.rows, shades, links, strict=True)
    )
    note = f'<p class="faint">{flowing(table.note)}</p>' if table.note else ""
    return (
        f"<{heading}>{flowing(table.title)}</{heading}>\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>{note}'
    )


def _footer(report: Report) -> str:
    notes = "".join(f"<p>{flowing(note)}</p>" for note in report.notes)
    origin = "unknown" if report.origin_ns is None else f"Unix {report.origin_ns:,} ns"
    made = flowing(f"tb_contention {report.version} · log directory {report.logdir} · time 0 is {origin}")
    again = f"<code>tb-contention report {escaped(shlex.quote(report.logdir))}</code>"
    return f"<footer>{notes}<p>{made}</p><p>To reproduce: {again} with the same options.</p></footer>"
