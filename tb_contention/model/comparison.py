"""Results of comparing two device groups, before and after; lengths ns, memory bytes, shares of a window 0 to 1."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.baseline import BaselineCapture
from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.units import DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire, ratio, whole, wired


class Judgement(Choice):
    """What a change is, as far as it is certain."""

    BETTER = "better", "it is certain, and good"
    WORSE = "worse", "it is certain, and bad"
    SAME = "same", "nothing changed"
    UNCLEAR = "unclear", "it may be chance, or it is neither good nor bad in itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a figure lies with 90 % probability; of a slowdown in class D bounds."""

    low: Annotated[float, Wire("lower end; null if it is not finite", via=ratio, signed=True)]
    high: Annotated[float, Wire("upper end; null if it is not finite", via=ratio, signed=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure before and after."""

    before: Annotated[float | None, Wire("the figure before; null where it is unknown", signed=True)]
    after: Annotated[float | None, Wire("the figure after; null where it is unknown", signed=True)]
    judgement: Annotated[Judgement, Wire("what the change is, as far as it is certain", key="verdict")]
    why: Annotated[str, Wire("why nothing is claimed; empty where something is")] = ""
    before_interval: Annotated[Interval | None, Wire("interval of the figure before; null without one")] = None
    after_interval: Annotated[Interval | None, Wire("interval of the figure after; null without one")] = None
    ratio_interval: Annotated[
        Interval | None, Wire("90 % interval of after / before, on which the verdict rests; null without one")
    ] = None

    @property
    @wired("after - before; null where one is unknown", signed=True)
    def difference(self) -> float | None:
        """Return after - before; None where one is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    @wired("after / before; null where one is unknown or nothing was there before")
    def ratio(self) -> float | None:
        """Return after / before; None where one is unknown or nothing was there before."""
        return None if self.before is None or self.after is None or self.before <= 0 else self.after / self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeChange(Change):
    """A change of a length of time or of memory, in whole ns or bytes."""

    before: Annotated[int | None, Wire("the figure before; null where it is unknown", signed=True)]
    after: Annotated[int | None, Wire("the figure after; null where it is unknown", signed=True)]
    exact: float | None

    @property
    @wired("after / before, before they are rounded; null where one is unknown or nothing was there before")
    def ratio(self) -> float | None:
        """Return the ratio of what was measured."""
        return self.exact

    @property
    @wired("after - before; null where one is unknown", signed=True)
    def difference(self) -> int | None:
        """Return after - before; None where one is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before


def whole_change(change: Change) -> WholeChange:
    """Round the figures to whole numbers; the ratio stays that of what was measured."""
    before, after = (None if value is None else round(value) for value in (change.before, change.after))
    return WholeChange(
        before=before,
        after=after,
        exact=change.ratio,
        judgement=change.judgement,
        why=change.why,
        before_interval=change.before_interval,
        after_interval=change.after_interval,
        ratio_interval=change.ratio_interval,
    )


class Match(Choice):
    """Why two sessions are taken for one program, the first that holds."""

    USER = "user", "`--pair` names them"
    SAME = "same", "they have one id"
    NAME = "name", "they have one name"
    LAST_PART = "last_part", "the name, or the run without its date, is the same but for the folders above"
    HOST = "host", "they are the only ones left over on their host, and at least 90 % of their kernels are the same"


class Presence(Choice):
    """Whether a kernel ran on both sides."""

    BOTH = "both", "it ran on both"
    APPEARED = "appeared", "it ran only after"
    GONE = "gone", "it ran only before"


class Basis(Choice):
    """What totals are divided by, so that windows of different lengths compare."""

    STEP = "step", "per step"
    SECOND = "second", "per second of the window"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSums:
    """A kernel name on one side."""

    count: Annotated[int, Wire("number of instances")]
    total: Annotated[Nanoseconds, Wire("summed durations")]
    rate: Annotated[float, Wire("that sum per step or per second", key="each_ns", via=whole)]

    @property
    @wired("mean duration", key="mean_ns", via=whole)
    def mean(self) -> float:
        """Return the mean duration."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDifference:
    """A kernel name of a pair on both sides. It has no verdict, since sums do not show their scatter."""

    name: Annotated[str, Wire("name of the kernel")]
    before: Annotated[KernelSums | None, Wire("before; null where it did not run")]
    after: Annotated[KernelSums | None, Wire("after; null where it did not run")]

    @property
    @wired("on which sides it ran")
    def presence(self) -> Presence:
        """Return on which sides it ran."""
        if self.before is None:
            return Presence.APPEARED
        return Presence.GONE if self.after is None else Presence.BOTH

    @property
    @wired("change of `each_ns`", key="difference_ns", via=whole, signed=True)
    def difference(self) -> float:
        """Return by how much its time per step or per second changed, ns."""
        return (0.0 if self.after is None else self.after.rate) - (0.0 if self.before is None else self.before.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorComparison:
    """An allocator of a pair on both sides."""

    before: Annotated[str, Wire("its name before", key="before_allocator")]
    after: Annotated[str, Wire("its name after", key="after_allocator")]
    peak: Annotated[Change, Wire("its own peak in the window", key="peak_bytes", via=whole_change)]
    limit: Annotated[Change, Wire("its limit", key="limit_bytes", via=whole_change)]
    suggested_limit: Annotated[Change, Wire("the suggested limit", key="suggested_limit_bytes", via=whole_change)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSide:
    """Whole step periods in the window of one side."""

    count: Annotated[int, Wire("number of whole step periods")]
    mean: Annotated[float | None, Wire("mean period; null without any", key="mean_ns", via=whole)]
    kernels: Annotated[float | None, Wire("kernels and copies per step; null where steps are not on both sides")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSides:
    """What the slowdowns of both sides rest on."""

    before: Annotated[Evidence, Wire("class of the slowdown before")]
    after: Annotated[Evidence, Wire("class of the slowdown after")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSides:
    """Whole step periods in the windows of both sides."""

    before: Annotated[StepSide, Wire("before")]
    after: Annotated[StepSide, Wire("after")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionComparison:
    """One program before and after."""

    before: Annotated[SessionId, Wire("id of the session before")]
    after: Annotated[SessionId, Wire("id of the session after")]
    before_name: Annotated[str, Wire("its name before")]
    after_name: Annotated[str, Wire("its name after")]
    match: Annotated[Match, Wire("why the two are taken for one program; what fits several sessions pairs none")]
    before_evidence: Evidence
    after_evidence: Evidence
    before_baselines: tuple[BaselineCapture, ...]
    after_baselines: tuple[BaselineCapture, ...]
    before_steps: StepSide
    after_steps: StepSide
    slowdown: Annotated[Change, Wire("change of the slowdown")]
    step: Annotated[Change, Wire("change of the median step period", key="step_ns", via=whole_change)]
    device_time: Annotated[
        Change,
        Wire(
            "change of the median time per step that its own kernels take alone (`own_ns` of `step_times[]`): whether the program itself "
            "changed",
            key="device_time_ns",
            via=whole_change,
        ),
    ]
    lost_share: Annotated[Change, Wire("change of `lost_ns` / `window_ns`")]
    busy_share: Annotated[Change, Wire("change of `busy_ns` / `window_ns`")]
    in_process: Annotated[bool, Wire("a session inside a process, which owns the memory; then `memory` is empty")]
    memory: Annotated[tuple[AllocatorComparison, ...], Wire("allocators on both sides")]
    basis: Annotated[Basis, Wire("what `each_ns` is per", key="kernels_per")]
    kernels: Annotated[
        tuple[KernelDifference, ...],
        Wire(
            "by name, largest `difference_ns` first; kernels that began in whole step periods, or in the window where steps are not on "
            "both sides"
        ),
    ]

    @property
    @wired("what the slowdowns rest on")
    def evidence(self) -> EvidenceSides:
        """Return the evidence classes of both sides."""
        return EvidenceSides(before=self.before_evidence, after=self.after_evidence)

    @property
    @wired("whole step periods")
    def steps(self) -> StepSides:
        """Return the step periods of both sides."""
        return StepSides(before=self.before_steps, after=self.after_steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A session by id and by name."""

    id: Annotated[SessionId, Wire("id of the session")]
    name: Annotated[str, Wire("label of the session in its report")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSide:
    """What one side is."""

    id: Annotated[DeviceId, Wire("id of the device in its report", key="device")]
    label: Annotated[str, Wire("what people call the device")]
    host: Annotated[str, Wire("host of the device")]
    model: Annotated[str | None, Wire("name of the GPU's model; null where the capture does not state it")]
    is_host: Annotated[bool, Wire("the work is operations on the host's processor")]
    window: Annotated[Nanoseconds, Wire("length of the window")]
    mechanism: Annotated[Mechanism, Wire("how the sessions share")]
    sessions: Annotated[tuple[Named, ...], Wire("the sessions")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Changes of all sessions together."""

    contended_share: Annotated[Change, Wire("change of the contended share of the window")]
    combined_peak: Annotated[Change, Wire("change of the combined peak", key="combined_peak_bytes", via=whole_change)]
    headroom: Annotated[Change, Wire("change of the headroom", key="headroom_bytes", via=whole_change)]
    stp: Annotated[Change, Wire("change of the sum of 1 / slowdown")]
    antt: Annotated[Change, Wire("change of the mean slowdown")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two device groups, before and after."""

    before: DeviceSide
    after: DeviceSide
    contended_share: Change
    combined_peak: Change
    headroom: Change
    stp: Change
    antt: Change
    sessions: Annotated[tuple[SessionComparison, ...], Wire("programs that are on both sides")]
    appeared: Annotated[tuple[Named, ...], Wire("sessions that are only after")]
    gone: Annotated[tuple[Named, ...], Wire("sessions that are only before")]
    notes: Annotated[tuple[str, ...], Wire("sentences on what is not comparable, and why")]

    @property
    @wired("changes of all sessions together")
    def device(self) -> "Together":
        """Return the changes that are of no single session."""
        return Together(
            contended_share=self.contended_share,
            combined_peak=self.combined_peak,
            headroom=self.headroom,
            stp=self.stp,
            antt=self.antt,
        )
