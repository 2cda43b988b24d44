"""Which capture alone a session is measured against, which one could be, and which one cannot."""

from collections.abc import Iterable

from tb_contention.model.baseline import BaselineCapture, Found, Use
from tb_contention.model.names import clean
from tb_contention.words.names import Names

_FOUND = {
    Found.USER: "named by you",
    Found.MANIFEST: "recorded alone by the same run; choose another with --baseline",
    Found.KERNELS: "found by its kernels; choose another with --baseline",
}


def baseline_sentence(capture: BaselineCapture, names: Names) -> str:
    """Say what became of a capture alone: 'baseline of trainer: alone/trainer, found by its kernels; ...'."""
    label, session = clean(capture.label), names[capture.session]
    if capture.use is Use.USED:
        return f"baseline of {session}: {label}, {_FOUND[capture.found]}"
    if capture.use is Use.OFFERED:
        return f"possible baseline of {session}: {label}, not used because {capture.reason}; to use it, add --baseline {session}={label}"
    return f"{label} is not used as the baseline of {session}: {capture.reason}"


def baseline_sentences(captures: Iterable[BaselineCapture], names: Names) -> list[str]:
    """Say it of several."""
    return [baseline_sentence(capture, names) for capture in captures]
