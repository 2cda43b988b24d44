"""Keys that take more than the value they stand on: joined rows, merged steps, what the report adds to a device."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.baseline import BaselineCapture
from tb_contention.model.comparison import SessionComparison
from tb_contention.model.contention import KernelCost, KernelTotal, Latency, Overlap, SessionLoss, SessionShare
from tb_contention.model.contention_part import ContentionPart, SessionPart
from tb_contention.model.manifest import ManifestSession
from tb_contention.model.report import DeviceReport, SessionReport
from tb_contention.report.contract.about import About
from tb_contention.report.contract.judged import SessionJudgement, judge
from tb_contention.report.steps import StepRuns, merge_steps
from tb_contention.units import Nanoseconds, SessionId
from tb_contention.wire import Wire, adds
from tb_contention.words.baselines import baseline_sentence
from tb_contention.words.names import Names


@adds(
    SessionReport,
    "recording",
    "what the manifest beside the trace states; null without one, and for a session inside a process",
)
def recording(item: SessionReport, about: About) -> ManifestSession | None:
    """Leave what is known of a whole process to the process."""
    return item.session.manifest if item.session.process is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPeriod:
    """Mean step period of a session while sharing and alone."""

    shared: Annotated[Nanoseconds | None, Wire("mean step period while sharing; null without steps or other sessions")]
    alone: Annotated[Nanoseconds | None, Wire("what it would be alone; null where that is unknown")]
    count: Annotated[
        int,
        Wire("how many whole periods of the window both rest on; 0 when `shared_ns` is the mean of the whole capture"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineOffer:
    """A capture that may show the work of a session alone, in words too."""

    capture: Annotated[BaselineCapture, Wire(flat=True)]
    words: Annotated[str, Wire("the same in a sentence")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOnDevice:
    """One session's part of a device's time, and what sharing cost it.

    `stretch_ns`, `stall_ns`, `absorbed_ns` and `lost_ns` are null where the loss is not identifiable, and for a session alone.
    """

    share: Annotated[SessionShare, Wire(flat=True)]
    loss: Annotated[SessionLoss, Wire(flat=True)]
    step: Annotated[StepPeriod, Wire("mean step period")]
    judgement: Annotated[SessionJudgement, Wire(flat=True)]
    baselines: Annotated[tuple[BaselineOffer, ...], Wire("captures alone that were found for it, the best first")]


@adds(DeviceReport, "per_session", "what each session had of the device, and what sharing cost it")
def per_session(device: DeviceReport, about: About) -> tuple[SessionOnDevice, ...]:
    """Join share and loss; the mean of the whole capture stands in for an unknown period while sharing."""
    rows = []
    for share in device.overlap.shares:
        loss = device.cost.loss(share.session)
        shared = loss.step_shared
        steps = about.sessions[share.session].steps
        if shared is None and steps is not None and len(device.sessions) > 1:
            shared = steps.mean
        step = StepPeriod(shared=shared, alone=loss.step_alone, count=loss.steps)
        offers = _offers(device.cost.baselines_of(share.session), about.names)
        rows.append(SessionOnDevice(share=share, loss=loss, step=step, judgement=judge(device, loss), baselines=offers))
    return tuple(rows)


def _offers(captures: Iterable[BaselineCapture], names: Names) -> tuple[BaselineOffer, ...]:
    return tuple(BaselineOffer(capture=capture, words=baseline_sentence(capture, names)) for capture in captures)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSides:
    """Captures alone of a program before and after."""

    before: Annotated[tuple[BaselineOffer, ...], Wire("captures alone that were found for it before, the best first")]
    after: Annotated[tuple[BaselineOffer, ...], Wire("captures alone that were found for it after, the best first")]


@adds(SessionComparison, "baselines", "what its slowdowns are measured against, on each side")
def compared_baselines(found: SessionComparison, about: About) -> BaselineSides:
    """Word the captures alone of both sides, each with the session's name there."""
    return BaselineSides(
        before=_offers(found.before_baselines, Names({found.before: found.before_name})),
        after=_offers(found.after_baselines, Names({found.after: found.after_name})),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRequests:
    """How long the requests to one session take."""

    session: Annotated[SessionId, Wire("id of the session")]
    latency: Annotated[Latency, Wire(flat=True)]


@adds(
    DeviceReport,
    "requests",
    "request times of the sessions whose steps begin with requests, which arrive at a rhythm of their own",
)
def requests(device: DeviceReport, about: About) -> tuple[SessionRequests, ...]:
    """List the sessions that serve requests."""
    return tuple(
        SessionRequests(session=loss.session, latency=loss.latency) for loss in device.cost.losses if loss.latency
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRow:
    """All instances of one kernel name of a session, with what they cost."""

    total: Annotated[KernelTotal, Wire(flat=True)]
    cost: Annotated[KernelCost, Wire(flat=True)]


_KERNELS = "kernels by session and name, longest total first"


@adds(DeviceReport, "kernels", _KERNELS)
def kernels(device: DeviceReport, about: About) -> tuple[KernelRow, ...]:
    """Join the sums of each kernel name with what they cost."""
    return _kernel_rows(device.overlap, device.cost.kernels)


def _kernel_rows(overlap: Overlap, known: tuple[KernelCost, ...]) -> tuple[KernelRow, ...]:
    costs = {(cost.session, cost.name): cost for cost in known}
    unknown = KernelCost(session=SessionId(""), name="", alone=None, lost=None)
    rows = sorted(overlap.kernels, key=lambda k: (-k.total, k.session, k.name))
    return tuple(KernelRow(total=row, cost=costs.get((row.session, row.name), unknown)) for row in rows)


@adds(
    DeviceReport, "step_times", "whole step periods in the window by session, in time order, as columns of equal length"
)
def step_times(device: DeviceReport, about: About) -> tuple[StepRuns, ...]:
    """Merge neighbours where there are many."""
    return tuple(merge_steps(times) for times in device.cost.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsPart:
    """Whole step periods inside a part of the window; own, host and lost add up to their length, all 0 without any."""

    count: Annotated[int, Wire("number of periods")]
    own: Annotated[Nanoseconds, Wire("device time of their kernels as they take alone")]
    host: Annotated[Nanoseconds, Wire("the rest of the periods alone")]
    lost: Annotated[Nanoseconds | None, Wire("what other sessions added; null where the loss is unknown")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInPart:
    """One session in a part of the window."""

    share: Annotated[SessionShare, Wire(flat=True)]
    own: Annotated[SessionPart, Wire(flat=True)]
    steps: Annotated[StepsPart, Wire("its whole step periods there")]


@adds(ContentionPart, "per_session", "each session there")
def sessions_in_part(part: ContentionPart, report: object) -> tuple[SessionInPart, ...]:
    """Join share and loss."""
    return tuple(
        SessionInPart(
            share=share,
            own=own,
            steps=StepsPart(count=own.steps, own=own.own, host=own.host, lost=own.lost),
        )
        for share, own in zip(part.overlap.shares, part.sessions, strict=True)
    )


@adds(ContentionPart, "kernels", _KERNELS)
def kernels_in_part(part: ContentionPart, report: object) -> tuple[KernelRow, ...]:
    """Join the sums of each kernel name with what they cost."""
    return _kernel_rows(part.overlap, part.kernels)
