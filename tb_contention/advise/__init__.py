"""Predictions and findings of a device -> what to do first, what it brings in all, and what comes behind it.

    predictions ──> predicted.py ──┐
                                   ├──> actions ──> ranking.py ──> one recommendation for all sessions, and one for each of them
    findings ─────> remedies.py ───┘

Predicted actions are ranked by the sum of all sessions' times, or by the time of the session that matters most.
"""

from tb_contention.advise.predicted import predicted_actions
from tb_contention.advise.ranking import recommend
from tb_contention.advise.remedies import remedies
from tb_contention.model.advice import Advice
from tb_contention.model.findings import Finding
from tb_contention.model.prediction import Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.words.advice import Again
from tb_contention.words.names import Names

__all__ = ["advise"]

#: Schedules that gain nothing where the kernels of each session fill the GPU.
_SIDE_BY_SIDE = frozenset({Schedule.MPS.value, Schedule.SM_CAP.value})


def advise(device: DeviceReport, findings: tuple[Finding, ...], names: Names, again: Again) -> Advice:
    """Say what to do about a device; findings: those of the whole report."""
    predicted = predicted_actions(device, names, again)
    found = remedies(device, findings, again)
    actions = (*(each.action for each in found), *predicted)
    sessions = device.sessions if len(device.sessions) > 1 else ()
    full = any(finding.rule == "saturation" and finding.device == device.id for finding in findings)
    doubted = _SIDE_BY_SIDE if full else frozenset[str]()
    everyone = recommend(device, found, predicted, names, again, None, doubted)
    return Advice(
        actions=actions,
        recommendation=everyone,
        for_each=tuple(recommend(device, found, predicted, names, again, session, doubted) for session in sessions),
    )
