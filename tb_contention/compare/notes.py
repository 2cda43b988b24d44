"""What of two sides is not comparable, in sentences."""

import re
from collections.abc import Iterable

import numpy as np

from tb_contention.compare.memory import combined_peak
from tb_contention.compare.pairing import Paired
from tb_contention.compare.ranks import LEAST
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Judgement, Match, SessionComparison, StepSide
from tb_contention.model.contention import Mechanism
from tb_contention.model.report import DeviceReport, SessionReport

_WORDS = {
    Mechanism.NONE: "no sharing",
    Mechanism.TIME_SLICING: "time slices",
    Mechanism.CONCURRENT: "kernels side by side",
    Mechanism.SINGLE_STREAM: "one queue",
    Mechanism.UNKNOWN: "an unknown way",
}
#: What a name of a step may end with.
_NUMBER = re.compile(r"[\s#:_-]*\d+$")
#: A step whose number of kernels moved by more than this does other work.
_OTHER_WORK = 0.02


def incomparable(before: DeviceReport, after: DeviceReport) -> str:
    """Say why times of the two sides are not comparable at all; "" where they are."""
    if before.group.device.device.is_host is not after.group.device.device.is_host:
        return "one side is a GPU and the other a host's processor"
    return ""


def unplaced(device: DeviceReport, sessions: tuple[Session, ...]) -> str:
    """Say that it is not known when sessions met, "" where it is; those of one process share a clock."""
    if device.group.max_error is not None or len({s.process or s.id for s in sessions}) < 2:
        return ""
    return "the error of a clock is not known, so the sessions may have met at other moments"


def notes_on(
    before: DeviceReport, after: DeviceReport, paired: Paired, sessions: tuple[SessionComparison, ...]
) -> tuple[str, ...]:
    """Say all of it, what concerns everything first."""
    said = [*_devices(before, after), *_sharing(before, after), *_memory(before, after)]
    if not paired.gone and not paired.appeared and _met_otherwise(before, after, sessions):
        said.append(
            "Every session's own memory peak is the same: the combined peak differs because they peak at other moments, perhaps by chance."
        )
    for pair, found in zip(paired.pairs, sessions, strict=True):
        said += _session(found)
        one, two = _step_names(pair.before), _step_names(pair.after)
        if one and two and not one & two:
            names = f"{', '.join(sorted(one)[:3])} before, {', '.join(sorted(two)[:3])} after"
            said.append(f"Steps of {found.before_name} have other names ({names}): they may not do the same work.")
        if pair.before.simulated is not pair.after.simulated:
            said.append(f"{found.before_name} is simulated on one side and recorded on the other.")
        if pair.before.trace is pair.after.trace:
            said.append(f"{found.before_name} is the same capture before and after.")
    said += [
        f"{first.name} before and {second.name} after are the only sessions left over on {first.host}, but run other kernels: "
        "they are not compared unless you pair them."
        for first, second in paired.tempting
    ]
    if not paired.pairs:
        said.append("No session of one side is known to be one of the other: only the devices are compared.")
    return tuple(dict.fromkeys(said))


def _devices(before: DeviceReport, after: DeviceReport) -> list[str]:
    one, two = before.group.device.device, after.group.device.device
    why = incomparable(before, after)
    if why:
        return [f"{why[0].upper()}{why[1:]}: nothing is claimed on times."]
    said = []
    if one.model != two.model:
        names = f"{one.model or 'not stated'} before, {two.model or 'not stated'} after"
        said.append(f"The devices are of different models ({names}): times change for that reason too.")
    elif one.capabilities != two.capabilities:
        said.append("The devices differ in clock, cores or memory: times change for that reason too.")
    if one.is_host:
        said.append("Both sides are work of a host's processor, whose other load is in no capture.")
    return said


