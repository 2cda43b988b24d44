"""Choose the devices and sessions to judge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tb_contention.model.attribution import rest_of
from tb_contention.model.gate import Limits
from tb_contention.model.report import DeviceReport, Report, SessionReport
from tb_contention.units import DeviceId, Nanoseconds, SessionId
from tb_contention.words.typed import called_in, devices_called, named, unnamed

K = TypeVar("K", DeviceId, SessionId)
#: Rule of the findings that name sessions which may not have run together.
_PERHAPS_TOGETHER = "clock-too-coarse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is judged. devices: the selected ones, with the selected sessions; sessions: by id; steps: the limits of single sessions."""

    report: Report
    limits: Limits
    devices: tuple[DeviceReport, ...]
    sessions: tuple[SessionReport, ...]
    steps: Mapping[SessionId, Nanoseconds]

    @classmethod
    def of(cls, report: Report, limits: Limits) -> "Scope":
        """Choose by the limits; raise OptionError for an unknown name."""
        chosen = {d for word in limits.devices for d in _devices_named(word, report)}
        sessions = tuple(s for s in report.sessions if not _is_taken_apart(s, report) and not belongs_to_none(s))
        known = called_in(report, {s.id for s in sessions})
        ids = {s for word in limits.sessions for s in _all_named("--session", word, known, "session")}
        steps: dict[SessionId, Nanoseconds] = {}
        for word, length in limits.max_step_of:
            for session in _all_named("--max-step", word, known, "session"):
                steps[session] = min(length, steps.get(session, length))
        judged = tuple(s for s in sessions if not limits.sessions or s.id in ids)
        devices = tuple(
            d
            for d in report.devices
            if (not limits.devices or d.id in chosen) and (not limits.sessions or ids & set(d.sessions))
        )
        if limits.devices:
            met = {s for d in devices for s in d.sessions}
            judged = tuple(s for s in judged if s.id in met)
        return cls(report=report, limits=limits, devices=devices, sessions=judged, steps=steps)

    def on(self, device: DeviceReport) -> Iterator[SessionReport]:
        """Return the sessions to judge on a device."""
        there = set(device.sessions)
        return (session for session in self.sessions if session.id in there)

    def nowhere(self) -> Iterator[SessionReport]:
        """Return the sessions to judge that are on no device at all."""
        there = {s for device in self.report.devices for s in device.sessions}
        return (session for session in self.sessions if session.id not in there)

    def longest_step(self, session: SessionReport) -> Nanoseconds | None:
        """Return the step limit of a session: the shortest that names it, else the general one."""
        return self.steps.get(session.id, self.limits.max_step)

    def perhaps_together(self, device: DeviceReport) -> bool:
        """Return whether the clocks are too coarse to exclude that others ran beside a device's only session."""
        if len(device.sessions) > 1 or len({p.session for p in device.group.device.planes}) < 2:
            return False
        mine: set[SessionId] = set(device.sessions)
        mine |= {s.process for s in self.report.sessions if s.id in mine and s.process is not None}
        found = [f for f in self.report.findings if f.rule == _PERHAPS_TOGETHER]
        # A finding without sessions counts the pairs that are not named one by one.
        return any(not f.sessions or mine & set(f.sessions) for f in found)


def _devices_named(word: str, report: Report) -> tuple[DeviceId, ...]:
    """Return the groups on the device that a word names, else the groups that it names."""
    there = tuple(d.id for d in report.devices if d.group.device.id == word)
    return there or _all_named("--device", word, devices_called(report.devices), "device")


def _all_named(option: str, word: str, known: Mapping[K, tuple[str, ...]], what: str) -> tuple[K, ...]:
    """Return all that a word names, such as the trainer of each group; raise OptionError where that is nothing."""
    found = named(word, known)
    if not found:
        raise unnamed(option, word, known, what)
    return found


def _is_taken_apart(session: SessionReport, report: Report) -> bool:
    """Return whether a process is represented by the sessions inside it."""
    return any(other.process == session.id for other in report.sessions)


def belongs_to_none(session: SessionReport) -> bool:
    """Return whether it is the work of a process that belongs to no known session."""
    return session.process is not None and session.id == rest_of(session.process)
