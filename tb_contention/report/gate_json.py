"""Verdicts -> JSON. Keys, units and meanings: FORMAT.md."""

import json
from typing import Any

from tb_contention._version import __version__
from tb_contention.model.gate import Gate, Outcome, Unit, Verdict
from tb_contention.model.report import FORMAT_VERSION
from tb_contention.wire import ratio as rounded


def to_json(gate: Gate, *, logdir: str) -> str:
    """Print the verdicts as JSON, all of it ASCII; logdir: as given."""
    return json.dumps(to_dict(gate, logdir=logdir), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def to_dict(gate: Gate, *, logdir: str) -> dict[str, Any]:
    """Return the verdicts as JSON values."""
    counts = gate.counts
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "tb_contention", "version": __version__},
        "logdir": logdir,
        "passed": gate.passed,
        "unknown": "pass" if gate.unknown_passes else "fail",
        "counts": {outcome.value: counts[outcome] for outcome in Outcome},
        "verdicts": [_verdict(gate, verdict) for verdict in gate.verdicts],
    }


def _verdict(gate: Gate, verdict: Verdict) -> dict[str, Any]:
    return {
        "limit": verdict.gauge.value,
        "outcome": verdict.outcome.value,
        "fails": gate.fails(verdict),
        "device": verdict.device,
        "session": verdict.session,
        "subject": verdict.subject,
        "unit": verdict.unit.value,
        "figure": _value(verdict.figure, verdict.unit),
        "low": _value(verdict.low, verdict.unit),
        "high": _value(verdict.high, verdict.unit),
        "bound": _value(verdict.bound, verdict.unit),
        "excess": _value(verdict.excess, verdict.unit),
        "straddles": verdict.straddles,
        "evidence": None if verdict.evidence is None else verdict.evidence.value,
        "why": verdict.why,
    }


def _value(value: float | None, unit: Unit) -> float | int | None:
    if value is None or unit in (Unit.RATIO, Unit.SHARE):
        return ratio(value)
    return round(value)


def ratio(value: float | None) -> float | None:
    """Round; null stays null."""
    return None if value is None else rounded(value)
