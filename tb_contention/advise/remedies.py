"""Findings -> actions where the problem is memory, the host, its input or copies, which no schedule is predicted for."""

from dataclasses import dataclass
from enum import IntEnum

from tb_contention.model.advice import Action
from tb_contention.model.contention import Mechanism
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport
from tb_contention.words.advice import Again
from tb_contention.words.answers import Answer, Met, is_contended, met_where


class Urgency(IntEnum):
    """When a remedy comes: before, or after what is predicted."""

    BEFORE = 0
    AFTER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """An action from a finding. of_time: it is about time, not about memory."""

    action: Action
    urgency: Urgency
    because: str
    of_time: bool


#: What the remedy of a rule is in a few words. Memory, then the host and its copies, then who else is there.
_MEMORY = {
    "out-of-memory": "Ask for less memory at once, or free what others hold",
    "limits-exceed-capacity": "Limit the memory of each process",
    "little-headroom": "Make the sessions need less memory",
    "gpu-full": "Limit the memory of each process to what it needs",
    "peaks-may-meet": "Lower the memory peak of one session",
    "memory-growth": "Find what keeps memory from step to step",
    "allocation-stalls": "Stop allocating memory in the steps",
    "untraced-memory": "Find out who else holds memory on the GPU",
}
_HOST = {
    "host-contention": "Give each process processor cores of its own",
    "input-starved": "Speed up the input pipeline",
    "copy-contention": "Copy less, or at other times",
    "collective-spin": "Let collectives take less of the GPU",
    "slow-requests": "Give the requests precedence",
    "head-of-line": "Shorten the kernels that requests wait for",
    "untraced-corunner": "Record, or stop, the program that is not in the captures",
}
_BOUND_BY_HOST = frozenset({"host-contention", "copy-contention", "input-starved"})


def remedies(device: DeviceReport, findings: tuple[Finding, ...], again: Again) -> tuple[Remedy, ...]:
    """Turn findings that ask for something into remedies, the gravest first; and, on a processor, say how to part the sessions."""
    made = [
        _remedy(device, finding, again)
        for finding in findings
        if finding.device == device.id
        and finding.severity is not Severity.INFO
        and finding.advice
        and finding.rule in (_MEMORY | _HOST)
    ]
    if device.group.device.device.is_host and is_contended(device) is Answer.YES:
        made.append(_part(device, again))
    return tuple(made)


def _remedy(device: DeviceReport, finding: Finding, again: Again) -> Remedy:
    is_time = finding.rule in _HOST
    elsewhere = {met_where(loss) for loss in device.cost.losses} & {Met.HOST, Met.BUS}
    first = finding.severity is Severity.CRITICAL or (finding.rule in _BOUND_BY_HOST and bool(elsewhere))
    title = (_MEMORY | _HOST)[finding.rule]
    if finding.rule == "little-headroom" and finding.severity is Severity.CRITICAL:
        title = "Check which GPU each session used: together they exceed this one"
    return Remedy(
        action=Action(
            kind=finding.rule,
            title=title,
            setting=finding.advice,
            brings=finding.effect or "What it brings is not predicted.",
            sure="The finding rests on what was recorded; what the remedy brings is not simulated.",
            verify=f"{finding.verify} {again.verify()}".strip(),
        ),
        urgency=Urgency.BEFORE if first else Urgency.AFTER,
        because=f"{finding.title}.",
        of_time=is_time,
    )


def _part(device: DeviceReport, again: Again) -> Remedy:
    """Part sessions that slow each other down on a processor."""
    queue = device.cost.mechanism is Mechanism.SINGLE_STREAM
    return Remedy(
        action=Action(
            kind="part-processor",
            title="Run each session in a process of its own, on cores of its own"
            if queue
            else "Give each process processor cores of its own",
            setting="taskset -c 0-3 COMMAND_1 and taskset -c 4-7 COMMAND_2; use as many cores as the machine has",
            brings="Not predicted: it depends on how many cores each session can use.",
            sure="That sharing the processor costs time is certain; what parting the sessions brings is not simulated.",
            verify=(again.apart() if queue else again).verify(),
        ),
        urgency=Urgency.AFTER,
        because="Sharing the processor costs time.",
        of_time=True,
    )
