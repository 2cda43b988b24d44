"""A comparison -> JSON. Keys, units and meanings: FORMAT.md; `comparison.schema.json` is strict about them."""

import json
from typing import Any

from tb_contention._version import __version__
from tb_contention.model.comparison import (
    AllocatorComparison,
    Change,
    Comparison,
    DeviceSide,
    Interval,
    KernelDifference,
    KernelSums,
    Named,
    SessionComparison,
    StepSide,
)
from tb_contention.model.report import FORMAT_VERSION
from tb_contention.wire import ratio as rounded


def to_json(found: Comparison, *, before: str, after: str) -> str:
    """Print the comparison as JSON, all of it ASCII; before, after: the log directories as given."""
    return json.dumps(to_dict(found, before=before, after=after), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def to_dict(found: Comparison, *, before: str, after: str) -> dict[str, Any]:
    """Return the comparison as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "tool": {"name": "tb_contention", "version": __version__},
        "before": _side(found.before, before),
        "after": _side(found.after, after),
        "device": {
            "contended_share": _figure(found.contended_share),
            "combined_peak_bytes": _integers(found.combined_peak),
            "headroom_bytes": _integers(found.headroom),
            "stp": _figure(found.stp),
            "antt": _figure(found.antt),
        },
        "sessions": [_session(session) for session in found.sessions],
        "appeared": [_named(session) for session in found.appeared],
        "gone": [_named(session) for session in found.gone],
        "notes": list(found.notes),
    }


def _side(side: DeviceSide, logdir: str) -> dict[str, Any]:
    return {
        "logdir": logdir,
        "device": side.id,
        "host": side.host,
        "model": side.model,
        "is_host": side.is_host,
        "window_ns": int(side.window),
        "mechanism": side.mechanism.value,
        "sessions": [_named(session) for session in side.sessions],
    }


def _named(session: Named) -> dict[str, str]:
    return {"id": session.id, "name": session.name}


def _session(found: SessionComparison) -> dict[str, Any]:
    return {
        "before": found.before,
        "after": found.after,
        "before_name": found.before_name,
        "after_name": found.after_name,
        "match": found.match.value,
        "evidence": {"before": found.before_evidence.value, "after": found.after_evidence.value},
        "steps": {"before": _steps(found.before_steps), "after": _steps(found.after_steps)},
        "slowdown": _figure(found.slowdown),
        "step_ns": _integers(found.step),
        "device_time_ns": _integers(found.device_time),
        "lost_share": _figure(found.lost_share),
        "busy_share": _figure(found.busy_share),
        "in_process": found.in_process,
        "memory": [_allocator(allocator) for allocator in found.memory],
        "kernels_per": found.basis.value,
        "kernels": [_kernel(kernel) for kernel in found.kernels],
    }


def _steps(side: StepSide) -> dict[str, Any]:
    return {"count": int(side.count), "mean_ns": _rounded(side.mean), "kernels": ratio(side.kernels)}


def _allocator(found: AllocatorComparison) -> dict[str, Any]:
    return {
        "before_allocator": found.before,
        "after_allocator": found.after,
        "peak_bytes": _integers(found.peak),
        "limit_bytes": _integers(found.limit),
        "suggested_limit_bytes": _integers(found.suggested_limit),
    }


def _kernel(found: KernelDifference) -> dict[str, Any]:
    return {
        "name": found.name,
        "presence": found.presence.value,
        "before": None if found.before is None else _sums(found.before),
        "after": None if found.after is None else _sums(found.after),
        "difference_ns": round(found.difference),
    }


def _sums(sums: KernelSums) -> dict[str, int]:
    return {
        "count": int(sums.count),
        "mean_ns": round(sums.mean),
        "total_ns": int(sums.total),
        "each_ns": round(sums.rate),
    }


def _figure(change: Change) -> dict[str, Any]:
    """Write a ratio or a share."""
    return {
        "before": ratio(change.before),
        "after": ratio(change.after),
        "difference": ratio(change.difference),
        **_judged(change),
    }


def _integers(change: Change) -> dict[str, Any]:
    """Write lengths in ns, or bytes."""
    before, after = _rounded(change.before), _rounded(change.after)
    return {
        "before": before,
        "after": after,
        "difference": None if before is None or after is None else after - before,
        **_judged(change),
    }


def _judged(change: Change) -> dict[str, Any]:
    return {
        "ratio": ratio(change.ratio),
        "verdict": change.judgement.value,
        "why": change.why,
        "before_interval": _interval(change.before_interval),
        "after_interval": _interval(change.after_interval),
        "ratio_interval": _interval(change.ratio_interval),
    }


def _interval(interval: Interval | None) -> dict[str, float | None] | None:
    return None if interval is None else {"low": ratio(interval.low), "high": ratio(interval.high)}


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def ratio(value: float | None) -> float | None:
    """Round; null stays null."""
    return None if value is None else rounded(value)
