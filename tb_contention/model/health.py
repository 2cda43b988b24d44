"""What was looked at before anything is measured: is all in place, and are the traces what they should be."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """How something stands. NOTE: it works, but less well, or its state is unknown. FAULT: something does not work."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. name is stable for scripts; about: the session or file, "" for the installation.

    message says how it stands; remedy what to do about it, "" where nothing is to be done.
    """

    name: str
    status: Status
    message: str
    about: str = ""
    remedy: str = ""


def count_by_status(checks: Iterable[Check]) -> Counter[Status]:
    """Count the checks of each status."""
    return Counter(check.status for check in checks)
