"""What sharing cost, and the parts of the sessions -> JSON values. Keys, units and meanings: FORMAT.md."""

import math
from typing import Any

from tb_contention.model.attribution import Attribution, RollUp
from tb_contention.model.contention import (
    Cost,
    KernelCost,
    Overlap,
    SessionLoss,
    SharingMetrics,
    Slowdown,
    StepTimes,
    TimeSplit,
)
from tb_contention.model.contention_part import ContentionPart, SessionPart
from tb_contention.report.steps import merge_steps


def integer(value: int | None) -> int | None:
    """Return a plain integer; null stays null."""
    return None if value is None else int(value)


def ratio(value: float | None) -> float | None:
    """Round to six digits after the point; what is not a finite number is unknown, that is null."""
    return None if value is None or not math.isfinite(value) else round(float(value), 6)


def sharing(cost: Cost) -> dict[str, Any]:
    """Return the keys of a device that tell how its sessions share it."""
    return {
        "mechanism": cost.mechanism.value,
        "mechanism_detail": cost.detail,
        "slice_ns": integer(cost.slice),
        "progress_sum": ratio(cost.progress_sum),
        "metrics": None if cost.metrics is None else _metrics(cost.metrics),
    }


def _metrics(metrics: SharingMetrics) -> dict[str, Any]:
    return {
        "antt": ratio(metrics.antt),
        "stp": ratio(metrics.stp),
        "fairness": ratio(metrics.fairness),
        "jain": ratio(metrics.jain),
    }


def loss(found: SessionLoss, mean_step: int | None) -> dict[str, Any]:
    """Return the keys of a session on a device that tell what it lost; `mean_step` stands in for an unknown period in company."""
    shared = mean_step if found.step_shared is None else found.step_shared
    return {
        "stretch_ns": integer(found.stretch),
        "stall_ns": integer(found.stall),
        "absorbed_ns": integer(found.absorbed),
        "lost_ns": integer(found.lost),
        "slowdown": _slowdown(found.slowdown),
        "step": {"shared_ns": integer(shared), "alone_ns": integer(found.step_alone), "count": int(found.steps)},
    }


def _slowdown(slowdown: Slowdown) -> dict[str, Any]:
    return {
        "estimate": ratio(slowdown.estimate),
        "low": ratio(slowdown.low),
        "high": ratio(slowdown.high),
        "evidence": slowdown.evidence.value,
        "coverage": ratio(slowdown.coverage),
        "settle": slowdown.settle,
    }


def blame(cost: Cost) -> dict[str, Any]:
    """Return who lost how much to whom, in sum and by the top pairs of kernels."""
    return {
        "blame": [{"victim": b.victim, "culprit": b.culprit, "lost_ns": int(b.lost)} for b in cost.blame],
        "blame_kernels": [
            {
                "victim": b.victim,
                "victim_kernel": b.victim_kernel,
                "culprit": b.culprit,
                "culprit_kernel": b.culprit_kernel,
                "lost_ns": int(b.lost),
            }
            for b in cost.kernel_blame
        ],
    }


def kernels(overlap: Overlap, known: tuple[KernelCost, ...]) -> list[dict[str, Any]]:
    """Return the sums of each kernel name, with what they cost alone where that is known."""
    costs = {(found.session, found.name): found for found in known}
    rows = []
    for kernel in sorted(overlap.kernels, key=lambda k: (-k.total, k.session, k.name)):
        found = costs.get((kernel.session, kernel.name))
        rows.append(
            {
                "session": kernel.session,
                "name": kernel.name,
                "count": int(kernel.count),
                "total_ns": int(kernel.total),
                "alone_ns": None if found is None else integer(found.alone),
                "lost_ns": None if found is None else integer(found.lost),
            }
        )
    return rows


def time_split(time: TimeSplit) -> dict[str, Any]:
    """Return how a window divides."""
    return {
        "window_ns": int(time.window),
        "idle_ns": int(time.idle),
        "exclusive_ns": int(time.exclusive),
        "contended_ns": int(time.contended),
    }


def part(found: ContentionPart) -> dict[str, Any]:
    """Return what the tab asks for on a part of the window; keys as in `plugin/http_api.md`."""
    return {
        "start_ns": int(found.start),
        "end_ns": int(found.end),
        "time": time_split(found.overlap.time),
        "per_session": [
            {
                "kernels": int(share.kernels),
                "copies": int(share.copies),
                "busy_ns": int(share.busy),
                "contended_ns": int(share.contended),
                **_session_part(own),
            }
            for share, own in zip(found.overlap.shares, found.sessions, strict=True)
        ],
        "overlaps": [{"a": p.a, "b": p.b, "overlap_ns": int(p.overlap)} for p in found.overlap.pairs],
        "kernels": kernels(found.overlap, found.kernels),
        "pairs": [
            {
                "victim": p.victim,
                "victim_kernel": p.victim_kernel,
                "culprit": p.culprit,
                "culprit_kernel": p.culprit_kernel,
                "count": int(p.count),
                "overlap_ns": int(p.overlap),
                "lost_ns": integer(p.lost),
            }
            for p in found.pairs
        ],
        "delays": [{"victim": b.victim, "culprit": b.culprit, "lost_ns": int(b.lost)} for b in found.delays],
    }


def _session_part(own: SessionPart) -> dict[str, Any]:
    return {
        "session": own.session,
        "stretch_ns": integer(own.stretch),
        "stall_ns": integer(own.stall),
        "steps": {
            "count": int(own.steps),
            "own_ns": int(own.own),
            "host_ns": int(own.host),
            "lost_ns": integer(own.lost),
        },
    }


def step_times(times: StepTimes) -> dict[str, Any]:
    """Return the step periods of one session as columns, neighbours merged where there are many."""
    runs = merge_steps(times)
    return {
        "session": times.session,
        "known": bool(times.known),
        "steps": int(runs.steps),
        "merged": int(runs.merged),
        "number": runs.times.number.tolist(),
        "start_ns": runs.times.start.tolist(),
        "end_ns": runs.times.end.tolist(),
        "own_ns": runs.times.own.tolist(),
        "host_ns": runs.times.host.tolist(),
        "lost_ns": runs.times.lost.tolist(),
    }


def parts(roll_up: RollUp) -> dict[str, Any]:
    """Return the parts of the sessions by name scope and by thread."""
    return {
        "scopes": [
            {
                "session": s.session,
                "scope": s.scope,
                "kernels": int(s.kernels),
                "total_ns": int(s.total),
                "peak_bytes": integer(s.peak),
            }
            for s in roll_up.scopes
        ],
        "threads": [
            {
                "session": t.session,
                "thread": t.thread,
                "runs": int(t.runs),
                "busy_ns": int(t.busy),
                "waited_ns": int(t.waited),
                "waits_for": t.waits_for,
                "kernels": int(t.kernels),
                "total_ns": int(t.total),
            }
            for t in roll_up.threads
        ],
    }


def attribution(rule: Attribution | None) -> dict[str, Any] | None:
    """Return the rule that told a session apart; null for a whole process."""
    if rule is None:
        return None
    return {
        "rule": rule.rule.value,
        "detail": rule.detail,
        "kernels": int(rule.kernels),
        "unattributed": int(rule.unattributed),
    }
