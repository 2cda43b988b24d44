"""The answers of the routes that are not a value of the timeline or the report by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.contention import PairOverlap, TimeSplit
from tb_contention.model.findings import Finding, Problem
from tb_contention.model.listing import ListedGroup
from tb_contention.model.prediction import Prediction
from tb_contention.plugin.trace_viewer import TraceViewerPlace
from tb_contention.plugin.views import Phase
from tb_contention.report.contract.documents import ReportDocument
from tb_contention.timeline.event import EventDetail
from tb_contention.timeline.place import Place
from tb_contention.units import SessionId
from tb_contention.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The state of a view, with its report once there is one."""

    state: Annotated[Phase, Wire("how far the analysis is")]
    message: Annotated[str, Wire("what is going on, or why it failed; for people")]
    progress: Annotated[float | None, Wire("share that is done, 0 to 1; null where that is unknown")]
    revision: Annotated[str, Wire("changes whenever the files or the analysis change; part of every tile's address")]
    is_known: Annotated[bool, Wire("whether the caller has this revision; the report is then null")]
    is_partial: Annotated[
        bool,
        Wire("whether this is a first look, while the cost of sharing is measured; it has its own revision"),
    ]
    logdir: Annotated[str, Wire("log directory of TensorBoard, or its `--logdir_spec`")]
    listing: Annotated[str, Wire("changes whenever the list of groups changes")]
    captures: Annotated[int, Wire("captures in the log directory")]
    groups: Annotated[int, Wire("groups in the log directory")]
    datasets: Annotated[
        tuple[str, ...], Wire("datasets of `tb-contention batch` in the log directory, by their paths below it")
    ]
    group: Annotated[
        ListedGroup | None,
        Wire("the group that the view is about; null until the log directory was looked through, or without captures"),
    ]
    version: Annotated[str, Wire("version of tb_contention")]
    xprof: Annotated[bool, Wire("whether xprof's plugin is loaded")]
    trace_viewer: Annotated[
        Mapping[SessionId, TraceViewerPlace],
        Wire("where xprof's trace viewer shows a session; only sessions that it can open"),
    ]
    perfetto: Annotated[
        str, Wire("address of the Perfetto page that the tab hands traces to; empty for ui.perfetto.dev")
    ]
    report: Annotated[
        ReportDocument | None, Wire("the report, as in report/FORMAT.md; null until there is a first look")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsAnswer:
    """The groups of the log directory: of two or more before sessions alone, the worst known slowdown first."""

    listing: Annotated[str, Wire("changes whenever the list changes")]
    is_known: Annotated[bool, Wire("whether the caller has this list; groups is then null")]
    pending: Annotated[int, Wire("captures of which only the name is known yet")]
    groups: Annotated[tuple[ListedGroup, ...] | None, Wire("the groups; null where the caller has them")]
    apart: Annotated[str, Wire("why nothing ran together; empty where something did")]
    findings: Annotated[
        tuple[Finding, ...], Wire("what cannot be decided between captures: which of them may have run together")
    ]
    problems: Annotated[
        tuple[Problem, ...],
        Wire("what is wrong with the log directory and its files; a group's report names those of its own"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnswer:
    """The event asked for."""

    event: Annotated[EventDetail | None, Wire("the event; null where there is none")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HitAnswer:
    """The next or previous hit of a search."""

    hit: Annotated[Place | None, Wire("the hit; null where no event has such a name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftedAnswer:
    """The overlap with one session moved."""

    time: Annotated[TimeSplit, Wire("how the window then divides")]
    overlaps: Annotated[tuple[PairOverlap, ...], Wire("overlap of each two sessions then")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionAnswer:
    """What another schedule would bring."""

    prediction: Annotated[
        Prediction | None, Wire("the prediction; null while it is not done, and then it is asked for again")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not answered."""

    slug: Annotated[str, Wire("stable name of the reason")]
    message: Annotated[str, Wire("the reason, for people")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalAnswer:
    """The answer to a request that is refused."""

    error: Annotated[Refusal, Wire("why it is refused")]
