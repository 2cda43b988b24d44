"""What a session lost -> words, none of them a number without its interval."""

from enum import Enum

from tb_contention.model.contention import Evidence, SessionLoss, Slowdown
from tb_contention.report.text import duration

#: Slower by less than this is not called contention.
NOTICEABLE = 1.05
EVIDENCE = {
    Evidence.A: "measured against a capture of the session alone",
    Evidence.B: "estimated from its own kernels that ran undisturbed",
    Evidence.C: "estimated from what the sharing mechanism leaves undisturbed",
    Evidence.D: "bounds only",
}


def basis(slowdown: Slowdown) -> str:
    """Say what a slowdown rests on."""
    if slowdown.measured:
        return "measured by the GPU's recorded context switches"
    return EVIDENCE[slowdown.evidence]


class Answer(str, Enum):
    """Whether a session runs slower: for certain, not, perhaps, or nothing is known."""

    SLOWER = "slower"
    NOT_SLOWER = "not_slower"
    OPEN = "open"
    UNKNOWN = "unknown"


def answer_of(slowdown: Slowdown) -> Answer:
    """Judge by the whole interval, as it is printed: only one that lies above 1 shows that a session is slower."""
    estimate, low, high = estimate_of(slowdown), slowdown.low, slowdown.high
    if estimate is None and low is None and high is None:
        return Answer.UNKNOWN
    if high is not None and high < NOTICEABLE:
        return Answer.NOT_SLOWER
    least = low if estimate is None else estimate
    if low is not None and round(low, 2) > 1 and least is not None and least >= NOTICEABLE:
        return Answer.SLOWER
    return Answer.OPEN


def estimate_of(slowdown: Slowdown) -> float | None:
    """Return the estimate; none in class D, nor where an end of its interval is missing."""
    if slowdown.evidence is Evidence.D or slowdown.low is None or slowdown.high is None:
        return None
    return slowdown.estimate


def times(value: float) -> str:
    """Write a ratio as a factor."""
    return f"{value:.2f}×"


def interval(slowdown: Slowdown) -> str:
    """Write the ends, as in '1.46 to 1.52'; 'unknown' without any."""
    low, high = slowdown.low, slowdown.high
    if low is not None and high is not None:
        return f"{low:.2f} to {high:.2f}"
    if low is not None:
        return f"at least {low:.2f}"
    return "unknown" if high is None else f"at most {high:.2f}"


def bounds(slowdown: Slowdown) -> str:
    """Write the ends as in a sentence: 'between 1.00× and 2.70×'."""
    low, high = slowdown.low, slowdown.high
    if low is not None and high is not None:
        return f"between {times(low)} and {times(high)}"
    if low is not None:
        return f"at least {times(low)}"
    return "not known" if high is None else f"at most {times(high)}"


def brief(slowdown: Slowdown) -> str:
    """Write the estimate with its interval, or the bounds alone: '1.49× (1.46 to 1.52)'."""
    estimate = estimate_of(slowdown)
    return bounds(slowdown) if estimate is None else f"{times(estimate)} ({interval(slowdown)})"


def sum_of_loss(loss: SessionLoss) -> str:
    """Tell what the loss is made of: 'stretch + stall - absorbed'; empty where it is not known."""
    if loss.lost is None:
        return ""
    parts = f"{duration(loss.stretch)} stretch + {duration(loss.stall)} stall"
    return f"{parts} − {duration(loss.absorbed)} absorbed" if loss.absorbed else parts
