"""Choose the devices and sessions to judge."""

from collections.abc import Iterator
from dataclasses import dataclass

from tb_contention.errors import OptionError
from tb_contention.model.attribution import rest_of
from tb_contention.model.gate import Limits
from tb_contention.model.report import DeviceReport, Report, SessionReport
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.words.names import device_label

#: Rule of the findings that name sessions which may not have run together.
_PERHAPS_TOGETHER = "clock-too-coarse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is judged. devices: the selected ones, with the selected sessions; sessions: by id."""

    report: Report
    limits: Limits
    devices: tuple[DeviceReport, ...]
    sessions: tuple[SessionReport, ...]

    @classmethod
    def of(cls, report: Report, limits: Limits) -> "Scope":
        """Choose by the limits; raise OptionError for an unknown name."""
        for word in limits.devices:
            _known(word, [str(d.id) for d in report.devices], any(_is(d, word) for d in report.devices), "device")
        sessions = tuple(s for s in report.sessions if not _is_taken_apart(s, report) and not belongs_to_none(s))
        for word in (*limits.sessions, *(name for name, _ in limits.max_step_of)):
            _known(word, [str(s.id) for s in sessions], any(matches(s, word) for s in sessions), "session")
        named = tuple(s for s in sessions if not limits.sessions or any(matches(s, w) for w in limits.sessions))
        ids = {s.id for s in named}
        devices = tuple(
            d
            for d in report.devices
            if (not limits.devices or any(_is(d, word) for word in limits.devices))
            and (not limits.sessions or ids & set(d.sessions))
        )
        if limits.devices:
            met = {s for d in devices for s in d.sessions}
            named = tuple(s for s in named if s.id in met)
        return cls(report=report, limits=limits, devices=devices, sessions=named)

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
        own = [length for word, length in self.limits.max_step_of if matches(session, word)]
        return min(own) if own else self.limits.max_step

    def perhaps_together(self, device: DeviceReport) -> bool:
        """Return whether the clocks are too coarse to exclude that others ran beside a device's only session."""
        if len(device.sessions) > 1 or len({p.session for p in device.group.device.planes}) < 2:
            return False
        mine: set[SessionId] = set(device.sessions)
        mine |= {s.process for s in self.report.sessions if s.id in mine and s.process is not None}
        found = [f for f in self.report.findings if f.rule == _PERHAPS_TOGETHER]
        # A finding without sessions counts the pairs that are not named one by one.
        return any(not f.sessions or mine & set(f.sessions) for f in found)


def matches(session: SessionReport, word: str) -> bool:
    """Return whether a word is a session's id, its name, or how its name ends, as labels do."""
    return word in (session.id, session.name) or session.name.endswith(f"/{word}")


def _is(device: DeviceReport, word: str) -> bool:
    """Return whether a word is the id or the label of a device group, or the id of its physical device."""
    return word in (device.id, device.group.device.id, device_label(device))


def _known(word: str, ids: list[str], there: bool, what: str) -> None:
    if not there:
        known = ", ".join(ids[:10]) or "none"
        raise OptionError(f"The report has no {what} {word!r}.", slug="bad-option", advice=f"Its {what}s: {known}.")


def _is_taken_apart(session: SessionReport, report: Report) -> bool:
    """Return whether a process is represented by the sessions inside it."""
    return any(other.process == session.id for other in report.sessions)


def belongs_to_none(session: SessionReport) -> bool:
    """Return whether it is the work of a process that belongs to no known session."""
    return session.process is not None and session.id == rest_of(session.process)
