"""The results of one device -> cards of HTML: a card each for the sessions, the mechanism, the time and the memory."""

from collections.abc import Callable
from functools import partial

from tb_contention.model.contention import SessionLoss
from tb_contention.model.report import DeviceReport, Report, SessionReport
from tb_contention.report.drawings.charts import whisker
from tb_contention.report.drawings.svg import color_of
from tb_contention.report.escaping import flowing
from tb_contention.units import SessionId
from tb_contention.words.answers import (
    Answer,
    answer_on,
    basis_with_class,
    estimate_of,
    figure,
    interval,
    judged_by,
    loss_words,
)
from tb_contention.words.busy import busy_words
from tb_contention.words.mechanism import mechanism_brief
from tb_contention.words.memory import memory_sentence
from tb_contention.words.names import names_of
from tb_contention.words.numbers import count, duration, is_known, percent, ratio, size, times
from tb_contention.words.requests import request_words
from tb_contention.words.scales import slowdown_scale


def device_cards(report: Report, device: DeviceReport) -> list[tuple[str, Callable[[], str]]]:
    """Name the cards of one device, each with what prints it."""
    cards: list[tuple[str, Callable[[], str]]] = [
        (share.session, partial(_session_card, report, device, share.session)) for share in device.per_session
    ]
    shared = [("Mechanism", partial(_sharing_card, device))] if len(device.sessions) > 1 else []
    return [*cards, *shared, ("Overlap", partial(_time_card, device)), ("Memory", partial(_memory_card, device))]


def _card(who: str, big: str, *lines: str, ends: str = "") -> str:
    body = "".join(f"<div>{line}</div>" for line in lines if line)
    beside = f' <span class="ends">{flowing(ends)}</span>' if ends else ""
    return f'<div class="card"><div class="who">{who}</div><div class="big">{flowing(big)}{beside}</div>{body}</div>'


def _session_card(report: Report, device: DeviceReport, session: SessionId) -> str:
    """Show a session's slowdown where it is known, else how busy it is."""
    share = next(s for s in device.per_session if s.session == session)
    loss, item, window = device.cost.loss(session), report.session(session), device.time.window
    color = color_of(report, session)
    tag = ' <span class="tag">simulated</span>' if item.session.simulated else ""
    who = f'<span class="dot s{color}"></span>{flowing(names_of(report)[session])}{tag}'
    overlap = (
        f", {percent(share.contended, share.busy)} of it while another had work" if len(device.sessions) > 1 else ""
    )
    busy = f"{percent(share.busy, window)} busy"
    bar = _bar([(share.exclusive, f"s{color}"), (share.contended, "hatch-line")], window)
    work = f"{count(share.kernels, 'kernel')}, {share.copies:,} copies"
    known = answer_on(device, loss) is not Answer.UNKNOWN
    big, ends = _slowdown(loss) if known else ("", "")
    plot = whisker(judged_by(loss), slowdown_scale(device), color) if known else ""
    lines = [
        request_words(loss) or _steps(item, loss),
        _lost(loss, window),
        (busy if big else "") + overlap.removeprefix("" if big else ", "),
        busy_words(device, share),
        work,
    ]
    return _card(who, big or busy, plot, *map(flowing, lines), bar, ends=ends)


def _slowdown(loss: SessionLoss) -> tuple[str, str]:
    """Return what stands large and what stands small beside it."""
    found = judged_by(loss)
    parts = (
        "" if loss.latency is None else "per request",
        "" if estimate_of(found) is None else interval(found),
        basis_with_class(found),
    )
    return figure(found), " · ".join(filter(None, parts))


def _steps(item: SessionReport, loss: SessionLoss) -> str:
    if loss.step_shared is not None and loss.step_alone is not None:
        return f"step {duration(loss.step_shared)}, alone {duration(loss.step_alone)}"
    return "" if item.steps is None else f"step {duration(item.steps.mean)}, p95 {duration(item.steps.p95)}"


def _lost(loss: SessionLoss, window: int) -> str:
    if loss.lost is None:
        return ""
    return ": ".join(filter(None, (f"lost {duration(loss.lost)} ({percent(loss.lost, window)})", loss_words(loss))))


def _sharing_card(device: DeviceReport) -> str:
    """Show by which mechanism the sessions share, and their combined throughput."""
    cost, metrics = device.cost, device.cost.metrics
    progress = (
        f"combined throughput {times(cost.progress_sum)} that of one session alone"
        if is_known(cost.progress_sum)
        else ""
    )
    sums = ""
    if metrics is not None:
        sums = (
            f"STP {ratio(metrics.stp)}, ANTT {ratio(metrics.antt)}, fairness {ratio(metrics.fairness)}, "
            f"Jain {ratio(metrics.jain)}"
        )
    lines = (flowing(line) for line in (cost.detail, progress, sums))
    return _card("Mechanism", mechanism_brief(cost), *lines)


def _time_card(device: DeviceReport) -> str:
    time = device.time
    split = f"one session {percent(time.exclusive, time.window)}, idle {percent(time.idle, time.window)}"
    bar = _bar([(time.contended, "hatch-line"), (time.exclusive, "hatch-ground")], time.window)
    about = f"of {duration(time.window)}" if len(device.sessions) > 1 else "captured alone"
    return _card(
        "Overlap of two or more sessions", percent(time.contended, time.window), flowing(about), flowing(split), bar
    )


def _memory_card(device: DeviceReport) -> str:
    memory = device.memory
    if memory is None:
        return _card("Memory", "unknown", flowing(memory_sentence(device)))
    if device.cannot_be_one_gpu:
        return _card("Memory", "not of one GPU", flowing(memory_sentence(device)))
    of = "" if memory.capacity is None else f" of {size(memory.capacity)}"
    bar = _bar([(memory.peak, "hatch-line")], memory.capacity) if memory.capacity else ""
    return _card("Memory, combined peak", f"{size(memory.peak)}{of}", flowing(memory_sentence(device)), bar)


def _bar(parts: list[tuple[int, str]], whole: int) -> str:
    """Draw shares of a whole side by side."""
    x, boxes = 0.0, ""
    for amount, style in parts:
        width = min(100 * amount / whole, 100 - x) if whole > 0 else 0
        boxes += f'<rect class="{style}" x="{x:.2f}" width="{max(width, 0):.2f}" height="7"/>'
        x += width
    ground = '<rect class="ground" width="100" height="7"/>'
    return f'<svg class="bar" viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">{ground}{boxes}</svg>'
