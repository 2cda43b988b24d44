"""Verdicts -> one line each, the worst first, and a summary."""

from tb_contention.model.contention import Evidence
from tb_contention.model.gate import Gate, Gauge, Outcome, Unit, Verdict
from tb_contention.model.names import clean, shorten
from tb_contention.words.numbers import count, duration, listing, share, size, times

_WORDS = {
    Outcome.OVER: "over",
    Outcome.NOT_KNOWN: "unknown",
    Outcome.WITHIN: "within",
    Outcome.NOT_APPLICABLE: "not applicable",
}
_CLASSES = tuple(Evidence)
#: Devices or files that a line for several names.
_MOST_NAMED = 3
#: Characters of a reason; the JSON has all.
_LONG = 400


def to_text(gate: Gate) -> str:
    """Print the verdicts, the worst first, and the count of each outcome."""
    width = max((len(v.gauge.value) for v in gate.verdicts), default=0)
    lines = [
        f"{_WORDS[outcome]:14}  {alike[0].gauge.value:{width}}  {_together(alike)}"
        for outcome in _WORDS
        for alike in _alike([verdict for verdict in gate.verdicts if verdict.outcome is outcome])
    ]
    return "\n".join([*lines, summary(gate)]) + "\n"


def _alike(verdicts: list[Verdict]) -> list[list[Verdict]]:
    """Put verdicts together that count the same findings or problems, of several devices or files."""
    groups: dict[object, list[Verdict]] = {}
    for number, verdict in enumerate(verdicts):
        is_count = verdict.gauge in (Gauge.FAIL_ON, Gauge.NO_PROBLEMS) and verdict.outcome is not Outcome.NOT_APPLICABLE
        key = (verdict.gauge, verdict.kinds) if is_count else number
        groups.setdefault(key, []).append(verdict)
    return list(groups.values())


def _together(alike: list[Verdict]) -> str:
    """Write like verdicts in one line: where and how many, then what the first one says."""
    first, *others = alike
    if not others:
        return described(first)
    what = "device" if first.gauge is Gauge.FAIL_ON else "file"
    where = listing([subject(each) or f"no {what}" for each in alike], _MOST_NAMED)
    found = sum(round(each.figure or 0) for each in alike)
    total = f"{found} found" if found else "none found"
    return "; ".join(filter(None, (f"{count(len(alike), what)} ({where}): {total}", _reason(first))))


def summary(gate: Gate) -> str:
    """Count the verdicts by outcome, and say whether the gate passes."""
    counts = gate.counts
    outcomes = ", ".join(f"{counts[outcome]} {word}" for outcome, word in _WORDS.items() if counts[outcome])
    allowed = " (unknown passes)" if gate.unknown_passes and counts[Outcome.NOT_KNOWN] else ""
    close = sum(v.straddles and v.outcome in (Outcome.OVER, Outcome.WITHIN) for v in gate.verdicts)
    unsure = f" The limit lies inside {count(close, 'interval')}." if close else ""
    return f"{'Passed' if gate.passed else 'Failed'}: {outcomes or 'nothing to judge'}{allowed}.{unsure}"


def described(verdict: Verdict) -> str:
    """Write the subject, the figure with its interval, the limit, the excess and the reason."""
    parts = [subject(verdict), *_figures(verdict)]
    return "; ".join(part for part in (": ".join(p for p in parts if p), _reason(verdict)) if part)


def subject(verdict: Verdict) -> str:
    """Name the session and the device."""
    who = clean(verdict.subject)
    where = clean(verdict.where)
    return f"{who} on {where}" if who and where else who or where


def _reason(verdict: Verdict) -> str:
    why = shorten(clean(verdict.why), _LONG)
    if not verdict.straddles or verdict.outcome is Outcome.NOT_KNOWN:
        return why
    inside = "the limit lies inside the interval"
    return f"{inside}; {why}" if why else inside


def _figures(verdict: Verdict) -> list[str]:
    if verdict.bound is None or verdict.outcome is Outcome.NOT_APPLICABLE:
        return []
    found = figure(verdict)
    if verdict.unit is Unit.COUNT:
        return [f"{found} found" if verdict.figure else "none found"]
    least = verdict.gauge.least or verdict.gauge is Gauge.MIN_EVIDENCE
    limit = f"limit {'at least ' if least else ''}{written(verdict.bound, verdict.unit)}"
    if verdict.excess is None or verdict.unit is Unit.CLASS:
        return [f"{found}, {limit}"]
    side = "short of it" if verdict.gauge.least else "over it"
    return [f"{found}, {limit}, {side} by {_difference(verdict.excess, verdict.unit)}"]


def figure(verdict: Verdict) -> str:
    """Write a figure with its interval and class: '1.40× (1.26× to 1.62×, class B)'."""
    unit, low, high = verdict.unit, verdict.low, verdict.high
    rank = "" if verdict.evidence is None or unit is Unit.CLASS else f"class {verdict.evidence.value}"
    if verdict.figure is None:
        bounds = _bounds(verdict)
        return f"{bounds}, {rank}" if rank else bounds
    exact = low is None or high is None or (low == verdict.figure == high)
    ends = (
        ""
        if exact or low is None or high is None
        else f"{written(low, unit)} to {written(high, unit)}".replace("×", "")
    )
    inside = ", ".join(part for part in (ends, rank) if part)
    return written(verdict.figure, unit) + (f" ({inside})" if inside else "")


def _bounds(verdict: Verdict) -> str:
    low, high, unit = verdict.low, verdict.high, verdict.unit
    if low is not None and high is not None:
        return f"between {written(low, unit)} and {written(high, unit)}"
    if low is not None:
        return f"at least {written(low, unit)}"
    return "no figure" if high is None else f"at most {written(high, unit)}"


def written(value: float, unit: Unit) -> str:
    """Write a value in its unit."""
    if unit is Unit.RATIO:
        return times(value)
    if unit is Unit.SHARE:
        return share(value)
    if unit is Unit.NANOSECONDS:
        return duration(value)
    if unit is Unit.BYTES:
        return size(value)
    return f"class {_CLASSES[round(value) - 1].value}" if unit is Unit.CLASS else f"{value:.0f}"


def _difference(value: float, unit: Unit) -> str:
    """Write an excess so that a small one does not read as none."""
    if unit is Unit.RATIO:
        return f"{value:.2g}"
    return f"{100 * value:.2g} points" if unit is Unit.SHARE else written(max(value, 1.0), unit)
