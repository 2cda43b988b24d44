"""What sharing costs requests, in words: their time, and whether throughput is lost as well."""

from tb_contention.model.contention import Latency, Loop, RequestTimes, SessionLoss
from tb_contention.words.answers import Answer, answer_of, as_long, bounds, brief, estimate_of, interval, judged_by
from tb_contention.words.numbers import count, duration, times

#: Stands where the traces do not show what starts the steps.
UNSURE = "whether its steps follow from each other or begin with requests could not be determined, so the interval covers both"


def in_brief(loss: SessionLoss) -> str:
    """Write the slowdown by which a session is judged, and what it is of: '1.49× (1.46 to 1.52)', '4.96× (3.44 to 6.77) per request'."""
    return f"{brief(judged_by(loss))}{'' if loss.latency is None else ' per request'}"


def slower(name: str, loss: SessionLoss) -> str:
    """Write what happens to a session: 'trainer takes 1.49× as long (1.46 to 1.52)', or to its requests."""
    return f"{name} {as_long(loss.slowdown)}" if loss.latency is None else slower_requests(name, loss.latency)


def slower_requests(name: str, latency: Latency) -> str:
    """Write what happens to the requests of a session: 'requests to server take 3.55× as long (3.20 to 4.10)'."""
    found = latency.slowdown
    estimate = estimate_of(found)
    if answer_of(found) is not Answer.YES:
        return f"requests to {name} take {brief(found)} as long"
    if estimate is None:
        return f"requests to {name} take {bounds(found)} as long"
    tail = "" if latency.alone is None else f"; {_instead('p95', latency)}"
    return f"requests to {name} take {times(estimate)} as long ({interval(found)}{tail})"


def request_words(loss: SessionLoss) -> str:
    """Write how long the requests of a session take, what of that is estimated, and whether throughput is lost; '' without requests."""
    latency = loss.latency
    if latency is None:
        return ""
    figures = ", ".join(_instead(name, latency) for name in ("p50", "p95", "p99"))
    parts = [f"Request time {figures}.", throughput_words(loss)]
    if latency.waited:
        parts.append(
            f"{latency.waited:,} of {count(latency.requests, 'request')} waited for the one before; when these arrived is not recorded, so "
            "their waiting is estimated."
        )
    return " ".join(parts)


def throughput_words(loss: SessionLoss) -> str:
    """Say whether a session with requests still completes as many."""
    answer = answer_of(loss.slowdown)
    if answer is Answer.NO:
        return "Throughput is not lost."
    if answer is Answer.YES:
        return (
            f"The session saturates, so throughput is lost too: its step period is {brief(loss.slowdown)} that alone."
        )
    return f"Whether throughput is lost is undecided: its step period is {brief(loss.slowdown)} that alone."


def arrivals_words(loss: SessionLoss) -> str:
    """Say that what starts the steps is unknown; '' where it is known."""
    return UNSURE if loss.loop is Loop.UNKNOWN else ""


def _instead(name: str, latency: Latency) -> str:
    """Write one figure together and alone: 'p95 33.2 ms instead of 5.61 ms'."""
    shared = duration(_of(latency.shared, name))
    return f"{name} {shared}" + ("" if latency.alone is None else f" instead of {duration(_of(latency.alone, name))}")


def _of(found: RequestTimes, name: str) -> int:
    return {"p50": found.p50, "p95": found.p95, "p99": found.p99}[name].estimate
