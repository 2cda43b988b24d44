"""What an action is, what it brings in all and how to verify it, in sentences."""

import shlex
from dataclasses import dataclass, replace

from tb_contention.model.advice import Action, Recommendation, SessionChange
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport, Report
from tb_contention.words.names import Names, names_of
from tb_contention.words.numbers import listing, share

#: A relative change below this is none.
NOTHING = 0.005
#: More programs than that are not named one by one.
_NAMED = 4
_MPS = "nvidia-cuda-mps-control -d"
_SETTINGS = {
    Schedule.MPS: f"{_MPS} before the programs start, as the same user",
    Schedule.TIME_SLICING: "echo quit | nvidia-cuda-mps-control: without MPS, processes take turns",
}


def change_words(change: Bounds, less: str, more: str) -> str:
    """Write a relative change: '35 % less (26 % to 45 %)', '26 % to 45 % less', '10 % less to 12 % more'."""
    if change.estimate is None:
        if change.low * change.high > 0 and min(abs(change.low), abs(change.high)) >= NOTHING:
            near, far = sorted((change.low, change.high), key=abs)
            return f"{share(abs(near))} to {_one(far, less, more)}"
        return f"{_one(change.low, less, more)} to {_one(change.high, less, more)}"
    text = _one(change.estimate, less, more)
    low, high = sorted((abs(change.low), abs(change.high)))
    if high - low < NOTHING and change.low * change.high >= 0:
        return text
    if change.low * change.high >= 0 and abs(change.estimate) >= NOTHING:
        return f"{text} ({share(low)} to {share(high)})"
    return f"{text} ({_one(change.low, less, more)} to {_one(change.high, less, more)})"


def _one(change: float, less: str, more: str) -> str:
    if abs(change) < NOTHING:
        return "no change"
    return f"{share(abs(change))} {less if change < 0 else more}"


def brings_words(
    names: Names, changes: tuple[SessionChange, ...], total: Bounds | None, done: Bounds | None, served: frozenset[str]
) -> str:
    """Say what an action brings each session, all of them, and when everything is done; served: sessions whose steps are requests."""
    each = listing(
        [
            f"{'each request to ' if row.session in served else ''}{names[row.session]} {change_words(row.change, 'less', 'more')}"
            for row in changes
        ]
    )
    parts = [f"Time that the recorded work takes: {each}."]
    if total is not None and len(changes) > 1:
        parts.append(f"In all: {change_words(total, 'less', 'more')}.")
    if done is not None:
        parts.append(f"Everything is done: {change_words(done, 'sooner', 'later')}.")
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Again:
    """How to record a device's programs again. programs: what each is called; one that holds several sessions by all of them."""

    logdir: str
    programs: tuple[str, ...]
    sessions: tuple[str, ...]

    def apart(self) -> "Again":
        """Return the same with a program for each session."""
        return replace(self, programs=self.sessions)

    def command(self, *, alone: bool) -> str:
        """Write the command that records the programs again; whoever was captured alone needs company."""
        return self._command(self.logdir, alone=alone)

    def _command(self, logdir: str, *, alone: bool) -> str:
        commands = " ".join(f"-- COMMAND_{number}" for number in range(1, max(2, len(self.programs)) + 1))
        return f"tb-contention run --logdir {shlex.quote(logdir)}{' --alone' if alone else ''} {commands}"

    def commands(self) -> str:
        """Say what the placeholders in the command stand for."""
        if len(self.programs) > _NAMED:
            return "COMMAND_1 and so on are the commands that start the programs."
        each = [f"COMMAND_{number} starts {program}" for number, program in enumerate(self.programs, 1)]
        if len(each) == 1:
            each.append("COMMAND_2 what runs beside it")
        return f"{listing(each)}."

    def verify(self) -> str:
        """Write how to record again with the action in place, and to compare."""
        after = f"{self.logdir.rstrip('/')}-after"
        compare = f"tb-contention diff {shlex.quote(self.logdir)} {shlex.quote(after)}"
        return f"Record again with it: {self._command(after, alone=False)}. {self.commands()} Then compare: {compare}"


def again_of(report: Report, device: DeviceReport) -> Again:
    """Name the programs whose sessions met on a device."""
    names, held = names_of(report), dict[str, list[str]]()
    for session in device.sessions:
        held.setdefault(report.session(session).session.process or session, []).append(names[session])
    sessions = tuple(names[session] for session in device.sessions)
    return Again(logdir=report.logdir, programs=tuple(listing(each) for each in held.values()), sessions=sessions)


def setting_words(names: Names, found: Prediction) -> str:
    """Write the exact setting of a schedule."""
    values = dict(found.parameters)
    who = names[str(values["session"])] if "session" in values else ""
    if found.schedule is Schedule.SM_CAP:
        percent = float(values.get("percent", 0))
        return f"{_MPS}, then CUDA_MPS_ACTIVE_THREAD_PERCENTAGE={percent:g} in the environment of {who}"
    if found.schedule is Schedule.MOVED:
        return f"CUDA_VISIBLE_DEVICES=N in the environment of {who}, where N is a free GPU (nvidia-smi lists them)"
    if found.schedule is Schedule.SHIFTED:
        by = float(values.get("shift_ns", 0)) / 1e9
        return f"sleep {abs(by):.3g} before the first step of {who if by >= 0 else 'each other session'}"
    if found.schedule is Schedule.ONE_AFTER_ANOTHER:
        return f"start each after the one before it ends, in this order: {', '.join(names[row.session] for row in found.sessions)}"
    return _SETTINGS.get(found.schedule, found.setting)


def action_parts(action: Action) -> tuple[tuple[str, str], ...]:
    """List what there is to say of an action, each part under its name."""
    return (
        ("Setting", action.setting),
        ("What it brings", action.brings),
        ("How sure", action.sure),
        ("Verify", action.verify),
    )


def asked_words(names: Names, found: Recommendation) -> str:
    """Name what a recommendation answers: 'What to do first', 'What to do first for trainer'."""
    return "What to do first" if found.session is None else f"What to do first for {names[found.session]}"
