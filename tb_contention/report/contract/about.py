"""What the keys that take more than their value are made of: the whole report, with what is worked out once for all of it."""

from dataclasses import dataclass

from tb_contention.model.report import Report, SessionReport
from tb_contention.units import SessionId
from tb_contention.words.names import Names, names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A report, the labels of its sessions, and the sessions by their ids."""

    report: Report
    names: Names
    sessions: dict[SessionId, SessionReport]

    @classmethod
    def of(cls, report: Report) -> "About":
        """Work out what all of a report's values ask for."""
        return cls(report=report, names=names_of(report), sessions={item.id: item for item in report.sessions})
