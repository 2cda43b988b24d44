"""Judge a report by limits: one verdict per limit, device and session. An unknown figure is neither within a limit nor over it.

report ──> scope ──┬─ sessions   slowdown, lost time, steps, evidence
limits    (whom)   ├─ devices    contended time, memory left
                   └─ inputs     clocks, findings, problems, captures that cannot be read
"""

from tb_contention.gate.devices import judge_devices
from tb_contention.gate.inputs import judge_inputs, judged_nowhere
from tb_contention.gate.scope import Scope
from tb_contention.gate.sessions import judge_sessions
from tb_contention.model.gate import Gate, Limits
from tb_contention.model.report import Report

__all__ = ["judge"]


def judge(report: Report, limits: Limits) -> Gate:
    """Judge a report; raise OptionError if the limits name a device or session that it lacks."""
    scope = Scope.of(report, limits)
    found = [*judge_sessions(scope), *judge_devices(scope), *judge_inputs(scope)]
    return Gate(verdicts=(*found, *judged_nowhere(scope, found)), unknown_passes=limits.unknown_passes)
