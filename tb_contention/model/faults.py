"""A part that fails concerns itself: it becomes a problem that names it, the exception and the command that reproduces it."""

import logging
import shlex
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from tb_contention.errors import ContentionError
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.names import clean, shorten

INTERNAL: Final = "internal-error"
#: Characters of an exception's text that a sentence holds.
_LONGEST = 200

log = logging.getLogger(__name__)
# Where nobody set up logging, as on the command line, Python would print the traceback.
log.addHandler(logging.NullHandler())

Value = TypeVar("Value")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What failed while one log directory was analysed or printed. about: the group or file concerned; group: its id for `--group`."""

    logdir: str = "LOGDIR"
    output: str = "report.json"
    about: str = ""
    file: str = ""
    group: str = ""
    problems: list[Problem] = field(default_factory=list)

    def on(self, about: str, *, file: str = "", group: str = "") -> "Faults":
        """Concern one group or file from here on; the problems stay together."""
        return replace(self, about=about, file=file, group=group)

    def attempt(
        self, part: str, work: Callable[[], Value], otherwise: Callable[[Problem], Other], *, unsure: bool = False
    ) -> Value | Other:
        """Do the work of a part, or without it what `otherwise` makes of the problem; the user's own mistakes go on.

        unsure: without the part, figures that are still given are less sure.
        """
        try:
            return work()
        except ContentionError:
            raise
        except Exception as error:
            return otherwise(self.add(part, error, unsure=unsure))

    def add(self, part: str, error: Exception, *, unsure: bool = False) -> Problem:
        """Log that a part failed, and return the problem."""
        log.exception("tb_contention: %s failed", part, exc_info=error)
        concerned = f" for {self.about}" if self.about else ""
        problem = Problem(
            file=self.file,
            slug=INTERNAL,
            severity=Severity.ERROR,
            origin=Origin.READING,
            message=f"{part} failed{concerned} with {_described(error)}.",
            advice="This is a bug in tb_contention. Please report it with the captures; "
            f"this command reproduces it: {self._command()}",
            affects_numbers=unsure,
        )
        self.problems.append(problem)
        return problem

    def _command(self) -> str:
        group = ("--group", self.group) if self.group else ()
        return shlex.join(("tb-contention", "report", self.logdir, *group, "-o", self.output))


def _described(error: Exception) -> str:
    """Name an exception, its text, and the line that raised it."""
    raised = traceback.extract_tb(error.__traceback__)[-1]
    text = shorten(clean(str(error)), _LONGEST)
    return f"{type(error).__name__}{f': {text}' if text else ''} ({clean(Path(raised.filename).name)}:{raised.lineno})"
