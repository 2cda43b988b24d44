"""Results of comparing two device groups, before and after; lengths ns, memory bytes, shares of a window 0 to 1."""

from dataclasses import dataclass
from enum import Enum

from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.units import DeviceId, Nanoseconds, SessionId


class Judgement(str, Enum):
    """What a change is, as far as it is certain. UNCLEAR: it may be chance, or it is neither good nor bad by itself."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a figure lies with 90 % probability."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure before and after, None where it is not known.

    before_interval, after_interval: of the two figures, where they are estimates. ratio_interval: of after / before, where the judgement
    rests on samples of both. why: why nothing is claimed, "" where something is.
    """

    before: float | None
    after: float | None
    judgement: Judgement
    why: str = ""
    before_interval: Interval | None = None
    after_interval: Interval | None = None
    ratio_interval: Interval | None = None

    @property
    def difference(self) -> float | None:
        """Return after - before; None where one is not known."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def ratio(self) -> float | None:
        """Return after / before; None where one is not known or nothing was there before."""
        return None if self.before is None or self.after is None or self.before <= 0 else self.after / self.before


class Match(str, Enum):
    """Why two sessions are taken for one program, most certain first.

    USER: the user says so. SAME: one id. NAME: one name. LAST_PART: one name but for the folders above. HOST: the only ones left over on
    their host, and they run the same kernels equally often.
    """

    USER = "user"
    SAME = "same"
    NAME = "name"
    LAST_PART = "last_part"
    HOST = "host"


class Presence(str, Enum):
    """Whether a kernel ran on both sides."""

    BOTH = "both"
    APPEARED = "appeared"
    GONE = "gone"


class Basis(str, Enum):
    """What totals are divided by, so that windows of different lengths compare."""

    STEP = "step"
    SECOND = "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSums:
    """A kernel name on one side: number of instances, their summed duration, and that sum per step or per second."""

    count: int
    total: Nanoseconds
    rate: float

    @property
    def mean(self) -> float:
        """Return the mean duration."""
        return self.total / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDifference:
    """A kernel name of a pair on both sides, None where it did not run. It is not judged: sums do not tell how much they scatter."""

    name: str
    before: KernelSums | None
    after: KernelSums | None

    @property
    def presence(self) -> Presence:
        """Tell on which sides it ran."""
        if self.before is None:
            return Presence.APPEARED
        return Presence.GONE if self.after is None else Presence.BOTH

    @property
    def difference(self) -> float:
        """Return by how much its time per step or per second changed, ns."""
        return (0.0 if self.after is None else self.after.rate) - (0.0 if self.before is None else self.before.rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorComparison:
    """An allocator of a pair: names on both sides, its own peak in the window, and the limit that would do."""

    before: str
    after: str
    peak: Change
    limit: Change
    suggested_limit: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSide:
    """Whole step periods in the window of one side. kernels: number of kernels and copies per step, None where not compared by steps."""

    count: int
    mean: float | None
    kernels: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionComparison:
    """One program before and after.

    slowdown: step period together / alone. step: median step period. device_time: median time of the device per step that its own
    kernels take alone. lost_share, busy_share: of the window. kernels: largest change first, those of all names that were listed.
    """

    before: SessionId
    after: SessionId
    before_name: str
    after_name: str
    match: Match
    before_evidence: Evidence
    after_evidence: Evidence
    before_steps: StepSide
    after_steps: StepSide
    slowdown: Change
    step: Change
    device_time: Change
    lost_share: Change
    busy_share: Change
    in_process: bool
    memory: tuple[AllocatorComparison, ...]
    basis: Basis
    kernels: tuple[KernelDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A session by id and by name."""

    id: SessionId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSide:
    """What one side is."""

    id: DeviceId
    host: str
    model: str | None
    is_host: bool
    window: Nanoseconds
    mechanism: Mechanism
    sessions: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two device groups, before and after. appeared, gone: sessions of one side alone. notes: what is not comparable, and why."""

    before: DeviceSide
    after: DeviceSide
    contended_share: Change
    combined_peak: Change
    headroom: Change
    stp: Change
    antt: Change
    sessions: tuple[SessionComparison, ...]
    appeared: tuple[Named, ...]
    gone: tuple[Named, ...]
    notes: tuple[str, ...]
