"""The answers that stand alone, each one JSON object."""

from dataclasses import dataclass
from typing import Annotated, Literal

from tb_contention.model.report import FORMAT_VERSION, Report
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that made an answer."""

    name: Annotated[Literal["tb_contention"], Wire("its name")] = "tb_contention"
    version: Annotated[str, Wire("its version")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """The whole answer."""

    format_version: Annotated[Literal[1], Wire("version of this format")] = FORMAT_VERSION
    tool: Annotated[Tool, Wire("the program that made it")]
    report: Annotated[Report, Wire(flat=True)]
