"""Judge a report by limits: one verdict per limit, device and session. An unknown figure is neither within a limit nor over it.

report ──> scope ──┬─ sessions   slowdown, lost time, steps, evidence
limits    (whom)   ├─ devices    contended time, memory left
                   └─ inputs     clocks, findings, problems, captures that cannot be read
"""

from collections.abc import Iterator
from dataclasses import replace

from tb_contention.gate.devices import judge_devices
from tb_contention.gate.inputs import judge_inputs, judged_nowhere
from tb_contention.gate.scope import Scope
from tb_contention.gate.sessions import judge_sessions
from tb_contention.model.gate import Gate, Limits, Verdict
from tb_contention.model.report import Report
from tb_contention.words.names import device_label, names_of

__all__ = ["judge"]


def judge(report: Report, limits: Limits) -> Gate:
    """Judge a report; raise OptionError if the limits name a device or session that it lacks."""
    scope = Scope.of(report, limits)
    found = [*judge_sessions(scope), *judge_devices(scope), *judge_inputs(scope)]
    found += judged_nowhere(scope, found)
    return Gate(verdicts=tuple(_labelled(report, found)), unknown_passes=limits.unknown_passes)


def _labelled(report: Report, verdicts: list[Verdict]) -> Iterator[Verdict]:
    """Call sessions and devices by the names that every report gives them."""
    names, labels = names_of(report), {device.id: device_label(device) for device in report.devices}
    for verdict in verdicts:
        subject = verdict.subject if verdict.session is None else names[verdict.session]
        yield replace(verdict, subject=subject, where="" if verdict.device is None else labels[verdict.device])
