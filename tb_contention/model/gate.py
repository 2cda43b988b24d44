"""Limits on a report, and what became of each; ratios and shares as floats, lengths ns, memory bytes."""

from collections import Counter
from dataclasses import dataclass

from tb_contention.model.contention import Evidence
from tb_contention.model.findings import Severity
from tb_contention.units import Bytes, DeviceId, Nanoseconds, SessionId
from tb_contention.wire import Choice


class Gauge(Choice):
    """What a limit is on."""

    MAX_SLOWDOWN = "max-slowdown", "slowdown of a session"
    MAX_LATENCY_SLOWDOWN = "max-latency-slowdown", "slowdown of the requests to a session"
    MAX_CONTENDED = "max-contended", "contended share of the window"
    MIN_HEADROOM = "min-headroom", "what is left of the GPU's memory"
    MAX_LOST = "max-lost", "share of the window that a session lost"
    MAX_WORSE = "max-worse", "time that the work of a job takes, against a named baseline of the dataset"
    MAX_STEP = "max-step", "median step period"
    MAX_CLOCK_ERROR = "max-clock-error", "error of a session's clock"
    MIN_EVIDENCE = "min-evidence", "evidence class of a slowdown"
    FAIL_ON = "fail-on", "number of findings"
    NO_PROBLEMS = "no-problems", "number of problems with the input"
    CAPTURES = "captures", "a file or folder that could not be read, whose sessions are in no figure"

    @property
    def least(self) -> bool:
        """Return whether a figure must not be below the limit, instead of above it."""
        return self is Gauge.MIN_HEADROOM


class Unit(Choice):
    """What a figure is in."""

    RATIO = "ratio", "factor"
    SHARE = "share", "0 to 1"
    NANOSECONDS = "ns", "length of time"
    BYTES = "bytes", "memory"
    CLASS = "class", "1 to 4 for the evidence classes A to D"
    COUNT = "count", "number"


class Outcome(Choice):
    """What became of a limit."""

    WITHIN = "within", "it is kept"
    OVER = "over", "it is exceeded"
    NOT_KNOWN = "not_known", "the figure is unknown"
    NOT_APPLICABLE = "not_applicable", "there is nothing to judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a report must keep to; None where there is no limit. Shares: 0 to 1.

    max_worse: by how much longer than in a named baseline of the dataset the work of a job may take. min_headroom_*: share of the device's
    memory, or bytes. max_step: of every session but those that `max_step_of` names with limits of their own. min_evidence: the least
    trusted class that will do. fail_on: the least severity of a finding that will not do. confident: over only where the whole interval
    is. devices, sessions: what to look at, by id or name; all where empty.
    """

    max_slowdown: float | None = None
    max_latency_slowdown: float | None = None
    max_contended: float | None = None
    min_headroom_share: float | None = None
    min_headroom_bytes: Bytes | None = None
    max_lost: float | None = None
    max_worse: float | None = None
    max_step: Nanoseconds | None = None
    max_step_of: tuple[tuple[str, Nanoseconds], ...] = ()
    max_clock_error: Nanoseconds | None = None
    min_evidence: Evidence | None = None
    fail_on: Severity | None = None
    no_problems: bool = False
    confident: bool = False
    unknown_passes: bool = False
    devices: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """Return the quantities that have limits."""
        wanted = {
            Gauge.MAX_SLOWDOWN: self.max_slowdown,
            Gauge.MAX_LATENCY_SLOWDOWN: self.max_latency_slowdown,
            Gauge.MAX_CONTENDED: self.max_contended,
            Gauge.MIN_HEADROOM: self.min_headroom_share if self.min_headroom_bytes is None else self.min_headroom_bytes,
            Gauge.MAX_LOST: self.max_lost,
            Gauge.MAX_WORSE: self.max_worse,
            Gauge.MAX_STEP: self.max_step if self.max_step is not None else self.max_step_of or None,
            Gauge.MAX_CLOCK_ERROR: self.max_clock_error,
            Gauge.MIN_EVIDENCE: self.min_evidence,
            Gauge.FAIL_ON: self.fail_on,
            Gauge.NO_PROBLEMS: self.no_problems or None,
        }
        return tuple(gauge for gauge, limit in wanted.items() if limit is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One limit on one device and session. device, session: None where a limit is on all of them.

    subject: the session's label, or the file's name, "" for none; where: the device's label. figure, low, high: what was found, with its
    interval, or bounds alone; bound: the limit. evidence: class of the figure where it has one. why: a remark on the figure.
    kinds: the rules, or kinds of problems, that were counted.
    """

    gauge: Gauge
    outcome: Outcome
    device: DeviceId | None = None
    session: SessionId | None = None
    subject: str = ""
    where: str = ""
    unit: Unit = Unit.COUNT
    figure: float | None = None
    low: float | None = None
    high: float | None = None
    bound: float | None = None
    evidence: Evidence | None = None
    why: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def straddles(self) -> bool:
        """Return whether the limit lies inside the interval."""
        if self.bound is None or self.low is None or self.high is None:
            return False
        return self.low < self.bound <= self.high if self.gauge.least else self.low <= self.bound < self.high

    @property
    def excess(self) -> float | None:
        """Return by how much a figure, or where there is none the nearer bound, is over the limit; None where it is not over."""
        nearest = self.figure
        if nearest is None:
            nearest = self.high if self.gauge.least else self.low
        if self.outcome is not Outcome.OVER or nearest is None or self.bound is None:
            return None
        return self.bound - nearest if self.gauge.least else nearest - self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """All verdicts on a report."""

    verdicts: tuple[Verdict, ...]
    unknown_passes: bool

    @property
    def counts(self) -> Counter[Outcome]:
        """Count the verdicts."""
        return Counter(verdict.outcome for verdict in self.verdicts)

    @property
    def passed(self) -> bool:
        """Return whether no limit is exceeded, and none is unknown unless unknown passes."""
        return not any(self.fails(verdict) for verdict in self.verdicts)

    def fails(self, verdict: Verdict) -> bool:
        """Return whether a verdict makes the gate fail."""
        if verdict.outcome is Outcome.NOT_KNOWN:
            return not self.unknown_passes
        return verdict.outcome is Outcome.OVER