def _sharing(before: DeviceReport, after: DeviceReport) -> list[str]:
    said = [
        f"{side} nothing else was captured on the device: a slowdown is not defined there, and the step times say what company costs."
        for side, device in (("Before,", before), ("After,", after))
        if len(device.sessions) < 2
    ]
    if len(said) == 2:
        return ["On both sides one session was captured alone: there is no slowdown to compare."]
    if not said and before.mechanism is not after.mechanism:
        said.append(
            f"The device is shared in another way ({_WORDS[before.mechanism]} before, {_WORDS[after.mechanism]} after): "
            "contended time does not mean the same on both sides."
        )
    elif not said and before.mechanism is Mechanism.UNKNOWN:
        said.append("How the device is shared is not known: contended time may not mean the same on both sides.")
    return said


def _memory(before: DeviceReport, after: DeviceReport) -> list[str]:
    said = [
        f"Memory {side}: {device.memory_note}"
        for side, device in (("before", before), ("after", after))
        if device.memory_note
    ]
    capacities = [None if d.memory is None else d.memory.capacity for d in (before, after)]
    if None not in capacities and capacities[0] != capacities[1]:
        said.append("The devices have different amounts of memory, so headroom changes for that reason too.")
    return said


def _met_otherwise(before: DeviceReport, after: DeviceReport, sessions: tuple[SessionComparison, ...]) -> bool:
    """Tell whether the combined peak moved although no session's own peak did."""
    own = [allocator.peak.judgement for session in sessions for allocator in session.memory]
    if not own or any(peak is not Judgement.SAME for peak in own):
        return False
    return combined_peak(before.memory, after.memory).judgement in (Judgement.BETTER, Judgement.WORSE)


def _step_names(session: Session) -> set[str]:
    """Return what the steps are called, without the number that some names end with."""
    strings = session.trace.strings
    found = (strings.get(int(row)) or "" for row in np.unique(session.trace.steps.name))
    return {_NUMBER.sub("", name) for name in found} - {""}


def losses_of(sessions: Iterable[SessionReport], side: str) -> list[str]:
    """Tell which captures are not whole: then kernels may be missing, and periods that hold them too long."""
    return [
        f"The capture of {item.name} {side} is not whole ({item.warnings[0]}): kernels that seem gone may not have been recorded."
        for item in sessions
        if item.warnings
    ]


def _session(found: SessionComparison) -> list[str]:
    name, steps = found.before_name, (found.before_steps, found.after_steps)
    said = []
    if found.match is Match.HOST:
        said.append(
            f"{name} before and {found.after_name} after are taken for one program because they are the only ones left over on their "
            "host and run the same kernels."
        )
    if min(side.count for side in steps) < LEAST:
        counts = f"{steps[0].count} before, {steps[1].count} after"
        said.append(f"{name}: a claim on step times takes {LEAST} whole step periods on both sides ({counts}).")
    if _other_work(*steps):
        said.append(
            f"A step of {name} has {steps[0].kernels:.0f} kernels and copies before and {steps[1].kernels:.0f} after: it does other "
            "work, so step times differ not only by company."
        )
    opposite = {found.slowdown.judgement, found.step.judgement} == {Judgement.BETTER, Judgement.WORSE}
    if opposite:
        said.append(
            f"{name}: the slowdown is {found.slowdown.judgement.value} and the step time {found.step.judgement.value}, "
            "so what a step takes alone changed too."
        )
    if found.in_process:
        said.append(f"{name} is a session inside a process, whose memory is the process's: it has no peak of its own.")
    return said


def _other_work(before: StepSide, after: StepSide) -> bool:
    """Tell whether a step has clearly more or fewer kernels. A batch of another size does not show in their number."""
    if before.kernels is None or after.kernels is None:
        return False
    # Kernels run after the host has gone on to the next step, so a few at either end may be counted to it.
    few = 1 / min(before.count, after.count)
    most = max(before.kernels, after.kernels)
    return abs(after.kernels - before.kernels) > max(_OTHER_WORK, few) * most
