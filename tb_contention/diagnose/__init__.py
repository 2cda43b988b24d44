"""Results -> findings. A rule is one function from the results of a device to findings, and one entry in RULES."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tb_contention.diagnose.evidence import host_only, memory_unseen, simulated
from tb_contention.diagnose.memory import (
    allocation_stalls,
    kernels_changed,
    limits_exceed_capacity,
    little_headroom,
    memory_growth,
    reserved_unused,
)
from tb_contention.diagnose.overlap import overlap_in_time
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport

Rule = Callable[[AlignedTraces, DeviceReport], "list[Finding]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """A rule under the slug that its findings carry."""

    slug: str
    run: Rule


RULES: "tuple[NamedRule, ...]" = (
    NamedRule(slug="overlap-in-time", run=overlap_in_time),
    NamedRule(slug="limits-exceed-capacity", run=limits_exceed_capacity),
    NamedRule(slug="reserved-unused", run=reserved_unused),
    NamedRule(slug="little-headroom", run=little_headroom),
    NamedRule(slug="memory-growth", run=memory_growth),
    NamedRule(slug="kernels-changed", run=kernels_changed),
    NamedRule(slug="allocation-stalls", run=allocation_stalls),
    NamedRule(slug="memory-unseen", run=memory_unseen),
    NamedRule(slug="host-only", run=host_only),
)

_ORDER = {Severity.CRITICAL: 0, Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def diagnose(aligned: AlignedTraces, devices: "tuple[DeviceReport, ...]") -> "tuple[Finding, ...]":
    """Run all rules on all devices; the gravest findings first, else in the order of devices and rules."""
    found = [f for device in devices for rule in RULES for f in rule.run(aligned, device)]
    found += simulated(aligned)
    return tuple(sorted(_once(found), key=lambda f: _ORDER[f.severity]))


def _once(found: "list[Finding]") -> "list[Finding]":
    """Say what several devices have in common once, for all their sessions."""
    merged: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.rule, finding.title)
        if key in merged:
            sessions = dict.fromkeys((*merged[key].sessions, *finding.sessions))
            finding = replace(merged[key], device=None, sessions=tuple(sessions))
        merged[key] = finding
    return list(merged.values())
