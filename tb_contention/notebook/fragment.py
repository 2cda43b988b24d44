"""A report -> a fragment of HTML for the output of a cell: the verdict first, then sessions, headroom, findings and one drawing."""

from collections.abc import Callable

from tb_contention.model.contention import SessionLoss
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Finding
from tb_contention.model.report import DeviceReport, Report
from tb_contention.notebook.scoped import page
from tb_contention.report.drawings.svg import color_of
from tb_contention.report.drawings.timeline import timeline
from tb_contention.report.escaping import flowing
from tb_contention.words.answers import Answer, answer_on, bounds, estimate_of, interval
from tb_contention.words.names import device_label, names_of
from tb_contention.words.numbers import count, percent, size, times
from tb_contention.words.problems import not_printed
from tb_contention.words.verdict import no_verdict, ordered_losses, verdict

#: Findings and sessions that a cell shows.
MOST_FINDINGS = 3
MOST_SESSIONS = 20
#: A drawing longer than this is left to the HTML report.
MOST_DRAWN = 44_000
_LONGEST = 600


def fragment(report: Report) -> str:
    """Print what matters of a report."""
    faults = Faults(logdir=report.logdir, output="report.html")
    answer = faults.attempt("The verdict", lambda: verdict(report), no_verdict)
    parts = [f"<h3>{_short(answer.headline)}</h3>", f"<p>{_short(answer.meaning)}</p>" if answer.meaning else ""]
    parts.append(f'<p class="faint">{_short(" · ".join(answer.trust))}</p>')
    if report.devices:
        first = report.devices[0]
        on = faults.on(device_label(first))
        parts.append(_kept(on, "The table of sessions", lambda: _sessions(report, first)))
        parts.append(_kept(on, "The sentence on memory", lambda: f"<p>{_headroom(first)}</p>"))
    parts.append(_kept(faults, "The list of findings", lambda: _findings(report)))
    if report.devices:
        drawing = _kept(on, "The drawing of the timeline", lambda: timeline(report, first, 0, with_hover=False))
        parts.append(drawing if len(drawing) <= MOST_DRAWN else "")
    return page("\n".join(part for part in parts if part))


def _kept(faults: Faults, part: str, make: Callable[[], str]) -> str:
    """Print a part, or why it is not there."""
    return faults.attempt(part, make, lambda problem: f'<p class="faint">{_short(not_printed(problem))}</p>')


def _short(text: str) -> str:
    return flowing(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _sessions(report: Report, device: DeviceReport) -> str:
    header = "<th>session</th><th>slowdown</th><th>90 % interval</th><th>evidence</th><th>busy</th><th>while another had work</th>"
    losses = ordered_losses(device)
    rows = "".join(_session(report, device, loss) for loss in losses[:MOST_SESSIONS])
    more = len(losses) - MOST_SESSIONS
    note = f'<p class="faint">{count(more, "more session")}</p>' if more > 0 else ""
    return f'<div class="scroll"><table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div>{note}'


def _session(report: Report, device: DeviceReport, loss: SessionLoss) -> str:
    session, slowdown = loss.session, loss.slowdown
    share = next((s for s in device.per_session if s.session == session), None)
    estimate, unknown = estimate_of(slowdown), answer_on(device, loss) is Answer.UNKNOWN
    tag = ' <span class="tag">simulated</span>' if report.session(session).session.simulated else ""
    name = f'<span class="dot s{color_of(report, session)}"></span>{_short(names_of(report)[session])}{tag}'
    cells = [
        times(estimate),
        "–" if unknown else bounds(slowdown) if estimate is None else interval(slowdown),
        "–" if unknown else slowdown.evidence.value,
        "–" if share is None else percent(share.busy, device.time.window),
        "–" if share is None else percent(share.contended, share.busy),
    ]
    numbers = "".join(f'<td class="number">{flowing(cell)}</td>' for cell in cells)
    return f"<tr><td>{name}</td>{numbers}</tr>"


def _headroom(device: DeviceReport) -> str:
    memory, where = device.memory, device_label(device)
    if memory is None:
        return f"Memory of {_short(where)}: {_short(device.memory_note)}"
    text = f"Memory of {where}: combined peak {size(memory.peak)}"
    if memory.capacity is not None:
        text += f" of {size(memory.capacity)}, headroom {size(memory.headroom)}"
    return _short(f"{text}. {device.memory_note}".strip())


def _findings(report: Report) -> str:
    items = "".join(_finding(finding) for finding in report.findings[:MOST_FINDINGS])
    more = len(report.findings) - MOST_FINDINGS
    note = f'<p class="faint">{count(more, "more finding")} in .findings</p>' if more > 0 else ""
    return f"<ul>{items}</ul>{note}" if items else ""


def _finding(finding: Finding) -> str:
    advice = f"<br><b>Remedy:</b> {_short(finding.advice)}" if finding.advice else ""
    severity = finding.severity.value
    title = f'<b>{_short(finding.title)}</b> <span class="faint">{severity}</span>'
    return f'<li class="{severity}">{title}<br>{_short(finding.detail)}{advice}</li>'
