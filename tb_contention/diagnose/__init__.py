"""Results -> findings. A rule is one function from the scene of a device to findings, and one entry in RULES; RULES.md describes each."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tb_contention.diagnose.changes import clocks_fall, loss_at_start
from tb_contention.diagnose.copies import collective_spin, copy_contention
from tb_contention.diagnose.doubts import (
    clock_error_large,
    maybe_different_gpus,
    no_steps,
    serialised_kernels,
    sharing_is_fine,
    untraced_corunner,
)
from tb_contention.diagnose.evidence import host_only, memory_unseen, simulated
from tb_contention.diagnose.host import host_bound, host_contention, input_starved, sync_every_step
from tb_contention.diagnose.latency import head_of_line, latency_tail, short_steps_beside_long
from tb_contention.diagnose.memory import (
    allocation_stalls,
    kernels_changed,
    limits_exceed_capacity,
    little_headroom,
    memory_growth,
    reserved_unused,
)
from tb_contention.diagnose.overlap import overlap_in_time
from tb_contention.diagnose.room import fragmentation, gpu_full, peaks_may_meet, untraced_memory
from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.sharing import (
    destructive_sharing,
    one_stream,
    saturation,
    shift_helps,
    slowed_side_by_side,
    small_grids,
    time_slice_waiting,
    unfair_sharing,
)
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport

Rule = Callable[[Scene], "list[Finding]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """A rule under the slug that its findings carry."""

    slug: str
    run: Rule


RULES: tuple[NamedRule, ...] = (
    NamedRule(slug="time-slice-waiting", run=time_slice_waiting),
    NamedRule(slug="one-stream", run=one_stream),
    NamedRule(slug="slowed-side-by-side", run=slowed_side_by_side),
    NamedRule(slug="shift-helps", run=shift_helps),
    NamedRule(slug="saturation", run=saturation),
    NamedRule(slug="destructive-sharing", run=destructive_sharing),
    NamedRule(slug="unfair-sharing", run=unfair_sharing),
    NamedRule(slug="small-grids", run=small_grids),
    NamedRule(slug="latency-tail", run=latency_tail),
    NamedRule(slug="head-of-line", run=head_of_line),
    NamedRule(slug="short-steps-beside-long", run=short_steps_beside_long),
    NamedRule(slug="copy-contention", run=copy_contention),
    NamedRule(slug="collective-spin", run=collective_spin),
    NamedRule(slug="host-contention", run=host_contention),
    NamedRule(slug="input-starved", run=input_starved),
    NamedRule(slug="sync-every-step", run=sync_every_step),
    NamedRule(slug="host-bound", run=host_bound),
    NamedRule(slug="untraced-corunner", run=untraced_corunner),
    NamedRule(slug="loss-at-start", run=loss_at_start),
    NamedRule(slug="clocks-fall", run=clocks_fall),
    NamedRule(slug="sharing-is-fine", run=sharing_is_fine),
    NamedRule(slug="overlap-in-time", run=overlap_in_time),
    NamedRule(slug="limits-exceed-capacity", run=limits_exceed_capacity),
    NamedRule(slug="reserved-unused", run=reserved_unused),
    NamedRule(slug="little-headroom", run=little_headroom),
    NamedRule(slug="peaks-may-meet", run=peaks_may_meet),
    NamedRule(slug="untraced-memory", run=untraced_memory),
    NamedRule(slug="gpu-full", run=gpu_full),
    NamedRule(slug="fragmentation", run=fragmentation),
    NamedRule(slug="memory-growth", run=memory_growth),
    NamedRule(slug="kernels-changed", run=kernels_changed),
    NamedRule(slug="allocation-stalls", run=allocation_stalls),
    NamedRule(slug="maybe-different-gpus", run=maybe_different_gpus),
    NamedRule(slug="serialised-kernels", run=serialised_kernels),
    NamedRule(slug="clock-error-large", run=clock_error_large),
    NamedRule(slug="no-steps", run=no_steps),
    NamedRule(slug="memory-unseen", run=memory_unseen),
    NamedRule(slug="host-only", run=host_only),
)

_ORDER = {Severity.CRITICAL: 0, Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def diagnose(aligned: AlignedTraces, devices: tuple[DeviceReport, ...]) -> tuple[Finding, ...]:
    """Run all rules on all devices. Order: the gravest first, then what gains most time, then most memory, then devices and rules."""
    scenes = [Scene.of(aligned, device) for device in devices]
    found = [f for scene in scenes for rule in RULES for f in rule.run(scene)]
    found += simulated(aligned)
    return tuple(sorted(_once(found), key=_rank))


def _rank(finding: Finding) -> tuple[int, int, int]:
    """Rank by what may be gained; where nobody can tell how much, by what was lost."""
    time = finding.evidence.get("lost_ns", 0) if finding.gain_ns is None else finding.gain_ns
    return _ORDER[finding.severity], -time, -(finding.gain_bytes or 0)


def _once(found: list[Finding]) -> list[Finding]:
    """Say what several devices have in common once, for all their sessions."""
    merged: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.rule, finding.title)
        if key in merged:
            sessions = dict.fromkeys((*merged[key].sessions, *finding.sessions))
            finding = replace(merged[key], device=None, sessions=tuple(sessions))
        merged[key] = finding
    return list(merged.values())
