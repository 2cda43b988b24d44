"""Results -> findings. A rule is one function from the scene of a device to remarks, under `@rule`; RULES.md is made of the rules."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tb_contention.diagnose import (
    changes,
    copies,
    evidence,
    host,
    latency,
    memory_fit,
    memory_use,
    overlap,
    processor,
    sharing,
    transfers,
    untraced,
)
from tb_contention.diagnose.evidence import simulated
from tb_contention.diagnose.memory_fit import not_one_gpu
from tb_contention.diagnose.rule import Rule
from tb_contention.diagnose.scene import Scene
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport

_MODULES = (
    sharing,
    latency,
    transfers,
    copies,
    host,
    processor,
    untraced,
    changes,
    overlap,
    memory_fit,
    memory_use,
    evidence,
)
#: All rules, in the order of the modules and of their lines.
RULES: tuple[Rule, ...] = tuple(each for module in _MODULES for each in vars(module).values() if isinstance(each, Rule))

#: Rules on what a session does by itself, whichever GPU it is on.
_OF_ONE_SESSION = frozenset(
    each.slug for module in (copies, memory_use) for each in vars(module).values() if isinstance(each, Rule)
)

_ORDER = {Severity.CRITICAL: 0, Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def diagnose(
    aligned: AlignedTraces, devices: tuple[DeviceReport, ...], faults: Callable[[DeviceReport], Faults] | None = None
) -> tuple[Finding, ...]:
    """Run all rules on all devices. Order: the gravest first, then what gains most time, then most memory, then devices and rules."""
    found: list[Finding] = []
    for device in devices:
        on = Faults() if faults is None else faults(device)
        scene = on.attempt("Collecting facts for the rules", partial(Scene.of, aligned, device), lambda _: None)
        if scene is None:
            continue
        here: list[Finding] = []
        for rule in RULES:
            here += on.attempt(f"The rule {rule.slug}", partial(rule.run, scene), lambda _: list[Finding]())
        found += map(_doubted, here) if device.cannot_be_one_gpu else here
    found += simulated(aligned)
    return tuple(sorted(_once(found), key=_rank))


def _doubted(finding: Finding) -> Finding:
    """Take back what rests on sessions sharing a GPU, where their memory shows that they are not all on one."""
    if finding.severity is Severity.INFO or finding.rule == not_one_gpu.slug or finding.rule in _OF_ONE_SESSION:
        return finding
    return replace(finding, severity=Severity.INFO, detail=f"Only if these sessions do share one GPU: {finding.detail}")


def _rank(finding: Finding) -> tuple[int, int, int]:
    """Rank by what may be gained; by what was lost where no gain is predicted."""
    time = finding.evidence.get("lost_ns", 0) if finding.gain_ns is None else finding.gain_ns
    return _ORDER[finding.severity], -time, -(finding.gain_bytes or 0)


def _once(found: list[Finding]) -> list[Finding]:
    """State what several devices have in common once, for all their sessions."""
    merged: dict[tuple[str, str], Finding] = {}
    for finding in found:
        key = (finding.rule, finding.title)
        if key in merged:
            first = merged[key]
            sessions = dict.fromkeys((*first.sessions, *finding.sessions))
            place = first.place if first.place == finding.place else None
            finding = replace(first, device=None, sessions=tuple(sessions), place=place)
        merged[key] = finding
    return list(merged.values())
