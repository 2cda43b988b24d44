"""The answers that stand alone, each one JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from tb_contention._version import __version__
from tb_contention.model.comparison import Comparison, DeviceSide, Named
from tb_contention.model.contention import Evidence
from tb_contention.model.gate import Gate, Gauge, Outcome, Unit, Verdict
from tb_contention.model.listing import Listing
from tb_contention.model.prediction import Prediction
from tb_contention.model.report import FORMAT_VERSION, DeviceReport, Report
from tb_contention.units import DeviceId, SessionId
from tb_contention.wire import Wire, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """The program that made an answer."""

    name: Annotated[Literal["tb_contention"], Wire("its name")] = "tb_contention"
    version: Annotated[str, Wire("its version")] = __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What every answer that stands alone begins with."""

    format_version: Annotated[Literal[1], Wire("version of this format")] = FORMAT_VERSION
    tool: Annotated[Tool, Wire("the program that made it")] = Tool()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument(Document):
    """The whole answer."""

    report: Annotated[Report, Wire(flat=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDocument(Document):
    """What a log directory holds."""

    listing: Annotated[Listing, Wire(flat=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionDocument(Document):
    """What the sessions of one device would see under other schedules."""

    logdir: Annotated[str, Wire("the log directory as given")]
    device: Annotated[DeviceId, Wire("id of the device")]
    sessions: Annotated[tuple[Named, ...], Wire("its sessions")]
    what_if: Annotated[tuple[Prediction, ...], Wire("one entry per schedule")]


def prediction_document(report: Report, device: DeviceReport) -> PredictionDocument:
    """Take the predictions of one device."""
    return PredictionDocument(
        tool=Tool(version=report.version),
        logdir=report.logdir,
        device=device.id,
        sessions=tuple(Named(id=session, name=report.session(session).name) for session in device.sessions),
        what_if=device.predictions,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSide:
    """One side of a comparison."""

    logdir: Annotated[str, Wire("the log directory as given")]
    side: Annotated[DeviceSide, Wire(flat=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedGroups:
    """What changed from one device group to another."""

    before: Annotated[ComparedSide, Wire("the side before")]
    after: Annotated[ComparedSide, Wire("the side after")]
    found: Annotated[Comparison, Wire(flat=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDocument(Document):
    """What changed from one device group to another, and the same of further groups."""

    first: Annotated[ComparedGroups, Wire(flat=True)]
    more: Annotated[tuple[ComparedGroups, ...], Wire("the same figures of the other pairs of groups")]
    groups_gone: Annotated[
        tuple[DeviceId, ...], Wire("ids of device groups before without one that holds their programs after")
    ]
    groups_appeared: Annotated[
        tuple[DeviceId, ...], Wire("ids of device groups after without one that holds their programs before")
    ]


def comparison_document(
    found: Comparison,
    *more: Comparison,
    before: str,
    after: str,
    gone: Sequence[DeviceId] = (),
    appeared: Sequence[DeviceId] = (),
) -> ComparisonDocument:
    """Add to comparisons the log directories as given, and the groups that could not be paired."""
    first, *others = (
        ComparedGroups(
            before=ComparedSide(logdir=before, side=each.before),
            after=ComparedSide(logdir=after, side=each.after),
            found=each,
        )
        for each in (found, *more)
    )
    return ComparisonDocument(first=first, more=tuple(others), groups_gone=tuple(gone), groups_appeared=tuple(appeared))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """What became of one limit on one device and session."""

    limit: Annotated[Gauge, Wire("the option that sets it")]
    outcome: Annotated[Outcome, Wire("what became of it")]
    fails: Annotated[bool, Wire("whether it makes the exit code 3")]
    device: Annotated[DeviceId | None, Wire("id of the device; null where it is not about one")]
    session: Annotated[SessionId | None, Wire("id of the session; null where it is not about one")]
    subject: Annotated[str, Wire("label of the session, or name of the file; empty for neither")]
    where: Annotated[str, Wire("label of the device; empty for none")]
    unit: Annotated[Unit, Wire("what the figures are in")]
    figure: Annotated[float | int | None, Wire("what was found; null where it is unknown")]
    low: Annotated[float | int | None, Wire("lower end of its interval; a bound where there is no figure")]
    high: Annotated[float | int | None, Wire("upper end of its interval; a bound where there is no figure")]
    bound: Annotated[float | int | None, Wire("the limit")]
    excess: Annotated[
        float | int | None,
        Wire("by how much the figure, or else the nearer bound, exceeds the limit; null where it does not"),
    ]
    straddles: Annotated[bool, Wire("the limit lies inside the interval")]
    evidence: Annotated[Evidence | None, Wire("class of the figure; null where it has none")]
    why: Annotated[str, Wire("a remark on it, such as what would settle it")]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDocument(Document):
    """What became of each limit on a report."""

    logdir: Annotated[str, Wire("the log directory as given")]
    passed: Annotated[bool, Wire("whether the exit code is 0")]
    unknown: Annotated[Literal["fail", "pass"], Wire("what a limit that cannot be judged does: `fail` or `pass`")]
    counts: Annotated[dict[Outcome, int], Wire("number of verdicts by `outcome`")]
    verdicts: Annotated[
        tuple[VerdictRow, ...],
        Wire(
            "one per limit, device and session, in this order: sessions of each device, sessions on no device, devices, clocks, findings, "
            "problems"
        ),
    ]


def gate_document(gate: Gate, *, logdir: str) -> GateDocument:
    """Write the verdicts on a log directory, as given."""
    counts = gate.counts
    return GateDocument(
        logdir=logdir,
        passed=gate.passed,
        unknown="pass" if gate.unknown_passes else "fail",
        counts={outcome: counts[outcome] for outcome in Outcome},
        verdicts=tuple(_row(gate, verdict) for verdict in gate.verdicts),
    )


def _row(gate: Gate, verdict: Verdict) -> VerdictRow:
    def rounded(value: float | None) -> float | int | None:
        if value is None:
            return None
        return ratio(value) if verdict.unit in (Unit.RATIO, Unit.SHARE) else round(value)

    return VerdictRow(
        limit=verdict.gauge,
        outcome=verdict.outcome,
        fails=gate.fails(verdict),
        device=verdict.device,
        session=verdict.session,
        subject=verdict.subject,
        where=verdict.where,
        unit=verdict.unit,
        figure=rounded(verdict.figure),
        low=rounded(verdict.low),
        high=rounded(verdict.high),
        bound=rounded(verdict.bound),
        excess=rounded(verdict.excess),
        straddles=verdict.straddles,
        evidence=verdict.evidence,
        why=verdict.why,
    )
