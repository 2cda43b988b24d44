"""Random memory scenarios from bytes to report, and every figure that differs from what was simulated."""

import json
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import tb_contention
from tb_contention.model.memory import AllocatorPeak, CombinedMemory, Holder, Holding
from tb_contention.model.report import Report
from tb_contention.simulate.memory_scenarios import Damage, MemoryScenario, write_memory
from tb_contention.simulate.random_memory import random_memory

Truth = dict[str, Any]


def analysed(scenario: MemoryScenario, damage: Damage | None = None) -> tuple[Report, Truth]:
    """Write a scenario and analyse it: the report, and truth.json."""
    with tempfile.TemporaryDirectory() as folder:
        write_memory(scenario, folder, damage=damage)
        truth = json.loads(Path(folder, "truth.json").read_text())
        return tb_contention.analyse(Path(folder, "together"), cache_dir=None), truth


def memory_of(report: Report) -> CombinedMemory:
    (device,) = (device for device in report.devices if not device.group.device.device.is_host)
    assert device.memory is not None
    return device.memory


def mismatches(seed: int, damage: Damage | None = None) -> list[str]:
    """Name every figure of a random scenario that is not what was simulated; `damage` must leave all that counts."""
    report, truth = analysed(random_memory(seed), damage)
    memory, true = memory_of(report), truth["memory"]
    found = [*_sums(report, memory, true), *_allocators(report, memory, true), *_holders(report, memory, true)]
    return [f"seed {seed}: {text}" for text in (*found, *_steps(report, memory, true), *_growth(report, memory, true))]


def differ(what: str, expected: Truth | list[Any], got: Truth | list[Any]) -> list[str]:
    """Compare two sets of figures."""
    if isinstance(expected, list) or isinstance(got, list):
        return [] if expected == got else [f"{what}: {expected} expected, got {got}"]
    keys = [key for key in {**expected, **got} if expected.get(key) != got.get(key)]
    return [f"{what} {key}: {expected.get(key)} expected, got {got.get(key)}" for key in keys]


def unix(report: Report, time: int) -> int:
    assert report.origin_ns is not None
    return report.origin_ns + time


def _sums(report: Report, memory: CombinedMemory, true: Truth) -> list[str]:
    (group,) = (device.group for device in report.devices if not device.group.device.device.is_host)
    got = {
        "window_start_ns": unix(report, group.start),
        "window_end_ns": unix(report, group.end),
        "capacity_bytes": memory.capacity,
        "combined_peak_bytes": memory.peak,
        "combined_peak_at_ns": unix(report, memory.peak_at),
        "sum_of_peaks_bytes": memory.sum_of_peaks,
        "sum_of_limits_bytes": memory.sum_of_limits,
        "sessions_without_data": sorted(report.session(s).name for s in memory.sessions_without_data),
    }
    return differ("combined", {key: true[key] for key in got}, got)


def _peak(report: Report, kind: str, peak: AllocatorPeak) -> Truth:
    return {
        "session": report.session(peak.session).name,
        "allocator": peak.allocator,
        "kind": kind,
        "peak_bytes": peak.peak,
        "peak_at_ns": unix(report, peak.peak_at),
        "before_capture_bytes": peak.before_capture,
        "lifetime_peak_bytes": peak.lifetime_peak,
        "limit_bytes": peak.limit,
        "rounding_at_peak_bytes": peak.rounding_at_peak,
        "fragmentation_at_peak": peak.fragmentation_at_peak,
        "fragmentation_most": peak.fragmentation_most,
        "events": peak.gaps.events,
        "frees_without_allocation": peak.gaps.unpaired,
    }


def _allocators(report: Report, memory: CombinedMemory, true: Truth, *, whole: bool = True) -> list[str]:
    peaks = [("device", a) for a in memory.allocators] + [("pinned", a) for a in memory.host]
    got = {(row["session"], row["allocator"]): row for row in (_peak(report, kind, a) for kind, a in peaks)}
    expected = {(r["session"], r["allocator"]): r for r in true["allocators"] if r["kind"] != "host"}
    found = [f"allocators: {set(expected) ^ set(got)}"] if set(expected) != set(got) else []
    found += [f"{a.allocator}: {a.gaps.missing} missing" for _, a in peaks if whole and a.gaps.missing]
    return found + [text for key in expected.keys() & got.keys() for text in differ(str(key), expected[key], got[key])]


def _row(report: Report, holder: Holder) -> Truth:
    return {
        "session": report.session(holder.session).name, "allocator": holder.allocator, "op": holder.op, "region": holder.region,
        "shape": holder.shape, "data_type": holder.data_type, "bytes": holder.bytes, "requested_bytes": holder.requested,
        "count": holder.count, "age_ns": holder.age,
    }  # fmt: skip


def _holders(report: Report, memory: CombinedMemory, true: Truth) -> list[str]:
    rows = memory.holders.rows
    shown = Counter(str(_row(report, h)) for h in rows if h.kind is Holding.OP)
    expected = Counter(str(row) for row in true["holders"])
    hidden = expected - shown
    found = [f"holder that is none: {row}" for row in shown - expected]
    others = sum(h.bytes for h in rows if h.kind is Holding.OTHERS)
    left = [row for row in true["holders"] if str(row) in hidden]
    if sum(row["bytes"] for row in left) != others or (left and len(rows) < 60):
        found += [f"holder that is missing: {row}" for row in left]
    before = {(report.session(h.session).name, h.allocator): h.bytes for h in rows if h.kind is Holding.BEFORE_CAPTURE}
    true_before = {(r["session"], r["allocator"]): r["bytes"] for r in true["before_capture"] if r["bytes"]}
    found += [] if before == true_before else [f"before the capture: {true_before} expected, got {before}"]
    found += [f"not recorded: {h}" for h in rows if h.kind is Holding.NOT_RECORDED]
    if memory.holders.total != sum(h.bytes for h in rows) or memory.holders.total != memory.peak:
        found.append("holders do not add up")
    return found


