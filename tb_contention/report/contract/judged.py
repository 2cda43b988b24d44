"""Keys that hold the judgement and its words: what `words/` says of a report, so that no reader of the JSON words it again."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.contention import SessionLoss
from tb_contention.model.faults import Faults
from tb_contention.model.memory import AllocatorPeak
from tb_contention.model.part_of_gpu import green_context_of
from tb_contention.model.report import DeviceReport, SessionReport
from tb_contention.report.contract.about import About
from tb_contention.wire import Wire, adds
from tb_contention.words.answers import (
    Answer,
    answer_on,
    basis_with_class,
    estimate_of,
    figure,
    interval,
    judged_by,
    loss_words,
)
from tb_contention.words.busy import busy_words
from tb_contention.words.mechanism import mechanism_sentence
from tb_contention.words.memory import driver_sentence, gaps_sentence, memory_sentence
from tb_contention.words.names import device_label
from tb_contention.words.numbers import count
from tb_contention.words.requests import request_words
from tb_contention.words.scales import SlowdownScale, slowdown_scale
from tb_contention.words.verdict import Verdict, device_verdict, no_verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionJudgement:
    """Whether a session is slower, in words; "" where nothing is known."""

    answer: Annotated[Answer, Wire("whether the session is slower because others share the device")]
    figure: Annotated[
        str,
        Wire(
            "its slowdown as it is printed large: the estimate, else the bounds; of its requests where it serves some"
        ),
    ]
    figure_of: Annotated[str, Wire("what that is a slowdown of: `steps` or `requests`")]
    interval: Annotated[str, Wire('the interval that stands beside an estimate, as it is printed; "" without one')]
    basis: Annotated[str, Wire("what the slowdown rests on, with its evidence class")]
    loss: Annotated[str, Wire("what the loss consists of")]
    request_times: Annotated[
        str, Wire('how long its requests take, in sentences; "" where no requests start its steps')
    ]
    busy_with: Annotated[
        str,
        Wire(
            'how the window divides into kernels, collectives alone, copies alone and the rest; "" where kernels are all'
        ),
    ]


def judge(device: DeviceReport, loss: SessionLoss) -> SessionJudgement:
    """Word one session's slowdown on a device."""
    answer = answer_on(device, loss)
    is_known, found = answer is not Answer.UNKNOWN, judged_by(loss)
    return SessionJudgement(
        answer=answer,
        figure=figure(found) if is_known else "",
        figure_of="steps" if loss.latency is None else "requests",
        interval="" if estimate_of(found) is None else interval(found),
        basis=basis_with_class(found) if is_known else "",
        loss=loss_words(loss),
        request_times=request_words(loss),
        busy_with="".join(busy_words(device, share) for share in device.per_session if share.session == loss.session),
    )


@adds(SessionReport, "label", "what people call the session: short, and unique in the report")
def session_label(item: SessionReport, about: About) -> str:
    """Name the session as every printer does."""
    return about.names[item.id]


@adds(
    SessionReport,
    "green_context",
    "the green context of its process that its kernels run in, with its multiprocessors; null for none",
)
def green_context(item: SessionReport, about: About) -> str | None:
    """Name the static part of the multiprocessors that a session is confined to, as the recorder tells."""
    found = green_context_of(item.session)
    if found is None:
        return None
    cores = "" if found.green_cores is None else f", {count(found.green_cores, 'multiprocessor')}"
    return f"{found.green_context}{cores}"


@adds(DeviceReport, "label", "what people call the device")
def label(device: DeviceReport, about: About) -> str:
    """Name the device as every printer does."""
    return device_label(device)


@adds(DeviceReport, "verdict", "the answer for this device, judged and worded once for all readers")
def verdict(device: DeviceReport, about: About) -> Verdict:
    """Judge the device."""
    faults = Faults(logdir=about.report.logdir).on(device_label(device))
    return faults.attempt("The verdict", lambda: device_verdict(about.report, device, about.names), no_verdict)


@adds(DeviceReport, "slowdown_scale", "the scale on which its slowdowns are drawn")
def scale(device: DeviceReport, about: About) -> SlowdownScale:
    """Span the slowdowns of a device as every drawing does."""
    return slowdown_scale(device)


@adds(DeviceReport, "mechanism_words", "the mechanism in a sentence")
def mechanism_words(device: DeviceReport, about: About) -> str:
    """Word the mechanism."""
    return mechanism_sentence(device.cost)


@adds(DeviceReport, "memory_words", 'the memory of all sessions in sentences, or why it is unknown; "" for neither')
def memory_words(device: DeviceReport, about: About) -> str:
    """Word the memory."""
    return memory_sentence(device)


@adds(AllocatorPeak, "gaps", 'what is wrong with its recorded events, in words; "" for nothing')
def gaps(peak: AllocatorPeak, about: About) -> str:
    """Word what is missing from the events."""
    return gaps_sentence(peak.gaps.missing, peak.gaps.repeated)


@adds(DeviceReport, "driver_words", 'what the driver reports in sentences; "" where no manifest has samples')
def driver_words(device: DeviceReport, about: About) -> str:
    """Word what the driver reports."""
    return driver_sentence(device.driver)
