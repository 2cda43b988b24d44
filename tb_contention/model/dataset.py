"""What became of the captures of a cluster: how each input ended, and what a run over many groups counts."""

from dataclasses import dataclass, field
from typing import Any

from tb_contention.units import Bytes
from tb_contention.wire import Choice

#: The directory of the table of inputs, which every dataset has.
MARK = "table=inputs"


class Outcome(Choice):
    """How one input ended."""

    ANALYSED = "analysed", "it ran together with another capture, and both were analysed"
    ALONE = "alone", "no other capture ran on its devices at the time"
    NOT_ALIGNED = "not_aligned", "it could not be lined up with the others: no clock, or no time or device in common"
    COPY = "copy", "it is a copy of another input"
    LEFT_OUT = "left_out", "it ran together with more captures than a group holds"
    UNREADABLE = "unreadable", "it cannot be read; the slug says why"
    FAILED = "failed", "its analysis failed; the message names the exception"
    TIMED_OUT = "timed_out", "its analysis took longer than the time limit"

    @property
    def is_final(self) -> bool:
        """Return whether a later run need not try again while the input stays as it is."""
        return self not in (Outcome.FAILED, Outcome.TIMED_OUT)

    @property
    def is_loss(self) -> bool:
        """Return whether the input is missing from the figures for want of an answer."""
        return self in (Outcome.UNREADABLE, Outcome.FAILED, Outcome.TIMED_OUT, Outcome.LEFT_OUT)


def why_lost(outcome: str, file: str, message: str) -> str:
    """Say in a line which input has no answer, and why."""
    said = message if message.startswith(file) else f"{file}: {message}" if message else file
    return f"{outcome.replace('_', ' ')}: {said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """What one run over many groups did.

    inputs: files that were found and selected; outcomes: how many of them ended how, by the word of `Outcome`, those of earlier runs too.
    groups: units of work; done: in this run; known: those that the dataset had; left: those that an interrupted run did not reach.
    work_s, work_cpu_s: time and processor time in analyses, all workers together; wall_s: time of the run; peak: largest memory of a
    worker. problems: of the log directories; notes: what the user may not have meant; lost: the first inputs without an
    answer, with why.
    """

    dataset: str
    inputs: int
    outcomes: dict[str, int]
    groups: int
    done: int
    known: int
    left: int
    removed: int
    workers: int
    work_s: float
    work_cpu_s: float
    wall_s: float
    peak: Bytes
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Return how many inputs have a row in the dataset."""
        return sum(self.outcomes.values())

    @property
    def is_whole(self) -> bool:
        """Return whether every input has a row."""
        return self.rows == self.inputs

    @property
    def losses(self) -> int:
        """Return how many inputs have no answer: unreadable, failed, timed out, left out, or without a row."""
        lost = sum(number for word, number in self.outcomes.items() if Outcome(word).is_loss)
        return lost + self.inputs - self.rows
