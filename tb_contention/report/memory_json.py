"""Memory of a device -> JSON values. Keys, units and meanings: FORMAT.md, and for parts of a window `plugin/http_api.md`."""

from typing import Any

from tb_contention.model.memory import (
    AllocationStall,
    AllocatorPeak,
    CombinedMemory,
    Growth,
    Holder,
    KernelChange,
    ScopeHeld,
    StepMemory,
)
from tb_contention.model.memory_part import CappedMemory, MemoryPart
from tb_contention.report.cost_json import integer, ratio


def memory(found: CombinedMemory) -> dict[str, Any]:
    """Return the memory of a device as JSON values."""
    return {
        "capacity_bytes": integer(found.capacity),
        "safe_bytes": integer(found.safe),
        "combined_peak_bytes": int(found.peak),
        "combined_peak_at_ns": int(found.peak_at),
        "headroom_bytes": integer(found.headroom),
        "sum_of_peaks_bytes": int(found.sum_of_peaks),
        "sum_of_limits_bytes": integer(found.sum_of_limits),
        "sessions_without_data": list(found.sessions_without_data),
        "per_session": [_allocator(a) for a in found.allocators],
        "host_allocators": [_allocator(a) for a in found.host],
        "holders": [_holder(h) for h in found.holders.rows],
        "holder_scopes": [_scope(s) for s in found.holders.scopes],
        "growth": [_growth(g) for g in found.growth],
        "steps": [_steps(s) for s in found.steps],
        "kernel_changes": [_change(c) for c in found.kernel_changes],
        "stalls": [_stall(s) for s in found.stalls],
    }


def part(found: MemoryPart) -> dict[str, Any]:
    """Return memory in a part of the window as JSON values."""
    return {
        "start_ns": int(found.start),
        "end_ns": int(found.end),
        "peak_bytes": int(found.peak),
        "peak_at_ns": int(found.peak_at),
        "per_session": [
            {
                "session": a.session,
                "allocator": a.allocator,
                "peak_bytes": int(a.peak),
                "peak_at_ns": int(a.peak_at),
                "at_bytes": int(a.at),
            }
            for a in found.allocators
        ],
        "at_ns": int(found.holders.at),
        "total_bytes": int(found.holders.total),
        "holders": [_holder(h) for h in found.holders.rows],
        "scopes": [_scope(s) for s in found.holders.scopes],
        "capped": None if found.capped is None else _capped(found.capped),
    }


def _capped(capped: CappedMemory) -> dict[str, Any]:
    return {
        "peak_bytes": int(capped.peak),
        "peak_at_ns": int(capped.peak_at),
        "sum_of_limits_bytes": integer(capped.sum_of_limits),
        "sessions": [
            {"session": s.session, "cap_bytes": integer(s.cap), "peak_bytes": int(s.peak), "over_ns": int(s.over)}
            for s in capped.sessions
        ],
    }


def _allocator(found: AllocatorPeak) -> dict[str, Any]:
    return {
        "session": found.session,
        "allocator": found.allocator,
        "peak_bytes": int(found.peak),
        "peak_at_ns": int(found.peak_at),
        "at_combined_peak_bytes": int(found.at_combined_peak),
        "limit_bytes": integer(found.limit),
        "before_capture_bytes": int(found.before_capture),
        "lifetime_peak_bytes": integer(found.lifetime_peak),
        "suggested_limit_bytes": int(found.suggested_limit),
        "rounding_at_peak_bytes": integer(found.rounding_at_peak),
        "fragmentation_at_peak": ratio(found.fragmentation_at_peak),
        "fragmentation_most": ratio(found.fragmentation_most),
        "events": int(found.gaps.events),
        "repeated_events": int(found.gaps.repeated),
        "missing_events": int(found.gaps.missing),
        "unpaired_frees": int(found.gaps.unpaired),
        "holders": [_holder(h) for h in found.holders.rows],
    }


def _holder(holder: Holder) -> dict[str, Any]:
    return {
        "session": holder.session,
        "allocator": holder.allocator,
        "kind": holder.kind.value,
        "op": holder.op,
        "scope": holder.scope,
        "bytes": int(holder.bytes),
        "requested_bytes": integer(holder.requested),
        "count": int(holder.count),
        "region": holder.region,
        "data_type": holder.data_type,
        "shape": holder.shape,
        "age_ns": integer(holder.age),
    }


def _scope(scope: ScopeHeld) -> dict[str, Any]:
    return {
        "session": scope.session,
        "kind": scope.kind.value,
        "scope": scope.scope,
        "bytes": int(scope.bytes),
        "count": int(scope.count),
    }


def _growth(growth: Growth) -> dict[str, Any]:
    return {
        "session": growth.session,
        "allocator": growth.allocator,
        "op": growth.op,
        "first_bytes": int(growth.first),
        "last_bytes": int(growth.last),
        "steps": int(growth.steps),
        "bytes_per_step": ratio(growth.per_step),
        "rising": ratio(growth.rising),
    }


def _steps(steps: StepMemory) -> dict[str, Any]:
    temporary = steps.temporary
    return {
        "session": steps.session,
        "allocator": steps.allocator,
        "steps": int(steps.steps),
        "allocations": ratio(steps.allocations),
        "allocated_bytes": ratio(steps.allocated),
        "rise_bytes": int(steps.rise),
        "temporary": None
        if temporary is None
        else {
            "bytes": int(temporary.bytes),
            "op": temporary.op,
            "shape": temporary.shape,
            "step": int(temporary.step),
        },
        "temporary_median_bytes": int(steps.temporary_median),
    }


def _change(change: KernelChange) -> dict[str, Any]:
    return {
        "session": change.session,
        "neighbour": change.neighbour,
        "op": change.op,
        "before": change.before,
        "after": change.after,
        "count_before": int(change.count_before),
        "count_after": int(change.count_after),
        "mean_before_ns": int(change.mean_before),
        "mean_after_ns": int(change.mean_after),
        "workspace_before_bytes": integer(change.workspace_before),
        "workspace_after_bytes": integer(change.workspace_after),
        "at_ns": integer(change.at),
        "cost_ns": int(change.cost),
    }


def _stall(stall: AllocationStall) -> dict[str, Any]:
    return {
        "session": stall.session,
        "kind": stall.kind.value,
        "what": stall.what,
        "count": int(stall.count),
        "total_ns": int(stall.total),
        "longest_ns": int(stall.longest),
        "longest_at_ns": int(stall.longest_at),
    }
