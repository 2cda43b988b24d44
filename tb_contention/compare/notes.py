"""Say what limits the comparison of two sides."""

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
from tb_contention.words.mechanism import mechanism_name

#: The number at the end of some step names.
_NUMBER = re.compile(r"[\s#:_-]*\d+$")
#: A step whose number of kernels changes by more than this share does different work.
_OTHER_WORK = 0.02


def incomparable(before: DeviceReport, after: DeviceReport) -> str:
    """Say why times of the two sides are not comparable at all; "" if they are."""
    if before.group.device.device.is_host is not after.group.device.device.is_host:
        return "one side is a GPU and the other a host's processor"
    return ""


def unplaced(device: DeviceReport, sessions: tuple[Session, ...]) -> str:
    """Say that the alignment of the sessions is unknown, "" if it is known; sessions of one process share a clock."""
    if device.group.max_error is not None or len({s.process or s.id for s in sessions}) < 2:
        return ""
    return "the error of a clock is unknown, so the sessions may have overlapped at other moments"


def notes_on(
    before: DeviceReport, after: DeviceReport, paired: Paired, sessions: tuple[SessionComparison, ...]
) -> tuple[str, ...]:
    """List all notes, those on the whole device first."""
    notes = [*_devices(before, after), *_sharing(before, after), *_memory(before, after)]
    if not paired.gone and not paired.appeared and _met_otherwise(before, after, sessions):
        notes.append(
            "Every session's own memory peak is unchanged; the combined peak differs because the peaks coincide differently, "
            "perhaps by chance."
        )
    for pair, found in zip(paired.pairs, sessions, strict=True):
        notes += _session(found)
        one, two = _step_names(pair.before), _step_names(pair.after)
        if one and two and not one & two:
            names = f"{', '.join(sorted(one)[:3])} before, {', '.join(sorted(two)[:3])} after"
            notes.append(
                f"The steps of {found.before_name} have different names ({names}), so they may do different work."
            )
        if pair.before.simulated is not pair.after.simulated:
            notes.append(f"{found.before_name} is simulated on one side and recorded on the other.")
        if pair.before.trace is pair.after.trace:
            notes.append(f"{found.before_name} is the same capture before and after.")
    notes += [
        f"{first.name} before and {second.name} after are the only unpaired sessions on {first.host}, but run different kernels; "
        "use --pair to compare them."
        for first, second in paired.tempting
    ]
    if not paired.pairs:
        notes.append("No session could be matched between the sides, so only the devices are compared.")
    return tuple(dict.fromkeys(notes))


def _devices(before: DeviceReport, after: DeviceReport) -> list[str]:
    one, two = before.group.device.device, after.group.device.device
    why = incomparable(before, after)
    if why:
        return [f"{why[0].upper()}{why[1:]}, so their times are not compared."]
    notes = []
    if one.model != two.model:
        names = f"{one.model or 'unknown'} before, {two.model or 'unknown'} after"
        notes.append(f"The devices are different models ({names}), which changes times too.")
    elif one.capabilities != two.capabilities:
        notes.append("The devices differ in clock, cores or memory, which changes times too.")
    if one.is_host:
        notes.append("Both sides are work on a host's processor, whose other load no capture records.")
    return notes


def _sharing(before: DeviceReport, after: DeviceReport) -> list[str]:
    notes = [
        f"{side} only one session was captured on the device, so it has no slowdown; the change in step time shows the cost of sharing."
        for side, device in (("Before,", before), ("After,", after))
        if len(device.sessions) < 2
    ]
    if len(notes) == 2:
        return ["Each side has a single session, so there is no slowdown to compare."]
    if not notes and before.mechanism is not after.mechanism:
        notes.append(
            f"The sharing mechanism changed ({mechanism_name(before.mechanism)} before, {mechanism_name(after.mechanism)} after), so "
            "contended time does not mean the same on both sides."
        )
    elif not notes and before.mechanism is Mechanism.UNKNOWN:
        notes.append("How the device is shared is unknown, so contended time may not mean the same on both sides.")
    return notes


def _memory(before: DeviceReport, after: DeviceReport) -> list[str]:
    notes = [
        f"Memory {side}: {device.memory_note}"
        for side, device in (("before", before), ("after", after))
        if device.memory_note
    ]
    capacities = [None if d.memory is None else d.memory.capacity for d in (before, after)]
    if None not in capacities and capacities[0] != capacities[1]:
        notes.append("The devices differ in memory capacity, which changes headroom too.")
    return notes


def _met_otherwise(before: DeviceReport, after: DeviceReport, sessions: tuple[SessionComparison, ...]) -> bool:
    """Return whether the combined peak changed although no session's own peak did."""
    own = [allocator.peak.judgement for session in sessions for allocator in session.memory]
    if not own or any(peak is not Judgement.SAME for peak in own):
        return False
    return combined_peak(before.memory, after.memory).judgement in (Judgement.BETTER, Judgement.WORSE)


def _step_names(session: Session) -> set[str]:
    """Return the names of the steps, without the number at their end."""
    strings = session.trace.strings
    found = (strings.get(int(row)) or "" for row in np.unique(session.trace.steps.name))
    return {_NUMBER.sub("", name) for name in found} - {""}


def losses_of(sessions: Iterable[SessionReport], side: str) -> list[str]:
    """Name the incomplete captures: kernels may be missing there, and step periods too long."""
    return [
        f"The capture of {item.name} {side} is incomplete ({item.warnings[0]}); kernels that seem gone may not have been recorded."
        for item in sessions
        if item.warnings
    ]


def _session(found: SessionComparison) -> list[str]:
    name, steps = found.before_name, (found.before_steps, found.after_steps)
    notes = []
    if found.match is Match.HOST:
        notes.append(
            f"{name} before and {found.after_name} after are treated as one program, because they are the only unpaired sessions on "
            "their host and run the same kernels."
        )
    if min(side.count for side in steps) < LEAST:
        counts = f"{steps[0].count} before, {steps[1].count} after"
        notes.append(
            f"{name} has too few whole step periods to compare step times ({counts}; {LEAST} are needed on each side)."
        )
    if _other_work(*steps):
        notes.append(
            f"A step of {name} has {steps[0].kernels:,.0f} kernels and copies before and {steps[1].kernels:,.0f} after; since its work "
            "changed, step times differ for reasons other than sharing."
        )
    opposite = {found.slowdown.judgement, found.step.judgement} == {Judgement.BETTER, Judgement.WORSE}
    if opposite:
        notes.append(
            f"{name}: the slowdown is {found.slowdown.judgement.value} but the step time {found.step.judgement.value}, "
            "so the step time alone changed too."
        )
    if found.in_process:
        notes.append(
            f"{name} is one session of a process; memory belongs to the process, so the session has no peak of its own."
        )
    return notes


def _other_work(before: StepSide, after: StepSide) -> bool:
    """Return whether a step has clearly more or fewer kernels; a different batch size does not change their number."""
    if before.kernels is None or after.kernels is None:
        return False
    # Kernels run after the host has moved on to the next step, so a few may be counted to the wrong step.
    few = 1 / min(before.count, after.count)
    most = max(before.kernels, after.kernels)
    return abs(after.kernels - before.kernels) > max(_OTHER_WORK, few) * most
