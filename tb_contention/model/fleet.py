"""What the captures of a cluster say together: how much time sharing cost, by host, device, jobs, mechanism and week."""

from dataclasses import dataclass
from enum import Enum


class By(str, Enum):
    """What a loss is summed by."""

    HOST = "host"
    GPU = "gpu"
    JOB = "job"
    MECHANISM = "mechanism"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Time that sessions lost to others while they were captured, ns.

    estimate: of the sessions whose loss was estimated; low, high: of all of them, the sums of the ends of their 90 % intervals, high None
    where one of them has no upper end. unknown: sessions without an estimate. window: captured time of all of them.
    """

    name: str
    sessions: int
    unknown: int
    window: int
    estimate: int
    low: int
    high: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The group that a row is from. at_ns: Unix ns, None without a clock."""

    place: str
    group: str
    gpu: str
    at_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Time that one job lost to another, ns; culprit "" for work without a capture. worst: the group in which it lost most."""

    victim: str
    culprit: str
    groups: int
    lost: int
    worst: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed:
    """One session of one group and its slowdown."""

    where: Where
    job: str
    beside: str
    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Memory of one device of one group, bytes."""

    where: Where
    jobs: str
    capacity: int
    headroom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What one kind of change would have saved, ns, over the devices where it is predicted; estimate None where one lacks it."""

    change: str
    devices: int
    unknown: int
    estimate: int | None
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An input without an answer, and why."""

    file: str
    outcome: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All of it. lost: by what and by name, the largest first, weeks in their order; trend: of the jobs that lost most, by week.

    worst_by: the group that lost most, by what and by name. reports: files in the dataset by place and group. inputs: below its place, the
    first input of each group that is named here. headroom: the least memory
    left by GPU, bytes, and whether less may be left since a session's memory is unknown. unanswered: the first inputs without an answer.
    """

    dataset: str
    outcomes: dict[str, int]
    groups: int
    whole: Lost
    lost: dict[By, tuple[Lost, ...]]
    worst_by: dict[By, dict[str, Where]]
    reports: dict[tuple[str, str], str]
    inputs: dict[tuple[str, str], str]
    trend: dict[str, tuple[Lost, ...]]
    pairs: tuple[Pair, ...]
    worst: tuple[Slowed, ...]
    memory: tuple[NearMiss, ...]
    headroom: dict[str, tuple[int, bool]]
    savings: tuple[Saving, ...]
    unanswered: tuple[Unanswered, ...] = ()
