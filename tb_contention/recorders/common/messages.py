"""Warnings and errors of a recorder, as it worded them -> problems: what was lost, and that there are others."""

import re
from collections.abc import Sequence

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.words.numbers import count

_LOSS = re.compile(
    r"drop|lost|\blose|out of (?:\w+ )?memory|stopp|overflow|truncat|exceed|incomplete|missing|not (?:been )?(?:started|collected|recorded)"
    r"|not all|no .{0,40}\bevents?\b.{0,20} collected",
    re.IGNORECASE,
)


def tells_of_loss(text: str) -> bool:
    """Return whether a message says that something was not recorded."""
    return _LOSS.search(text) is not None


def worded(messages: Sequence[str], errors: Sequence[str], file: str, advice: str) -> list[Problem]:
    """Make a problem of each message that tells of a loss, and one of all others; errors: those of the messages that are graver."""
    lost = [text for text in messages if tells_of_loss(text)]
    others = [text for text in messages if text not in lost]
    found = [lost_events(file, f'the profiler says "{text}"', 1, advice) for text in lost]
    if others:
        slug = "profiler-error" if any(text in errors for text in others) else "profiler-warning"
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        found.append(
            Problem(
                file=file, slug=slug, severity=Severity.WARNING, origin=Origin.RECORDING, count=len(others),
                message=f'{file}: the profiler says "{others[0]}"{more}.', advice="See the log of the profiled program.",
            )
        )  # fmt: skip
    return found


def skipped(amount: int, noun: str = "event", what: str = "impossible times") -> str:
    """Say that events are left out: '2 events with impossible times are skipped'."""
    return f"{count(amount, noun)} with {what} {'is' if amount == 1 else 'are'} skipped"


def lost_events(file: str, what: str, amount: int, advice: str, *, affects: bool = True) -> Problem:
    """State what was not recorded."""
    return Problem(
        file=file, slug="events-dropped", severity=Severity.WARNING, origin=Origin.RECORDING, message=f"{file}: {what}.",
        advice=advice, count=amount, affects_numbers=affects,
    )  # fmt: skip