def _steps(report: Report, memory: CombinedMemory, true: Truth) -> list[str]:
    got = [
        {
            "session": report.session(s.session).name,
            "allocator": s.allocator,
            "steps": s.steps,
            "allocations_per_step": s.allocations,
            "temporary_bytes": s.temporary.bytes if s.temporary else None,
            "temporary_op": s.temporary.op if s.temporary else None,
        }
        for s in memory.steps
    ]
    named = {(a["session"], a["allocator"]) for a in true["allocators"] if a["kind"] == "device"}
    expected = [row for row in true["steps"] if (row["session"], row["allocator"]) in named]

    def key(row: Truth) -> tuple[str, str]:
        return row["session"], row["allocator"]

    return differ("steps", sorted(expected, key=key), sorted(got, key=key))


def _growth(report: Report, memory: CombinedMemory, true: Truth) -> list[str]:
    """Compare leaks, of sessions whose window holds steps enough to tell."""
    steps = {row["session"]: row["steps"] for row in true["steps"] if row["allocator"] == "GPU_0_bfc"}
    expected = {(g["session"], g["op"]): g["bytes_per_step"] for g in true["growth"] if steps.get(g["session"], 0) >= 5}
    got = {(report.session(g.session).name, g.op): g.per_step for g in memory.growth}
    return [
        f"growth: {size} of {key} expected, got {got.get(key)}"
        for key, size in expected.items()
        if got.get(key) != size
    ]


def pressure_mismatches(scenario: MemoryScenario) -> list[str]:
    """Compare changed kernels and driver calls, and everything else besides."""
    report, truth = analysed(scenario)
    memory = memory_of(report)
    changes = [
        {
            "session": report.session(c.session).name, "neighbour": c.neighbour and report.session(c.neighbour).name, "op": c.op,
            "before": c.before, "after": c.after, "count_before": c.count_before, "count_after": c.count_after,
            "mean_before_ns": c.mean_before, "mean_after_ns": c.mean_after, "workspace_before_bytes": c.workspace_before,
            "workspace_after_bytes": c.workspace_after, "at_ns": None if c.at is None else unix(report, c.at),
        }
        for c in memory.kernel_changes
    ]  # fmt: skip
    stalls = [
        {
            "session": report.session(s.session).name, "kind": s.kind.value, "what": s.what, "count": s.count, "total_ns": s.total,
            "longest_ns": s.longest, "longest_at_ns": unix(report, s.longest_at),
        }
        for s in memory.stalls
    ]  # fmt: skip
    found = [*_sums(report, memory, truth["memory"]), *_holders(report, memory, truth["memory"])]
    found += differ("kernel changes", truth.get("kernel_changes", []), changes)
    return [f"{scenario.name}: {text}" for text in (*found, *differ("stalls", truth.get("stalls", []), stalls))]


def false_alarms(report: Report, truth: Truth) -> list[str]:
    """Name sessions with growth of an operation that does not leak."""
    leaks = {(g["session"], g["op"]) for g in truth["memory"]["growth"]}
    named = [(report.session(g.session).name, g.op) for g in memory_of(report).growth if g.op]
    return [f"{session}: {op}" for session, op in named if (session, op) not in leaks]


def mismatches_as_recorded(seed: int, lose: float) -> list[str]:
    """Name what is not so although it can be known from the events that the recorder did not lose."""
    report, truth = analysed(random_memory(seed), Damage(lose=lose))
    memory, true = memory_of(report), truth["memory_as_recorded"]
    found = [*_sums(report, memory, true), *_recorded_peaks(report, memory, true), *_kept_rows(report, memory, truth)]
    return [f"seed {seed}: {text}" for text in found]


def _recorded_peaks(report: Report, memory: CombinedMemory, true: Truth) -> list[str]:
    """Compare what the remaining events state; which free belongs to which allocation they cannot all know."""
    unknown = {"rounding_at_peak_bytes": None, "frees_without_allocation": 0}
    rest = {**true, "allocators": [{**row, **unknown} for row in true["allocators"]]}
    peaks, hosts = (tuple(map(_unpaired, some)) for some in (memory.allocators, memory.host))
    return _allocators(report, replace(memory, allocators=peaks, host=hosts), rest, whole=False)


def _unpaired(peak: AllocatorPeak) -> AllocatorPeak:
    return replace(peak, rounding_at_peak=None, gaps=replace(peak.gaps, unpaired=0))


def _kept_rows(report: Report, memory: CombinedMemory, truth: Truth) -> list[str]:
    """Check that holders add up, at the combined peak and at each allocator's, and that what is missing has a name."""
    every = (memory.holders, *(a.holders for a in (*memory.allocators, *memory.host)))
    sums = [(held.total, sum(row.bytes for row in held.rows)) for held in every]
    found = [f"holders of {total} add up to {rows}" for total, rows in sums if total != rows]
    events = {(r["session"], r["allocator"]): r["events"] for r in truth["memory"]["allocators"]}
    for peak in (*memory.allocators, *memory.host):
        name = report.session(peak.session).name
        lost = events[name, peak.allocator] - peak.gaps.events
        # In which order events of one instant were is not always told by what is left of them: then a loss may look like two.
        if peak.gaps.missing > lost * 1.1 + 1 or (lost and peak.gaps.repeated):
            found.append(f"{name} {peak.allocator}: {lost} lost, {peak.gaps}")
        if not lost and any(row.kind is Holding.NOT_RECORDED for row in peak.holders.rows):
            found.append(f"{name} {peak.allocator}: nothing lost, but something not recorded")
    return found
