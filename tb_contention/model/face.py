"""How a report shows itself in a notebook, as far as the report needs to know: what is asked for, not how it is printed.

The package's `__init__` says who answers (`tb_contention.notebook`), since renderers stand above the model and import it.
"""

from importlib import import_module
from typing import Any, Protocol


class Face(Protocol):
    """Who answers for a report."""

    def text(self, report: Any, /) -> str:
        """Print a report in a few lines."""

    def html(self, report: Any, /) -> str:
        """Print a report as a fragment of a page."""

    def table(self, report: Any, name: str, /) -> Any:
        """Return one of the tables of a report."""

    def plots(self, report: Any, /) -> Any:
        """Return what draws a report."""


def _face() -> Face:
    """Ask the package, which is there before any of its modules: renderers stand above the model, so it cannot name them."""
    found: Face = import_module("tb_contention").face()
    return found


class Shown:
    """What a report has beside its values: a face for people and tables for programs.

    A table (`tb_contention.notebook.Table`) has columns of equal length with names and units; each row names its device and session.
    Times are int64 ns from the report's origin, memory int64 bytes; what is not known is None, never 0.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return _face().text(self)

    def _repr_html_(self) -> str:
        return _face().html(self)

    @property
    def plot(self) -> Any:
        """Return what draws with matplotlib: `timeline`, `slowdowns`, `steps`, `memory`, `blame`, each with `ax=None`."""
        return _face().plots(self)

    @property
    def sessions_table(self) -> Any:
        """Return the sessions: run, host, window, clock, whether simulated."""
        return _face().table(self, "sessions_table")

    @property
    def shares(self) -> Any:
        """Return what each session had of each device: kernels, copies, busy and contended time."""
        return _face().table(self, "shares")

    @property
    def slowdowns(self) -> Any:
        """Return the slowdown of each session with its interval and evidence class, and what was lost."""
        return _face().table(self, "slowdowns")

    @property
    def kernels(self) -> Any:
        """Return the kernels of each session by name: how often, how long, what they lost."""
        return _face().table(self, "kernels")

    @property
    def steps(self) -> Any:
        """Return the step periods of each session."""
        return _face().table(self, "steps")

    @property
    def blame(self) -> Any:
        """Return who lost how much to whom."""
        return _face().table(self, "blame")

    @property
    def kernel_pairs(self) -> Any:
        """Return the pairs of kernels of which one lost most beside the other."""
        return _face().table(self, "kernel_pairs")

    @property
    def memory(self) -> Any:
        """Return the peak of each allocator."""
        return _face().table(self, "memory")

    @property
    def holders(self) -> Any:
        """Return who holds the memory at the peak of the sum."""
        return _face().table(self, "holders")

    @property
    def predictions(self) -> Any:
        """Return what each session would see under another schedule."""
        return _face().table(self, "predictions")

    @property
    def findings_table(self) -> Any:
        """Return the findings; the values are in `findings`."""
        return _face().table(self, "findings_table")

    @property
    def problems_table(self) -> Any:
        """Return the problems with the input; the values are in `problems`."""
        return _face().table(self, "problems_table")
