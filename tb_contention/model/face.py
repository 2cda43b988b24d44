"""How a report shows itself in a notebook, as far as the report needs to know: what is asked for, not how it is printed.

The package's `__init__` says who answers (`tb_contention.notebook`), since renderers stand above the model and import it.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Protocol


class Table(Protocol):
    """Columns of equal length with names and units: int64 ns and bytes, None where something is unknown, never 0."""

    @property
    def name(self) -> str:
        """Name the table."""

    def __len__(self) -> int:
        """Count the rows."""

    def __getitem__(self, name: str, /) -> tuple[int | float | str | bool | None, ...]:
        """Return the values of a column; KeyError if there is none."""

    def rows(self) -> Iterable[tuple[int | float | str | bool | None, ...]]:
        """Walk over the rows."""

    def to_pandas(self) -> Any:
        """Return a DataFrame of nullable columns; `.attrs["units"]` has the units by column. Needs pandas."""

    def _repr_html_(self) -> str:
        """Print the first rows as a fragment of a page."""

    def to_arrow(self) -> Any:
        """Return an Arrow table; a field's metadata has its `unit` and `help`. Needs pyarrow."""


class Plots(Protocol):
    """Draws one device of a report with matplotlib; each method takes axes or makes them, and returns them. device: None for the first."""

    def timeline(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw when each session had work, and above all when two or more had."""

    def slowdowns(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw each session's slowdown as a dot with its interval; bounds alone have no dot."""

    def steps(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw each session's step periods over time."""

    def memory(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw the bytes in use of each allocator, and the capacity."""

    def blame(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw who lost how much, by whom it is explained."""


class Face(Protocol):
    """Who answers for a report."""

    def text(self, report: Any, /) -> str:
        """Print a report in a few lines."""

    def html(self, report: Any, /) -> str:
        """Print a report as a fragment of a page."""

    def table(self, report: Any, name: str, /) -> Table:
        """Return one of the tables of a report."""

    def plots(self, report: Any, /) -> Plots:
        """Return what draws a report."""


def _face() -> Face:
    """Ask the package, which is there before any of its modules: renderers stand above the model, so it cannot name them."""
    found: Face = import_module("tb_contention").face()
    return found


class Shown:
    """What a report has beside its values: a face for people, and tables for programs whose rows name their device and session."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _face().text(self)

    def _repr_html_(self) -> str:
        return _face().html(self)

    @property
    def plot(self) -> Plots:
        """Return what draws with matplotlib: `timeline`, `slowdowns`, `steps`, `memory`, `blame`, each with `ax=None`."""
        return _face().plots(self)

    @property
    def devices_table(self) -> Table:
        """Return one row per physical GPU and group of sessions that were captured together on it."""
        return _face().table(self, "devices_table")

    @property
    def sessions_table(self) -> Table:
        """Return each session: its file, its window and how well its place in time is known."""
        return _face().table(self, "sessions_table")

    @property
    def attributions(self) -> Table:
        """Return how each session inside a process was distinguished from the others, and how many kernels belong to none."""
        return _face().table(self, "attributions")

    @property
    def recordings(self) -> Table:
        """Return what the manifest beside each trace states about the process and its GPU."""
        return _face().table(self, "recordings")

    @property
    def findings_table(self) -> Table:
        """Return what the analysis has to say, with cause, remedy, expected effect and check."""
        return _face().table(self, "findings_table")

    @property
    def problems_table(self) -> Table:
        """Return what was lost or could not be used, by file."""
        return _face().table(self, "problems_table")

    @property
    def slowdowns(self) -> Table:
        """Return how much longer each session takes, how that is known, and what the loss consists of."""
        return _face().table(self, "slowdowns")

    @property
    def requests(self) -> Table:
        """Return how long requests take where they arrive at a rhythm of their own, together and alone."""
        return _face().table(self, "requests")

    @property
    def predictions(self) -> Table:
        """Return what each session would see under another schedule."""
        return _face().table(self, "predictions")

    @property
    def schedules(self) -> Table:
        """Return what holds for all sessions together under another schedule, and what that takes for granted."""
        return _face().table(self, "schedules")

    @property
    def blame(self) -> Table:
        """Return how much of each session's loss each other session explains."""
        return _face().table(self, "blame")

    @property
    def kernel_pairs(self) -> Table:
        """Return which kernels lost most while which kernels of others had work on the device."""
        return _face().table(self, "kernel_pairs")

    @property
    def shares(self) -> Table:
        """Return how long each session had work on the device, and how much of that while another had work too."""
        return _face().table(self, "shares")

    @property
    def pairs(self) -> Table:
        """Return for how long two sessions had work on the device at once."""
        return _face().table(self, "pairs")

    @property
    def memory(self) -> Table:
        """Return the peak of each allocator, and what it held when all together held most."""
        return _face().table(self, "memory")

    @property
    def holders(self) -> Table:
        """Return operations by the bytes that they hold when all sessions together hold most."""
        return _face().table(self, "holders")

    @property
    def holder_scopes(self) -> Table:
        """Return name scopes by the bytes that their operations hold at the combined peak."""
        return _face().table(self, "holder_scopes")

    @property
    def own_holders(self) -> Table:
        """Return operations by the bytes that they hold when their own allocator holds most."""
        return _face().table(self, "own_holders")

    @property
    def memory_steps(self) -> Table:
        """Return how each session uses its allocator within a step."""
        return _face().table(self, "memory_steps")

    @property
    def memory_growth(self) -> Table:
        """Return operations that hold more at the end of each step than at the end of the one before."""
        return _face().table(self, "memory_growth")

    @property
    def kernel_changes(self) -> Table:
        """Return operations that run other kernels since a neighbour came, or other ones than when captured alone."""
        return _face().table(self, "kernel_changes")

    @property
    def memory_stalls(self) -> Table:
        """Return calls that take memory from the driver or return it, and allocations that waited for a free."""
        return _face().table(self, "memory_stalls")

    @property
    def host_allocators(self) -> Table:
        """Return allocators of pinned host memory, which are not part of the sums."""
        return _face().table(self, "host_allocators")

    @property
    def driver(self) -> Table:
        """Return what the driver reported about the whole GPU while the sessions ran."""
        return _face().table(self, "driver")

    @property
    def driver_processes(self) -> Table:
        """Return every process that the driver lists on the GPU, with what it holds beside its allocators."""
        return _face().table(self, "driver_processes")

    @property
    def kernels(self) -> Table:
        """Return all instances of each kernel name in the window."""
        return _face().table(self, "kernels")

    @property
    def steps(self) -> Table:
        """Return each step period: its own device work, its host, and what others added."""
        return _face().table(self, "steps")

    @property
    def scopes(self) -> Table:
        """Return each session's device time and memory by the name scopes of its operations."""
        return _face().table(self, "scopes")

    @property
    def threads(self) -> Table:
        """Return how long each thread or queue of the host worked, and for what it waited."""
        return _face().table(self, "threads")
