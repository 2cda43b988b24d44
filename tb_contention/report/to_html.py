"""A report -> one HTML file that needs no network and no script."""

from html import escape

from tb_contention.model.findings import Finding, Problem
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.drawing import color_of, timeline
from tb_contention.report.sections import TextTable, device_tables, memory_sentence, provenance
from tb_contention.report.style import STYLE
from tb_contention.report.text import clean, count, duration, labels, percent, size, what_happened
from tb_contention.report.verdict import Verdict, device_label, device_verdict, verdict
from tb_contention.units import SessionId

#: Devices on the page; JSON and CSV hold all.
MOST_DEVICES = 16
#: Drawings may take so many characters together; devices after that have their tables only.
MOST_DRAWN = 500_000
#: Findings and problems that are printed.
MOST_NOTES = 200
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(report: Report) -> str:
    """Print the report as a page."""
    answer = verdict(report)
    shown = report.devices[:MOST_DEVICES]
    parts = [_opening(answer)]
    parts.append(_findings(report))
    drawn = 0
    for number, device in enumerate(shown):
        drawing = timeline(report, device, number) if drawn < MOST_DRAWN else ""
        drawn += len(drawing)
        parts.append(_device(report, device, number, drawing))
    if len(report.devices) > len(shown):
        parts.append(f"<p>{count(len(report.devices) - len(shown), 'more device')} in the JSON and CSV reports.</p>")
    parts += [_problems(report), _section_table(provenance(report), "h2"), _footer(report)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_e(answer.headline)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _e(text: str) -> str:
    return escape(clean(text))


def _opening(answer: Verdict) -> str:
    trust = _e(" · ".join(answer.trust))
    return f'<header><h1>{_e(answer.headline)}</h1>\n<p>{_e(answer.meaning)}</p>\n<p class="trust">{trust}</p></header>'


def _device(report: Report, device: DeviceReport, number: int, drawing: str) -> str:
    answer = device_verdict(report, device)
    words = "" if number == 0 else f"<p>{_e(answer.headline)}. {_e(answer.meaning)}</p>"
    known = (f"identity {device.group.device.identity.value}", f"clock error {_error(device)}")
    trust = _e(" · ".join(known if number == 0 else (known[0], *answer.trust)))
    cards = [_session_card(report, device, share.session) for share in device.per_session]
    cards += [_time_card(device), _memory_card(device)]
    caption = (
        "Colour is the session; a paler strip is a stretch in which it had work only part of the time. Hatched: two or more sessions "
        "had work at the same time, which is overlap, not proof that they ran at the same instant."
    )
    figure = f'<figure>{drawing}<figcaption class="faint">{caption}</figcaption></figure>' if drawing else ""
    tables = "\n".join(_section_table(table, "h3") for table in device_tables(report, device))
    return (
        f'<section><h2>{_e(device_label(device))}</h2>{words}<p class="trust">{trust}</p>\n'
        f'<div class="cards">{"".join(cards)}</div>\n'
        f"{figure}\n"
        f"{tables}</section>"
    )


def _error(device: DeviceReport) -> str:
    error = device.group.max_error
    return "unknown" if error is None else f"±{duration(error)}"


def _card(who: str, big: str, *lines: str) -> str:
    body = "".join(f"<div>{line}</div>" for line in lines if line)
    return f'<div class="card"><div class="who">{who}</div><div class="big">{_e(big)}</div>{body}</div>'


def _session_card(report: Report, device: DeviceReport, session: SessionId) -> str:
    share = next(s for s in device.per_session if s.session == session)
    item, window = report.session(session), device.time.window
    color = color_of(report, session)
    tag = ' <span class="tag">simulated</span>' if item.session.simulated else ""
    who = f'<span class="dot s{color}"></span>{_e(labels(report)[session])}{tag}'
    steps = "" if item.steps is None else f"step {duration(item.steps.mean)}, p95 {duration(item.steps.p95)}"
    overlap = f"{percent(share.contended, share.busy)} of it while another had work" if len(device.sessions) > 1 else ""
    work = f"{count(share.kernels, 'kernel')}, {share.copies:,} copies"
    bar = _bar([(share.exclusive, f"s{color}"), (share.contended, "hatch-line")], window)
    return _card(who, f"{percent(share.busy, window)} busy", _e(overlap), _e(work), _e(steps), bar)


def _time_card(device: DeviceReport) -> str:
    time = device.time
    split = f"one session {percent(time.exclusive, time.window)}, idle {percent(time.idle, time.window)}"
    bar = _bar([(time.contended, "hatch-line"), (time.exclusive, "hatch-ground")], time.window)
    about = f"of {duration(time.window)}; its cost is not estimated" if len(device.sessions) > 1 else "captured alone"
    return _card("Work of two or more at once", percent(time.contended, time.window), _e(about), _e(split), bar)


def _memory_card(device: DeviceReport) -> str:
    memory = device.memory
    if memory is None:
        return _card("Memory", "unknown", _e(device.memory_note))
    of = "" if memory.capacity is None else f" of {size(memory.capacity)}"
    bar = _bar([(memory.peak, "hatch-line")], memory.capacity) if memory.capacity else ""
    return _card("Memory, peak of the sum", f"{size(memory.peak)}{of}", _e(memory_sentence(device)), bar)


def _bar(parts: "list[tuple[int, str]]", whole: int) -> str:
    """Draw shares of a whole side by side."""
    x, boxes = 0.0, ""
    for amount, style in parts:
        width = min(100 * amount / whole, 100 - x) if whole > 0 else 0
        boxes += f'<rect class="{style}" x="{x:.2f}" width="{max(width, 0):.2f}" height="7"/>'
        x += width
    ground = '<rect class="ground" width="100" height="7"/>'
    return f'<svg class="bar" viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">{ground}{boxes}</svg>'


def _findings(report: Report) -> str:
    if not report.findings:
        return ""
    items = "\n".join(_finding(finding) for finding in report.findings[:MOST_NOTES])
    return f'<ul class="findings" aria-label="Findings">{items}</ul>'


def _finding(finding: Finding) -> str:
    severity = finding.severity.value
    advice = f"<p>{_e(finding.advice)}</p>" if finding.advice else ""
    return (
        f'<li class="{severity}"><b>{_e(finding.title)}</b> <span class="severity">{severity}</span>'
        f"<p>{_e(finding.detail)}</p>{advice}</li>"
    )


def _problems(report: Report) -> str:
    if not report.problems:
        return ""
    rows = tuple(_problem(problem) for problem in report.problems[:MOST_NOTES])
    left_out = len(report.problems) - len(rows)
    note = f"{left_out:,} more are in the JSON report." if left_out else ""
    header = ("severity", "file", "what", "count", "slug")
    table = TextTable(title="Problems with the input", header=header, rows=rows, numbers=frozenset((3,)), note=note)
    return _section_table(table, "h2")


def _problem(problem: Problem) -> "tuple[str, ...]":
    return (problem.severity.value, problem.file, what_happened(problem), f"{problem.count:,}", problem.slug)


def _section_table(table: TextTable, heading: str) -> str:
    def cell(tag: str, column: int, text: str) -> str:
        style = ' class="number"' if column in table.numbers else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{style}>{_e(text)}</{tag}>"

    head = "".join(cell("th", column, text) for column, text in enumerate(table.header))
    rows = "\n".join(f"<tr>{''.join(cell('td', i, text) for i, text in enumerate(row))}</tr>" for row in table.rows)
    note = f'<p class="faint">{_e(table.note)}</p>' if table.note else ""
    return (
        f"<{heading}>{_e(table.title)}</{heading}>\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>{note}'
    )


def _footer(report: Report) -> str:
    notes = "".join(f"<p>{_e(note)}</p>" for note in report.notes)
    origin = "unknown" if report.origin_ns is None else f"Unix {report.origin_ns:,} ns"
    return f"<footer>{notes}<p>tb_contention {_e(report.version)} · log directory {_e(report.logdir)} · time 0 is {origin}</p></footer>"
