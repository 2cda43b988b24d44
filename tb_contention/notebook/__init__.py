"""A report -> what a notebook shows of it: lines, a fragment of HTML, tables, drawings. Answers for `model.face`.

pandas, pyarrow and matplotlib (the extra `[notebook]`) are imported when a table or a drawing is asked for, and nowhere else.
"""

from typing import TYPE_CHECKING

from tb_contention.model.report import Report
from tb_contention.notebook.columns import Column as Column
from tb_contention.notebook.columns import Kind as Kind
from tb_contention.notebook.columns import Table as Table

if TYPE_CHECKING:
    from tb_contention.notebook.drawings import Plots


def text(report: Report, /) -> str:
    """Print a report in a few lines."""
    from tb_contention.notebook.summary import summary

    return summary(report)


def html(report: Report, /) -> str:
    """Print a report as a fragment of a page."""
    from tb_contention.notebook.fragment import fragment

    return fragment(report)


def table(report: Report, name: str, /) -> Table:
    """Return one of the tables of a report."""
    from tb_contention.notebook.tables import table as made

    return made(report, name)


def plots(report: Report, /) -> "Plots":
    """Return what draws a report."""
    from tb_contention.notebook.drawings import Plots

    return Plots(report=report)
